//! Everything that one core of the broker owns.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::future::Future;
use std::net::Ipv4Addr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use rustc_hash::FxHashMap;

use crate::broker::arena::Arena;
use crate::broker::control::Control;
use crate::broker::delay::Schedule;
use crate::broker::gathered::Gathered;
use crate::broker::inbox;
use crate::broker::listen::Spread;
use crate::broker::message::{Client, Message, Origin, Reply, Request};
use crate::broker::posts::Posts;
use crate::broker::probe::Probe;
use crate::broker::pull::{Asked, WaitingPulls};
use crate::broker::remote::Tickets;
use crate::broker::reply::Refusal;
use crate::broker::send;
use crate::broker::storage::{Shard, ShardRoom};
use crate::broker::view::{Change, View};
use crate::config::broker::BrokerConfig;
use crate::message::id::UniqueKeys;
use crate::message::record::Host;
use crate::message::topic::HALF_TOPIC;
use crate::net::{CallError, ConnectionId, ConnectionTable, Part};
use crate::protocol::{Command, Fields};
use crate::rt::counts::MeshCounts;
use crate::rt::event::Event;
use crate::rt::mesh::Mesh;
use crate::rt::{clock, random};
use crate::store::Poison;
use crate::units::{CoreId, ShardId};

/// The core that runs the control plane.
pub const CONTROL: CoreId = CoreId(0);

/// One core of the broker. Built once, lives until the process ends, never shared: other cores
/// reach it through [`Core::run_on`] and [`Message`]s.
pub struct Core {
    /// This core.
    pub id: CoreId,
    /// The connections that live here.
    pub connections: ConnectionTable,
    /// Topics, groups and subscriptions as far as this core has been told.
    pub view: RefCell<View>,
    /// What the data path counts here.
    pub probe: Probe,
    /// Pulls that wait for an arrival on the queues owned here.
    pub waiting_pulls: WaitingPulls,
    /// Sends of the connections here that wait for their topic.
    pub sends_awaited: send::Awaited,
    /// The delay levels whose queues are owned here.
    pub schedule: Schedule,
    /// How connections are spread over the cores; kept by the control plane's core.
    pub spread: Spread,
    /// What clients reach the broker by: the host of records and message ids.
    pub store_host: Host,
    /// Set when the process is to stop. On the control plane's core.
    pub stopping: Event,
    /// Why it stops, if something failed. On the control plane's core.
    pub failure: Cell<Option<Poison>>,
    /// Properties that every stored message gets, see [`send::added_by_broker`].
    pub added_properties: Bytes,
    /// Properties that every reply gets, see [`send::added_to_replies`].
    pub added_to_replies: Bytes,
    config: RefCell<Rc<BrokerConfig>>,
    unique_keys: RefCell<UniqueKeys>,
    control: OnceCell<Rc<Control>>,
    shards: RefCell<FxHashMap<ShardId, Rc<ShardRoom>>>,
    ownership: Cell<Ownership>,
    mesh: Mesh<Message>,
    posts: Posts,
    /// What goes to other cores once [`Core::pass_gathered`] is called.
    pub gathered: Gathered,
    /// Memory for headers and properties.
    pub arena: Arena,
    /// What this core waits for.
    pub tickets: Tickets,
}

/// Which shard a queue belongs to, and which core a shard runs on.
#[derive(Clone, Copy, Debug)]
pub struct Ownership {
    /// Frozen with the store.
    pub shards: u16,
    /// Of this run of the process.
    pub cores: u16,
}

impl Ownership {
    /// The shard that holds a queue. Frozen: it must give the same answer for the life of a store.
    /// The queues of a topic are dealt evenly, from a first one that depends on the name.
    pub fn shard_of(self, topic: &str, queue: i32) -> ShardId {
        let first = crc32fast::hash(topic.as_bytes());
        let dealt = first.wrapping_add(queue.cast_unsigned()) % u32::from(self.shards);
        ShardId(u16::try_from(dealt).unwrap_or(0))
    }

    /// The queue of a topic that lies on a shard: the first one. There is one if the topic has as
    /// many queues as there are shards.
    pub fn queue_on(self, topic: &str, shard: ShardId) -> i32 {
        let mut queues = 0..i32::from(self.shards);
        queues.find(|queue| self.shard_of(topic, *queue) == shard).unwrap_or(0)
    }

