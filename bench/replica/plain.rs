//! `producer` (Java: `Producer`, `producer.sh`).

use bytes::Bytes;

use crate::command::Failure;
use crate::load::letter;
use crate::replica::compression::Compression;
use crate::replica::java_text::whole_number;
use crate::replica::lines::{self, ProducerTotals};
use crate::replica::message::Properties;
use crate::replica::options::{COMMON, Flag, OptionError, Values, flag, help};
use crate::replica::sender::{
    Outcome, Outgoing, Requests, Sender, SenderPlan, UNREACHABLE_PAUSE_MS, Work,
};
use crate::replica::snapshots::Snapshots;
use crate::wire::unique::{UniqueIds, wall_ms};

/// SEND_MESSAGE_V2.
const SEND: i32 = 310;

/// How long a lane of Java's producers sleeps after a refusal or a time-out.
pub const FAILURE_PAUSE_MS: u64 = 3000;

/// Messages in flight of an asynchronous producer at most.
const ASYNC_DEPTH: u32 = 10_000;

const FLAGS: &[Flag] = &[
    flag("w", "threadCount", "Thread count, Default: 64"),
    flag("s", "messageSize", "Message Size, Default: 128"),
    flag("k", "keyEnable", "Message Key Enable, Default: false"),
    flag("t", "topic", "Topic name, Default: BenchmarkTest"),
    flag("l", "tagCount", "Tag count, Default: 0"),
    flag("m", "msgTraceEnable", "Message Trace Enable, Default: false"),
    flag("a", "aclEnable", "Acl Enable, Default: false; a whole number is the thread count"),
    flag("ak", "accessKey", "Acl access key"),
    flag("sk", "secretKey", "Acl secret key"),
    flag("q", "messageQuantity", "Send message quantity, Default: 0, running forever"),
    flag("d", "delayEnable", "Delay message Enable, Default: false"),
    flag("e", "delayLevel", "Delay message level, Default: 1"),
    flag("y", "asyncEnable", "Enable async produce, Default: false"),
    flag(
        "c",
        "compressEnable",
        "Enable compress msg over 4K, Default: false; a whole number is the message quantity",
    ),
    flag("ct", "compressType", "Message compressed type, Default: ZLIB"),
    flag("cl", "compressLevel", "Message compressed level, Default: 5"),
    flag("ch", "compressOverHowMuch", "Compress bodies of at least so many bytes, Default: 4096"),
];

/// What the flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainFlags {
    nameservers: String,
    topic: String,
    threads: usize,
    size: usize,
    keys: bool,
    tags: u64,
    trace: bool,
    acl: bool,
    quantity: u64,
    delay: bool,
    delay_level: i32,
    asynchronous: bool,
    compress: bool,
    compression: Compression,
    level: i32,
    compress_from: usize,
    report_ms: u64,
}

/// The name servers given, else those of the environment, else this machine's.
pub fn nameservers(values: &Values) -> String {
    let environment = || std::env::var("NAMESRV_ADDR").ok();
    let given = values.text("n").map(str::to_owned).or_else(environment);
    given.unwrap_or_else(|| "127.0.0.1:9876".to_owned())
}

/// `-ct`.
pub fn compression(values: &Values) -> Result<Compression, OptionError> {
    let name = values.text_or("ct", "ZLIB");
    let unknown = || OptionError::NotServed {
        flag: "ct",
        value: name.clone(),
        why: "not one of LZ4, ZSTD, ZLIB",
    };
    Compression::from_name(&name).ok_or_else(unknown)
}

/// Says what is asked for and not built.
pub fn refuse_unbuilt(values: &Values) -> Result<(), OptionError> {
    let asked = |flag| values.boolean(flag).then_some(flag);
    match asked("a").or(asked("m")) {
        Some(flag) => Err(OptionError::NotServed {
            flag,
            value: "true".to_owned(),
            why: "access control and tracing are not built into this benchmark yet",
        }),
        None => Ok(()),
    }
}

impl PlainFlags {
    fn read(values: &Values) -> Result<Self, OptionError> {
        refuse_unbuilt(values)?;
        let asynchronous = values.boolean("y");
        let meant = |flag| values.text(flag).and_then(whole_number);
        let threads = match meant("a") {
            Some(threads) => usize::try_from(threads).unwrap_or(usize::MAX),
            None => values.number("w", 64)?,
        };
        let quantity = match meant("c") {
            Some(quantity) => quantity,
            None => values.number("q", 0)?,
        };
        Ok(Self {
            nameservers: nameservers(values),
            topic: values.text_or("t", "BenchmarkTest"),
            threads: if asynchronous { 1 } else { threads.max(1) },
            size: values.number("s", 128)?,
            keys: values.boolean("k"),
            tags: values.number("l", 0)?,
            trace: values.boolean("m"),
            acl: values.boolean("a"),
            quantity,
            delay: values.boolean("d"),
            delay_level: values.number("e", 1)?,
            asynchronous,
            compress: values.boolean("c"),
            compression: compression(values)?,
            level: values.number("cl", 5)?,
            compress_from: values.number("ch", 4096)?,
            report_ms: values.number("ri", 10_000)?,
        })
    }

