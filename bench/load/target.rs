//! The broker under load: found, given its topic, and asked where its queues end.

use std::net::SocketAddr;
use std::time::Duration;

use ringmq::protocol::Command;

use crate::wire::address::{self, AddressError};
use crate::wire::call::{CallError, Caller};
use crate::wire::route::{self, RouteError};

/// How long a request that is no load may take. A Java broker creates a topic in this time even
/// when it has just booted.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a run cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Neither a broker nor a name server was named.
    #[error("name a broker with --addr or a name server with --namesrv")]
    NoTarget,
    /// An address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The route.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// A request that is no load.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A connection or the poll.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The message is too long.
    #[error("{0}")]
    Encode(#[from] ringmq::protocol::EncodeError),
    /// The histogram.
    #[error("histogram: {0}")]
    Histogram(#[from] hdrhistogram::CreationError),
    /// A worker ended early.
    #[error("a worker panicked")]
    Worker,
    /// A flag's value.
    #[error("{0}")]
    Flag(&'static str),
}

/// Queues of one topic at most where a load asks for more than one topic should have.
const QUEUES_OF_A_TOPIC: u32 = 10_000;

/// Where the load goes: the queues of one topic, or of several that have equally many. They are
/// counted through, topic by topic.
#[derive(Clone, Debug)]
pub struct Target {
    /// The broker.
    pub broker: SocketAddr,
    /// The queues that get load, of all topics.
    pub queues: u32,
    topics: Vec<String>,
}

impl Target {
    /// The first queues of a topic.
    pub fn new(broker: SocketAddr, topic: &str, queues: u32) -> Self {
        Self { broker, queues: queues.max(1), topics: vec![topic.to_owned()] }
    }

    /// Queues dealt to as many topics as that takes, named after `topic`.
    pub fn spread(broker: SocketAddr, topic: &str, queues: u32) -> Self {
        let count = queues.div_ceil(QUEUES_OF_A_TOPIC);
        let topics = (0..count.max(1)).map(|number| match number {
            0 => topic.to_owned(),
            _ => format!("{topic}-{number}"),
        });
        Self { topics: topics.collect(), ..Self::new(broker, topic, queues) }
    }

    /// The names of the topics.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.iter().map(String::as_str)
    }

    /// Queues of each topic; the last has fewer where they do not come out even.
    pub fn queues_of_a_topic(&self) -> u32 {
        self.queues.div_ceil(u32::try_from(self.topics.len()).unwrap_or(u32::MAX).max(1))
    }

    /// The number of a queue's topic, and the queue's id there.
    pub fn place(&self, queue: u32) -> (usize, u32) {
        let each = self.queues_of_a_topic().max(1);
        (usize::try_from(queue / each).unwrap_or(usize::MAX), queue % each)
    }

    /// A queue's topic, and its id there.
    pub fn named(&self, queue: u32) -> (&str, u32) {
        let (topic, id) = self.place(queue);
        (self.topics.get(topic).map_or("", String::as_str), id)
    }

    /// Finds the broker. A name server is asked for the topic's first master, and for the one that
    /// would create the topic if there is none.
    pub fn find(
        broker: Option<&str>,
        nameservers: Option<&str>,
        topic: &str,
        queues: u32,
    ) -> Result<Self, LoadError> {
        let broker = match (broker, nameservers) {
            (Some(broker), _) => address::resolve(broker)?,
            (None, Some(list)) => find_master(list, topic)?,
            (None, None) => return Err(LoadError::NoTarget),
        };
        Ok(Self::new(broker, topic, queues))
    }

    /// Creates the topics, or gives them the number of queues.
    pub fn make_topic(&self) -> Result<(), LoadError> {
        let mut caller = Caller::open(self.broker, CALL_TIMEOUT)?;
        let each = self.queues_of_a_topic();
        let mut made = self.topics().map(|topic| route::make_topic(&mut caller, topic, each));
        Ok(made.try_for_each(|made| made)?)
    }

    /// Where each queue ends now.
    pub fn ends(&self) -> Result<Vec<i64>, LoadError> {
        self.bounds(route::max_offset)
    }

    /// Where each queue starts now.
    pub fn starts(&self) -> Result<Vec<i64>, LoadError> {
        self.bounds(route::min_offset)
    }

    fn bounds(&self, ask: fn(&str, u32) -> Command) -> Result<Vec<i64>, LoadError> {
        let mut caller = Caller::open(self.broker, CALL_TIMEOUT)?;
        let asked = (0..self.queues).map(|queue| {
            let (topic, id) = self.named(queue);
            ask(topic, id)
        });
        Ok(caller.call_numbers(asked, "offset")?)
    }
}

/// Asks one name server after the other.
fn find_master(list: &str, topic: &str) -> Result<SocketAddr, LoadError> {
    let mut failed = LoadError::NoTarget;
    for item in address::list(list) {
        let found = address::resolve(item).map_err(LoadError::from).and_then(|address| {
            let mut caller = Caller::open(address, CALL_TIMEOUT)?;
            Ok(route::first_master(&mut caller, topic)?)
        });
        match found {
            Ok(broker) => return Ok(broker),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_are_dealt_evenly() {
        let broker = "127.0.0.1:1".parse().unwrap();
        let one = Target::new(broker, "t", 50_000);
        assert_eq!((one.named(49_999), one.queues_of_a_topic()), (("t", 49_999), 50_000));
        let many = Target::spread(broker, "t", 100_000);
        assert_eq!((many.topics().count(), many.queues_of_a_topic()), (10, 10_000));
        assert_eq!(many.named(0), ("t", 0));
        assert_eq!(many.named(99_999), ("t-9", 9_999));
        let uneven = Target::spread(broker, "t", 20_001);
        assert_eq!((uneven.topics().count(), uneven.queues_of_a_topic()), (3, 6_667));
        assert_eq!(uneven.named(20_000), ("t-2", 6_666));
        assert_eq!(Target::spread(broker, "t", 10_000).topics().count(), 1);
    }
}