    /// The half queue of messages for a queue: on the same shard.
    pub fn half_queue(self, topic: &str, queue: i32) -> i32 {
        self.queue_on(HALF_TOPIC, self.shard_of(topic, queue))
    }

    /// The core that runs a shard.
    pub fn core_of(self, shard: ShardId) -> CoreId {
        CoreId(shard.0 % self.cores)
    }
}

impl Core {
    /// A core without connections, shards or control plane yet.
    ///
    /// `store_host` is what clients reach the broker by: it goes into every record.
    pub fn new(config: Rc<BrokerConfig>, mesh: Mesh<Message>, store_host: Host) -> Self {
        let (id, cores) = (mesh.id(), mesh.count());
        Self {
            id,
            connections: ConnectionTable::new(id),
            view: RefCell::default(),
            probe: Probe::default(),
            waiting_pulls: WaitingPulls::default(),
            sends_awaited: send::Awaited::default(),
            schedule: Schedule::default(),
            spread: Spread::new(cores),
            added_properties: send::added_by_broker(&config),
            added_to_replies: send::added_to_replies(&config),
            unique_keys: RefCell::new(unique_keys()),
            control: OnceCell::new(),
            shards: RefCell::default(),
            ownership: Cell::new(Ownership { shards: 1, cores }),
            store_host,
            stopping: Event::new(),
            failure: Cell::new(None),
            posts: Posts::new(cores),
            gathered: Gathered::new(cores),
            arena: Arena::default(),
            tickets: Tickets::default(),
            config: RefCell::new(config),
            mesh,
        }
    }

    /// The configuration in force on this core.
    pub fn config(&self) -> Rc<BrokerConfig> {
        self.config.borrow().clone()
    }

    /// A unique key for a message that came without one.
    pub fn unique_key(&self) -> String {
        self.unique_keys.borrow_mut().next_key(clock::wall_ms())
    }

    /// The core that owns a queue.
    pub fn owner_of(&self, topic: &str, queue: i32) -> CoreId {
        self.ownership().core_of(self.ownership().shard_of(topic, queue))
    }

    /// How queues are dealt to shards and shards to cores.
    pub fn ownership(&self) -> Ownership {
        self.ownership.get()
    }

    /// The store has been opened and has this many shards. Before any request comes in.
    pub fn set_shards(&self, shards: u16) {
        self.ownership.set(Ownership { shards, ..self.ownership.get() });
    }

    /// All cores, this one included.
    pub fn all_cores(&self) -> impl Iterator<Item = CoreId> + use<> {
        (0..self.ownership.get().cores).map(CoreId)
    }

    /// The control plane, when this is its core.
    pub fn control(&self) -> Option<&Rc<Control>> {
        self.control.get()
    }

    /// Makes this the core of the control plane. Once, at start.
    pub fn set_control(&self, control: Rc<Control>) {
        if self.control.set(control).is_err() {
            unreachable!("the control plane is started once");
        }
    }

    /// A shard that runs here.
    pub fn shard(&self, id: ShardId) -> Option<Rc<Shard>> {
        self.shards.borrow().get(&id).map(|room| room.shard.clone())
    }

    /// The shard of a queue, if it runs here.
    pub fn shard_of(&self, topic: &str, queue: i32) -> Option<Rc<Shard>> {
        self.shard(self.ownership().shard_of(topic, queue))
    }

    /// The shard of a queue with what waits to be appended to it, if it runs here.
    pub fn room_of(&self, topic: &str, queue: i32) -> Option<Rc<ShardRoom>> {
        self.room(self.ownership().shard_of(topic, queue))
    }

    /// A shard that runs here, with what waits to be appended to it.
    pub fn room(&self, shard: ShardId) -> Option<Rc<ShardRoom>> {
        self.shards.borrow().get(&shard).cloned()
    }

    /// All shards that run here, with what the broker keeps beside them.
    pub fn rooms(&self) -> Vec<Rc<ShardRoom>> {
        self.shards.borrow().values().cloned().collect()
    }

