//! `batch-producer` (Java: `BatchProducer`, `batchproducer.sh`).

use bytes::Bytes;

use crate::command::Failure;
use crate::load::letter;
use crate::replica::compression::Compression;
use crate::replica::lines::{self, BatchTotals};
use crate::replica::message::{Properties, batch_body, user_properties};
use crate::replica::options::{COMMON, Flag, OptionError, Values, flag, help};
use crate::replica::plain::{
    FAILURE_PAUSE_MS, compress_line, compression, nameservers, refuse_unbuilt, since,
};
use crate::replica::sender::{
    Outcome, Outgoing, Requests, Sender, SenderPlan, UNREACHABLE_PAUSE_MS, Work,
};
use crate::replica::snapshots::Snapshots;
use crate::wire::unique::UniqueIds;

/// SEND_BATCH_MESSAGE.
const SEND_BATCH: i32 = 320;

const FLAGS: &[Flag] = &[
    flag("w", "threadCount", "Thread count, Default: 64"),
    flag("s", "messageSize", "Message Size, Default: 128"),
    flag("b", "batchSize", "Batch Size, Default: 16"),
    flag("k", "keyEnable", "Message Key Enable, Default: false"),
    flag("t", "topic", "Topic name, Default: BenchmarkTest"),
    flag("l", "tagCount", "Tag count, Default: 0"),
    flag("m", "msgTraceEnable", "Message Trace Enable, Default: false"),
    flag("a", "aclEnable", "Acl Enable, Default: false"),
    flag("ak", "accessKey", "Acl Access Key"),
    flag("sk", "secretKey", "Acl Secret Key"),
    flag("p", "propertySize", "Property Size, Default: 0"),
    flag("c", "compressEnable", "Enable compress msg over 4K, Default: false; batches never are"),
    flag("ct", "compressType", "Message compressed type, Default: ZLIB"),
    flag("cl", "compressLevel", "Message compressed level, Default: 5"),
    flag("ch", "compressOverHowMuch", "Compress bodies of at least so many bytes, Default: 4096"),
];

/// What the flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct BatchFlags {
    nameservers: String,
    topic: String,
    threads: usize,
    size: usize,
    batch: usize,
    keys: bool,
    properties: usize,
    tags: i64,
    trace: bool,
    acl: bool,
    compress: bool,
    compression: Compression,
    level: i32,
    report_ms: u64,
}

impl BatchFlags {
    fn read(values: &Values) -> Result<Self, OptionError> {
        refuse_unbuilt(values)?;
        Ok(Self {
            nameservers: nameservers(values),
            topic: values.text_or("t", "BenchmarkTest"),
            threads: values.number("w", 64)?,
            size: values.number("s", 128)?,
            batch: values.number("b", 16)?,
            keys: values.boolean("k"),
            properties: values.number("p", 0)?,
            tags: values.number("l", 0)?,
            trace: values.boolean("m"),
            acl: values.boolean("a"),
            compress: values.boolean("c"),
            compression: compression(values)?,
            level: values.number("cl", 5)?,
            report_ms: values.number("ri", 10_000)?,
        })
    }

    fn header(&self) -> String {
        let mut text = format!(
            "topic: {}, threadCount: {}, messageSize: {}, batchSize: {}, keyEnable: {}, \
             propertySize: {}, tagCount: {}, traceEnable: {}, aclEnable: {}\n \
             compressEnable: {}, reportInterval: {}\n",
            self.topic,
            self.threads,
            self.size,
            self.batch,
            self.keys,
            self.properties,
            self.tags,
            self.trace,
            self.acl,
            self.compress,
            self.report_ms
        );
        if self.compress {
            text.push_str(&compress_line(self.compression, self.level));
        }
        text
    }
}

/// The work of a batch producer.
struct Batch {
    flags: BatchFlags,
    ids: UniqueIds,
    sequence: u64,
    body: Bytes,
    totals: BatchTotals,
    max_ms: i64,
    snapshots: Snapshots<BatchTotals>,
}

impl Batch {
    fn new(flags: BatchFlags) -> Self {
        let body = letter::body(flags.size).into();
        let ids = UniqueIds::of_this_run();
        let totals = BatchTotals::default();
        Self { flags, ids, sequence: 0, body, totals, max_ms: 0, snapshots: Snapshots::new() }
    }

    fn next_properties(&mut self, now: u64) -> Properties {
        self.sequence += 1;
        Properties::new(&self.ids, self.sequence, now)
    }

    fn messages(&self) -> i64 {
        i64::try_from(self.flags.batch).unwrap_or(i64::MAX)
    }
}

