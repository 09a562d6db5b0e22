//! The text of a scrape, metric by metric.

use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use crate::broker::control::Control;
use crate::broker::control::groups::SYSTEM_GROUP_PREFIX;
use crate::broker::control::pages::cores::{CoreFacts, ShardFacts};
use crate::broker::control::pages::creations::{Created, LATENCY_MS};
use crate::broker::control::pages::lag::{self, Lag};
use crate::broker::names;
use crate::broker::probe::{
    CALL_LATENCY_US, DELAY_SECONDS, FINISH_SECONDS, GroupTotals, KindTotals, LATE_MS, Pace,
    SIZE_BYTES, Totals,
};
use crate::net::http::Pieces;
use crate::observability::VERSION;
use crate::observability::metric::{self, Metric};
use crate::observability::text::{Scale, Text};
use crate::protocol::body::heartbeat::ConsumeType;
use crate::protocol::{code, version};
use crate::rt::counts::Spread;
use crate::store::probe::{BATCH_BYTES, BATCH_RECORDS, LATENCY_US, Progress};
use crate::units::WallMillis;

/// The page, as far as it is written.
pub(super) struct Out<'a> {
    pub text: Text,
    pub pieces: Pieces<'a>,
    pub control: &'a Rc<Control>,
    pub pace: Pace,
}

