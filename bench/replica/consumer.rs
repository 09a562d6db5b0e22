//! A push consumer of a group: heartbeats, its share of the queues, long polls, offsets.
//!
//! Messages are consumed where they arrive, so nothing is held back and an offset is done when its
//! pull is. Timers are those of the Java client.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::time::Duration;

use ringmq::protocol::{Command, Fields, Serialization};

use crate::replica::groups::{self, Subscription};
use crate::replica::links::Links;
use crate::replica::queues::{After, Key, Progress, after_pull};
use crate::replica::rebalance;
use crate::replica::routes::{RoutePlan, Routes};
use crate::wire::poll::Ready;
use crate::wire::record::{Record, Records};
use crate::wire::reply;
use crate::wire::route::{PERM_READ, Route};
use crate::wire::unique::wall_ms;

/// PULL_MESSAGE.
const PULL: i32 = 11;
/// QUERY_CONSUMER_OFFSET.
const QUERY_OFFSET: i32 = 14;
/// UPDATE_CONSUMER_OFFSET.
const UPDATE_OFFSET: i32 = 15;
/// GET_MAX_OFFSET.
const MAX_OFFSET: i32 = 30;
/// CONSUMER_SEND_MSG_BACK.
const SEND_BACK: i32 = 36;
/// NOTIFY_CONSUMER_IDS_CHANGED.
const MEMBERS_CHANGED: i32 = 40;

/// The answer to a query for an offset that nobody has stored.
const NO_OFFSET: i32 = 22;

/// Time between heartbeats.
const HEARTBEAT_MS: u64 = 30_000;
/// Time between looks at the members without a notice.
const REBALANCE_MS: u64 = 20_000;
/// Time to the next look while the members are not known.
const REBALANCE_AGAIN_MS: u64 = 1000;
/// Time between offset reports.
const PERSIST_MS: u64 = 5000;
/// How long a broker holds a pull without messages (Java: `brokerSuspendMaxTimeMillis`).
const SUSPEND_MS: i64 = 15_000;
/// How long an answer is waited for; a held pull's is twice its suspension.
const ANSWER_MS: u64 = 30_000;
/// Messages asked for in one pull.
const BATCH: i64 = 32;
/// Bytes asked for in one pull.
const BATCH_BYTES: i64 = 262_144;
/// Deliveries before a message goes to the dead letters.
const RECONSUME_MAX: i64 = 16;

/// Pull sysFlag: the commit offset counts.
const COMMIT: i64 = 1;
/// Pull sysFlag: the broker may hold the pull.
const SUSPEND: i64 = 2;

/// What a consumer is to do.
#[derive(Clone, Debug)]
pub struct ConsumerPlan {
    /// Name servers, separated by `;`.
    pub nameservers: String,
    /// Consumer group.
    pub group: String,
    /// The topic and what of it is wanted.
    pub wanted: Subscription,
}

/// Who uses what is consumed.
pub trait Listener {
    /// A message; true if it is done, false if it is to come again later.
    fn consume(&mut self, record: &Record<'_>) -> bool;
    /// Called between rounds, at least each 100 ms. False ends the consumer.
    fn tick(&mut self, now: u64) -> bool;
}

/// What an answer will be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Offset(Key),
    End(Key),
    Pull(Key),
    Members,
    Other,
}

/// A running consumer.
pub struct Consumer<'a, L> {
    plan: &'a ConsumerPlan,
    listener: &'a mut L,
    links: Links,
    routes: Routes,
    /// The topic, and the group's retries.
    wanted: [Subscription; 2],
    /// Queues of each topic, in the order they are dealt.
    queues: [Vec<Key>; 2],
    owned: BTreeMap<Key, Progress>,
    asks: BTreeMap<i32, (u64, Ask)>,
    next_opaque: i32,
    ready: Vec<Key>,
    later: Vec<(u64, Key)>,
    members: Vec<String>,
    client_id: Option<String>,
    instance: u64,
    next_heartbeat: u64,
    next_rebalance: u64,
    next_persist: u64,
}

