//! A control plane on a core of its own, without shards or clients.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::broker::control::Control;
use crate::broker::control::dispatch::{Asked, answer};
use crate::broker::control::persist::LoadError;
use crate::broker::control::tests::golden::configuration;
use crate::broker::core::Core;
use crate::broker::message::{Message, Origin, Port, Request};
use crate::message::record::Host;
use crate::net::ConnectionId;
use crate::protocol::fastjson::to_vec;
use crate::protocol::{Command, Fields};
use crate::rt::spawn::{self, CorePlan, Cores};
use crate::units::CoreId;

/// The broker under test.
#[derive(Clone)]
pub struct Broker {
    pub core: Rc<Core>,
    pub control: Rc<Control>,
    pub directory: PathBuf,
}

/// Runs one core with a broker whose files are in a new directory, and fails when `work` did not
/// come to its end.
pub fn on_broker<F: Future<Output = ()> + 'static>(
    config: &str,
    work: impl FnOnce(Broker) -> F + Send + Clone + 'static,
) {
    let directory = crate::rt::scratch::on_disk();
    let (path, config) = (directory.path().to_owned(), config.to_owned());
    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    let plan = CorePlan::new(Cores::Count(1)).unwrap();
    spawn::run_cores(plan, move |core: spawn::Core<Message>| async move {
        let loaded = configuration(&config);
        let host = Host { ip: [127, 0, 0, 2].into(), port: 30_911 };
        let core = Rc::new(Core::new(Rc::new(loaded.config), core.mesh, host));
        let control = Rc::new(load(&config, &path).await.unwrap());
        core.set_control(control.clone());
        work(Broker { core, control, directory: path }).await;
        end.store(true, Ordering::Release);
    })
    .unwrap();
    assert!(ended.load(Ordering::Acquire), "the test ran to its end");
}

/// A control plane with the files of a directory.
pub async fn load(config: &str, directory: &Path) -> Result<Control, LoadError> {
    Control::load(CoreId(0), configuration(config), directory, None).await
}

/// A connection that nobody has open.
pub fn connection(slot: u32) -> ConnectionId {
    ConnectionId { core: CoreId(0), slot, generation: u64::from(slot) }
}

/// A request with these fields and this body.
pub fn request(code: i32, fields: &[(&str, &str)], body: &str) -> Command {
    let fields: Fields = fields.iter().copied().collect();
    Command::request(code).with_fields(fields).with_body(body.to_owned())
}

impl Broker {
    /// Asks as a client on connection 1 would.
    pub async fn ask(&self, command: &Command) -> Command {
        self.ask_from(1, command).await
    }

    /// Asks as a client on the connection with this number would.
    pub async fn ask_from(&self, slot: u32, command: &Command) -> Command {
        let peer = ([127, 0, 0, 1], 59_508).into();
        let origin = Origin {
            connection: connection(slot),
            peer,
            port: Port::Main,
            since: crate::rt::clock::now(),
        };
        let request = Request { origin, command: command.clone() };
        let asked = Asked { core: &self.core, control: &self.control, request: &request };
        let (Ok(given) | Err(given)) = answer(asked).await;
        given.to(command)
    }

    /// Makes a topic of two queues, and a group.
    pub async fn with_topic_and_group(&self, topic: &str, group: &str) {
        let fields = [
            ("topic", topic),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", "2"),
            ("writeQueueNums", "2"),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
            ("order", "false"),
        ];
        assert_eq!(self.ask(&request(17, &fields, "")).await.code, 0);
        assert_eq!(self.ask(&request(352, &[("group", group)], "")).await.code, 0);
    }

    /// Everything that is kept, as text.
    pub fn state(&self) -> String {
        let control = &self.control;
        let topics = to_vec(&control.topics.borrow().tables(|_| true));
        let groups = to_vec(&control.groups.borrow().tables(|_| true));
        let offsets = to_vec(&control.offsets.borrow().tables());
        let members: Vec<_> =
            control.members.borrow().consumer_groups().map(|(name, _)| name.to_owned()).collect();
        let locks = control.locks.borrow().len();
        let [topics, groups, offsets] =
            [topics, groups, offsets].map(|text| String::from_utf8(text).unwrap());
        format!("{topics}\n{groups}\n{offsets}\n{members:?}\n{locks}")
    }
}