    /// All shards that run here.
    pub fn shards(&self) -> Vec<Rc<Shard>> {
        self.rooms().into_iter().map(|room| room.shard.clone()).collect()
    }

    /// What went to other cores so far.
    pub fn mesh_counts(&self) -> MeshCounts {
        self.mesh.counts()
    }

    /// Messages to other cores that wait for room in the mesh.
    pub fn posts_waiting(&self) -> usize {
        self.posts.waiting()
    }

    /// Whether every send has been answered and every answer taken.
    pub fn is_settled(&self) -> bool {
        self.shards.borrow().values().all(|room| room.is_settled()) && self.connections.is_flushed()
    }

    /// A shard has failed: the process is to stop. On the control plane's core.
    pub fn fail(&self, poison: Poison) {
        self.failure.set(Some(poison));
        self.stopping.set();
    }

    /// Ends the other cores, after all that was posted to them.
    pub async fn stop_others(&self) {
        for other in self.all_cores().filter(|other| *other != self.id) {
            self.posts.wait_passed(other).await;
            self.mesh.send_wait(other, Message::Stop).await;
        }
    }

    /// Takes in a shard that was opened here.
    pub fn add_shard(&self, id: ShardId, room: Rc<ShardRoom>) {
        self.shards.borrow_mut().insert(id, room);
    }

    /// Answers a request, wherever its connection lives. An answer to a connection that is gone
    /// is dropped.
    pub fn reply(&self, origin: &Origin, reply: Reply) {
        self.reply_to(origin.connection, reply);
    }

    /// Sends a frame to a connection, wherever it lives.
    pub fn reply_to(&self, connection: ConnectionId, reply: Reply) {
        if connection.core == self.id {
            self.deliver(connection, reply);
        } else {
            self.post(connection.core, Message::Replies(vec![(connection, reply)]));
        }
    }

    /// As [`Core::reply_to`]; for another core it is gathered.
    pub fn gather_reply(&self, connection: ConnectionId, reply: Reply) {
        if connection.core == self.id {
            self.deliver(connection, reply);
        } else {
            self.gathered.reply(connection, reply);
        }
    }

    /// Passes on what was gathered for other cores. Whoever gathers calls this before it waits.
    pub fn pass_gathered(&self) {
        self.gathered.pass_on(|to, message| self.post(to, message));
    }

    /// Answers with a command, or sends a client a request that it does not answer.
    pub fn send(&self, origin: &Origin, command: &Command) {
        match self.arena.write(|out| command.encode_into(out)) {
            Ok(frame) => self.reply(origin, Reply::Whole(frame)),
            Err(error) => {
                tracing::error!(code = command.code, %error, "an answer does not fit a frame");
            }
        }
    }

    /// Answers a request, unless it wants no answer.
    pub fn answer(&self, request: &Request, command: &Command) {
        self.answer_client(&Client::of(request), command);
    }

    /// As [`Core::answer`], for a request of which only its client is left.
    pub fn answer_client(&self, client: &Client, command: &Command) {
        client.count(&self.probe, command.code, false, clock::now());
        if !client.oneway {
            self.send(&client.origin, command);
        }
    }

    /// Answers a request with an error, unless it wants no answer.
    pub fn refuse(&self, request: &Request, refusal: &Refusal) {
        self.refuse_client(&Client::of(request), refusal);
    }

    /// As [`Core::refuse`], for a request of which only its client is left.
    pub fn refuse_client(&self, client: &Client, refusal: &Refusal) {
        self.answer_client(client, &refusal.tell_in(client.command(refusal.code())));
    }

    /// The fields that every answer to a send carries, errors included.
    pub fn send_reply_fields(&self) -> Fields {
        let mut fields = Fields::empty();
        let config = self.config();
        fields.push("MSG_REGION", &config.identity.region);
        fields.push_bool("TRACE_ON", config.identity.trace);
        fields
    }

    /// Tells every core, this one included, of a change. For the control plane only: changes of
    /// one sender arrive in order.
    pub fn publish(&self, change: Change) {
        for other in self.all_cores().filter(|core| *core != self.id) {
            self.post(other, Message::Change(change.clone()));
        }
        self.apply(change);
    }