impl Work for Batch {
    fn make(&mut self, now: u64) -> Outgoing {
        let first_tag = self.totals.messages_sent.checked_rem(self.flags.tags);
        let mut properties: Vec<Properties> = Vec::with_capacity(self.flags.batch);
        for index in 0..self.messages() {
            // User properties displace keys and tags: Java clears the message's before it adds
            // them.
            let mut item = self.next_properties(now);
            if self.flags.properties > 0 {
                let user = user_properties(self.flags.properties, now % 100);
                user.iter().for_each(|(name, value)| item.put(name, value));
            } else {
                if self.flags.keys {
                    item.put("KEYS", &(now / 1000).to_string());
                }
                if let Some(tag) = first_tag.filter(|_| self.flags.tags > 0) {
                    item.put("TAGS", &format!("tag{}", tag + index));
                }
            }
            properties.push(item);
        }
        let items = properties.iter().map(|item| (&self.body[..], item.as_text()));
        let body = batch_body(items);
        let outer = self.next_properties(now);
        Outgoing {
            code: SEND_BATCH,
            sys_flag: 0,
            properties: outer.into_text(),
            body,
            born_ms: now,
            tag: 0,
        }
    }

    fn done(&mut self, message: &Outgoing, outcome: Outcome<'_>, _out: &mut Requests) -> u64 {
        let stored = matches!(outcome, Outcome::Stored { code: 0, .. });
        let messages = self.messages();
        if stored {
            self.totals.sent += 1;
            self.totals.messages_sent += messages;
        } else {
            self.totals.failed += 1;
            self.totals.messages_failed += messages;
        }
        match outcome {
            Outcome::Stored { .. } => {
                let spent = since(message.born_ms);
                self.totals.time_ms += spent;
                self.max_ms = self.max_ms.max(spent);
                0
            }
            Outcome::Refused(_) | Outcome::TimedOut => FAILURE_PAUSE_MS,
            Outcome::GivenUp => 0,
            Outcome::Unreachable => UNREACHABLE_PAUSE_MS,
        }
    }

    fn snapshot(&mut self, now: u64) {
        self.totals.ms = i64::try_from(now).unwrap_or(i64::MAX);
        self.snapshots.push(self.totals);
    }

    fn report(&mut self, now: u64) -> Option<String> {
        let (begin, end) = self.snapshots.full()?;
        let BatchTotals { failed, messages_failed, .. } = self.totals;
        let end = BatchTotals { failed, messages_failed, ..end };
        Some(lines::batch(now, begin, end, self.max_ms))
    }
}

/// Runs the producer, for ever.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
    let values = Values::parse(&flags, arguments)?;
    if values.has("h") {
        print!("{}", help("benchmarkBatchProducer", &flags));
        return Ok(());
    }
    let flags = BatchFlags::read(&values)?;
    print!("{}", flags.header());
    let plan = SenderPlan {
        nameservers: flags.nameservers.clone(),
        group: "benchmark_batch_producer".to_owned(),
        topic: flags.topic.clone(),
        default_queues: 4,
        limits: vec![None; flags.threads],
        depth: 1,
        report_ms: flags.report_ms,
    };
    let mut work = Batch::new(flags);
    Ok(Sender::new(&plan, &mut work)?.run(&mut |line| println!("{line}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::unique::wall_ms;

    fn read(words: &str) -> Result<BatchFlags, OptionError> {
        let words: Vec<String> =
            words.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
        BatchFlags::read(&Values::parse(&flags, &words)?)
    }

    #[test]
    fn the_header_is_javas() {
        let expected = "topic: BenchmarkTest, threadCount: 64, messageSize: 128, batchSize: 16, \
                        keyEnable: false, propertySize: 0, tagCount: 0, traceEnable: false, \
                        aclEnable: false\n compressEnable: false, reportInterval: 10000\n";
        assert_eq!(read("").unwrap().header(), expected);
    }

    #[test]
    fn a_batch_has_its_messages() {
        let mut work = Batch::new(read("-b 3 -s 10 -k true -l 2").unwrap());
        let message = work.make(wall_ms());
        let text = String::from_utf8_lossy(&message.body).into_owned();
        assert_eq!(text.matches("UNIQ_KEY").count(), 3);
        assert_eq!(text.matches("KEYS\u{1}").count(), 3);
        assert!(text.contains("TAGS\u{1}tag0") && text.contains("TAGS\u{1}tag2"));
        assert_eq!(message.properties.matches("UNIQ_KEY").count(), 1);
        let mut none = Vec::new();
        work.done(&message, Outcome::Refused(13), &mut none);
        let stored = Outcome::Stored { code: 0, link: 0, offset: 0, message_id: b"" };
        work.done(&message, stored, &mut none);
        let BatchTotals { sent, failed, messages_sent, messages_failed, .. } = work.totals;
        assert_eq!((sent, failed, messages_sent, messages_failed), (1, 1, 3, 3));
    }
}