    /// The lines printed at the start.
    fn header(&self) -> String {
        let mut text = format!(
            "topic: {}, threadCount: {}, messageSize: {}, keyEnable: {}, propertySize: 0, \
             tagCount: {}, traceEnable: {}, aclEnable: {}, messageQuantity: {}, delayEnable: {}, \
             delayLevel: {}, asyncEnable: {}\n compressEnable: {}, reportInterval: {}\n",
            self.topic,
            self.threads,
            self.size,
            self.keys,
            self.tags,
            self.trace,
            self.acl,
            self.quantity,
            self.delay,
            self.delay_level,
            self.asynchronous,
            self.compress,
            self.report_ms
        );
        if self.compress {
            text.push_str(&compress_line(self.compression, self.level));
        }
        text
    }

    /// Messages of each lane; the first takes what does not divide.
    fn limits(&self) -> Vec<Option<u64>> {
        if self.quantity == 0 {
            return vec![None; self.threads];
        }
        let threads = u64::try_from(self.threads).unwrap_or(u64::MAX);
        let mut limits = vec![Some(self.quantity / threads); self.threads];
        if let Some(first) = limits.first_mut() {
            *first = first.map(|share| share + self.quantity % threads);
        }
        limits
    }
}

/// The line that names the compression.
pub fn compress_line(compression: Compression, level: i32) -> String {
    format!("compressType: {} compressLevel: {level}\n", compression.name())
}

/// The work of a plain producer.
struct Plain {
    flags: PlainFlags,
    ids: UniqueIds,
    sequence: u64,
    body: Bytes,
    sys_flag: i32,
    totals: ProducerTotals,
    max_ms: i64,
    snapshots: Snapshots<ProducerTotals>,
}

impl Plain {
    fn new(flags: PlainFlags) -> std::io::Result<Self> {
        let mut body = letter::body(flags.size);
        let mut sys_flag = 0;
        if flags.compress && body.len() >= flags.compress_from {
            body = flags.compression.compress(&body, flags.level)?;
            sys_flag = flags.compression.sys_flag();
        }
        Ok(Self {
            flags,
            ids: UniqueIds::of_this_run(),
            sequence: 0,
            body: body.into(),
            sys_flag,
            totals: ProducerTotals::default(),
            max_ms: 0,
            snapshots: Snapshots::new(),
        })
    }

    fn complete(&self) -> String {
        lines::producer_complete(self.totals, self.snapshots.ends(), self.max_ms)
    }
}

/// Milliseconds since `then`.
pub fn since(then: u64) -> i64 {
    i64::try_from(wall_ms().saturating_sub(then)).unwrap_or(i64::MAX)
}

impl Work for Plain {
    fn make(&mut self, now: u64) -> Outgoing {
        let mut properties = Properties::new(&self.ids, self.sequence, now);
        self.sequence += 1;
        if self.flags.keys {
            properties.put("KEYS", &(now / 1000).to_string());
        }
        if self.flags.delay {
            properties.put("DELAY", &self.flags.delay_level.to_string());
        }
        if let Some(tag) = now.checked_rem(self.flags.tags) {
            properties.put("TAGS", &format!("tag{tag}"));
        }
        Outgoing {
            code: SEND,
            sys_flag: self.sys_flag,
            properties: properties.into_text(),
            body: self.body.clone(),
            born_ms: now,
            tag: 0,
        }
    }

    fn done(&mut self, message: &Outgoing, outcome: Outcome<'_>, _out: &mut Requests) -> u64 {
        let pause = match outcome {
            Outcome::Stored { .. } => {
                let spent = since(message.born_ms);
                self.totals.sent += 1;
                self.totals.time_ms += spent;
                self.max_ms = self.max_ms.max(spent);
                return 0;
            }
            Outcome::Refused(_) | Outcome::TimedOut => FAILURE_PAUSE_MS,
            Outcome::GivenUp => 0,
            Outcome::Unreachable => UNREACHABLE_PAUSE_MS,
        };
        // What fails in a callback is counted there, and nothing sleeps.
        if matches!(outcome, Outcome::Refused(_)) && !self.flags.asynchronous {
            self.totals.response_failed += 1;
        } else {
            self.totals.send_failed += 1;
        }
        if self.flags.asynchronous && !matches!(outcome, Outcome::Unreachable) { 0 } else { pause }
    }

    fn snapshot(&mut self, now: u64) {
        self.totals.ms = i64::try_from(now).unwrap_or(i64::MAX);
        self.snapshots.push(self.totals);
    }

