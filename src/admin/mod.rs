//! Operations of an administrator, over the protocol that RocketMQ's own tools speak.
//!
//! ```text
//! words of the command line -> Operation -> requests to name servers and brokers
//!     -> Report -> table, JSON or YAML
//! ```
//!
//! Each operation is one row of a table, [`verbs`]: what it is called here and by mqadmin, which
//! words it takes, and what does it. The command line under both names is made from these rows. A
//! broker that is not named is found as mqadmin finds it: through the name server. What changes
//! something is asked of every master of the cluster; what fails is said with what to do next.

mod brokers;
mod client;
mod cluster;
mod exports;
mod groups;
mod messages;
mod monitor;
mod nameservers;
mod offsets;
mod records;
mod report;
mod send;
mod stats;
mod top;
mod topics;
mod trace;
mod words;

use std::time::Duration;

pub use client::{AdminError, Client};
pub use report::{Format, Report, Rows};
pub use words::{Kind, Need, Outcome, Target, Verb, Word, Words};

/// What operations are about, with one line of help each, in the order of help.
pub const NOUNS: [(&str, &str); 15] = [
    ("cluster", "Clusters"),
    ("cluster export", "Export what a cluster is made of"),
    ("topic", "Topics"),
    ("group", "Consumer groups"),
    ("consumer", "Members of consumer groups"),
    ("producer", "Producers"),
    ("message", "Messages"),
    ("offset", "How far consumer groups are"),
    ("broker", "Brokers"),
    ("broker config", "Settings of brokers"),
    ("broker clean", "Remove what is no longer needed"),
    ("namesrv", "Name servers"),
    ("namesrv config", "Settings of name servers"),
    ("namesrv kv", "Values that name servers keep by key"),
    ("stats", "Rates and counts that brokers keep"),
];

/// Every operation.
pub fn verbs() -> impl Iterator<Item = &'static Verb> {
    let tables = [
        top::VERBS,
        monitor::VERBS,
        cluster::VERBS,
        exports::VERBS,
        topics::VERBS,
        groups::GROUP_VERBS,
        groups::CLIENT_VERBS,
        messages::VERBS,
        trace::VERBS,
        send::VERBS,
        offsets::VERBS,
        brokers::VERBS,
        nameservers::VERBS,
        stats::VERBS,
    ];
    tables.into_iter().flatten()
}

/// One row of the table with the words that were given.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What to do.
    pub verb: &'static Verb,
    /// With what.
    pub words: Words,
}

impl Operation {
    /// What it destroys or changes for good, if it does: to be confirmed first.
    pub fn danger(&self) -> Option<String> {
        let text = Some(self.verb.danger).filter(|text| !text.is_empty())?;
        let fill = |text: String, (name, value): (&&str, &String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        Some(self.words.0.iter().fold(text.to_owned(), fill))
    }

    /// How long until it is done again, if it is: the live view in a terminal, and what was given
    /// an interval.
    pub fn again_after(&self, in_terminal: bool) -> Option<Duration> {
        if self.verb.path == top::PATH {
            // It takes its time itself.
            return (in_terminal && !self.words.has("once")).then_some(Duration::ZERO);
        }
        let seconds = self.words.number("interval")?;
        Some(Duration::from_secs(u64::try_from(seconds).ok()?))
    }

    /// How often it is done, where that was said.
    pub fn rounds(&self) -> Option<i64> {
        self.words.number("rounds")
    }

    /// Does it.
    ///
    /// # Errors
    /// [`AdminError`]. What was done before the error stays done.
    pub async fn run(&self, client: &Client) -> Result<Report, AdminError> {
        (self.verb.run)(client, &self.words).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_lead_to_one_operation_each() {
        let (mut names, mut nouns) = (BTreeSet::new(), BTreeSet::from([""]));
        nouns.extend(NOUNS.iter().map(|(path, _)| *path));
        for verb in verbs() {
            assert!(names.insert(verb.path), "{} twice", verb.path);
            assert!(verb.java.is_empty() || names.insert(verb.java), "{} twice", verb.java);
            let noun = verb.path.rsplit_once(' ').map_or("", |(noun, _)| noun);
            assert!(nouns.contains(noun), "{} is about nothing", verb.path);
        }
    }

    #[test]
    fn what_is_asked_before_names_what_is_destroyed() {
        let names = [("topic", "t"), ("group", "g"), ("key", "k"), ("namespace", "s")];
        let names = names.into_iter().chain([("broker-name", "b")]);
        for verb in verbs().filter(|verb| !verb.danger.is_empty()) {
            let given =
                names.clone().filter(|(name, _)| verb.words.iter().any(|word| word.name == *name));
            let words = Words(given.map(|(name, value)| (name, value.to_owned())).collect());
            let danger = Operation { verb, words }.danger().unwrap();
            assert!(!danger.contains('{'), "{}: {danger}", verb.path);
        }
    }
}
