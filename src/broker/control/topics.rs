//! The topics of this broker (Java: `TopicConfigManager`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::broker::control::attributes::{self, AttributeFault};
use crate::broker::control::topic_boot::{boot_topics, system_topics};
use crate::broker::control::version::{next, version_at};
use crate::broker::names::{PERM_READ, PERM_WRITE};
use crate::config::broker::BrokerConfig;
use crate::message::topic::{RETRY_PREFIX, SYSTEM_PREFIX, TEMPLATE_TOPIC};
use crate::protocol::body::DataVersion;
use crate::protocol::body::topic_config::{TopicConfig, TopicConfigs};
use crate::units::WallMillis;

/// `perm`: topics may be created after its pattern.
pub const PERM_INHERIT: i32 = 1;

/// `topicSysFlag`: a topic of a unit.
pub const SYS_FLAG_UNIT: i32 = 1;
/// `topicSysFlag`: a topic that units subscribe to.
pub const SYS_FLAG_UNIT_SUBSCRIBED: i32 = 2;

/// A topic of `queues` readable and writable queues, everything else as Java has it.
pub fn topic(name: &str, queues: i32, perm: i32) -> TopicConfig {
    TopicConfig {
        topic: name.to_owned(),
        read_queues: queues,
        write_queues: queues,
        perm,
        ..TopicConfig::default()
    }
}

/// What a send says about a topic that is not there.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The topic sent to.
    pub topic: &'a str,
    /// The template it should be made after, in general [`TEMPLATE_TOPIC`].
    pub template: &'a str,
    /// Queues it should have, at most those of the template.
    pub queues: i32,
    /// Its `topicSysFlag`.
    pub sys_flag: i32,
}

/// A topic that is there now, and whether it was before.
#[derive(Clone, Debug)]
pub struct Ensured {
    /// The topic.
    pub topic: Arc<TopicConfig>,
    /// It was made or changed: to be written, published and registered.
    pub is_changed: bool,
}

/// All topics. Lives on core 0. Every change moves the data version, by which name servers and
/// slaves know that there was one.
#[derive(Debug)]
pub struct Topics {
    table: BTreeMap<Arc<str>, Arc<TopicConfig>>,
    system: BTreeSet<String>,
    auto_create: bool,
    version: DataVersion,
}

impl Topics {
    /// The topics of a broker that starts: those it always has, and over them what a file held.
    pub fn boot(broker: &BrokerConfig, file: Option<TopicConfigs>, now: WallMillis) -> Self {
        let mut topics = Self {
            table: BTreeMap::new(),
            system: system_topics(broker),
            auto_create: broker.topics.auto_create,
            version: version_at(now),
        };
        for config in boot_topics(broker) {
            topics.insert(config);
        }
        if let Some(file) = file {
            topics.version = file.data_version;
            for (name, config) in file.topics {
                topics.insert(TopicConfig { topic: name, ..config });
            }
        }
        topics
    }

    /// The topic that a send wants; made after the template it names, if that may be. A retry
    /// topic is made in any case.
    pub fn for_send(&mut self, wanted: Wanted<'_>, now: WallMillis) -> Option<Ensured> {
        if let Some(topic) = self.get(wanted.topic) {
            return Some(Ensured { topic, is_changed: false });
        }
        let template = self.get(wanted.template).filter(|template| {
            let closed = wanted.template == TEMPLATE_TOPIC && !self.auto_create;
            template.perm & PERM_INHERIT != 0 && !closed
        });
        let config = match template {
            Some(template) => TopicConfig {
                filter_type: template.filter_type.clone(),
                topic_sys_flag: wanted.sys_flag,
                ..topic(
                    wanted.topic,
                    wanted.queues.min(template.write_queues).max(0),
                    template.perm & !PERM_INHERIT,
                )
            },
            None if wanted.topic.starts_with(RETRY_PREFIX) => TopicConfig {
                topic_sys_flag: wanted.sys_flag,
                ..topic(wanted.topic, 1, PERM_READ | PERM_WRITE)
            },
            None => return None,
        };
        Some(Ensured { topic: self.change(config, now), is_changed: true })
    }

