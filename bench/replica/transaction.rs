//! `transaction-producer` (Java: `TransactionProducer`, `tproducer.sh`): half messages whose fate
//! is written in their own body, told to the broker at once or when it asks.

use std::collections::{BTreeMap, VecDeque};

use ringmq::protocol::{Command, Fields, Serialization};

use crate::command::Failure;
use crate::load::letter;
use crate::replica::java_text::time_of_day;
use crate::replica::lines::{self, TransactionTotals};
use crate::replica::message::Properties;
use crate::replica::options::{COMMON, Flag, OptionError, Values, flag, help};
use crate::replica::plain::{nameservers, refuse_unbuilt, since};
use crate::replica::sender::{
    Outcome, Outgoing, Requests, Sender, SenderPlan, UNREACHABLE_PAUSE_MS, Work,
};
use crate::replica::snapshots::Snapshots;
use crate::wire::record::{Record, Records};
use crate::wire::unique::{UniqueIds, wall_ms};

/// SEND_MESSAGE_V2.
const SEND: i32 = 310;

/// END_TRANSACTION.
const END_TRANSACTION: i32 = 37;

/// CHECK_TRANSACTION_STATE.
const CHECK_TRANSACTION: i32 = 39;

/// sysFlag: a half message.
const PREPARED: i32 = 4;

/// Answers to checks that a body holds; a broker must not check more often.
const CHECKS: usize = 20;

/// Bytes of a body before its padding: batch, message, state of the send, states of the checks.
const META_BYTES: usize = 8 + 8 + 1 + CHECKS;

/// Messages whose checks are remembered.
const REMEMBERED: usize = 200_000;

const GROUP: &str = "benchmark_transaction_producer";

const FLAGS: &[Flag] = &[
    flag("w", "threadCount", "Thread count, Default: 32"),
    flag("s", "messageSize", "Message Size, Default: 2048"),
    flag("t", "topic", "Topic name, Default: BenchmarkTest"),
    flag("sr", "send rollback rate", "Send rollback rate, Default: 0.0"),
    flag("su", "send unknown rate", "Send unknown rate, Default: 0.0"),
    flag("cr", "check rollback rate", "Check rollback rate, Default: 0.0"),
    flag("cu", "check unknown rate", "Check unknown rate, Default: 0.0"),
    flag("b", "test batch id", "test batch id, Default: the start in milliseconds"),
    flag("i", "send interval", "sleep interval in millis between messages, Default: 0"),
    flag("a", "aclEnable", "Acl Enable, Default: false"),
    flag("ak", "accessKey", "Acl access key"),
    flag("sk", "secretKey", "Acl secret key"),
    flag("m", "msgTraceEnable", "Message Trace Enable, Default: false"),
];

/// The fate of a transaction. The discriminant is its byte in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Fate {
    Commit = 0,
    Rollback = 1,
    Unknown = 2,
}

impl Fate {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Commit, Self::Rollback, Self::Unknown].into_iter().find(|fate| *fate as u8 == byte)
    }

    /// `commitOrRollback` of END_TRANSACTION.
    fn flag(self) -> i32 {
        match self {
            Self::Commit => 8,
            Self::Rollback => 12,
            Self::Unknown => 0,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Commit => "COMMIT_MESSAGE",
            Self::Rollback => "ROLLBACK_MESSAGE",
            Self::Unknown => "UNKNOW",
        }
    }
}

/// What a body says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Meta {
    batch: i64,
    message: i64,
    sent: Fate,
    checks: Vec<Fate>,
}

impl Meta {
    fn write(&self, body: &mut [u8]) {
        let mut bytes = self.batch.to_be_bytes().to_vec();
        bytes.extend(self.message.to_be_bytes());
        bytes.push(self.sent as u8);
        bytes.extend(self.checks.iter().map(|fate| *fate as u8));
        if let Some(room) = body.get_mut(..bytes.len()) {
            room.copy_from_slice(&bytes);
        }
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (batch, rest) = body.split_first_chunk()?;
        let (message, rest) = rest.split_first_chunk()?;
        let (sent, rest) = rest.split_first()?;
        let checks = rest.get(..CHECKS)?.iter().map(|byte| Fate::from_byte(*byte));
        Some(Self {
            batch: i64::from_be_bytes(*batch),
            message: i64::from_be_bytes(*message),
            sent: Fate::from_byte(*sent)?,
            checks: checks.collect::<Option<_>>()?,
        })
    }
}

/// What the flags say.
#[derive(Clone, Debug, PartialEq)]
struct TransactionFlags {
    nameservers: String,
    topic: String,
    threads: usize,
    size: usize,
    send_rollback: f64,
    send_unknown: f64,
    check_rollback: f64,
    check_unknown: f64,
    batch: i64,
    interval_ms: u64,
    report_ms: u64,
}

