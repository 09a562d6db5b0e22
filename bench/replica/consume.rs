//! `consumer` (Java: `Consumer`, `consumer.sh`).

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::command::Failure;
use crate::replica::consumer::{Consumer, ConsumerPlan, Listener};
use crate::replica::groups::Subscription;
use crate::replica::lines::{self, ConsumerTotals};
use crate::replica::options::{COMMON, Flag, OptionError, Values, flag, help};
use crate::replica::plain::{nameservers, refuse_unbuilt};
use crate::replica::snapshots::Snapshots;
use crate::wire::record::Record;
use crate::wire::unique::wall_ms;

const FLAGS: &[Flag] = &[
    flag("t", "topic", "Topic name, Default: BenchmarkTest"),
    flag("w", "threadCount", "Thread count, Default: 20"),
    flag("g", "group", "Consumer group name, Default: benchmark_consumer"),
    flag("p", "group prefix enable", "Is group prefix enable, Default: false"),
    flag("f", "filterType", "TAG, SQL92"),
    flag("e", "expression", "filter expression content file path.ie: ./test/expr"),
    flag("r", "fail rate", "consumer fail rate, default 0"),
    flag("m", "msgTraceEnable", "Message Trace Enable, Default: false"),
    flag("a", "aclEnable", "Acl Enable, Default: false"),
    flag("ak", "accessKey", "Acl access key"),
    flag("sk", "secretKey", "Acl secret key"),
];

/// What the flags say.
#[derive(Clone, Debug, PartialEq)]
struct ConsumerFlags {
    nameservers: String,
    topic: String,
    threads: u32,
    group: String,
    suffix: String,
    filter: Option<String>,
    expression_file: Option<String>,
    fail_rate: f64,
    trace: bool,
    acl: bool,
    report_ms: u64,
}

impl ConsumerFlags {
    fn read(values: &Values, now: u64) -> Result<Self, OptionError> {
        refuse_unbuilt(values)?;
        let prefix = values.text_or("g", "benchmark_consumer");
        let group = if values.boolean("p") { format!("{prefix}_{}", now % 100) } else { prefix };
        Ok(Self {
            nameservers: nameservers(values),
            topic: values.text_or("t", "BenchmarkTest"),
            threads: values.number("w", 20)?,
            group,
            suffix: values.text_or("p", "false"),
            filter: values.text("f").map(str::to_owned),
            expression_file: values.text("e").map(str::to_owned),
            fail_rate: values.number("r", 0.0)?,
            trace: values.boolean("m"),
            acl: values.boolean("a"),
            report_ms: values.number("ri", 10_000)?,
        })
    }

    fn header(&self) -> String {
        format!(
            "topic: {}, threadCount {}, group: {}, suffix: {}, filterType: {}, expression: {}, \
             msgTraceEnable: {}, aclEnable: {}, reportInterval: {}",
            self.topic,
            self.threads,
            self.group,
            self.suffix,
            self.filter.as_deref().unwrap_or("null"),
            self.expression_file.as_deref().unwrap_or("null"),
            self.trace,
            self.acl,
            self.report_ms
        )
    }

    /// What is wanted, and the line that shows the expression, if there is one.
    fn wanted(&self, now: u64) -> Result<(Subscription, Option<String>), OptionError> {
        let (Some(filter), Some(file)) = (&self.filter, &self.expression_file) else {
            return Ok((Subscription::all(&self.topic, now), None));
        };
        let unreadable = |_| OptionError::NotServed {
            flag: "e",
            value: file.clone(),
            why: "the file cannot be read",
        };
        let expression = fs::read_to_string(file).map_err(unreadable)?;
        let line = format!("Expression: {expression}");
        match filter.as_str() {
            "TAG" => Ok((Subscription::tags(&self.topic, &expression, now), Some(line))),
            "SQL92" => Ok((Subscription::sql(&self.topic, &expression, now), Some(line))),
            _ => Err(OptionError::NotServed {
                flag: "f",
                value: filter.clone(),
                why: "Not support filter type!",
            }),
        }
    }
}

/// What the benchmark does with messages: it counts them.
struct Counter {
    stop: Arc<AtomicBool>,
    fail_rate: f64,
    random: u64,
    totals: ConsumerTotals,
    max_born_ms: i64,
    max_stored_ms: i64,
    snapshots: Snapshots<ConsumerTotals>,
    next_snapshot: u64,
    next_report: u64,
    report_ms: u64,
}

impl Counter {
    fn new(flags: &ConsumerFlags, now: u64, stop: Arc<AtomicBool>) -> Self {
        Self {
            stop,
            fail_rate: flags.fail_rate,
            random: now | 1,
            totals: ConsumerTotals::default(),
            max_born_ms: 0,
            max_stored_ms: 0,
            snapshots: Snapshots::new(),
            next_snapshot: now + 1000,
            next_report: now + flags.report_ms,
            report_ms: flags.report_ms.max(1),
        }
    }

