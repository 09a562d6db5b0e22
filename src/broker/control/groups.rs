//! The consumer groups of this broker (Java: `SubscriptionGroupManager`).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::broker::control::attributes::{self, AttributeFault};
use crate::broker::control::version::{next, version_at};
use crate::broker::names::is_name_byte;
use crate::limits::{GROUP_BYTES_MAX, GROUPS_MAX};
use crate::protocol::body::DataVersion;
use crate::protocol::body::subscription::{GroupConfig, GroupConfigs};
use crate::protocol::fastjson::Table;
use crate::units::WallMillis;

/// Groups with this prefix belong to the broker; they are made whatever the configuration says.
pub const SYSTEM_GROUP_PREFIX: &str = "CID_RMQ_SYS_";

/// The groups that every broker has when it starts.
const BOOT_GROUPS: &[&str] = &[
    "TOOLS_CONSUMER",
    "FILTERSRV_CONSUMER",
    "SELF_TEST_C_GROUP",
    "CID_ONS-HTTP-PROXY",
    "CID_ONSAPI_PULL",
    "CID_ONSAPI_PERMISSION",
    "CID_ONSAPI_OWNER",
    "CID_RMQ_SYS_TRANS",
];

/// What is wrong with a group's name, in Java's words (`TopicValidator.validateGroup`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupNameFault {
    /// Nothing but white space.
    #[error("The specified group is blank.")]
    Blank,
    /// A character that is not allowed.
    #[error(
        "The specified group: {0}, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$"
    )]
    Characters(String),
    /// Too long.
    #[error("The specified group: {0}, is longer than group max length: {GROUP_BYTES_MAX}")]
    Length(String),
}

/// Checks the name of a group.
///
/// # Errors
/// [`GroupNameFault`].
pub fn check_group(name: &str) -> Result<(), GroupNameFault> {
    if name.trim().is_empty() {
        return Err(GroupNameFault::Blank);
    }
    if !name.bytes().all(is_name_byte) {
        return Err(GroupNameFault::Characters(name.to_owned()));
    }
    if name.len() > GROUP_BYTES_MAX {
        return Err(GroupNameFault::Length(name.to_owned()));
    }
    Ok(())
}

/// A group that is there now, and whether it was before.
#[derive(Clone, Debug)]
pub struct EnsuredGroup {
    /// The group.
    pub group: Arc<GroupConfig>,
    /// It was made or changed: to be written and published.
    pub is_changed: bool,
}

/// All groups. Lives on core 0.
#[derive(Debug)]
pub struct Groups {
    table: BTreeMap<Arc<str>, Arc<GroupConfig>>,
    /// Topics that a group may not read, as bits by topic; kept for Java, not used.
    forbidden: Table<String, Table<String, i32>>,
    auto_create: bool,
    version: DataVersion,
}

impl Groups {
    /// The groups of a broker that starts: those it always has, and over them what a file held.
    /// `auto_create` is `autoCreateSubscriptionGroup`.
    pub fn boot(auto_create: bool, file: Option<GroupConfigs>, now: WallMillis) -> Self {
        let mut groups = Self {
            table: BTreeMap::new(),
            forbidden: Table::new(),
            auto_create,
            version: version_at(now),
        };
        for name in BOOT_GROUPS {
            groups.insert(group(name));
        }
        if let Some(file) = file {
            groups.version = file.data_version;
            groups.forbidden = file.forbidden;
            for (name, config) in file.groups {
                groups.insert(GroupConfig { group: name, ..config });
            }
        }
        groups
    }

    /// The group, made if it is not there and may be made; with [`GROUPS_MAX`] no more may.
    pub fn ensure(&mut self, name: &str, now: WallMillis) -> Option<EnsuredGroup> {
        if let Some(group) = self.get(name) {
            return Some(EnsuredGroup { group, is_changed: false });
        }
        let allowed = self.auto_create || name.starts_with(SYSTEM_GROUP_PREFIX);
        if !allowed || self.table.len() >= GROUPS_MAX || check_group(name).is_err() {
            return None;
        }
        Some(EnsuredGroup { group: self.change(group(name), now), is_changed: true })
    }

    /// Creates a group, or changes the one of that name. The attributes given are changes
    /// (`+key`, `-key`) to those it has.
    ///
    /// # Errors
    /// An attribute cannot be changed so; nothing is changed.
    pub fn update(
        &mut self,
        config: GroupConfig,
        now: WallMillis,
    ) -> Result<Arc<GroupConfig>, AttributeFault> {
        let current = self.get(&config.group);
        let had = current.as_ref().map(|group| &group.attributes);
        let attributes = attributes::alter(attributes::GROUP, had, &config.attributes)?;
        Ok(self.change(GroupConfig { attributes, ..config }, now))
    }

    /// Removes a group. Whether there was one.
    pub fn remove(&mut self, name: &str, now: WallMillis) -> bool {
        let removed = self.table.remove(name).is_some();
        if removed {
            next(&mut self.version, now);
        }
        removed
    }

    /// `autoCreateSubscriptionGroup` is this now.
    pub fn set_auto_create(&mut self, auto_create: bool) {
        self.auto_create = auto_create;
    }

    /// The group of that name.
    pub fn get(&self, name: &str) -> Option<Arc<GroupConfig>> {
        self.table.get(name).cloned()
    }

    /// All groups, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Arc<GroupConfig>)> {
        self.table.iter()
    }

    /// Moves with every change.
    pub fn version(&self) -> &DataVersion {
        &self.version
    }

    /// What the file holds, and the answer to 201 when `page` takes all.
    pub fn tables(&self, page: impl Fn(usize) -> bool) -> GroupConfigs {
        let groups = self.iter().enumerate().filter(|(at, _)| page(*at));
        GroupConfigs {
            data_version: self.version.clone(),
            forbidden: self.forbidden.clone(),
            groups: groups
                .map(|(_, (name, config))| (name.to_string(), (**config).clone()))
                .collect(),
        }
    }

    fn change(&mut self, config: GroupConfig, now: WallMillis) -> Arc<GroupConfig> {
        next(&mut self.version, now);
        self.insert(config)
    }

    fn insert(&mut self, config: GroupConfig) -> Arc<GroupConfig> {
        let config = Arc::new(config);
        self.table.insert(config.group.as_str().into(), config.clone());
        config
    }
}

/// A group as Java makes it.
fn group(name: &str) -> GroupConfig {
    GroupConfig { group: name.to_owned(), ..GroupConfig::default() }
}

#[cfg(test)]
mod tests;