impl TransactionFlags {
    fn read(values: &Values) -> Result<Self, OptionError> {
        refuse_unbuilt(values)?;
        let size = values.number("s", 2048)?;
        if size < META_BYTES {
            let why = "a body holds 37 bytes about its own fate";
            return Err(OptionError::NotServed { flag: "s", value: size.to_string(), why });
        }
        Ok(Self {
            nameservers: nameservers(values),
            topic: values.text_or("t", "BenchmarkTest"),
            threads: values.number("w", 32)?,
            size,
            send_rollback: values.number("sr", 0.0)?,
            send_unknown: values.number("su", 0.0)?,
            check_rollback: values.number("cr", 0.0)?,
            check_unknown: values.number("cu", 0.0)?,
            batch: values.number("b", i64::try_from(wall_ms()).unwrap_or(0))?,
            interval_ms: values.number("i", 0)?,
            report_ms: values.number("ri", 10_000)?,
        })
    }
}

/// Checks of a message seen so far, one bit each; the oldest messages are forgotten.
#[derive(Debug, Default)]
struct Checks {
    seen: BTreeMap<i64, u32>,
    order: VecDeque<i64>,
}

impl Checks {
    /// Whether check `times` (from 1) of a message was seen before.
    fn again(&mut self, message: i64, times: u32) -> bool {
        if !self.seen.contains_key(&message) {
            self.order.push_back(message);
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.seen.remove(&oldest);
            }
        }
        let bits = self.seen.entry(message).or_default();
        let bit = 1 << (times - 1).min(31);
        let again = *bits & bit != 0;
        *bits |= bit;
        again
    }
}

/// The work of a transaction producer.
struct Transactions {
    flags: TransactionFlags,
    ids: UniqueIds,
    started_ms: u64,
    count: u64,
    padding: Vec<u8>,
    random: u64,
    checks: Checks,
    totals: TransactionTotals,
    max_ms: i64,
    snapshots: Snapshots<TransactionTotals>,
    /// Lines about checks that should not have come.
    complaints: Vec<String>,
}

impl Transactions {
    fn new(flags: TransactionFlags) -> Self {
        let started_ms = wall_ms();
        Self {
            padding: letter::body(flags.size),
            flags,
            ids: UniqueIds::of_this_run(),
            started_ms,
            count: 0,
            random: started_ms | 1,
            checks: Checks::default(),
            totals: TransactionTotals::default(),
            max_ms: 0,
            snapshots: Snapshots::new(),
            complaints: Vec::new(),
        }
    }

    /// A number from 0 up to 1 (xorshift).
    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let part = (self.random >> 11) as f64;
        part / 9_007_199_254_740_992.0
    }

    fn fate(&mut self, rollback: f64, unknown: f64) -> Fate {
        if self.chance() < rollback {
            Fate::Rollback
        } else if self.chance() < unknown {
            Fate::Unknown
        } else {
            Fate::Commit
        }
    }

    /// What to answer to a check; nothing is printed here.
    fn check(&mut self, record: &Record<'_>) -> Fate {
        let Some(meta) = Meta::read(record.body).filter(|meta| meta.batch == self.flags.batch)
        else {
            return Fate::Rollback;
        };
        self.totals.checks += 1;
        let shown = record.property(b"TRANSACTION_CHECK_TIMES").unwrap_or_default();
        let shown = String::from_utf8_lossy(shown).into_owned();
        let Ok(times) = shown.parse::<i64>() else { return Fate::Rollback };
        let times = u32::try_from(times.max(1)).unwrap_or(u32::MAX);
        self.totals.duplicated += i64::from(self.checks.again(meta.message, times));
        let before = usize::try_from(times - 1).unwrap_or(usize::MAX);
        let earlier = meta.checks.iter().take(before).find(|fate| **fate != Fate::Unknown);
        let known = if meta.sent == Fate::Unknown { earlier.copied() } else { Some(meta.sent) };
        let Some(known) = known else {
            return meta.checks.get(before).copied().unwrap_or(Fate::Commit);
        };
        self.totals.unexpected += 1;
        let id = record.property(b"UNIQ_KEY").unwrap_or_default();
        let id = String::from_utf8_lossy(id);
        let which = if meta.sent == Fate::Unknown { ",lastCheckResult" } else { "" };
        self.complaints.push(format!(
            "{} unexpected check: msgId={id},txId={id},checkTimes={shown},sendResult{which}={}",
            time_of_day(wall_ms()),
            known.name()
        ));
        known
    }
}

/// The part of an id that names a place in the store.
fn physical(message_id: &[u8]) -> Option<i64> {
    let digits = message_id.get(message_id.len().checked_sub(16)?..)?;
    let value = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    i64::try_from(value).ok()
}

