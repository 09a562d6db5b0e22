use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::rt::clock;

fn queues(ids: &[i32]) -> Vec<MessageQueue> {
    ids.iter().map(|id| MessageQueue::new("T", "broker-a", *id)).collect()
}

fn ids(queues: &[MessageQueue]) -> Vec<i32> {
    queues.iter().map(|queue| queue.queue_id).collect()
}

#[test]
fn a_queue_belongs_to_one_client_until_it_gives_it_back() {
    let (mut locks, now) = (QueueLocks::default(), clock::now());
    assert_eq!(ids(&locks.lock("g", "c1", queues(&[0]), now)), [0]);
    assert_eq!(ids(&locks.lock("g", "c2", queues(&[0, 1]), now)), [1]);
    assert_eq!(ids(&locks.lock("other", "c2", queues(&[0]), now)), [0]);
    locks.unlock("g", "c2", &queues(&[0]));
    assert!(locks.lock("g", "c2", queues(&[0]), now).is_empty());
    locks.unlock("g", "c1", &queues(&[0, 5]));
    assert_eq!(ids(&locks.lock("g", "c2", queues(&[0]), now)), [0]);
    assert_eq!(locks.len(), 3);
}

#[test]
fn a_lock_lapses_a_minute_after_its_renewal() {
    let (mut locks, start) = (QueueLocks::default(), clock::now());
    locks.lock("g", "c1", queues(&[0, 1]), start);
    locks.lock("g", "c1", queues(&[0]), start + Duration::from_secs(30));
    let later = start + LOCK_LEASE + Duration::from_millis(1);
    assert_eq!(locks.held_until("g"), Some(start + Duration::from_secs(30) + LOCK_LEASE));
    assert_eq!(ids(&locks.lock("g", "c2", queues(&[0, 1]), later)), [1]);
    assert_eq!(locks.expire(later), [""; 0]);
    assert_eq!(locks.expire(later + LOCK_LEASE * 2), ["g"]);
    assert!(locks.is_empty() && locks.held_until("g").is_none());
}

/// Random locking against a plain map of who holds what until when.
#[test]
fn any_history_agrees_with_a_plain_map() {
    let start = clock::now();
    for seed in 1..40_u64 {
        let mut random = seed;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let mut locks = QueueLocks::default();
        let mut model: BTreeMap<(u64, i32), (u64, Duration)> = BTreeMap::new();
        let mut time = Duration::ZERO;
        for step in 0..400 {
            time += Duration::from_secs(next(20));
            let now = start + time;
            let (group, client) = (next(2), next(3));
            let queue = i32::try_from(next(4)).unwrap();
            let (group_name, client_name) = (format!("g{group}"), format!("c{client}"));
            let holder = model.get(&(group, queue)).copied();
            match next(5) {
                0 => {
                    locks.unlock(&group_name, &client_name, &queues(&[queue]));
                    if holder.is_some_and(|(held_by, _)| held_by == client) {
                        model.remove(&(group, queue));
                    }
                }
                1 => {
                    locks.expire(now);
                    model.retain(|_, (_, since)| time - *since <= LOCK_LEASE);
                }
                _ => {
                    let free =
                        holder.is_none_or(|(by, since)| by == client || time - since > LOCK_LEASE);
                    let held = locks.lock(&group_name, &client_name, queues(&[queue]), now);
                    assert_eq!(held.len() == 1, free, "seed {seed}, step {step}");
                    if free {
                        model.insert((group, queue), (client, time));
                    }
                }
            }
            assert_eq!(locks.len(), model.len(), "seed {seed}, step {step}");
        }
    }
}
