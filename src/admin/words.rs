//! What an operation is called, and the words it takes: rows of a table, from which the command
//! line under both names, its manual pages and its completions are made.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use crate::config::address::HostPort;
use crate::rt::clock::{self, LocalTime};

use super::client::{AdminError, Client};
use super::report::Report;

/// What an operation comes to.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<Report, AdminError>> + 'a>>;

/// One operation.
#[derive(Debug)]
pub struct Verb {
    /// Its words after `ringmq admin`, one blank between them.
    pub path: &'static str,
    /// What mqadmin calls it; empty if mqadmin has no such.
    pub java: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// What it takes.
    pub words: &'static [Word],
    /// What it destroys or changes for good, to be confirmed first; `{name}` stands for a word.
    /// Empty if it does not.
    pub danger: &'static str,
    /// Does it.
    pub run: for<'a> fn(&'a Client, &'a Words) -> Outcome<'a>,
}

/// One word that an operation takes.
#[derive(Debug)]
pub struct Word {
    /// The name of its flag, and what it is known by here.
    pub name: &'static str,
    /// mqadmin's letter for it, if it has one.
    pub short: Option<char>,
    /// mqadmin's name for it.
    pub java: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether it must be there, and where.
    pub need: Need,
    /// One line of help.
    pub help: &'static str,
}

/// What the value of a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number of this range.
    Number(i64, i64),
    /// `true` or `false`.
    Truth,
    /// No value: given or not.
    Switch,
    /// A moment: milliseconds since 1970, `now`, or `yyyy-MM-dd#HH:mm:ss:SSS` in local time.
    Moment,
    /// `HOST:PORT`.
    Address,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A file, whose contents are handed over.
    File,
}

/// Whether a word must be there. What stands in a place after the verb is a flag under mqadmin's
/// names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Must be there, in its place.
    Place,
    /// May be there, in its place.
    MayPlace,
    /// Must be there, as a flag.
    Flag,
    /// May be there, as a flag.
    Option,
    /// May be there, as a flag; is this otherwise.
    Default(&'static str),
}

impl Word {
    /// The row of a word that mqadmin has.
    pub const fn new(
        (name, short, java): (&'static str, char, &'static str),
        kind: Kind,
        need: Need,
        help: &'static str,
    ) -> Self {
        Self { name, short: Some(short), java, kind, need, help }
    }

    /// The row of a word without a letter.
    pub const fn long(name: &'static str, kind: Kind, need: Need, help: &'static str) -> Self {
        Self { name, short: None, java: name, kind, need, help }
    }
}

impl Kind {
    /// The value in the form that [`Words`] keeps, or what to write instead.
    ///
    /// # Errors
    /// The text is no such value.
    pub fn read(self, text: &str) -> Result<String, String> {
        match self {
            Self::Text | Self::Switch | Self::File => Ok(text.to_owned()),
            Self::Number(low, high) => match text.trim().parse::<i64>() {
                Ok(number) if (low..=high).contains(&number) => Ok(number.to_string()),
                _ if high == i64::MAX => Err(format!("write a whole number from {low}")),
                _ => Err(format!("write a whole number from {low} to {high}")),
            },
            Self::Truth => match text.trim().to_ascii_lowercase().as_str() {
                truth @ ("true" | "false") => Ok(truth.to_owned()),
                _ => Err("write true or false".to_owned()),
            },
            Self::Moment => moment(text.trim()).map(|ms| ms.to_string()).ok_or_else(|| {
                "write milliseconds since 1970, now, or yyyy-MM-dd#HH:mm:ss:SSS".to_owned()
            }),
            Self::Address => match HostPort::parse(text) {
                Some(place) => Ok(place.to_string()),
                None => Err("write HOST:PORT".to_owned()),
            },
            Self::OneOf(words) => {
                let found = words.iter().find(|word| word.eq_ignore_ascii_case(text.trim()));
                found
                    .map(|word| (*word).to_owned())
                    .ok_or_else(|| format!("write one of {}", words.join(", ")))
            }
        }
    }

    /// What stands for the value in help.
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Text | Self::OneOf(_) => "TEXT",
            Self::Number(..) => "N",
            Self::Truth => "BOOL",
            Self::Switch => "",
            Self::Moment => "MOMENT",
            Self::Address => "HOST:PORT",
            Self::File => "FILE",
        }
    }
}

/// [`Kind::Moment`]; `now` is −1, which on the wire is the end of a queue.
fn moment(text: &str) -> Option<i64> {
    if text == "now" {
        return Some(-1);
    }
    if let Ok(ms) = text.parse() {
        return Some(ms);
    }
    let mut numbers = text.split(['-', '#', ':']).map(|part| part.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    let time = LocalTime {
        year: next()?,
        month: next()?,
        day: next()?,
        hour: next()?,
        minute: next()?,
        second: next()?,
        milli: next()?,
    };
    Some(clock::wall_of(time)?.0)
}

/// Which brokers an operation is for: one by its address, or the masters of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `host:port`.
    Broker(HostPort),
    /// The name of a cluster.
    Cluster(String),
    /// The masters of all clusters.
    All,
}

