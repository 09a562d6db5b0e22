//! The broker under load: found, given its topic, and asked where its queues end.

use std::net::SocketAddr;
use std::time::Duration;

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

/// Where the load goes.
#[derive(Clone, Debug)]
pub struct Target {
    /// The broker.
    pub broker: SocketAddr,
    /// The topic.
    pub topic: String,
    /// Its queues that get load: 0 up to this.
    pub queues: u32,
}

impl Target {
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
        Ok(Self { broker, topic: topic.to_owned(), queues: queues.max(1) })
    }

    /// Creates the topic, or gives it the number of queues.
    pub fn make_topic(&self) -> Result<(), LoadError> {
        let mut caller = Caller::open(self.broker, CALL_TIMEOUT)?;
        Ok(route::make_topic(&mut caller, &self.topic, self.queues)?)
    }

    /// Where each queue ends now.
    pub fn ends(&self) -> Result<Vec<i64>, LoadError> {
        let mut caller = Caller::open(self.broker, CALL_TIMEOUT)?;
        let ends = (0..self.queues).map(|queue| route::max_offset(&mut caller, &self.topic, queue));
        Ok(ends.collect::<Result<_, _>>()?)
    }

    /// Where each queue starts now.
    pub fn starts(&self) -> Result<Vec<i64>, LoadError> {
        let mut caller = Caller::open(self.broker, CALL_TIMEOUT)?;
        let starts =
            (0..self.queues).map(|queue| route::min_offset(&mut caller, &self.topic, queue));
        Ok(starts.collect::<Result<_, _>>()?)
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
