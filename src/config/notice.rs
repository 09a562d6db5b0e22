//! What is wrong or doubtful in a configuration, each in one line that says where.

use std::fmt;

use super::cores::CoreListError;
use super::delay::DelayLevelsError;
use super::key::Unit;
use super::properties::SyntaxError;
use super::value::Doubt;

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nothing set it.
    Default,
    /// An environment variable.
    Environment(&'static str),
    /// A file.
    File {
        /// As it was named on the command line.
        name: String,
        /// From 1.
        line: u32,
    },
    /// A flag of the command line.
    Flag(&'static str),
    /// A request to the running server.
    Request,
}

/// Something that works, but perhaps not as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where it stands.
    pub origin: Origin,
    /// The key as written.
    pub key: String,
    /// What is doubtful.
    pub cause: Cause,
}

/// What is doubtful about a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Java reads this value as something else than it looks like.
    Doubt {
        /// As written.
        value: String,
        /// What is doubtful about it.
        doubt: Doubt,
        /// What holds instead.
        kept: String,
    },
    /// Bytes over 127, read as ISO-8859-1.
    HighBytes,
    /// The setting plays no part in this mode; the text says why.
    Ignored(&'static str),
    /// A master has broker id 0.
    MasterId,
    /// A known key that never acts; the text says why.
    Never(&'static str),
    /// Replication is not built: a slave gets no messages.
    NoReplication,
    /// The same key comes again on this line, which wins.
    Repeated(u32),
    /// A group of brokers under one name is not built.
    RunsAlone,
    /// Nobody knows the key; the nearest known one.
    Unknown(Option<&'static str>),
    /// A known key whose part is not built; the text names the part.
    Waits(&'static str),
    /// A key inside `<!-- -->` holds all the same.
    XmlComment,
}

/// A setting that stops the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Where it stands.
    pub origin: Origin,
    /// The key; empty when the text could not be read that far.
    pub key: String,
    /// The value as written.
    pub value: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not a list of cores.
    Cores(CoreListError),
    /// Not a list of delay levels.
    DelayLevels(DelayLevelsError),
    /// Needs a value.
    Empty,
    /// Cannot be on together with this other key.
    Exclusive(&'static str),
    /// Several directories in one value.
    ManyPaths,
    /// Neither an IP address nor a host name.
    NoHost,
    /// Not a list of hours of the day.
    NoHours,
    /// Not an IP address.
    NoIpAddress,
    /// Not a list of `host:port`.
    NoServers,
    /// Not a multiple of this many bytes.
    NotAMultipleOf(i64),
    /// Outside the range.
    Range {
        /// Smallest value that is taken.
        low: i64,
        /// Largest value that is taken.
        high: i64,
        /// What it counts.
        unit: Unit,
    },
    /// A slave needs a broker id over 0.
    SlaveId,
    /// The text cannot be read.
    Syntax(SyntaxError),
}

/// What reading a configuration brought up.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// In the order they were found.
    pub warnings: Vec<Warning>,
    /// In the order they were found; any of them stops the start.
    pub errors: Vec<ConfigError>,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::File { name, line } => write!(f, "{name}:{line}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Request => f.write_str("request"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, key, cause } = self;
        write!(f, "{origin}: ")?;
        match cause {
            Cause::Doubt { value, doubt, kept } => match doubt {
                Doubt::NotANumber(kind) => write!(
                    f,
                    "{key}={value:?} is no {} (blanks count), so as in RocketMQ it stays {kept}",
                    kind.noun()
                ),
                Doubt::NotOneOf(words) => write!(
                    f,
                    "{key}={value:?} is none of {}, so as in RocketMQ it stays {kept}",
                    words.join(", ")
                ),
                Doubt::NotTrueOrFalse => write!(
                    f,
                    "{key}={value:?} is neither true nor false (blanks count), so as in RocketMQ \
                     it is {kept}"
                ),
            },
            Cause::HighBytes => write!(
                f,
                "{key} has bytes outside ASCII, read as ISO-8859-1 as in RocketMQ; write \\uXXXX \
                 for other characters"
            ),
            Cause::Ignored(why) => write!(f, "{key} is ignored: {why}"),
            Cause::MasterId => write!(f, "{key} is 0 for a master, whatever is written"),
            Cause::Never(why) => write!(f, "{key} has no effect: {why}"),
            Cause::NoReplication => write!(
                f,
                "{key}=SLAVE: replication is not built; this broker takes no sends and gets no \
                 messages from its master"
            ),
            Cause::Repeated(line) => write!(f, "{key} is set again on line {line}, which holds"),
            Cause::RunsAlone => write!(
                f,
                "{key}=true is not built; this broker runs alone, so give each broker of the \
                 group a brokerName of its own"
            ),
            Cause::Unknown(None) => write!(f, "{key} is not a known key and is ignored"),
            Cause::Unknown(Some(nearest)) => {
                write!(f, "{key} is not a known key and is ignored; did you mean {nearest}?")
            }
            Cause::Waits(part) => write!(f, "{key} has no effect yet: {part}: not built"),
            Cause::XmlComment => write!(
                f,
                "{key} holds although it is inside <!-- -->, which is no comment in such a file; \
                 use #"
            ),
        }
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, key, value, fault } = self;
        write!(f, "{origin}: ")?;
        if !key.is_empty() {
            write!(f, "{key}={value}: ")?;
        }
        write!(f, "{fault}")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cores(why) => write!(f, "{why}"),
            Self::DelayLevels(why) => write!(f, "{why}"),
            Self::Empty => f.write_str("must not be empty"),
            Self::Exclusive(other) => write!(f, "cannot be on together with {other}"),
            Self::ManyPaths => f.write_str("several directories are not supported; name one"),
            Self::NoHost => f.write_str("must be an IP address or a host name"),
            Self::NoIpAddress => f.write_str("must be an IP address, such as 0.0.0.0"),
            Self::NoHours => {
                f.write_str("must be hours from 00 to 23, several separated by semicolons")
            }
            Self::NoServers => f.write_str("must be host:port, several separated by semicolons"),
            Self::NotAMultipleOf(size) => write!(f, "must be a multiple of {size}"),
            Self::Range { low, high, unit } if *high == i64::MAX => {
                write!(f, "must be {low}{} or more", unit.suffix())
            }
            Self::Range { low, high, unit } => {
                write!(f, "must be within {low} to {high}{}", unit.suffix())
            }
            Self::SlaveId => f.write_str("a slave's brokerId must be 1 or more"),
            Self::Syntax(why) => write!(f, "{why}"),
        }
    }
}
