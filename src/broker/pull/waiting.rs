//! Pulls that found nothing and wait for an arrival, on the core that owns their queue.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::broker::pull::Asked;
use crate::broker::wanted::Wanted;
use crate::net::ConnectionId;
use crate::rt::clock::{self, Instant};
use crate::rt::event::Event;
use crate::store::Arrival;

/// A pull that waits.
#[derive(Debug)]
pub struct Parked {
    /// To be served again, for the last time.
    pub asked: Asked,
    /// What it wants.
    pub wanted: Wanted,
    /// When it is answered with nothing.
    pub deadline: Instant,
}

/// The waiting pulls of one topic, by queue.
type ByQueue = FxHashMap<i32, Vec<Parked>>;

/// The parking lot of one core.
#[derive(Default)]
pub struct WaitingPulls {
    by_topic: RefCell<FxHashMap<Arc<str>, ByQueue>>,
    count: Cell<usize>,
    parked: Event,
}

impl WaitingPulls {
    /// Parks a pull, or gives it back when `most` wait already.
    ///
    /// # Errors
    /// The pull.
    pub fn park(&self, pull: Parked, most: usize) -> Result<(), Box<Parked>> {
        if self.count.get() >= most {
            return Err(Box::new(pull));
        }
        let mut by_topic = self.by_topic.borrow_mut();
        let queues = match by_topic.get_mut(&pull.asked.topic) {
            Some(queues) => queues,
            None => by_topic.entry(pull.asked.topic.clone()).or_default(),
        };
        queues.entry(pull.asked.queue).or_default().push(pull);
        self.count.update(|count| count + 1);
        self.parked.set();
        Ok(())
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.count.get()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes out the pulls that an arrival satisfies; `takes` says whether it is what is wanted.
    pub fn take_satisfied(
        &self,
        arrival: &Arrival,
        takes: impl Fn(&Wanted) -> bool,
    ) -> Vec<Parked> {
        let mut by_topic = self.by_topic.borrow_mut();
        let queues = by_topic.get_mut(&*arrival.topic);
        let Some(waiting) = queues.and_then(|queues| queues.get_mut(&arrival.queue_id)) else {
            return Vec::new();
        };
        let taken: Vec<Parked> = waiting
            .extract_if(.., |pull| arrival.offset >= pull.asked.offset && takes(&pull.wanted))
            .collect();
        self.count.update(|count| count - taken.len());
        taken
    }

    /// Drops the pulls of a connection that has ended.
    pub fn forget(&self, connection: ConnectionId) {
        drop(self.take_if(|pull| pull.asked.client.origin.connection == connection));
    }

    /// Waits until some pulls are due, and takes them out. Costs nothing while none waits.
    pub async fn expired(&self) -> Vec<Parked> {
        loop {
            while self.is_empty() {
                self.parked.wait().await;
            }
            clock::sleep(SWEEP_INTERVAL).await;
            let now = clock::now();
            let due = self.take_if(|pull| pull.deadline <= now);
            if !due.is_empty() {
                return due;
            }
        }
    }

    /// Takes out all.
    pub fn take_all(&self) -> Vec<Parked> {
        self.take_if(|_| true)
    }

    /// Takes out those that `wanted` holds for.
    pub fn take_if(&self, wanted: impl Fn(&Parked) -> bool) -> Vec<Parked> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut taken = Vec::new();
        self.by_topic.borrow_mut().retain(|_, queues| {
            queues.retain(|_, waiting| {
                taken.extend(waiting.extract_if(.., |pull| wanted(pull)));
                !waiting.is_empty()
            });
            !queues.is_empty()
        });
        self.count.update(|count| count - taken.len());
        taken
    }
}

/// How late a time-out may be noticed. Clients allow 10 s and more above what they ask for.
const SWEEP_INTERVAL: Duration = Duration::from_millis(500);