impl<'a, L: Listener> Consumer<'a, L> {
    /// A consumer that has not started.
    pub fn new(plan: &'a ConsumerPlan, listener: &'a mut L) -> io::Result<Self> {
        let now = wall_ms();
        let retry = format!("%RETRY%{}", plan.group);
        let topics = vec![plan.wanted.topic.clone(), retry.clone()];
        let nameservers = plan.nameservers.clone();
        let routes = Routes::keep(RoutePlan { nameservers, topics, create_with: None });
        Ok(Self {
            plan,
            listener,
            links: Links::new()?,
            routes,
            wanted: [plan.wanted.clone(), Subscription::all(&retry, now)],
            queues: [Vec::new(), Vec::new()],
            owned: BTreeMap::new(),
            asks: BTreeMap::new(),
            next_opaque: 0,
            ready: Vec::new(),
            later: Vec::new(),
            members: Vec::new(),
            client_id: None,
            instance: now,
            next_heartbeat: now,
            next_rebalance: now,
            next_persist: now + PERSIST_MS,
        })
    }

    /// Consumes until the listener ends it; then offsets are reported and the group is left.
    pub fn run(&mut self) -> io::Result<()> {
        let mut events = Vec::new();
        while self.listener.tick(wall_ms()) {
            let now = wall_ms();
            let news: Vec<_> = self.routes.news().collect();
            news.iter().for_each(|(topic, route)| self.take_route(topic, route));
            self.by_the_clock(now);
            self.go_on(now);
            for link in self.links.flush() {
                self.lose(link, now);
            }
            let patience = if self.ready.is_empty() { 100 } else { 0 };
            let wake = self.later.iter().map(|(until, _)| until.saturating_sub(now)).min();
            let patience = wake.unwrap_or(patience).min(patience);
            self.links.wait(&mut events, Duration::from_millis(patience))?;
            for event in &events {
                self.receive(*event);
            }
        }
        self.leave();
        Ok(())
    }

    fn take_route(&mut self, topic: &str, route: &Route) {
        let Some(index) = self.wanted.iter().position(|wanted| wanted.topic == topic) else {
            return;
        };
        let mut queues = Vec::new();
        for (data, address) in route.masters(PERM_READ) {
            let link = self.links.of(&data.broker_name, address);
            queues.extend((0..data.read_queue_nums).map(|queue| Key { topic: index, link, queue }));
        }
        if let Some(known) = self.queues.get_mut(index).filter(|known| **known != queues) {
            *known = queues;
            self.next_heartbeat = self.next_heartbeat.min(wall_ms());
            self.rebalance();
        }
    }

    fn by_the_clock(&mut self, now: u64) {
        if now >= self.next_heartbeat && self.links.len() > 0 {
            self.next_heartbeat = now + HEARTBEAT_MS;
            self.heartbeat(now);
        }
        if now >= self.next_rebalance && self.client_id.is_some() {
            let known = !self.members.is_empty();
            self.next_rebalance = now + if known { REBALANCE_MS } else { REBALANCE_AGAIN_MS };
            self.ask(0, groups::members_request(&self.plan.group), Ask::Members, now);
        }
        if now >= self.next_persist {
            self.next_persist = now + PERSIST_MS;
            self.persist(now);
        }
        let late: Vec<i32> = self
            .asks
            .iter()
            .filter(|(_, (until, _))| *until <= now)
            .map(|(opaque, _)| *opaque)
            .collect();
        for opaque in late {
            if let Some((_, ask)) = self.asks.remove(&opaque) {
                self.again(ask, now);
            }
        }
        let ready = &mut self.ready;
        self.later.retain(|&(until, key)| {
            if until <= now {
                ready.push(key);
            }
            until > now
        });
    }

    fn heartbeat(&mut self, now: u64) {
        for link in 0..self.links.len() {
            if !self.links.reach(link, now) {
                self.next_heartbeat = now + REBALANCE_AGAIN_MS;
                continue;
            }
            if self.client_id.is_none() {
                let local = self.links.local();
                self.client_id = local.map(|local| format!("{local}@{}", self.instance));
            }
            let id = self.client_id.as_deref().unwrap_or_default();
            let body = groups::consumer_heartbeat(id, &self.plan.group, &self.wanted);
            let beat = Command::request(groups::HEART_BEAT).with_body(body);
            self.ask(link, beat, Ask::Other, now);
        }
    }

    /// Sends a request whose answer is awaited.
    fn ask(&mut self, link: usize, command: Command, ask: Ask, now: u64) {
        self.next_opaque = self.next_opaque.wrapping_add(1);
        let mut command = command.with_opaque(self.next_opaque);
        command.serialization = Serialization::Binary;
        if self.links.send(link, &command, now) {
            self.asks.insert(self.next_opaque, (now + ANSWER_MS, ask));
        } else {
            self.again(ask, now);
        }
    }