    /// A topic that the broker needs for a group: made if it is not there, else only its order
    /// flag is brought up to date.
    pub fn ensure(&mut self, config: TopicConfig, now: WallMillis) -> Ensured {
        match self.get(&config.topic) {
            Some(topic) if topic.order == config.order => Ensured { topic, is_changed: false },
            Some(topic) => {
                let config = TopicConfig { order: config.order, ..(*topic).clone() };
                Ensured { topic: self.change(config, now), is_changed: true }
            }
            None => Ensured { topic: self.change(config, now), is_changed: true },
        }
    }

    /// Sees to it that a topic that is there has at least so many queues.
    pub fn ensure_queues(&mut self, name: &str, queues: i32, now: WallMillis) {
        if let Some(topic) = self.get(name).filter(|topic| topic.write_queues < queues) {
            let topic =
                TopicConfig { read_queues: queues, write_queues: queues, ..(*topic).clone() };
            self.change(topic, now);
        }
    }

    /// Creates a topic, or changes the one of that name. The attributes given are changes
    /// (`+key`, `-key`) to those it has.
    ///
    /// # Errors
    /// An attribute cannot be changed so; nothing is changed.
    pub fn update(
        &mut self,
        config: TopicConfig,
        now: WallMillis,
    ) -> Result<Ensured, AttributeFault> {
        let current = self.get(&config.topic);
        if let Some(topic) = current.as_ref().filter(|topic| ***topic == config) {
            return Ok(Ensured { topic: topic.clone(), is_changed: false });
        }
        let had = current.as_ref().map(|topic| &topic.attributes);
        let attributes = attributes::alter(attributes::TOPIC, had, &config.attributes)?;
        let topic = self.change(TopicConfig { attributes, ..config }, now);
        Ok(Ensured { topic, is_changed: true })
    }

    /// Removes a topic. Whether there was one.
    pub fn remove(&mut self, name: &str, now: WallMillis) -> bool {
        let removed = self.table.remove(name).is_some();
        if removed {
            next(&mut self.version, now);
        }
        removed
    }

    /// `autoCreateTopicEnable` is this now.
    pub fn set_auto_create(&mut self, auto_create: bool) {
        self.auto_create = auto_create;
    }

    /// The topic of that name.
    pub fn get(&self, name: &str) -> Option<Arc<TopicConfig>> {
        self.table.get(name).cloned()
    }

    /// Whether clients may neither create nor delete a topic of that name.
    pub fn is_system(&self, name: &str) -> bool {
        self.system.contains(name) || name.starts_with(SYSTEM_PREFIX)
    }

    /// The names of [`Topics::is_system`] that are known without a topic, sorted.
    pub fn system_names(&self) -> impl Iterator<Item = &str> {
        self.system.iter().map(String::as_str)
    }

    /// All topics, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Arc<TopicConfig>)> {
        self.table.iter()
    }

    /// Moves with every change.
    pub fn version(&self) -> &DataVersion {
        &self.version
    }

    /// What the file holds; of the topics, those for whose place `page` is true.
    pub fn tables(&self, page: impl Fn(usize) -> bool) -> TopicConfigs {
        let topics = self.iter().enumerate().filter(|(at, _)| page(*at));
        TopicConfigs {
            data_version: self.version.clone(),
            topics: topics
                .map(|(_, (name, config))| (name.to_string(), (**config).clone()))
                .collect(),
            ..TopicConfigs::default()
        }
    }

    fn change(&mut self, config: TopicConfig, now: WallMillis) -> Arc<TopicConfig> {
        next(&mut self.version, now);
        self.insert(config)
    }

    fn insert(&mut self, config: TopicConfig) -> Arc<TopicConfig> {
        let config = Arc::new(config);
        self.table.insert(config.topic.as_str().into(), config.clone());
        config
    }
}

#[cfg(test)]
mod tests;