/// Where a half message is.
struct Half<'a> {
    topic: &'a str,
    offset: i64,
    physical: i64,
    id: &'a str,
}

fn end(half: &Half<'_>, fate: Fate, from_check: bool) -> Command {
    let mut fields = Fields::absent();
    fields.push("topic", half.topic);
    fields.push("producerGroup", GROUP);
    fields.push_number("tranStateTableOffset", half.offset);
    fields.push_number("commitLogOffset", half.physical);
    fields.push_number("commitOrRollback", fate.flag());
    fields.push_bool("fromTransactionCheck", from_check);
    fields.push("msgId", half.id);
    fields.push("transactionId", half.id);
    let mut command = Command::oneway(END_TRANSACTION).with_fields(fields);
    command.serialization = Serialization::Binary;
    command
}

/// The unique id at the front of encoded properties.
fn unique_id(properties: &str) -> &str {
    let id = properties.strip_prefix("UNIQ_KEY\u{1}").and_then(|rest| rest.split('\u{2}').next());
    id.unwrap_or_default()
}

impl Work for Transactions {
    fn make(&mut self, now: u64) -> Outgoing {
        let count = self.count;
        self.count += 1;
        let TransactionFlags { send_rollback, send_unknown, .. } = self.flags;
        let TransactionFlags { check_rollback, check_unknown, batch, .. } = self.flags;
        let sent = self.fate(send_rollback, send_unknown);
        let checks = (0..CHECKS).map(|_| self.fate(check_rollback, check_unknown)).collect();
        let message = (self.started_ms << 32 | count).cast_signed();
        let mut body = self.padding.clone();
        Meta { batch, message, sent, checks }.write(&mut body);
        let mut properties = Properties::new(&self.ids, count, now);
        properties.put("TRAN_MSG", "true");
        properties.put("PGROUP", GROUP);
        Outgoing {
            code: SEND,
            sys_flag: PREPARED,
            properties: properties.into_text(),
            body: body.into(),
            born_ms: now,
            tag: u64::from(sent as u8),
        }
    }

    fn done(&mut self, message: &Outgoing, outcome: Outcome<'_>, out: &mut Requests) -> u64 {
        let spent = since(message.born_ms);
        self.totals.time_ms += spent;
        self.max_ms = self.max_ms.max(spent);
        match outcome {
            Outcome::Stored { code: 0, link, offset, message_id } => {
                self.totals.sent += 1;
                let fate = u8::try_from(message.tag).ok().and_then(Fate::from_byte);
                let fate = fate.unwrap_or(Fate::Unknown);
                let id = unique_id(&message.properties);
                if let Some(physical) = physical(message_id) {
                    let half = Half { topic: &self.flags.topic, offset, physical, id };
                    out.push((link, end(&half, fate, false)));
                }
            }
            _ => self.totals.failed += 1,
        }
        let unreachable = matches!(outcome, Outcome::Unreachable);
        if unreachable { UNREACHABLE_PAUSE_MS } else { self.flags.interval_ms }
    }

    fn asked(&mut self, link: usize, request: &Command, out: &mut Requests) {
        if request.code != CHECK_TRANSACTION {
            return;
        }
        let Some(Ok(record)) = Records::new(&request.body).next() else { return };
        let fate = self.check(&record);
        for complaint in self.complaints.drain(..) {
            println!("{complaint}");
        }
        let number = |key| request.fields.get(key).and_then(|text| text.parse().ok());
        let (Some(offset), Some(physical)) =
            (number("tranStateTableOffset"), number("commitLogOffset"))
        else {
            return;
        };
        let id = request.fields.get("msgId").unwrap_or_default();
        let topic = request.fields.get("topic").unwrap_or(&self.flags.topic);
        out.push((link, end(&Half { topic, offset, physical, id }, fate, true)));
    }

    fn snapshot(&mut self, now: u64) {
        self.totals.ms = i64::try_from(now).unwrap_or(i64::MAX);
        self.snapshots.push(self.totals);
    }

    fn report(&mut self, now: u64) -> Option<String> {
        let (begin, end) = self.snapshots.full()?;
        let line = lines::transaction(now, begin, end, self.max_ms);
        self.max_ms = 0;
        Some(line)
    }
}