    /// An answer that will not come.
    fn again(&mut self, ask: Ask, now: u64) {
        match ask {
            Ask::Offset(key) | Ask::End(key) | Ask::Pull(key) => {
                self.later.push((now + REBALANCE_AGAIN_MS, key));
            }
            Ask::Members => self.next_rebalance = now + REBALANCE_AGAIN_MS,
            Ask::Other => {}
        }
    }

    /// Takes up the queues whose turn it is.
    fn go_on(&mut self, now: u64) {
        for key in std::mem::take(&mut self.ready) {
            let Some(progress) = self.owned.get(&key).copied() else { continue };
            let (link, mut fields) = (key.link, self.queue_fields(key));
            let Some(next) = progress.next else {
                fields.push("consumerGroup", &self.plan.group);
                let request = Command::request(QUERY_OFFSET).with_fields(fields);
                self.ask(link, request, Ask::Offset(key), now);
                continue;
            };
            let wanted = self.wanted.get(key.topic);
            fields.push("consumerGroup", &self.plan.group);
            fields.push_number("queueOffset", next);
            fields.push_number("maxMsgNums", BATCH);
            fields.push_number("sysFlag", if next > 0 { COMMIT | SUSPEND } else { SUSPEND });
            fields.push_number("commitOffset", next);
            fields.push_number("suspendTimeoutMillis", SUSPEND_MS);
            let version = wanted.map_or(0, |wanted| wanted.sub_version);
            fields.push_number("subVersion", i64::try_from(version).unwrap_or(0));
            fields.push("expressionType", wanted.map_or("TAG", |wanted| wanted.expression_type));
            fields.push_number("maxMsgBytes", BATCH_BYTES);
            self.ask(link, Command::request(PULL).with_fields(fields), Ask::Pull(key), now);
        }
    }

    fn queue_fields(&self, key: Key) -> Fields {
        let mut fields = Fields::absent();
        let topic = self.wanted.get(key.topic).map_or("", |wanted| &wanted.topic);
        fields.push("topic", topic);
        fields.push_number("queueId", key.queue);
        fields
    }

    fn receive(&mut self, event: Ready) {
        let alive = self.links.fill(event);
        let now = wall_ms();
        while let Some(frame) = self.links.next_frame(event.token) {
            let Some(head) = reply::read(frame) else { continue };
            if !head.is_response() {
                if head.code == MEMBERS_CHANGED {
                    self.next_rebalance = now;
                }
                continue;
            }
            let Some((_, ask)) = self.asks.remove(&head.opaque) else { continue };
            let (code, next) = (head.code, head.next);
            match ask {
                Ask::Pull(key) => {
                    let failed = consume(
                        self.listener,
                        self.wanted.get(key.topic),
                        if code == 0 { head.body } else { &[] },
                    );
                    self.after_pull(key, code, next, now);
                    failed.iter().for_each(|back| self.send_back(key.link, back, now));
                }
                Ask::Members => {
                    let members = groups::members(head.body);
                    if let Some(members) = members.filter(|_| code == 0) {
                        self.members = members;
                        self.members.sort();
                        self.rebalance();
                    }
                }
                Ask::Offset(key) | Ask::End(key) => {
                    let offset = head.answer_offset;
                    self.after_offset(ask, key, code, offset, now);
                }
                Ask::Other => {}
            }
        }
        if !alive {
            self.lose(event.token, now);
        }
    }

    fn after_pull(&mut self, key: Key, code: i32, next: Option<i64>, now: u64) {
        let Some(progress) = self.owned.get_mut(&key) else { return };
        match after_pull(code, next) {
            After::Pull(next) => {
                progress.next = Some(next);
                self.ready.push(key);
            }
            After::Reset(next) => {
                progress.next = Some(next);
                self.commit(key, next, now);
                self.ready.push(key);
            }
            After::Wait(pause) => self.later.push((now + pause, key)),
        }
    }

    /// A group without an offset starts at the end of a queue, and at the front of its retries.
    fn after_offset(&mut self, ask: Ask, key: Key, code: i32, offset: Option<i64>, now: u64) {
        let retries = key.topic > 0;
        let start = match (ask, code) {
            (_, 0) => offset,
            (Ask::Offset(_), NO_OFFSET) if retries => Some(0),
            (Ask::Offset(_), NO_OFFSET) => {
                let request = Command::request(MAX_OFFSET).with_fields(self.queue_fields(key));
                return self.ask(key.link, request, Ask::End(key), now);
            }
            _ => None,
        };
        match (start, self.owned.get_mut(&key)) {
            (Some(start), Some(progress)) => {
                *progress = Progress { next: Some(start), committed: start };
                self.ready.push(key);
            }
            (None, Some(_)) => self.later.push((now + REBALANCE_AGAIN_MS, key)),
            (_, None) => {}
        }
    }