impl Out<'_> {
    /// What the broker is. `oldest`: store time of its oldest message.
    pub(super) async fn broker(&mut self, oldest: Option<WallMillis>) -> io::Result<()> {
        let control = self.control;
        let config = control.config();
        self.value(&metric::BUILD, &[VERSION], 1);
        self.value(&metric::UPTIME, &[], control.booted.0.elapsed().as_secs_f64());
        self.value(&metric::BROKER_PERMISSION, &[], config.identity.permission);
        self.value(&metric::TOPIC_NUMBER, &[], control.topics.borrow().iter().len());
        self.value(&metric::CONSUMER_GROUP_NUMBER, &[], control.groups.borrow().iter().len());
        let age = oldest.map_or(0, |oldest| lag::now().saturating_sub(oldest.0).max(0));
        self.value(&metric::MESSAGE_RESERVE_TIME, &STORAGE, age);
        for (family, what) in [
            (&metric::TOPIC_CREATE_TIME, Created::Topic),
            (&metric::GROUP_CREATE_TIME, Created::Group),
        ] {
            self.text.family(family);
            for (labels, times) in control.creations.borrow().of(what) {
                let succeeded = if labels.succeeded { "success" } else { "failure" };
                let values = [truth(labels.is_system), succeeded];
                let shown = Scale { bounds: &LATENCY_MS, by: 1 };
                self.text.histogram(family, &values, &times, shown);
            }
        }
        self.breathe().await
    }

    /// What was stored, by topic.
    pub(super) async fn topics(&mut self, totals: &Totals) -> io::Result<()> {
        type Of = fn(&KindTotals) -> u64;
        let counters: [(&Metric, Of); 2] = [
            (&metric::MESSAGES_IN, |kind| kind.count.messages),
            (&metric::THROUGHPUT_IN, |kind| kind.count.bytes),
        ];
        for (family, of) in counters {
            self.text.family(family);
            for (topic, stored) in &totals.topics {
                let system = truth(self.is_system_topic(topic));
                for kind in &stored.kinds {
                    self.text.sample(family, &[topic, kind.kind.label(), system], of(kind));
                }
                self.breathe().await?;
            }
        }
        let family = &metric::MESSAGE_SIZE;
        self.text.family(family);
        for (topic, stored) in &totals.topics {
            let system = truth(self.is_system_topic(topic));
            for kind in &stored.kinds {
                let values = [topic, kind.kind.label(), system];
                let shown = Scale { bounds: &SIZE_BYTES, by: 1 };
                self.text.histogram(family, &values, &kind.sizes, shown);
            }
            self.breathe().await?;
        }
        self.transactions(totals).await
    }

    async fn transactions(&mut self, totals: &Totals) -> io::Result<()> {
        if !self.control.config().transactions.metrics {
            return Ok(());
        }
        let open = self.control.half_counts.borrow().clone();
        self.text.family(&metric::HALF_MESSAGES);
        for (topic, count) in open.iter() {
            self.text.sample(&metric::HALF_MESSAGES, &[topic], count);
            self.breathe().await?;
        }
        self.text.family(&metric::COMMITTED);
        for (topic, ended) in &totals.transactions {
            self.text.sample(&metric::COMMITTED, &[topic], ended.committed.count());
            self.breathe().await?;
        }
        self.text.family(&metric::ROLLED_BACK);
        for (topic, ended) in &totals.transactions {
            self.text.sample(&metric::ROLLED_BACK, &[topic], ended.rolled_back);
            self.breathe().await?;
        }
        let family = &metric::FINISH_LATENCY;
        self.text.family(family);
        for (topic, ended) in &totals.transactions {
            let shown = Scale { bounds: &FINISH_SECONDS, by: 1 };
            self.text.histogram(family, &[topic], &ended.committed, shown);
            self.breathe().await?;
        }
        self.delays(totals).await
    }

    async fn delays(&mut self, totals: &Totals) -> io::Result<()> {
        let family = &metric::DELAY_LATENCY;
        self.text.family(family);
        for (topic, delays) in &totals.delays {
            let [kind, medium] = STORAGE;
            let shown = Scale { bounds: &DELAY_SECONDS, by: 1 };
            self.text.histogram(family, &[topic, kind, medium], delays, shown);
            self.breathe().await?;
        }
        let family = &metric::DELAY_LATENESS;
        self.text.family(family);
        let shown = Scale { bounds: &LATE_MS, by: 1000 };
        self.text.histogram(family, &[], &totals.lateness, shown);
        self.breathe().await
    }

    /// What was delivered, by topic and group.
    pub(super) async fn groups(&mut self, totals: &Totals) -> io::Result<()> {
        type Of = fn(&GroupTotals) -> u64;
        let counters: [(&Metric, Of); 2] = [
            (&metric::MESSAGES_OUT, |group| group.got.messages),
            (&metric::THROUGHPUT_OUT, |group| group.got.bytes),
        ];
        for (family, of) in counters {
            self.text.family(family);
            for (topic, group, delivered) in pairs(totals) {
                if delivered.got.times > 0 {
                    let system = truth(self.is_system(topic, group));
                    let retry = truth(names::retry_group(topic).is_some());
                    self.text.sample(family, &[topic, group, system, retry], of(delivered));
                }
                self.breathe().await?;
            }
        }
        let family = &metric::SENT_TO_DEAD_LETTERS;
        self.text.family(family);
        for (topic, group, delivered) in pairs(totals) {
            if delivered.dead_lettered > 0 {
                let system = truth(self.is_system(topic, group));
                self.text.sample(family, &[group, topic, system], delivered.dead_lettered);
            }
            self.breathe().await?;
        }
        Ok(())
    }

    /// Requests and their answers.
    pub(super) async fn requests(&mut self, totals: &Totals) -> io::Result<()> {
        self.value(&metric::PUT_FAILURES, &[], totals.put_failed);
        let family = &metric::RPC_LATENCY;
        self.text.family(family);
        let named = |name: Option<&str>| name.unwrap_or("unknown").to_ascii_lowercase();
        for (call, times) in totals.calls.sorted() {
            let request = named(code::request::name(call.request));
            let response = named(code::response::name(call.response));
            let result = if call.oneway { "oneway" } else { "success" };
            let values = ["remoting", &request, &response, truth(call.parked), result];
            let shown = Scale { bounds: &CALL_LATENCY_US, by: 1000 };
            self.text.histogram(family, &values, times, shown);
            self.breathe().await?;
        }
        Ok(())
    }

    /// Clients, by what they are.
    pub(super) async fn members(&mut self) -> io::Result<()> {
        let control = self.control;
        let kind = |language: &str, ordinal| {
            (language.to_ascii_lowercase(), version::name(ordinal).to_ascii_lowercase())
        };
        let mut producers: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut consumers: BTreeMap<(String, &str, (String, String)), usize> = BTreeMap::new();
        {
            let members = control.members.borrow();
            let all = members.producer_groups().flat_map(|(_, members)| members);
            for member in all {
                *producers.entry(kind(member.language.name(), member.version)).or_default() += 1;
            }
            for (group, online) in members.consumer_groups() {
                let mode = consume_mode(online.manner.consume_type);
                for member in online.members() {
                    let kind = kind(member.language.name(), member.version);
                    *consumers.entry((group.to_owned(), mode, kind)).or_default() += 1;
                }
            }
        }
        self.text.family(&metric::PRODUCER_CONNECTIONS);
        for ((language, version), count) in &producers {
            let values = [language, version, "remoting"];
            self.text.sample(&metric::PRODUCER_CONNECTIONS, &values, count);
        }
        self.text.family(&metric::CONSUMER_CONNECTIONS);
        for ((group, mode, (language, version)), count) in &consumers {
            let system = truth(is_system_group(group));
            let values = [group.as_str(), language, version, mode, "remoting", system];
            self.text.sample(&metric::CONSUMER_CONNECTIONS, &values, count);
            self.breathe().await?;
        }
        Ok(())
    }

    /// How far groups are behind.
    pub(super) async fn lags(&mut self, lags: &[Lag]) -> io::Result<()> {
        let now = lag::now();
        type Of = fn(&Lag, i64) -> Option<i64>;
        let gauges: [(&Metric, Of); 5] = [
            (&metric::CONSUMER_LAG, |lag, _| Some(lag.behind)),
            (&metric::CONSUMER_LAG_LATENCY, |lag, now| lag.behind_ms(now)),
            (&metric::CONSUMER_INFLIGHT, |lag, _| Some(lag.in_flight)),
            (&metric::CONSUMER_QUEUEING_LATENCY, |lag, now| lag.ready_ms(now)),
            (&metric::CONSUMER_READY, |lag, _| Some(lag.ready)),
        ];
        for (family, of) in gauges {
            self.text.family(family);
            for lag in lags {
                if let Some(value) = of(lag, now) {
                    let system = truth(self.is_system(&lag.topic, &lag.group));
                    self.text.sample(family, &[&lag.group, &lag.topic, "false", system], value);
                }
                self.breathe().await?;
            }
        }
        Ok(())
    }

    /// What the cores and their shards did.
    pub(super) async fn cores(&mut self, cores: &[CoreFacts]) -> io::Result<()> {
        self.text.family(&metric::PROCESSOR_WATERMARK);
        let waiting = [
            ("send", cores.iter().map(|core| core.sends_waiting).sum::<usize>()),
            ("long_polling", cores.iter().map(|core| core.pulls_parked).sum()),
        ];
        for (processor, count) in waiting {
            self.text.sample(&metric::PROCESSOR_WATERMARK, &[processor], count);
        }
        type OfCore = fn(&CoreFacts) -> f64;
        let of_cores: [(&Metric, OfCore); 9] = [
            (&metric::CONNECTIONS, |core| number(core.connections as u64)),
            (&metric::CORE_BUSY, |core| core.ring.busy().as_secs_f64()),
            (&metric::CORE_SLEEPS, |core| number(core.ring.sleeps)),
            (&metric::RING_SUBMISSIONS, |core| number(core.ring.submitted)),
            (&metric::RING_COMPLETIONS, |core| number(core.ring.completed)),
            (&metric::MESH_MESSAGES, |core| number(core.mesh.sent)),
            (&metric::MESH_FULL, |core| number(core.mesh.full)),
            (&metric::MESH_WAITING, |core| number(core.mesh_waiting as u64)),
            (&metric::PULLS_PARKED, |core| number(core.pulls_parked as u64)),
        ];
        for (family, of) in of_cores {
            self.text.family(family);
            for core in cores {
                self.text.sample(family, &[&core.id.0.to_string()], of(core));
            }
        }
        self.spread(&metric::CORE_SLEEP_TIME, cores, 1_000_000, |core| &core.ring.sleep_times)
            .await?;
        self.spread(&metric::RING_SUBMIT_BATCH, cores, 1, |core| &core.ring.submit_batches).await?;
        self.spread(&metric::RING_COMPLETE_BATCH, cores, 1, |core| &core.ring.complete_batches)
            .await?;
        self.spread(&metric::MESH_BATCH, cores, 1, |core| &core.mesh.batches).await?;
        let shards: Vec<&ShardFacts> = cores.iter().flat_map(|core| &core.shards).collect();
        self.shards(&shards).await
    }

    /// A histogram of each core.
    async fn spread<const FIRST: u32, const N: usize>(
        &mut self,
        family: &Metric,
        cores: &[CoreFacts],
        by: u32,
        of: fn(&CoreFacts) -> &Spread<FIRST, N>,
    ) -> io::Result<()> {
        self.text.family(family);
        for core in cores {
            let shown = Scale { bounds: &Spread::<FIRST, N>::BOUNDS, by };
            let id = core.id.0.to_string();
            self.text.histogram(family, &[&id], &of(core).into(), shown);
            self.breathe().await?;
        }
        Ok(())
    }

    async fn shards(&mut self, shards: &[&ShardFacts]) -> io::Result<()> {
        type OfLog = fn(&Progress) -> u64;
        let of_logs: [(&Metric, OfLog); 3] = [
            (&metric::STORAGE_SIZE, |log| log.committed - log.start),
            (&metric::FLUSH_BEHIND, |log| log.appended.saturating_sub(log.durable)),
            (&metric::DISPATCH_BEHIND, |log| log.appended - log.committed),
        ];
        for (family, of) in of_logs {
            let sum: u64 = shards.iter().map(|shard| of(&shard.progress)).sum();
            self.value(family, &STORAGE, sum);
        }
        type OfShard = fn(&ShardFacts) -> usize;
        let of_shards: [(&Metric, OfShard); 4] = [
            (&metric::LOG_CHUNKS, |shard| shard.memory.chunks),
            (&metric::LOG_CHUNKS_USED, |shard| shard.memory.chunks_used),
            (&metric::LOG_CHUNK_BYTES, |shard| shard.memory.chunk_bytes),
            (&metric::SHARD_FAILED, |shard| usize::from(shard.failed)),
        ];
        for (family, of) in of_shards {
            self.text.family(family);
            for shard in shards {
                self.text.sample(family, &[&shard.id.0.to_string()], of(shard));
            }
        }
        self.text.family(&metric::COMMIT_LATENCY);
        for shard in shards {
            let shown = Scale { bounds: &LATENCY_US, by: 1_000_000 };
            let id = shard.id.0.to_string();
            self.text.histogram(&metric::COMMIT_LATENCY, &[&id], &shard.commits.latency, shown);
            self.breathe().await?;
        }
        let batches =
            [(&metric::COMMIT_RECORDS, &BATCH_RECORDS), (&metric::COMMIT_BYTES, &BATCH_BYTES)];
        for ((family, bounds), records) in batches.into_iter().zip([true, false]) {
            self.text.family(family);
            for shard in shards {
                let commits = &shard.commits;
                let counted = if records { &commits.records } else { &commits.bytes };
                let id = shard.id.0.to_string();
                self.text.histogram(family, &[&id], counted, Scale { bounds, by: 1 });
                self.breathe().await?;
            }
        }
        Ok(())
    }

    /// Sends what is left.
    pub(super) async fn finish(mut self) -> io::Result<()> {
        self.pieces.send(self.text.rest()).await?;
        self.pieces.end().await
    }

    /// A metric of one sample.
    fn value(&mut self, family: &Metric, values: &[&str], value: impl std::fmt::Display) {
        self.text.family(family);
        self.text.sample(family, values, value);
    }

    /// Sends what is enough to send, and now and then lets other tasks run.
    async fn breathe(&mut self) -> io::Result<()> {
        if let Some(piece) = self.text.piece() {
            self.pieces.send(piece).await?;
        }
        self.pace.step().await;
        Ok(())
    }

    fn is_system_topic(&self, topic: &str) -> bool {
        self.control.topics.borrow().is_system(topic)
    }

    fn is_system(&self, topic: &str, group: &str) -> bool {
        self.is_system_topic(topic) || is_system_group(group)
    }
}

/// What the storage metrics say of the storage.
const STORAGE: [&str; 2] = ["local", "disk"];

fn pairs(totals: &Totals) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, &GroupTotals)> {
    let of_topic = |(topic, groups)| {
        let groups: &crate::broker::probe::GroupTable = groups;
        groups.iter().map(move |(group, totals)| (topic, group, totals))
    };
    totals.groups.iter().flat_map(of_topic)
}

/// Java: `BrokerMetricsManager.isSystemGroup`, which heeds no case.
pub fn is_system_group(group: &str) -> bool {
    let start = group.get(..SYSTEM_GROUP_PREFIX.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(SYSTEM_GROUP_PREFIX))
}

/// Java: `ConsumeType.getTypeCN`, in lower case.
fn consume_mode(kind: ConsumeType) -> &'static str {
    match kind {
        ConsumeType::Actively => "pull",
        ConsumeType::Passively => "push",
        ConsumeType::Pop => "pop",
        ConsumeType::Unknown => "unknown",
    }
}

const fn truth(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus' own numbers are no finer")]
fn number(count: u64) -> f64 {
    count as f64
}