    fn fails(&mut self) -> bool {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let chance = (self.random >> 11) as f64 / 9_007_199_254_740_992.0;
        chance < self.fail_rate
    }

    fn count(&mut self, record: &Record<'_>, now: i64) -> bool {
        let (born, stored) = (now - record.born_ms, now - record.stored_ms);
        self.totals.received += 1;
        self.totals.born_ms += born;
        self.totals.stored_ms += stored;
        self.max_born_ms = self.max_born_ms.max(born);
        self.max_stored_ms = self.max_stored_ms.max(stored);
        let fails = self.fails();
        self.totals.failed += i64::from(fails);
        !fails
    }

    /// Takes a snapshot and makes a report when it is time.
    fn by_the_clock(&mut self, now: u64) -> Option<String> {
        if now >= self.next_snapshot {
            self.next_snapshot += 1000;
            self.totals.ms = i64::try_from(now).unwrap_or(i64::MAX);
            self.snapshots.push(self.totals);
        }
        if now < self.next_report {
            return None;
        }
        self.next_report += self.report_ms;
        let (begin, end) = self.snapshots.full()?;
        let line = lines::consumer(now, begin, end, self.max_born_ms, self.max_stored_ms);
        (self.max_born_ms, self.max_stored_ms) = (0, 0);
        Some(line)
    }
}

impl Listener for Counter {
    fn consume(&mut self, record: &Record<'_>) -> bool {
        self.count(record, i64::try_from(wall_ms()).unwrap_or(i64::MAX))
    }

    fn tick(&mut self, now: u64) -> bool {
        if let Some(line) = self.by_the_clock(now) {
            println!("{line}");
        }
        !self.stop.load(Ordering::Relaxed)
    }
}

/// Runs the consumer until it is told to end (SIGTERM, SIGINT).
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
    let values = Values::parse(&flags, arguments)?;
    if values.has("h") {
        print!("{}", help("benchmarkConsumer", &flags));
        return Ok(());
    }
    let now = wall_ms();
    let flags = ConsumerFlags::read(&values, now)?;
    println!("{}", flags.header());
    let (wanted, line) = flags.wanted(now)?;
    if let Some(line) = line {
        println!("{line}");
    }
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let plan =
        ConsumerPlan { nameservers: flags.nameservers.clone(), group: flags.group.clone(), wanted };
    let mut counter = Counter::new(&flags, now, stop);
    let mut consumer = Consumer::new(&plan, &mut counter)?;
    println!("Consumer Started.");
    Ok(consumer.run()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> ConsumerFlags {
        let words: Vec<String> =
            words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
        let values = Values::parse(&flags, &words).unwrap();
        ConsumerFlags::read(&values, 1_700_000_000_042).unwrap()
    }

    #[test]
    fn the_header_is_javas() {
        let expected = "topic: BenchmarkTest, threadCount 20, group: benchmark_consumer, \
                        suffix: false, filterType: null, expression: null, \
                        msgTraceEnable: false, aclEnable: false, reportInterval: 10000";
        assert_eq!(read("").header(), expected);
        assert!(read("-p true -g g").header().contains("group: g_42, suffix: true"));
    }

    #[test]
    fn latencies_and_failures_are_counted() {
        let mut counter = Counter::new(&read("-r 1.0"), 0, Arc::default());
        let record = Record {
            queue: 0,
            offset: 0,
            physical: 0,
            sys_flag: 0,
            born_ms: 100,
            stored_ms: 103,
            reconsume_times: 0,
            body: b"",
            topic: b"t",
            properties: b"",
        };
        assert!(!counter.count(&record, 110));
        let ConsumerTotals { received, born_ms, stored_ms, failed, .. } = counter.totals;
        assert_eq!((received, born_ms, stored_ms, failed), (1, 10, 7, 1));
        for second in 1..=9 {
            assert_eq!(counter.by_the_clock(second * 1000), None);
        }
        let line = counter.by_the_clock(10_000).unwrap();
        assert!(line.contains("MAX(B2C) RT(ms): 10 | MAX(S2C) RT(ms): 7"), "{line}");
        assert_eq!((counter.max_born_ms, counter.max_stored_ms), (0, 0));
    }

    #[test]
    fn a_filter_needs_a_known_type_and_a_readable_file() {
        assert!(read("-f TAG -e /nonexistent/expression").wanted(0).is_err());
        let path = std::env::temp_dir().join(format!("ringmq-bench-{}", std::process::id()));
        fs::write(&path, "a || b").unwrap();
        let (wanted, line) = read(&format!("-f TAG -e {}", path.display())).wanted(0).unwrap();
        assert_eq!((wanted.tags_set.len(), line.as_deref()), (2, Some("Expression: a || b")));
        assert!(read(&format!("-f X -e {}", path.display())).wanted(0).is_err());
        fs::remove_file(path).unwrap();
    }
}
