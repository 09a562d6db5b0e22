//! Every configuration key RocketMQ knows (4.9 to 5.5) and RingMQ's own, as data.
//!
//! One row per key: type and default as in Java, and what RingMQ does with it: the meaning, unit
//! and range of a key that acts, or the reason why it does not. Parsing, warnings, `-p`, `-m`,
//! GET_BROKER_CONFIG and the generated reference all read these rows and nothing else.

use super::host::Host;
use super::value::Value;

mod auth;
mod broker;
mod nameserver;
mod own;
mod reasons;
mod remoting;
mod store;
#[cfg(test)]
mod tests;

pub use own::{LOG_FORMATS, LOG_LEVELS};

/// A configuration key. Static; shared by all threads.
#[derive(Debug)]
pub struct Key {
    /// As written in a file, case and all.
    pub name: &'static str,
    /// How Java reads its value.
    pub kind: Kind,
    /// Its value when nothing sets it.
    pub default: DefaultValue,
    /// What a number counts, where that is known.
    pub unit: Unit,
    /// Smallest and largest value RingMQ takes, both included. Numbers that act have one.
    pub range: Option<(i64, i64)>,
    /// Whether `-m` shows it (Java: `@ImportantField`).
    pub important: bool,
    /// When a change by request takes effect.
    pub change: Change,
    /// What RingMQ does with it.
    pub effect: Effect,
}

/// How Java reads a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True for exactly `true` in any case, else false.
    Boolean,
    /// One of these words, exactly.
    Choice(&'static [&'static str]),
    /// `Double.parseDouble`.
    Double,
    /// `Integer.parseInt`: no blanks, within 32 bits.
    Int,
    /// `Long.parseLong`: no blanks, within 64 bits.
    Long,
    /// Anything, trimmed.
    Text,
}

/// Where a default comes from.
#[derive(Clone, Copy, Debug)]
pub enum DefaultValue {
    /// Depends on the machine or the environment; `None` is Java's null.
    Computed {
        /// The rule, for the reference.
        rule: &'static str,
        /// The rule, applied.
        of: fn(&Host) -> Option<String>,
    },
    /// This text.
    Fixed(&'static str),
    /// Java's null: not listed until it is set.
    Unset,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Bytes,
    Count,
    Hours,
    Milliseconds,
    Minutes,
    None,
    Pages,
    Percent,
    Seconds,
}

/// When a change by UPDATE_BROKER_CONFIG or UPDATE_NAMESRV_CONFIG takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Never: it is frozen with the store, and the request is refused.
    Frozen,
    /// At once.
    Live,
    /// It is written to the file and holds from the next start.
    Restart,
}

/// What RingMQ does with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It acts; the text says what it means.
    Acts(&'static str),
    /// It never will; the text says why.
    Never(&'static str),
    /// It waits for a part that is not built; the text names the part.
    Waits(&'static str),
}

/// Which process a file configures. Each reads its own set of keys, as in Java.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The broker: identity, broker, network, store, access control.
    Broker,
    /// The name server: itself, network, controller.
    Nameserver,
}

impl Role {
    /// The keys of this role in the order `-p` prints them.
    pub fn keys(self) -> impl Iterator<Item = &'static Key> {
        self.tables().iter().copied().flatten()
    }

    /// The keys that GET_BROKER_CONFIG or GET_NAMESRV_CONFIG lists when they have a value. Java
    /// lists neither access control nor, for a name server, the client side and the controller.
    pub fn listed(self) -> impl Iterator<Item = &'static Key> {
        let count = match self {
            Self::Broker => 6,
            Self::Nameserver => 3,
        };
        self.tables().iter().take(count).copied().flatten()
    }

    /// The row of a key, by its exact name.
    pub fn key(self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }

    /// The tables of this role; those that are listed come first.
    fn tables(self) -> &'static [&'static [Key]] {
        match self {
            Self::Broker => {
                static TABLES: [&[Key]; 7] = [
                    broker::IDENTITY,
                    broker::BROKER,
                    remoting::SERVER,
                    remoting::CLIENT,
                    store::STORE,
                    own::OWN,
                    auth::AUTH,
                ];
                &TABLES
            }
            Self::Nameserver => {
                static TABLES: [&[Key]; 5] = [
                    nameserver::NAMESERVER,
                    remoting::SERVER,
                    own::OWN_NAMESERVER,
                    remoting::CLIENT,
                    nameserver::CONTROLLERS,
                ];
                &TABLES
            }
        }
    }
}

impl Key {
    /// Its value when nothing sets it; `None` is Java's null.
    pub fn default_value(&self, host: &Host) -> Option<Value> {
        let text = match self.default {
            DefaultValue::Fixed(text) => text.to_owned(),
            DefaultValue::Computed { of, .. } => of(host)?,
            DefaultValue::Unset => return None,
        };
        Value::parse(self.kind, &text).value
    }

    const fn new(name: &'static str, kind: Kind, default: DefaultValue) -> Self {
        Self {
            name,
            kind,
            default,
            unit: Unit::None,
            range: None,
            important: false,
            change: Change::Restart,
            effect: Effect::Acts(""),
        }
    }

    const fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    const fn range(mut self, low: i64, high: i64) -> Self {
        self.range = Some((low, high));
        self
    }

    const fn important(mut self) -> Self {
        self.important = true;
        self
    }

    const fn live(mut self) -> Self {
        self.change = Change::Live;
        self
    }

