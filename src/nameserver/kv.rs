//! The KV configuration: texts under a key under a namespace (Java: `KVConfigManager`).
//!
//! Name servers keep nothing else on disk. The table is a value: a change is made to a copy, the
//! copy is written, and only then takes the place of the old one, so a reader never sees what a
//! crash could take back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::KV_BYTES_MAX;
use crate::protocol::body::KeyValues;
use crate::protocol::fastjson::{self, Form, Table};
use crate::protocol::java;

/// The namespace of the order configuration: topic to `broker-a:4;broker-b:4`.
pub const ORDER_NAMESPACE: &str = "ORDER_TOPIC_CONFIG";

/// A change of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KvChange {
    /// Removes it. A namespace stays when its last entry goes.
    Delete {
        /// Namespace.
        namespace: String,
        /// Key.
        key: String,
    },
    /// Puts or replaces it.
    Put {
        /// Namespace, made if there is none.
        namespace: String,
        /// Key.
        key: String,
        /// Value.
        value: String,
    },
}

/// The table would hold more than [`KV_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the KV configuration is full: it holds at most {KV_BYTES_MAX} bytes")]
pub struct KvFull;

/// Why a file is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KvFileFault {
    /// It is cut off, empty or no JSON of this shape.
    #[error("damaged")]
    Damaged,
    /// It is whole and holds more than [`KV_BYTES_MAX`].
    #[error("{0}")]
    Full(#[from] KvFull),
}

/// All namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KvTable {
    namespaces: BTreeMap<String, BTreeMap<String, String>>,
    /// Bytes of all keys and values, and of the namespaces' names.
    bytes: usize,
}

/// `kvConfig.json`. Java: `KVConfigSerializeWrapper`.
#[derive(Debug, Deserialize, Serialize)]
struct KvFile {
    #[serde(rename = "configTable")]
    namespaces: Table<String, Table<String, String>>,
}

impl KvTable {
    /// The value of an entry.
    pub fn get(&self, namespace: &str, key: &str) -> Option<&str> {
        self.namespaces.get(namespace)?.get(key).map(String::as_str)
    }

    /// The body that lists a namespace (219, 103); `None` if there is no such namespace.
    pub fn list(&self, namespace: &str) -> Option<Vec<u8>> {
        let entries = self.namespaces.get(namespace)?;
        Some(fastjson::to_vec(&KeyValues { table: ordered(entries, Clone::clone) }))
    }

    /// Applies a change.
    ///
    /// # Errors
    /// The table would be too large; it is as before then.
    pub fn apply(&mut self, change: &KvChange) -> Result<(), KvFull> {
        match change {
            KvChange::Delete { namespace, key } => {
                let entries = self.namespaces.get_mut(namespace);
                if let Some(value) = entries.and_then(|entries| entries.remove(key)) {
                    self.bytes -= key.len() + value.len();
                }
                Ok(())
            }
            KvChange::Put { namespace, key, value } => self.put(namespace, key, value),
        }
    }

    /// Whether a change fits.
    ///
    /// # Errors
    /// It does not.
    pub fn room_for(&self, change: &KvChange) -> Result<(), KvFull> {
        match change {
            KvChange::Delete { .. } => Ok(()),
            KvChange::Put { namespace, key, value } => {
                self.bytes_with(namespace, key, value).map(|_| ())
            }
        }
    }

    /// Bytes of the table with this entry put.
    fn bytes_with(&self, namespace: &str, key: &str, value: &str) -> Result<usize, KvFull> {
        let before = self.get(namespace, key).map_or(0, |value| key.len() + value.len());
        let name = if self.namespaces.contains_key(namespace) { 0 } else { namespace.len() };
        let bytes = self.bytes - before + name + key.len() + value.len();
        if bytes > KV_BYTES_MAX { Err(KvFull) } else { Ok(bytes) }
    }