/// Runs the producer, for ever.
pub fn run(arguments: &[String]) -> Result<(), Failure> {
    let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
    let values = Values::parse(&flags, arguments)?;
    if values.has("h") {
        print!("{}", help("TransactionProducer", &flags));
        return Ok(());
    }
    let flags = TransactionFlags::read(&values)?;
    let plan = SenderPlan {
        nameservers: flags.nameservers.clone(),
        group: GROUP.to_owned(),
        topic: flags.topic.clone(),
        default_queues: 1000,
        limits: vec![None; flags.threads],
        depth: 1,
        report_ms: flags.report_ms,
    };
    let mut work = Transactions::new(flags);
    Ok(Sender::new(&plan, &mut work)?.run(&mut |line| println!("{line}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(words: &str) -> Transactions {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let flags: Vec<Flag> = COMMON.iter().chain(FLAGS).copied().collect();
        let values = Values::parse(&flags, &words).unwrap();
        Transactions::new(TransactionFlags::read(&values).unwrap())
    }

    fn checked(work: &mut Transactions, meta: &Meta, times: &str) -> Fate {
        let mut body = vec![0; META_BYTES];
        meta.write(&mut body);
        let properties = format!("UNIQ_KEY\u{1}ID\u{2}TRANSACTION_CHECK_TIMES\u{1}{times}\u{2}");
        work.check(&Record {
            queue: 0,
            offset: 0,
            physical: 0,
            sys_flag: 0,
            born_ms: 0,
            stored_ms: 0,
            reconsume_times: 0,
            body: &body,
            topic: b"t",
            properties: properties.as_bytes(),
        })
    }

    fn meta(sent: Fate, first: Fate) -> Meta {
        let mut checks = vec![Fate::Commit; CHECKS];
        checks[0] = first;
        Meta { batch: 5, message: 9, sent, checks }
    }

    #[test]
    fn a_body_tells_its_own_fate() {
        let mut work = work("-b 5 -sr 1.0 -cu 1.0 -s 37");
        let message = work.make(wall_ms());
        assert_eq!((message.body.len(), message.sys_flag), (META_BYTES, PREPARED));
        let meta = Meta::read(&message.body).unwrap();
        assert_eq!((meta.batch, meta.sent), (5, Fate::Rollback));
        assert_eq!(meta.checks, [Fate::Unknown; CHECKS]);
        assert_eq!(meta.message >> 32, i64::from((work.started_ms << 32 >> 32) as i32));
        assert!(message.properties.contains("TRAN_MSG\u{1}true\u{2}PGROUP\u{1}benchmark_tr"));
        assert_eq!(unique_id(&message.properties).len(), 32);
    }

    #[test]
    fn checks_are_answered_from_the_body() {
        let mut work = work("-b 5");
        let unknown = meta(Fate::Unknown, Fate::Unknown);
        assert_eq!(checked(&mut work, &unknown, "1"), Fate::Unknown);
        assert_eq!(checked(&mut work, &unknown, "2"), Fate::Commit);
        assert_eq!((work.totals.unexpected, work.totals.duplicated), (0, 0));
        assert_eq!(checked(&mut work, &unknown, "2"), Fate::Commit);
        assert_eq!(work.totals.duplicated, 1);
        let foreign = Meta { batch: 6, ..unknown };
        assert_eq!(checked(&mut work, &foreign, "1"), Fate::Rollback);
        assert_eq!(work.totals.checks, 3);
    }

    #[test]
    fn checks_that_should_not_come_are_named() {
        let mut work = work("-b 5");
        assert_eq!(checked(&mut work, &meta(Fate::Commit, Fate::Commit), "1"), Fate::Commit);
        let late = meta(Fate::Unknown, Fate::Rollback);
        assert_eq!(checked(&mut work, &late, "2"), Fate::Rollback);
        let ends = [
            " unexpected check: msgId=ID,txId=ID,checkTimes=1,sendResult=COMMIT_MESSAGE",
            " unexpected check: msgId=ID,txId=ID,checkTimes=2,sendResult,lastCheckResult=\
             ROLLBACK_MESSAGE",
        ];
        for (complaint, end) in work.complaints.iter().zip(ends) {
            assert_eq!(complaint.split_at("00:00:00,000".len()).1, end);
        }
        assert_eq!((work.complaints.len(), work.totals.unexpected), (2, 2));
    }

    #[test]
    fn a_stored_half_message_is_ended_on_its_broker() {
        let mut work = work("-b 5 -sr 1.0");
        let message = work.make(wall_ms());
        let mut out = Vec::new();
        let message_id = b"7F00000100002A9F00000000000010AB";
        let stored = Outcome::Stored { code: 0, link: 3, offset: 77, message_id };
        assert_eq!(work.done(&message, stored, &mut out), 0);
        let (link, end) = out.pop().unwrap();
        let get = |key| end.fields.get(key).unwrap();
        assert_eq!((link, end.code, end.is_oneway()), (3, END_TRANSACTION, true));
        assert_eq!((get("commitOrRollback"), get("tranStateTableOffset")), ("12", "77"));
        assert_eq!((get("commitLogOffset"), get("fromTransactionCheck")), ("4267", "false"));
    }
}