    /// Takes the queues that are this consumer's now and drops those that are not.
    fn rebalance(&mut self) {
        let Some(me) = &self.client_id else { return };
        let mine = |queues: &Vec<Key>| rebalance::average(queues, &self.members, me).to_vec();
        let mine: Vec<Key> = self.queues.iter().flat_map(mine).collect();
        let gone: Vec<Key> = self.owned.keys().filter(|key| !mine.contains(key)).copied().collect();
        let now = wall_ms();
        for key in gone {
            if let Some(next) = self.owned.get(&key).and_then(|progress| progress.next) {
                self.commit(key, next, now);
            }
            self.owned.remove(&key);
            self.ready.retain(|other| *other != key);
            self.later.retain(|(_, other)| *other != key);
            self.asks.retain(|_, (_, ask)| {
                !matches!(ask, Ask::Offset(k) | Ask::End(k) | Ask::Pull(k) if *k == key)
            });
        }
        for key in mine {
            if let Entry::Vacant(place) = self.owned.entry(key) {
                place.insert(Progress::default());
                self.ready.push(key);
            }
        }
    }

    fn persist(&mut self, now: u64) {
        let moved = self.owned.iter().filter_map(|(key, progress)| {
            let next = progress.next.filter(|next| *next != progress.committed)?;
            Some((*key, next))
        });
        let moved: Vec<(Key, i64)> = moved.collect();
        for (key, next) in moved {
            self.commit(key, next, now);
        }
    }

    fn commit(&mut self, key: Key, next: i64, now: u64) {
        let mut fields = self.queue_fields(key);
        fields.push("consumerGroup", &self.plan.group);
        fields.push_number("commitOffset", next);
        let mut request = Command::oneway(UPDATE_OFFSET).with_fields(fields);
        request.serialization = Serialization::Binary;
        if self.links.send(key.link, &request, now)
            && let Some(progress) = self.owned.get_mut(&key)
        {
            progress.committed = next;
        }
    }

    fn send_back(&mut self, link: usize, back: &Back, now: u64) {
        let mut fields = Fields::absent();
        fields.push_number("offset", back.physical);
        fields.push("group", &self.plan.group);
        fields.push("delayLevel", "0");
        fields.push("originMsgId", &back.id);
        fields.push("originTopic", &back.topic);
        fields.push("unitMode", "false");
        fields.push_number("maxReconsumeTimes", RECONSUME_MAX);
        self.ask(link, Command::request(SEND_BACK).with_fields(fields), Ask::Other, now);
    }

    /// A lost connection: what was asked over it is asked again, and the broker has forgotten us.
    fn lose(&mut self, link: usize, now: u64) {
        self.next_heartbeat = now;
        let over = |ask: &Ask| match ask {
            Ask::Offset(key) | Ask::End(key) | Ask::Pull(key) => key.link == link,
            Ask::Members | Ask::Other => link == 0,
        };
        let lost: Vec<i32> =
            self.asks.iter().filter(|(_, (_, ask))| over(ask)).map(|(opaque, _)| *opaque).collect();
        for opaque in lost {
            if let Some((_, ask)) = self.asks.remove(&opaque) {
                self.again(ask, now);
            }
        }
    }

    fn leave(&mut self) {
        let now = wall_ms();
        self.persist(now);
        if let Some(id) = self.client_id.clone() {
            let request = groups::unregister(&id, None, Some(&self.plan.group));
            for link in 0..self.links.len() {
                self.links.send(link, &request, now);
            }
        }
        self.links.flush();
    }
}

/// A message to be given back.
struct Back {
    physical: i64,
    id: String,
    topic: String,
}

/// Shows the messages of a pull to the listener; yields those to be given back.
fn consume(listener: &mut impl Listener, wanted: Option<&Subscription>, body: &[u8]) -> Vec<Back> {
    let mut failed = Vec::new();
    for record in Records::new(body).map_while(Result::ok) {
        if !wanted.is_none_or(|wanted| wanted.wants(record.property(b"TAGS"))) {
            continue;
        }
        if !listener.consume(&record) {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            failed.push(Back {
                physical: record.physical,
                id: text(record.property(b"UNIQ_KEY").unwrap_or_default()),
                topic: text(record.topic),
            });
        }
    }
    failed
}