    fn report(&mut self, now: u64) -> Option<String> {
        let (begin, end) = self.snapshots.full()?;
        Some(lines::producer(now, begin, self.with_totals(end), self.max_ms))
    }
}

impl Plain {
    /// The end of a window with the failures up to now: a report shows those since the start.
    fn with_totals(&self, end: ProducerTotals) -> ProducerTotals {
        let ProducerTotals { send_failed, response_failed, .. } = self.totals;
        ProducerTotals { send_failed, response_failed, ..end }
    }
}

/// Runs the producer.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
    let values = Values::parse(&flags, arguments)?;
    if values.has("h") {
        print!("{}", help("benchmarkProducer", &flags));
        return Ok(());
    }
    let flags = PlainFlags::read(&values)?;
    print!("{}", flags.header());
    let plan = SenderPlan {
        nameservers: flags.nameservers.clone(),
        group: "benchmark_producer".to_owned(),
        topic: flags.topic.clone(),
        default_queues: 4,
        limits: flags.limits(),
        depth: if flags.asynchronous { ASYNC_DEPTH } else { 1 },
        report_ms: flags.report_ms,
    };
    let mut work = Plain::new(flags)?;
    Sender::new(&plan, &mut work)?.run(&mut |line| println!("{line}"))?;
    println!("{}", work.complete());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::epoll::Floor;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn read(words: &str) -> Result<PlainFlags, OptionError> {
        let words: Vec<String> =
            words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
        PlainFlags::read(&Values::parse(&flags, &words)?)
    }

    #[test]
    fn the_header_is_javas() {
        let header = read("").unwrap().header();
        let expected = "topic: BenchmarkTest, threadCount: 64, messageSize: 128, \
                        keyEnable: false, propertySize: 0, tagCount: 0, traceEnable: false, \
                        aclEnable: false, messageQuantity: 0, delayEnable: false, delayLevel: 1, \
                        asyncEnable: false\n compressEnable: false, reportInterval: 10000\n";
        assert_eq!(header, expected);
        let header = read("-c true -ct lz4 -y true -w 9").unwrap().header();
        assert!(header.contains("threadCount: 1, ") && header.contains("asyncEnable: true"));
        assert!(header.ends_with("compressType: LZ4 compressLevel: 5\n"), "{header}");
    }

    #[test]
    fn whole_numbers_for_a_and_c_are_threads_and_messages() {
        let flags = read("-a 32 -c 1000000 -s 1024").unwrap();
        assert_eq!((flags.threads, flags.quantity, flags.size), (32, 1_000_000, 1024));
        assert!(!flags.acl && !flags.compress);
        assert_eq!(flags.limits(), vec![Some(31_250); 32]);
        assert_eq!(read("-w 3 -q 8").unwrap().limits(), [Some(4), Some(2), Some(2)]);
    }

    #[test]
    fn what_java_refuses_or_nobody_built_is_refused() {
        assert_eq!(read("-p 5").unwrap_err().to_string(), "Unrecognized option: -p");
        assert!(read("-a true").is_err() && read("-ct gzip").is_err() && read("-w x").is_err());
    }

    #[test]
    fn a_bounded_run_sends_all_and_says_so() {
        let mut floor = Floor::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let nameserver = floor.address().to_string();
        for words in ["-w 8 -q 1003 -k true -l 3", "-y true -q 1003"] {
            let flags = read(&format!("{words} -n {nameserver}")).unwrap();
            let plan = SenderPlan {
                nameservers: nameserver.clone(),
                group: "g".to_owned(),
                topic: "t".to_owned(),
                default_queues: 4,
                limits: flags.limits(),
                depth: if flags.asynchronous { ASYNC_DEPTH } else { 1 },
                report_ms: 10_000,
            };
            let over = AtomicBool::new(false);
            let mut work = Plain::new(flags).unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| floor.run(|| over.load(Ordering::Relaxed)));
                let ran = Sender::new(&plan, &mut work).unwrap().run(&mut |_| {});
                over.store(true, Ordering::Relaxed);
                ran.unwrap();
            });
            assert_eq!(work.totals.sent, 1003, "{words}");
            assert_eq!(
                work.complete(),
                "[Complete] Send Total: 1003 Send Failed: 0 Response Failed: 0"
            );
        }
    }

    #[test]
    fn failures_are_counted_where_java_counts_them() {
        let mut work = Plain::new(read("").unwrap()).unwrap();
        let message = work.make(wall_ms());
        let mut none = Vec::new();
        let pauses: Vec<u64> =
            [Outcome::Refused(13), Outcome::GivenUp, Outcome::TimedOut, Outcome::Unreachable]
                .map(|outcome| work.done(&message, outcome, &mut none))
                .to_vec();
        assert_eq!(pauses, [FAILURE_PAUSE_MS, 0, FAILURE_PAUSE_MS, UNREACHABLE_PAUSE_MS]);
        assert_eq!((work.totals.response_failed, work.totals.send_failed), (1, 3));
    }
}
