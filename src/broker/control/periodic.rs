//! What the control plane does by itself: at start, from time to time, and at the end.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::broker::control::Control;
use crate::broker::control::facts;
use crate::broker::control::history::SAMPLE_EVERY;
use crate::broker::control::persist::ConfigFile;
use crate::broker::control::registration::Scope;
use crate::broker::control::version::version_at;
use crate::broker::core::Core;
use crate::broker::message::Origin;
use crate::broker::names::{PERM_READ, PERM_WRITE};
use crate::broker::view::Change;
use crate::message::topic::{HALF_OP_TOPIC, HALF_TOPIC};
use crate::net::{CloseReason, ConnectionId};
use crate::protocol::body::registration::Registration as RegistrationBody;
use crate::protocol::body::topic_config::{TopicConfig, TopicConfigs};
use crate::protocol::fastjson::{self, Table};
use crate::rt::{clock, spawn};

/// Time between two looks for clients that send no heartbeats any more.
const EXPIRE_EVERY: Duration = Duration::from_secs(10);

/// Time between two rounds of notices, where members are not told of each other at once (Java:
/// `DefaultConsumerIdsChangeListener`).
const NOTIFY_EVERY: Duration = Duration::from_secs(15);

impl Control {
    /// Tells every core what is there, and starts what runs by itself: registration with the name
    /// servers, expiry of members and locks, writing of offsets, clean-up, sampling of the
    /// counters. Resolves when every core knows.
    pub async fn start(self: &Rc<Self>, core: &Rc<Core>) {
        let permission = i32::from(self.config().identity.permission);
        core.publish(Change::BrokerPermission(permission));
        for name in [HALF_TOPIC, HALF_OP_TOPIC] {
            let shards = i32::from(core.ownership().shards);
            self.topics.borrow_mut().ensure_queues(name, shards, clock::wall_ms());
        }
        for (name, topic) in self.topics.borrow().iter() {
            core.publish(Change::Topic(name.clone(), Some(topic.clone())));
        }
        for (name, group) in self.groups.borrow().iter() {
            core.publish(Change::Group(name.clone(), Some(group.clone())));
        }
        self.files.changed(ConfigFile::Topics);
        self.files.changed(ConfigFile::Groups);
        // A failure was logged, and the next change tries again.
        let _ = self.settle(core).await;
        let this = self.clone();
        self.registration.start(&(Rc::new(move |scope: &Scope| this.bodies(scope)) as _));
        let (this, with) = (self.clone(), core.clone());
        spawn::spawn(async move { this.expire_members(&with).await }).detach();
        let (this, with) = (self.clone(), core.clone());
        spawn::spawn(async move { this.send_notices(&with).await }).detach();
        let this = self.clone();
        spawn::spawn(async move { this.write_offsets().await }).detach();
        spawn::spawn(self.clone().clean_up(core.clone())).detach();
        let (this, with) = (self.clone(), core.clone());
        spawn::spawn(async move { this.write_delays_often(&with).await }).detach();
        let (this, with) = (self.clone(), core.clone());
        spawn::spawn(async move { this.write_half_counts_often(&with).await }).detach();
        let (this, with) = (self.clone(), core.clone());
        spawn::spawn(async move { this.sample(&with).await }).detach();
    }

    /// Takes leave of the name servers, so that clients look for another broker. To be called
    /// before the listeners close.
    pub async fn unregister(&self) {
        self.stopping.set(true);
        self.registration.unregister().await;
    }

    /// Writes what is not written yet. To be called when no request is in flight any more, and
    /// nothing is delivered.
    pub async fn stop(&self, core: &Rc<Core>) {
        self.stopping.set(true);
        if self.offsets.borrow_mut().take_changed() {
            self.files.changed(ConfigFile::Offsets);
        }
        for file in [ConfigFile::Offsets, ConfigFile::Groups, ConfigFile::Topics] {
            // A failure was logged; there is no later.
            let _ = self.write(file).await;
        }
        self.write_delays(core).await;
        self.write_half_counts(core).await;
    }

    /// A connection has ended: its client leaves every group.
    pub fn connection_closed(&self, core: &Rc<Core>, origin: Origin) {
        self.leave(core, origin.connection);
    }