/// The words that were given, each read by its [`Kind`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(pub BTreeMap<&'static str, String>);

impl Words {
    /// The value of a word, if it was given or has a default.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// As [`Words::get`]; empty if it was not given.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The value of a number or moment, if it was given.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }

    /// A number whose kind keeps it in range, if it was given.
    pub fn small(&self, name: &str) -> Option<i32> {
        self.get(name)?.parse().ok()
    }

    /// The value of a truth, if it was given.
    pub fn truth(&self, name: &str) -> Option<bool> {
        self.get(name)?.parse().ok()
    }

    /// Whether a switch was given, or a truth is true.
    pub fn has(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// A broker by its address.
    pub fn broker(&self) -> Option<HostPort> {
        HostPort::parse(self.get("broker")?)
    }

    /// Whom `--broker` and `--cluster` mean.
    pub fn target(&self) -> Target {
        match (self.broker(), self.get("cluster")) {
            (Some(place), _) => Target::Broker(place),
            (None, Some(name)) => Target::Cluster(name.to_owned()),
            (None, None) => Target::All,
        }
    }
}

/// The help of words that nothing here needs.
pub(super) const UNUSED: &str = "Taken for the sake of mqadmin, and without effect";
/// What mqadmin finds routes of light topics with.
pub(super) const CLUSTER_UNUSED: Word =
    Word::new(("cluster", 'c', "cluster"), Kind::Text, Need::Option, UNUSED);
/// The topic, in its place.
pub(super) const TOPIC: Word =
    Word::new(("topic", 't', "topic"), Kind::Text, Need::Place, "The topic");
/// The consumer group, in its place.
pub(super) const GROUP: Word =
    Word::new(("group", 'g', "groupName"), Kind::Text, Need::Place, "The consumer group");
/// One broker.
pub(super) const BROKER: Word = Word::new(
    ("broker", 'b', "brokerAddr"),
    Kind::Address,
    Need::Option,
    "The broker at this address [default: the masters of all clusters]",
);
/// All masters of a cluster.
pub(super) const CLUSTER: Word = Word::new(
    ("cluster", 'c', "clusterName"),
    Kind::Text,
    Need::Option,
    "The masters of this cluster",
);
/// A queue of a broker.
pub(super) const QUEUE: Word =
    Word::new(("queue", 'i', "queueId"), QUEUE_IDS, Need::Flag, "The queue");
/// Any queue number.
pub(super) const QUEUE_IDS: Kind = Kind::Number(0, i32::MAX as i64);
/// How many of something.
pub(super) const COUNTS: Kind = Kind::Number(1, i32::MAX as i64);
/// Any offset or number that is not negative.
pub(super) const NUMBERS: Kind = Kind::Number(0, i64::MAX);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::WallMillis;

    #[test]
    fn values_are_read_by_their_kind() {
        let reads = |kind: Kind, text: &str| kind.read(text).ok();
        assert_eq!(reads(COUNTS, " 7 ").as_deref(), Some("7"));
        assert_eq!(reads(COUNTS, "0"), None);
        assert_eq!(reads(QUEUE_IDS, "2147483648"), None);
        assert_eq!(reads(NUMBERS, "7.5"), None);
        assert_eq!(reads(Kind::Truth, "TRUE").as_deref(), Some("true"));
        assert_eq!(reads(Kind::Truth, "yes"), None);
        assert_eq!(reads(Kind::Address, "h"), None);
        assert_eq!(reads(Kind::OneOf(&["put", "get"]), "Put").as_deref(), Some("put"));
        assert_eq!(reads(Kind::OneOf(&["put", "get"]), "post"), None);
    }

    #[test]
    fn moments_are_numbers_or_what_the_clock_on_the_wall_showed() {
        assert_eq!(moment("now"), Some(-1));
        assert_eq!(moment("1795248587262"), Some(1_795_248_587_262));
        for wrong in
            ["", "soon", "2026-11-21", "2026-02-31#00:00:00:000", "2026-13-01#00:00:00:000"]
        {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
        let read = moment("2026-11-21#08:09:47:262").unwrap();
        let at = clock::local(WallMillis(read));
        assert_eq!((at.year, at.month, at.day), (2026, 11, 21));
        assert_eq!((at.hour, at.minute, at.second, at.milli), (8, 9, 47, 262));
    }

    #[test]
    fn a_broker_comes_before_its_cluster() {
        let words = |pairs: &[(&'static str, &str)]| {
            Words(pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect())
        };
        assert_eq!(words(&[]).target(), Target::All);
        let cluster = Target::Cluster("c".to_owned());
        assert_eq!(words(&[("cluster", "c")]).target(), cluster);
        let both = words(&[("cluster", "c"), ("broker", "h:1")]).target();
        assert_eq!(both, Target::Broker(HostPort { host: "h".to_owned(), port: 1 }));
    }
}