    const fn frozen(mut self) -> Self {
        self.change = Change::Frozen;
        self
    }

    const fn acts(mut self, meaning: &'static str) -> Self {
        self.effect = Effect::Acts(meaning);
        self
    }

    const fn waits(mut self, part: &'static str) -> Self {
        self.effect = Effect::Waits(part);
        self
    }

    const fn never(mut self, reason: &'static str) -> Self {
        self.effect = Effect::Never(reason);
        self
    }
}

impl Unit {
    /// Written after a number; empty where the number counts nothing.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Bytes => " bytes",
            Self::Count | Self::None => "",
            Self::Hours => " h",
            Self::Milliseconds => " ms",
            Self::Minutes => " min",
            Self::Pages => " pages",
            Self::Percent => " %",
            Self::Seconds => " s",
        }
    }
}

const fn boolean(name: &'static str, default: bool) -> Key {
    let text = if default { "true" } else { "false" };
    Key::new(name, Kind::Boolean, DefaultValue::Fixed(text))
}

const fn choice(name: &'static str, words: &'static [&'static str], default: &'static str) -> Key {
    Key::new(name, Kind::Choice(words), DefaultValue::Fixed(default))
}

const fn double(name: &'static str, default: DefaultValue) -> Key {
    Key::new(name, Kind::Double, default)
}

const fn int(name: &'static str, default: DefaultValue) -> Key {
    Key::new(name, Kind::Int, default)
}

const fn long(name: &'static str, default: DefaultValue) -> Key {
    Key::new(name, Kind::Long, default)
}

const fn text(name: &'static str, default: DefaultValue) -> Key {
    Key::new(name, Kind::Text, default)
}

use DefaultValue::{Computed, Fixed, Unset as UNSET};

/// What `brokerRole` may be.
const ROLES: &[&str] = &["ASYNC_MASTER", "SYNC_MASTER", "SLAVE"];
/// What `flushDiskType` may be.
const FLUSH_MODES: &[&str] = &["ASYNC_FLUSH", "SYNC_FLUSH"];
/// What `metricsExporterType` may be.
const EXPORTERS: &[&str] = &["DISABLE", "OTLP_GRPC", "PROM", "LOG"];
const METRICS_EXPORTER: Key = choice("metricsExporterType", EXPORTERS, "DISABLE")
    .acts("PROM serves metrics and health pages over HTTP; the others serve nothing");
const METRICS_PORT: Key = int("metricsPromExporterPort", Fixed("5557"))
    .range(0, 65_535)
    .acts("port of the pages; 0 takes any that is free");
const METRICS_HOST: Key = text("metricsPromExporterHost", Fixed(""))
    .acts("address of the pages; empty takes the one that clients use");
const METRICS_LABEL: Key =
    text("metricsLabel", Fixed("")).acts("labels of every metric, as name:value,name:value");
/// What `defaultMessageRequestMode` may be.
const REQUEST_MODES: &[&str] = &["PULL", "POP"];

const HOST_NAME: DefaultValue = Computed {
    rule: "host name, or DEFAULT_BROKER",
    of: |host| Some(host.name.clone().unwrap_or_else(|| "DEFAULT_BROKER".to_owned())),
};
const LOCAL_ADDRESS: DefaultValue = Computed {
    rule: "a local address that is not loopback",
    of: |host| Some(host.address.to_string()),
};
const NAMESRV_ADDR: DefaultValue =
    Computed { rule: "environment variable NAMESRV_ADDR", of: |host| host.namesrv_addr.clone() };
const ROCKETMQ_HOME: DefaultValue =
    Computed { rule: "environment variable ROCKETMQ_HOME", of: |host| host.rocketmq_home.clone() };
const HOME_STORE: DefaultValue =
    Computed { rule: "$HOME/store", of: |host| Some(format!("{}/store", host.home)) };
const HOME_KV: DefaultValue = Computed {
    rule: "$HOME/namesrv/kvConfig.json",
    of: |host| Some(format!("{}/namesrv/kvConfig.json", host.home)),
};
const HOME_NAMESRV: DefaultValue = Computed {
    rule: "$HOME/namesrv/namesrv.properties",
    of: |host| Some(format!("{}/namesrv/namesrv.properties", host.home)),
};
const CPUS: DefaultValue = Computed { rule: "CPUs", of: |host| Some(host.cpus.to_string()) };
const CPUS_TO_4: DefaultValue =
    Computed { rule: "CPUs, at most 4", of: |host| Some(host.cpus.min(4).to_string()) };
const CPUS_TO_32: DefaultValue =
    Computed { rule: "CPUs, at most 32", of: |host| Some(host.cpus.min(32).to_string()) };
const CPUS_16_2: DefaultValue = Computed {
    rule: "16 + 2 x CPUs",
    of: |host| Some(host.cpus.saturating_mul(2).saturating_add(16).to_string()),
};
const CPUS_8_1: DefaultValue =
    Computed { rule: "8 + CPUs", of: |host| Some(host.cpus.saturating_add(8).to_string()) };
const CPUS_END_TRANSACTION: DefaultValue = Computed {
    rule: "8 + 2 x CPUs, at least 4 x min(CPUs, 4)",
    of: |host| {
        let by_cpus = host.cpus.saturating_mul(2).saturating_add(8);
        Some(by_cpus.max(host.cpus.min(4) * 4).to_string())
    },
};