    fn leave(&self, core: &Core, connection: ConnectionId) {
        let left = self.members.borrow_mut().connection_ends(connection);
        for (group, effect) in left {
            self.apply_members(core, &group, effect);
        }
    }

    async fn expire_members(&self, core: &Rc<Core>) {
        loop {
            clock::sleep(EXPIRE_EVERY).await;
            let now = clock::now();
            let unlocked = self.locks.borrow_mut().expire(now);
            unlocked.iter().for_each(|group| self.tell_locked(core, group));
            let lease = self.config().groups.client_expiry;
            let lapsed = self.members.borrow().lapsed(now, lease);
            for connection in lapsed {
                tracing::info!(?connection, "no heartbeat: closing the connection");
                self.leave(core, connection);
                let (on, with) = (connection.core, core.clone());
                spawn::spawn(async move {
                    with.run_on(on, move |there| async move {
                        if let Some(open) = there.connections.get(connection) {
                            open.close(CloseReason::Idle);
                        }
                    })
                    .await;
                })
                .detach();
            }
        }
    }

    async fn send_notices(&self, core: &Rc<Core>) {
        loop {
            clock::sleep(NOTIFY_EVERY).await;
            self.notify_gathered(core);
        }
    }

    /// Tells the members of each other that were not told at once.
    pub(super) fn notify_gathered(&self, core: &Core) {
        for group in self.notices.take() {
            self.notify_members(core, &group);
        }
    }

    async fn write_offsets(&self) {
        loop {
            clock::sleep(self.config().groups.offsets_flush_interval).await;
            if self.offsets.borrow_mut().take_changed() {
                self.files.changed(ConfigFile::Offsets);
            }
            // A failure was logged, and the next turn tries again.
            let _ = self.write(ConfigFile::Offsets).await;
            for file in [ConfigFile::Topics, ConfigFile::Groups] {
                // Only what an earlier failure left behind.
                if self.files.is_behind(file) {
                    let _ = self.write(file).await;
                }
            }
        }
    }

    async fn write_delays_often(&self, core: &Rc<Core>) {
        loop {
            clock::sleep(self.config().delays.offsets_flush_interval).await;
            self.write_delays(core).await;
        }
    }

    async fn sample(&self, core: &Rc<Core>) {
        loop {
            let totals = facts::totals(core).await;
            self.history.borrow_mut().sample(totals, clock::now(), clock::wall_ms());
            clock::sleep(SAMPLE_EVERY).await;
        }
    }

    /// The bodies of a registration, to be sent in this order.
    fn bodies(&self, scope: &Scope) -> Vec<Bytes> {
        let config = self.config();
        let mask = match i32::from(config.identity.permission) {
            all if all & PERM_READ != 0 && all & PERM_WRITE != 0 => i32::MAX,
            some => some,
        };
        let topics = self.topics.borrow();
        let masked = |topic: &Arc<TopicConfig>| {
            (topic.topic.clone(), TopicConfig { perm: topic.perm & mask, ..(**topic).clone() })
        };
        let named: Vec<(String, TopicConfig)> = match scope {
            Scope::All => topics.iter().map(|(_, topic)| masked(topic)).collect(),
            Scope::Topics(names) => {
                names.iter().filter_map(|name| topics.get(name).as_ref().map(masked)).collect()
            }
        };
        let part_max = config.registration.topics_per_part.unwrap_or(usize::MAX).max(1);
        let parts = named.chunks(part_max.min(named.len().max(1)));
        parts
            .map(|part| {
                let body = RegistrationBody {
                    filter_servers: Vec::new(),
                    topics: TopicConfigs {
                        data_version: topics.version().clone(),
                        mapping_data_version: Some(version_at(self.booted.1)),
                        topics: part.iter().cloned().collect(),
                        mapping_details: Some(Table::new()),
                        mapping_infos: Some(Table::new()),
                    },
                };
                let compressed = config.registration.compress;
                match compressed {
                    true => body.encode_compressed().into(),
                    false => fastjson::to_vec(&body).into(),
                }
            })
            .collect()
    }
}