    /// Takes note of a change.
    pub fn apply(&self, change: Change) {
        match change {
            Change::Config(config) => *self.config.borrow_mut() = Rc::new((*config).clone()),
            other => self.view.borrow_mut().apply(other),
        }
    }

    /// Runs `job` on another core (or here) and waits for its value. The job gets that core's
    /// state; only what it captures and what it returns crosses.
    pub async fn run_on<T, F>(
        self: &Rc<Self>,
        core: CoreId,
        job: impl FnOnce(Rc<Core>) -> F + Send + 'static,
    ) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + 'static,
    {
        if core == self.id {
            return job(self.clone()).await;
        }
        let ticket = self.tickets.open();
        let asker = self.id;
        self.post(
            core,
            Message::Job(Box::new(move |there: Rc<Core>| {
                Box::pin(async move {
                    let value = job(there.clone()).await;
                    there.hand_in(asker, ticket, Box::new(value));
                })
            })),
        );
        match self.tickets.wait(ticket).await.downcast::<T>() {
            Ok(value) => *value,
            Err(_) => unreachable!("a ticket is filled by the job it was opened for"),
        }
    }

    /// Asks a client over its connection, on whichever core that lives.
    ///
    /// # Errors
    /// No answer in time, or none at all.
    pub async fn call_client(
        self: &Rc<Self>,
        client: ConnectionId,
        question: Command,
        limit: Duration,
    ) -> Result<Command, CallError> {
        self.run_on(client.core, move |there| async move {
            let connection = there.connections.get(client).ok_or(CallError::Closed)?;
            connection.call(question, limit).await
        })
        .await
    }

    /// Hands in the value of a ticket that `core` waits with.
    pub fn hand_in(&self, core: CoreId, ticket: u64, value: Box<dyn Any + Send>) {
        if core == self.id {
            self.tickets.fill(ticket, value);
        } else {
            self.post(core, Message::Done { ticket, value });
        }
    }

    /// Stores the offset that a pull carries, if it does. Takes effect on the control plane's core.
    pub fn commit_offset(&self, asked: &Asked) {
        let Some(offset) = asked.committed else { return };
        let (group, topic, queue) = (asked.group.clone(), asked.topic.clone(), asked.queue);
        if let Some(control) = self.control() {
            return control.commit_offset(&group, &topic, queue, offset);
        }
        let commit = move |there: Rc<Core>| {
            let job: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move {
                if let Some(control) = there.control() {
                    control.commit_offset(&group, &topic, queue, offset);
                }
            });
            job
        };
        self.post(CONTROL, Message::Job(Box::new(commit)));
    }

    /// Sends a message to another core. What the mesh has no room for waits in order.
    pub fn post(&self, to: CoreId, message: Message) {
        self.posts.post(&self.mesh, to, message);
    }

    /// Whether so much waits for that core that new requests for it are to be refused.
    pub fn is_crowded(&self, core: CoreId) -> bool {
        self.posts.is_crowded(core)
    }

    /// Passes on what waits for room in the mesh to one core, for as long as the process runs.
    pub async fn pass_on(&self, to: CoreId) {
        self.posts.pass_on(&self.mesh, to).await;
    }

    /// Waits for messages of other cores, and takes all there are; those of the control plane come
    /// before those of other cores.
    pub async fn messages(&self, into: &mut Vec<(CoreId, Message)>) {
        self.mesh.drain(into).await;
        inbox::control_first(into, |more| self.mesh.drain_ready_from(CONTROL, more));
    }

    /// Sends a frame to a connection of this core.
    pub fn deliver(&self, connection: ConnectionId, reply: Reply) {
        let Some(connection) = self.connections.get(connection) else { return };
        match reply {
            Reply::Whole(bytes) => connection.send([Part::Memory(bytes)]),
            Reply::Parts(parts) => connection.send(parts),
        }
    }
}

/// Keys of this core: the salt keeps those of the process's cores apart.
fn unique_keys() -> UniqueKeys {
    let salt = u32::try_from(random::u64() >> 32).unwrap_or(0);
    UniqueKeys::new(Ipv4Addr::LOCALHOST.into(), std::process::id(), salt, 0)
}
