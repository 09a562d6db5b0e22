//! Which client may consume which queue in order (Java: `RebalanceLockManager`).

use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::limits::QUEUE_LOCKS_MAX;
use crate::protocol::body::MessageQueue;
use crate::rt::clock::Instant;

/// How long a lock holds without being renewed. Clients renew every 20 s and give up after 30 s.
pub const LOCK_LEASE: Duration = Duration::from_secs(60);

/// The locks of all consumer groups. Lives on core 0.
#[derive(Debug, Default)]
pub struct QueueLocks {
    groups: FxHashMap<String, FxHashMap<Key, Lock>>,
    count: usize,
}

/// Topic, broker name, queue id.
type Key = (String, String, i32);

fn key(queue: &MessageQueue) -> Key {
    (queue.topic.clone(), queue.broker_name.clone(), queue.queue_id)
}

#[derive(Debug)]
struct Lock {
    client: String,
    renewed: Instant,
}

impl Lock {
    fn holds(&self, now: Instant) -> bool {
        now.since(self.renewed) <= LOCK_LEASE
    }
}

impl QueueLocks {
    /// Locks or renews each queue that no other client holds; returns those that `client` holds
    /// now, in the order asked for.
    pub fn lock(
        &mut self,
        group: &str,
        client: &str,
        queues: Vec<MessageQueue>,
        now: Instant,
    ) -> Vec<MessageQueue> {
        if queues.is_empty() {
            return Vec::new();
        }
        let locks = self.groups.entry(group.to_owned()).or_default();
        let mut held = Vec::new();
        for queue in queues {
            let key = key(&queue);
            let other = locks.get(&key).is_some_and(|l| l.client != client && l.holds(now));
            if other || (self.count >= QUEUE_LOCKS_MAX && !locks.contains_key(&key)) {
                continue;
            }
            let lock = Lock { client: client.to_owned(), renewed: now };
            self.count += usize::from(locks.insert(key, lock).is_none());
            held.push(queue);
        }
        held
    }

    /// Gives back the locks that `client` holds among `queues`.
    pub fn unlock(&mut self, group: &str, client: &str, queues: &[MessageQueue]) {
        let Some(locks) = self.groups.get_mut(group) else { return };
        for queue in queues {
            let key = key(queue);
            if locks.get(&key).is_some_and(|lock| lock.client == client) {
                self.count -= usize::from(locks.remove(&key).is_some());
            }
        }
        if locks.is_empty() {
            self.groups.remove(group);
        }
    }

    /// Until when some client of the group holds a lock, if none is renewed; `None` if there is
    /// none.
    pub fn held_until(&self, group: &str) -> Option<Instant> {
        let renewed = self.groups.get(group)?.values().map(|lock| lock.renewed).max()?;
        Some(renewed + LOCK_LEASE)
    }

    /// Forgets locks that nobody renews, so that queues and groups that are gone take no memory.
    /// Returns the groups that have none any more.
    pub fn expire(&mut self, now: Instant) -> Vec<String> {
        let emptied = self.groups.extract_if(|_, locks| {
            locks.retain(|_, lock| lock.holds(now));
            locks.is_empty()
        });
        let emptied = emptied.map(|(group, _)| group).collect();
        self.count = self.groups.values().map(FxHashMap::len).sum();
        emptied
    }

    /// How many locks there are, lapsed ones included.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests;
