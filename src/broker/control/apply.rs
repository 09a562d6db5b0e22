//! Carrying out what was decided: every core is told, files are written, name servers hear of it.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::broker::control::Control;
use crate::broker::control::answer::Answer;
use crate::broker::control::groups::EnsuredGroup;
use crate::broker::control::members::{ConsumerGroup, Effect};
use crate::broker::control::offsets::Untold;
use crate::broker::control::persist::ConfigFile;
use crate::broker::control::topics::Ensured;
use crate::broker::core::Core;
use crate::broker::message::Reply;
use crate::broker::view::{Change, GroupSubscriptions};
use crate::broker::wanted::Subscribed;
use crate::protocol::Command;
use crate::protocol::code::{request, response};
use crate::protocol::fastjson::{Form, to_vec, to_vec_as};
use crate::protocol::request::client::ConsumerGroup as GroupHeader;
use crate::rt::spawn;

/// How long an answer waits for name servers to take in a change. A client that asks one right
/// after the answer then finds the change; a name server that is slow holds nobody up for long.
const REGISTER_WAIT: Duration = Duration::from_secs(1);

impl Control {
    /// A topic is there that was not, or differs from before: cores and name servers are told.
    pub(super) fn apply_topic(&self, core: &Core, ensured: &Ensured) {
        if ensured.is_changed {
            let name: Arc<str> = ensured.topic.topic.as_str().into();
            self.files.changed(ConfigFile::Topics);
            self.registration.topic_changed(&name);
            core.publish(Change::Topic(name, Some(ensured.topic.clone())));
        }
    }

    /// A group is there that was not, or differs from before.
    pub(super) fn apply_group(&self, core: &Core, ensured: &EnsuredGroup) {
        if ensured.is_changed {
            let name = ensured.group.group.as_str().into();
            self.files.changed(ConfigFile::Groups);
            core.publish(Change::Group(name, Some(ensured.group.clone())));
        }
    }

    /// The members of a consumer group changed: cores are told of the subscriptions, and the
    /// members of each other, at once or with the next round of notices.
    pub(super) fn apply_members(&self, core: &Core, group: &str, effect: Effect) {
        let members = self.members.borrow();
        let online = members.consumer_group(group);
        if effect.resubscribed {
            let before = core.view.borrow().subscriptions(group);
            let of = |online| Arc::new(subscriptions_of(online, before.as_deref()));
            let subscriptions = online.map(of);
            core.publish(Change::Subscriptions(group.into(), subscriptions));
        }
        drop(members);
        if effect.regrouped {
            if self.config().groups.notify_at_once {
                self.notify_members(core, group);
            } else {
                self.notices.borrow_mut().insert(group.to_owned());
            }
        }
    }

    /// Tells the members of a group that one has come or gone, or a topic has.
    pub(super) fn notify_members(&self, core: &Core, group: &str) {
        let wants = self.groups.borrow().get(group);
        let wants = wants.is_none_or(|group| group.notify_enabled);
        if !wants || !self.config().groups.notify_changes {
            return;
        }
        let members = self.members.borrow();
        let online = members.consumer_group(group);
        let Some(online) = online.filter(|online| !online.manner.is_broadcasting()) else { return };
        let fields = GroupHeader { consumer_group: group }.to_fields();
        let notice = Command::oneway(request::NOTIFY_CONSUMER_IDS_CHANGED).with_fields(fields);
        match notice.encode() {
            Ok(frame) => {
                for member in online.members() {
                    core.reply_to(member.connection, Reply::Whole(frame.clone()));
                }
            }
            Err(error) => tracing::error!(group, %error, "cannot encode a notice"),
        }
    }

    /// The queue locks of a group changed: every core is told until when it consumes in order.
    pub(super) fn tell_locked(&self, core: &Core, group: &str) {
        let until = self.locks.borrow().held_until(group);
        core.publish(Change::Locked(group.into(), until));
    }

    /// Groups that were to be told of a reset are gone, or its topic is.
    pub(super) fn apply_untold(&self, core: &Core, untold: Vec<Untold>) {
        for Untold { group, topic, queue } in untold {
            core.publish(Change::Reset {
                group: group.into(),
                topic: topic.into(),
                queue,
                offset: None,
            });
        }
    }

    /// Resolves when topics and groups as they are now are in their files and known to every core.
    ///
    /// # Errors
    /// They could not be written. They hold all the same, and are written with the next change.
    pub(super) async fn settle(&self, core: &Rc<Core>) -> io::Result<()> {
        self.write(ConfigFile::Topics).await?;
        self.write(ConfigFile::Groups).await?;
        self.reach_cores(core).await;
        Ok(())
    }

    /// As [`Control::settle`], and gives the name servers a moment to take the changes in.
    pub(super) async fn settle_and_register(&self, core: &Rc<Core>) -> Result<(), Answer> {
        self.settle(core).await.map_err(|error| not_written(&error))?;
        self.registration.settled(REGISTER_WAIT).await;
        Ok(())
    }

    /// Resolves when every core has taken in what was published so far.
    pub(super) async fn reach_cores(&self, core: &Rc<Core>) {
        // Messages of a pair of cores arrive in order: a job that has run comes after them.
        let reached: Vec<_> = core
            .all_cores()
            .filter(|other| *other != core.id)
            .map(|other| {
                let core = core.clone();
                spawn::spawn(async move { core.run_on(other, |_| async {}).await })
            })
            .collect();
        for task in reached {
            task.await;
        }
    }

    /// Writes a file if it is behind.
    ///
    /// # Errors
    /// It could not be written; see [`crate::broker::control::persist::ConfigFiles::write`].
    pub(super) async fn write(&self, file: ConfigFile) -> io::Result<()> {
        self.files.write(file, || self.text(file)).await
    }

    fn text(&self, file: ConfigFile) -> Vec<u8> {
        match file {
            ConfigFile::DelayOffsets => to_vec_as(&self.delays.borrow().tables(), Form::Pretty),
            ConfigFile::Offsets => to_vec_as(&self.offsets.borrow().tables(), Form::Pretty),
            ConfigFile::Groups => to_vec_as(&self.groups.borrow().tables(|_| true), Form::Pretty),
            ConfigFile::Topics => to_vec_as(&self.topics.borrow().tables(|_| true), Form::Pretty),
            ConfigFile::HalfCounts => to_vec(&self.half_counts.borrow().tables()),
        }
    }
}

/// The answer to a request whose effect could not be written.
pub(super) fn not_written(error: &io::Error) -> Answer {
    Answer::refused(response::SYSTEM_ERROR, format!("cannot write the configuration: {error}"))
}

/// What pulls need of a group's subscriptions. Filters that were read `before` are not read again.
fn subscriptions_of(
    group: &ConsumerGroup,
    before: Option<&GroupSubscriptions>,
) -> GroupSubscriptions {
    let topics = group.subscriptions.iter().map(|(topic, data)| {
        let known = before.and_then(|before| before.topics.get(topic));
        let known = known.filter(|known| known.version == data.version).cloned();
        (topic.clone(), known.unwrap_or_else(|| Arc::new(Subscribed::new(data))))
    });
    GroupSubscriptions { topics: topics.collect(), broadcasting: group.manner.is_broadcasting() }
}