    fn put(&mut self, namespace: &str, key: &str, value: &str) -> Result<(), KvFull> {
        self.bytes = self.bytes_with(namespace, key, value)?;
        let entries = self.namespaces.entry(namespace.to_owned()).or_default();
        entries.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// The text of `kvConfig.json`.
    pub fn to_file(&self) -> Vec<u8> {
        let namespaces = ordered(&self.namespaces, |entries| ordered(entries, Clone::clone));
        fastjson::to_vec_as(&KvFile { namespaces }, Form::Pretty)
    }

    /// Reads the text of `kvConfig.json`.
    ///
    /// # Errors
    /// It is no table, or one that is too large.
    pub fn from_file(text: &[u8]) -> Result<Self, KvFileFault> {
        let file: KvFile = fastjson::from_slice(text).map_err(|_| KvFileFault::Damaged)?;
        let mut table = Self::default();
        for (namespace, entries) in file.namespaces {
            if !table.namespaces.contains_key(&namespace) {
                table.bytes += namespace.len();
                table.namespaces.insert(namespace.clone(), BTreeMap::new());
            }
            for (key, value) in entries {
                table.put(&namespace, &key, &value)?;
            }
        }
        Ok(table)
    }
}

/// A map in the order in which Java walks it.
fn ordered<V, W>(map: &BTreeMap<String, V>, value: impl Fn(&V) -> W) -> Table<String, W> {
    let keys: Vec<&str> = map.keys().map(String::as_str).collect();
    let order = java::map_order(&keys).into_iter();
    order.filter_map(|key| map.get(key).map(|found| (key.to_owned(), value(found)))).collect()
}

#[cfg(test)]
mod tests {
    use super::{KvChange, KvFileFault, KvTable, ORDER_NAMESPACE};
    use crate::limits::KV_BYTES_MAX;

    fn put(namespace: &str, key: &str, value: &str) -> KvChange {
        let [namespace, key, value] = [namespace, key, value].map(str::to_owned);
        KvChange::Put { namespace, key, value }
    }

    fn delete(namespace: &str, key: &str) -> KvChange {
        KvChange::Delete { namespace: namespace.to_owned(), key: key.to_owned() }
    }

    #[test]
    fn the_file_is_java_s() {
        let mut table = KvTable::default();
        assert_eq!(table.to_file(), b"{\n\t\"configTable\":{}\n}");
        table.apply(&put(ORDER_NAMESPACE, "T", "broker-a:4")).unwrap();
        let text = "{\n\t\"configTable\":{\n\t\t\"ORDER_TOPIC_CONFIG\":{\n\t\t\t\
                    \"T\":\"broker-a:4\"\n\t\t}\n\t}\n}";
        assert_eq!(String::from_utf8(table.to_file()).unwrap(), text);
        assert_eq!(KvTable::from_file(text.as_bytes()), Ok(table));
    }

    #[test]
    fn a_namespace_outlives_its_entries() {
        let mut table = KvTable::default();
        assert_eq!(table.list("N"), None);
        table.apply(&put("N", "k", "v")).unwrap();
        assert_eq!(table.list("N").unwrap(), b"{\"table\":{\"k\":\"v\"}}");
        table.apply(&delete("N", "k")).unwrap();
        assert_eq!(table.get("N", "k"), None);
        assert_eq!(table.list("N").unwrap(), b"{\"table\":{}}");
        let read = KvTable::from_file(&table.to_file());
        assert_eq!(read, Ok(table), "also over a restart");
    }

    #[test]
    fn every_shortened_file_is_damaged() {
        let mut table = KvTable::default();
        table.apply(&put("N", "k", "v \" \u{e4}\n")).unwrap();
        let text = table.to_file();
        assert_eq!(KvTable::from_file(&text), Ok(table));
        for len in 0..text.len() {
            assert_eq!(KvTable::from_file(&text[..len]), Err(KvFileFault::Damaged), "{len} bytes");
        }
        assert_eq!(KvTable::from_file(b"{}"), Err(KvFileFault::Damaged), "no table at all");
    }

    #[test]
    fn a_full_table_takes_no_more_and_less_makes_room() {
        let mut table = KvTable::default();
        let half = "x".repeat(KV_BYTES_MAX / 2 - 10);
        table.apply(&put("N", "a", &half)).unwrap();
        table.apply(&put("N", "b", &half)).unwrap();
        let full = table.clone();
        assert!(table.apply(&put("N", "c", &half)).is_err());
        assert_eq!(table, full);
        table.apply(&put("N", "a", &half)).unwrap();
        table.apply(&delete("N", "b")).unwrap();
        table.apply(&put("N", "c", &half)).unwrap();
        assert_eq!(table.get("N", "c"), Some(half.as_str()));
    }
}
