//! What is said when everything listens: one page for people, and RocketMQ's own lines, which
//! scripts wait for.

use std::fmt::Write as _;

use crate::config::address::write_address;
use crate::config::broker::BrokerConfig;
use crate::config::nameserver::NameserverConfig;

use super::VERSION;
use super::plan::StartPlan;

#[cfg(test)]
mod tests;

/// What is known only once the cores run.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The processors, as the kernel numbers them.
    pub cpus: &'a [usize],
    /// Logs of the store.
    pub shards: u16,
}

/// The text for standard output, line ends included. To be printed when the ports are open.
pub fn text(plan: &StartPlan, running: Running<'_>) -> String {
    let mut text = format!("RingMQ {VERSION}\n");
    let nameserver = plan.nameserver.as_ref().map(|planned| &planned.config);
    let broker = plan.broker.as_ref().map(|planned| &planned.config);
    // Writing to a string cannot fail.
    if let Some(config) = nameserver {
        let _ = writeln!(text, "  name server  {}", nameserver_address(config));
    }
    if let Some(config) = broker {
        let _ = writeln!(text, "{}", broker_lines(config, running));
    }
    let cpus: Vec<String> = running.cpus.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, "  cores        {}", cpus.join(","));
    let _ = writeln!(text, "  try          {}", try_line(broker, nameserver));
    if let Some(config) = nameserver {
        let address = nameserver_address(config);
        let _ =
            writeln!(text, "The Name Server boot success. serializeType=JSON, address {address}");
    }
    if let Some(config) = broker {
        let _ = writeln!(text, "{}", broker_success(config));
    }
    text
}

/// One line for a supervisor: what serves, and where.
pub fn status(plan: &StartPlan) -> String {
    let nameserver = plan
        .nameserver
        .as_ref()
        .map(|planned| format!("name server on {}", nameserver_address(&planned.config)));
    let broker = plan.broker.as_ref().map(|planned| {
        let network = &planned.config.network;
        let bind = Shown(network.sockets.bind.to_string(), network.listen_port);
        format!("broker {} on {bind}", planned.config.identity.name)
    });
    let servers: Vec<String> = nameserver.into_iter().chain(broker).collect();
    format!("serving: {}", servers.join(", "))
}

fn broker_lines(config: &BrokerConfig, running: Running<'_>) -> String {
    let network = &config.network;
    let bind = Shown(network.sockets.bind.to_string(), network.listen_port);
    format!(
        "  broker       {bind}, fast port {}; clients are sent to {}\n  \
           store        {}, {}, {} {}",
        network.fast_port(),
        network.address(),
        config.store.root.display(),
        config.store.flush.word(),
        running.shards,
        if running.shards == 1 { "shard" } else { "shards" },
    )
}

/// RocketMQ's line, byte for byte.
fn broker_success(config: &BrokerConfig) -> String {
    let name = &config.identity.name;
    let address = config.network.address();
    let mut line = format!("The broker[{name}, {address}] boot success. serializeType=JSON");
    let servers: Vec<String> =
        config.network.name_servers.iter().map(ToString::to_string).collect();
    if !servers.is_empty() {
        line += " and name server is ";
        line += &servers.join(";");
    }
    line
}

fn nameserver_address(config: &NameserverConfig) -> Shown {
    Shown(config.sockets.bind.to_string(), config.listen_port)
}

/// One command that shows that it works.
fn try_line(broker: Option<&BrokerConfig>, nameserver: Option<&NameserverConfig>) -> String {
    match (broker, nameserver) {
        (Some(broker), _) => match broker.network.name_servers.first() {
            Some(server) => format!("mqadmin clusterList -n {server}"),
            None => format!("mqadmin brokerStatus -b {}", broker.network.address()),
        },
        (None, Some(nameserver)) => {
            let port = nameserver.listen_port;
            format!("ringmq broker -n 127.0.0.1:{port}")
        }
        (None, None) => String::new(),
    }
}

/// An address to listen on.
struct Shown(String, u16);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write_address(f, &self.0, self.1)
    }
}
