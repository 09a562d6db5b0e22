//! Brokers and name servers of both kinds together: several name servers, one of them down.

use std::time::Duration;

use crate::account::{all_acknowledged, exactly_once};
use crate::driver::{Driver, Headers, Sent};
use crate::process::{STEP_WITHIN, WorkFolder, wait_until};
use crate::remoting;
use crate::system::{Broker, BrokerSettings, Flavor, Flush, NameServer, free_port};

const TOPIC: &str = "routed";
const QUEUES: i32 = 4;
/// Shorter than the shortest registration period: what is known by then was pushed.
const AT_ONCE: Duration = Duration::from_secs(9);

/// A broker that is told of all the name servers.
fn broker(flavor: Flavor, name_servers: &[&NameServer], work: &WorkFolder) -> Broker {
    let addresses: Vec<String> = name_servers.iter().map(|server| server.address()).collect();
    let settings = BrokerSettings {
        flavor,
        host: "127.0.0.1".to_owned(),
        port: free_port(),
        name_servers: addresses.join(";"),
        store: work.join("store"),
        flush: Flush::Async,
        shards: 2,
        // The shortest Java allows.
        extra: vec![("registerNameServerPeriod".to_owned(), "10000".to_owned())],
    };
    let mut broker = Broker::new(settings, work);
    broker.start();
    broker
}

fn wait_known(servers: &[&NameServer], broker: &Broker, within: Duration) {
    for server in servers {
        wait_until(&format!("{} knows the broker", server.address()), within, || {
            remoting::masters(&server.address(), "TBW102") == [broker.address()]
        });
    }
}

/// Creates the topic; every name server of `servers` shows it at once.
fn create_topic(servers: &[&NameServer], broker: &Broker) {
    remoting::create_topic(&broker.address(), TOPIC, QUEUES);
    for server in servers {
        wait_until(&format!("{} shows the topic", server.address()), AT_ONCE, || {
            remoting::queue_count(&server.address(), TOPIC) == Some(QUEUES)
        });
    }
}

fn application(name: &str, version: &str, servers: &[&NameServer], work: &WorkFolder) -> Driver {
    let addresses: Vec<String> = servers.iter().map(|server| server.address()).collect();
    let mut driver = Driver::start(name, version, Headers::Json, &addresses.join(";"), work);
    driver.run("producer", &[("name", "p")]);
    driver.run("pull", &[("name", "pull"), ("group", "lookers")]);
    driver
}

fn send(driver: &mut Driver, prefix: &str) -> Vec<Sent> {
    let fields =
        [("name", "p"), ("topic", TOPIC), ("kind", "sync"), ("prefix", prefix), ("count", "20")];
    let sent = driver.send(&fields);
    all_acknowledged(prefix, &sent, "SEND_OK");
    sent
}

fn check(driver: &mut Driver, sent: &[Sent]) {
    let seen = driver.receive("drain", &[("name", "pull"), ("topic", TOPIC)]);
    exactly_once("all that was sent", sent, &seen);
}

/// After SIGTERM the broker is gone from every name server long before it would expire (120 s).
fn leaves(servers: &[&NameServer], broker: &mut Broker) {
    broker.stop();
    for server in servers {
        wait_until(&format!("{} forgets the broker", server.address()), AT_ONCE, || {
            remoting::masters(&server.address(), TOPIC).is_empty()
        });
    }
}

#[test]
fn java_broker_registers_with_our_name_servers() {
    let work = WorkFolder::new("java-broker");
    let mut first = NameServer::started(Flavor::under_test(), &work);
    let second = NameServer::started(Flavor::under_test(), &work);
    let down = NameServer::at(Flavor::under_test(), free_port(), &work);
    let mut broker = broker(Flavor::Java, &[&down, &first, &second], &work);
    wait_known(&[&first, &second], &broker, STEP_WITHIN);
    create_topic(&[&first, &second], &broker);
    let topics = remoting::topics(&first.address());
    assert!(topics.contains(TOPIC) && topics.contains("TBW102"), "{topics:?}");
    assert_eq!(topics, remoting::topics(&second.address()), "both know the same topics");

    let mut driver = application("early", "5.3.3", &[&first, &second], &work);
    let mut sent = send(&mut driver, "before");
    check(&mut driver, &sent);
    first.kill();
    sent.extend(send(&mut driver, "after"));
    // A client that asks before it has seen the connection close is told of that.
    let drain = [("name", "pull"), ("topic", TOPIC)];
    wait_until("the client asks the other name server", STEP_WITHIN, || {
        driver.attempt("drain", &drain).is_ok()
    });
    check(&mut driver, &sent);
    // Somebody who comes now is served by the one that is left.
    let mut late = application("late", "4.9.8", &[&first, &second], &work);
    sent.extend(send(&mut late, "late"));
    check(&mut late, &sent);
    leaves(&[&second], &mut broker);
}

#[test]
fn broker_registers_with_java_name_servers() {
    let work = WorkFolder::new("java-namesrv");
    let java = NameServer::started(Flavor::Java, &work);
    let other = NameServer::started(Flavor::under_test(), &work);
    let mut down = NameServer::at(Flavor::Java, free_port(), &work);
    let mut broker = broker(Flavor::under_test(), &[&down, &java, &other], &work);
    wait_known(&[&java, &other], &broker, STEP_WITHIN);
    create_topic(&[&java, &other], &broker);
    let topics = remoting::topics(&java.address());
    assert!(topics.contains(TOPIC) && topics.contains("TBW102"), "{topics:?}");
    assert_eq!(topics, remoting::topics(&other.address()), "both know the same topics");
    let routes = [&java, &other].map(|server| remoting::route(&server.address(), TOPIC));
    assert_eq!(routes[0], routes[1], "both tell the same route");

    let mut driver = application("app", "5.5.0", &[&java], &work);
    let sent = send(&mut driver, "through-java");
    check(&mut driver, &sent);
    // The name server that was down comes up and is told with the next round.
    down.start();
    wait_known(&[&down], &broker, STEP_WITHIN);
    assert_eq!(remoting::queue_count(&down.address(), TOPIC), Some(QUEUES));
    leaves(&[&java, &other, &down], &mut broker);
}
