//! What sends and pulls need and is not there yet: topics, retry topics and groups that come into
//! being by being used.

use std::rc::Rc;

use crate::broker::control::Control;
use crate::broker::control::topics::{SYS_FLAG_UNIT, SYS_FLAG_UNIT_SUBSCRIBED, Wanted, topic};
use crate::broker::core::Core;
use crate::broker::names::{self, PERM_READ, PERM_WRITE};
use crate::broker::reply::Refusal;
use crate::broker::send::Missing;
use crate::broker::view::Change;
use crate::limits::TOPICS_MAX;
use crate::message::topic::CHECK_MAX_TIME_TOPIC;
use crate::net::ConnectionId;
use crate::protocol::body::topic_config::TopicConfig;
use crate::rt::{clock, random};

impl Control {
    /// Makes what is missing, if that is allowed. When this returns success it is in its file and
    /// known to every core; name servers are being told.
    ///
    /// # Errors
    /// It may not be made, or could not be written.
    pub async fn provide(&self, core: &Rc<Core>, missing: &Missing) -> Result<(), Refusal> {
        match missing {
            Missing::Topic { name, template, queues, unit } => {
                let sys_flag = if *unit { SYS_FLAG_UNIT } else { 0 };
                self.provide_topic(
                    core,
                    Wanted { topic: name, template, queues: *queues, sys_flag },
                )?;
            }
            Missing::RetryGroup { group, unit } => {
                self.provide_retry_topic(core, group, *unit).map_err(Refusal::of_retry)?;
            }
            Missing::RetryTopic { group, template, queues, unit } => {
                self.provide_group(core, group).map_err(Refusal::of_retry)?;
                let topic = &names::retry_topic(group);
                let sys_flag = if *unit { SYS_FLAG_UNIT_SUBSCRIBED } else { 0 };
                let wanted = Wanted { topic, template, queues: *queues, sys_flag };
                if self.provide_topic(core, wanted).is_err() {
                    self.provide_retry_topic(core, group, *unit)?;
                }
            }
            Missing::DeadLetters(group) => {
                self.provide_system_topic(core, &names::dead_letter_topic(group));
            }
            Missing::GivenUpTopic => self.provide_system_topic(core, CHECK_MAX_TIME_TOPIC),
            Missing::Group(group) => {
                self.provide_group(core, group)?;
            }
        }
        self.settle(core).await.map_err(|_| Refusal::StoreUnavailable)
    }

    /// A group's offset in a queue moved, as a pull says on its way.
    pub fn commit_offset(&self, group: &str, topic: &str, queue: i32, offset: i64) {
        let mut offsets = self.offsets.borrow_mut();
        if !offsets.has_reset(group, topic, queue) {
            offsets.commit(group, topic, queue, offset, clock::wall_ms());
        }
    }

    /// A pull has told the group of the reset of a queue.
    pub fn reset_told(&self, core: &Core, group: &str, topic: &str, queue: i32) {
        self.offsets.borrow_mut().reset_told(group, topic, queue);
        core.publish(Change::Reset {
            group: group.into(),
            topic: topic.into(),
            queue,
            offset: None,
        });
    }

    /// The connection of the producer with this client id.
    pub fn producer_client(&self, client: &str) -> Option<ConnectionId> {
        self.members.borrow().producer_client(client)
    }

    /// How far a group has come in a queue.
    pub fn offset(&self, group: &str, topic: &str, queue: i32) -> Option<i64> {
        self.offsets.borrow().committed(group, topic, queue)
    }

    /// The connection of some producer of a group, another one each time.
    pub fn some_producer(&self, group: &str) -> Option<ConnectionId> {
        let members = self.members.borrow();
        let count = members.producers(group).count();
        let chosen = random::below(u64::try_from(count).unwrap_or(0).max(1));
        let chosen = usize::try_from(chosen).unwrap_or(0);
        members.producers(group).nth(chosen).map(|member| member.connection)
    }

    fn provide_topic(&self, core: &Core, wanted: Wanted<'_>) -> Result<(), Refusal> {
        let name = wanted.topic;
        names::check_topic(name)?;
        let topics = self.topics.borrow().iter().len();
        if topics >= TOPICS_MAX && self.topics.borrow().get(name).is_none() {
            return Err(Refusal::Busy("too many topics"));
        }
        let ensured = self.topics.borrow_mut().for_send(wanted, clock::wall_ms());
        let ensured = ensured.ok_or_else(|| Refusal::TopicMissing(name.to_owned()))?;
        self.apply_topic(core, &ensured);
        Ok(())
    }

    fn provide_system_topic(&self, core: &Core, name: &str) {
        let wanted = topic(name, 1, PERM_READ | PERM_WRITE);
        let ensured = self.topics.borrow_mut().ensure(wanted, clock::wall_ms());
        self.apply_topic(core, &ensured);
    }

    /// The topic `%RETRY%group`, and the group. `unit`: units subscribe to the topic.
    pub(super) fn provide_retry_topic(
        &self,
        core: &Core,
        group: &str,
        unit: bool,
    ) -> Result<(), Refusal> {
        let queues = self.provide_group(core, group)?;
        let name = names::retry_topic(group);
        names::check_topic(&name)?;
        let topic_sys_flag = if unit { SYS_FLAG_UNIT_SUBSCRIBED } else { 0 };
        let wanted = TopicConfig { topic_sys_flag, ..topic(&name, queues, PERM_READ | PERM_WRITE) };
        let now = clock::wall_ms();
        // Not `ensure`: a retry topic keeps the order flag that a heartbeat gave it.
        let there = self.topics.borrow().get(&name);
        if there.is_none() {
            let ensured = self.topics.borrow_mut().ensure(wanted, now);
            self.apply_topic(core, &ensured);
        }
        Ok(())
    }

    /// The group; returns how many queues its retry topic is to have.
    fn provide_group(&self, core: &Core, group: &str) -> Result<i32, Refusal> {
        let ensured = self.groups.borrow_mut().ensure(group, clock::wall_ms());
        let ensured = ensured.ok_or_else(|| Refusal::GroupMissing(group.to_owned()))?;
        self.apply_group(core, &ensured);
        Ok(ensured.group.retry_queues)
    }
}
