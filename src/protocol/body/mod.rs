//! Bodies: what follows the header of requests and responses that carry more than fields.
//!
//! Nearly all are JSON in FastJSON's dialect; see [`crate::protocol::fastjson`], whose
//! [`from_slice`] and [`to_vec`] read and write every type of this room that does not say
//! otherwise. Members stand in Java's order, which is alphabetical, so what Java wrote is written
//! again byte for byte. Reading takes what is missing from the defaults Java has for it.
//!
//! [`from_slice`]: crate::protocol::fastjson::from_slice
//! [`to_vec`]: crate::protocol::fastjson::to_vec

pub mod assignment;
pub mod connections;
pub mod heartbeat;
pub mod offsets;
pub mod properties;
pub mod registration;
pub mod replication;
pub mod route;
pub mod running;
pub mod stats;
pub mod subscription;
pub mod topic_config;
pub mod transaction;

use crate::protocol::fastjson::Table;
use crate::protocol::java;

/// Declares bodies. Each line is a member, its type, and its key on the wire; in brackets, what it
/// is when absent, where that is not the type's own default.
macro_rules! bodies {
    ($(
        $(#[$doc:meta])*
        pub struct $name:ident {
            $($(#[$note:meta])* $member:ident: $kind:ty = $wire:literal $([$default:expr])?,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(
                #[doc = concat!("Key `", $wire, "`. ")]
                $(#[$note])*
                #[serde(rename = $wire)]
                pub $member: $kind,
            )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($member: $crate::protocol::body::or_default!($kind $(, $default)?),)* }
            }
        }
    )*};
}

macro_rules! or_default {
    ($kind:ty) => {
        <$kind>::default()
    };
    ($kind:ty, $default:expr) => {
        $default
    };
}

/// Declares a Java enum. Names are read in any case, and ordinals too (C++ clients); what is not
/// known becomes `Unknown`, which is written as nothing.
macro_rules! names {
    ($(
        $(#[$doc:meta])*
        pub enum $name:ident {
            $($(#[$note:meta])* $variant:ident = $wire:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $wire, "`. ")] $(#[$note])* $variant,)*
            /// Absent, or a name that is not known.
            #[default]
            Unknown,
        }

        impl $name {
            const ALL: &[(Self, &'static str)] = &[$((Self::$variant, $wire),)*];

            /// The value of a name, in any case.
            pub fn from_name(name: &str) -> Self {
                let mut all = Self::ALL.iter();
                let found = all.find(|(_, known)| known.eq_ignore_ascii_case(name));
                found.map_or(Self::Unknown, |(value, _)| *value)
            }

            /// The value at a place in Java's declaration.
            pub fn from_ordinal(ordinal: i64) -> Self {
                let found = usize::try_from(ordinal).ok().and_then(|at| Self::ALL.get(at));
                found.map_or(Self::Unknown, |(value, _)| *value)
            }

            /// The Java name, if it is known.
            pub fn name(self) -> Option<&'static str> {
                Self::ALL.iter().find(|(value, _)| *value == self).map(|(_, name)| *name)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.name() {
                    Some(name) => serializer.serialize_str(name),
                    None => serializer.serialize_none(),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                Ok(match crate::protocol::fastjson::Value::deserialize(reader)? {
                    crate::protocol::fastjson::Value::Text(name) => name
                        .parse()
                        .map_or_else(|_| Self::from_name(&name), Self::from_ordinal),
                    crate::protocol::fastjson::Value::Integer(at) => Self::from_ordinal(at),
                    _ => Self::Unknown,
                })
            }
        }
    )*};
}

pub(crate) use {bodies, names, or_default};

bodies! {
    /// A queue (Java: `MessageQueue`). Also the key of many tables.
    pub struct MessageQueue {
        broker_name: String = "brokerName",
        queue_id: i32 = "queueId",
        topic: String = "topic",
    }

    /// When a table was last changed, and how often (Java: `DataVersion`). Two are the same if all
    /// three are.
    pub struct DataVersion {
        counter: i64 = "counter",
        /// 5.x: the epoch of the broker's state.
        state_version: i64 = "stateVersion",
        /// Milliseconds since 1970.
        timestamp: i64 = "timestamp",
    }

    /// Named texts: response to 28, 219, and to 103 (the order topics). Java: `KVTable`.
    pub struct KeyValues {
        table: Table<String, String> = "table",
    }

    /// Topic names: response to 206, 224, 304, 305, 311, 312, 313 and 343. Java: `TopicList`.
    pub struct TopicList {
        broker_addr: Option<String> = "brokerAddr",
        topics: Vec<String> = "topicList",
    }

    /// Group names: response to 300. Java: `GroupList`.
    pub struct GroupList {
        groups: Vec<String> = "groupList",
    }
}

impl MessageQueue {
    /// The queue of these three.
    pub fn new(topic: impl Into<String>, broker_name: impl Into<String>, queue_id: i32) -> Self {
        Self { broker_name: broker_name.into(), queue_id, topic: topic.into() }
    }

    /// Its hash code in Java, which decides where it stands in a table.
    pub fn java_hash(&self) -> i32 {
        java::message_queue_hash(&self.topic, &self.broker_name, self.queue_id)
    }
}

impl Eq for MessageQueue {}

impl Eq for DataVersion {}
