//! Seeded random histories. A failure prints the seed.

use std::time::Duration;

use super::model::Model;
use super::{broker, link, queues};
use crate::nameserver::routes::{PERM_WRITE, Registration, Routes, Rules};
use crate::protocol::body::DataVersion;

const HISTORIES: u64 = 300;
const STEPS: u64 = 120;

/// xorshift64*: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let len = u64::try_from(from.len()).unwrap();
        from[usize::try_from(self.below(len)).unwrap()]
    }
}

const TOPICS: [&str; 6] = ["T0", "T1", "T2", "T3", "T4", "T5"];
const NAMES: [&str; 3] = ["a", "b", "c"];
const ADDRESSES: [&str; 5] = ["h1", "h2", "h3", "h4", "h5"];
const CLUSTERS: [&str; 2] = ["C", "D"];

/// Few names, addresses and ids, so that they meet often.
fn registration(dice: &mut Dice) -> Registration {
    let address = dice.pick(&ADDRESSES);
    // Mostly an address has its own name and cluster, as in a real one.
    let name = if dice.one_in(4) { dice.pick(&NAMES) } else { NAMES[usize::from(address > "h3")] };
    let topics: Vec<&str> = TOPICS.into_iter().filter(|_| dice.one_in(2)).collect();
    let mut registration = broker(name, i64::try_from(dice.below(3)).unwrap(), address, &topics);
    for (_, queues) in &mut registration.topics {
        queues.perm = i32::try_from(dice.below(8)).unwrap();
    }
    registration.cluster = CLUSTERS[usize::from(name == "c")].to_owned();
    registration.acting_master = match dice.below(3) {
        0 => None,
        1 => Some(false),
        _ => Some(true),
    };
    registration.version = DataVersion {
        counter: i64::try_from(dice.below(3)).unwrap(),
        state_version: i64::try_from(dice.below(8) / 6).unwrap(),
        timestamp: 0,
    };
    registration.silence_max = dice.one_in(2).then_some(Duration::from_secs(5));
    registration.filter_servers = match dice.below(3) {
        0 => None,
        1 => Some(Vec::new()),
        _ => Some(vec!["f:1".to_owned()]),
    };
    registration
}

fn step(dice: &mut Dice, routes: &mut Routes, model: &mut Model, now: Duration) {
    match dice.below(16) {
        0..8 => {
            let new = registration(dice);
            let over = link(dice.below(6));
            let complete = dice.one_in(4);
            let rules = Rules { registration_is_complete: complete, ..Rules::default() };
            let accepted = routes.register(new.clone(), over, now, rules).is_ok();
            assert_eq!(model.register(&new, over, now, rules), accepted);
        }
        8 => {
            let (name, address) = (dice.pick(&NAMES), dice.pick(&ADDRESSES));
            routes.unregister(name, address);
            model.unregister(name, address);
        }
        9 => {
            let over = link(dice.below(6));
            routes.connection_closed(over);
            model.connection_closed(over);
        }
        10 => {
            routes.expire(now);
            model.expire(now);
        }
        11 => {
            let (cluster, address) = (dice.pick(&CLUSTERS), dice.pick(&ADDRESSES));
            routes.heartbeat(cluster, address, now);
            model.heartbeat(cluster, address, now);
        }
        12 => {
            let cluster = dice.one_in(2).then(|| dice.pick(&CLUSTERS));
            let topic = dice.pick(&TOPICS);
            routes.delete_topic(topic, cluster);
            model.delete_topic(topic, cluster);
        }
        13 => {
            let name = dice.pick(&NAMES);
            routes.wipe_write_permission(name);
            model.permissions(name, |perm| perm & !PERM_WRITE);
        }
        14 => {
            let name = dice.pick(&NAMES);
            routes.add_write_permission(name);
            model.permissions(name, |_| 6);
        }
        _ => {
            let (topic, name) = (dice.pick(&TOPICS), dice.pick(&NAMES));
            let accepted = routes.register_topic(topic, &[(name, queues(6))]).is_ok();
            assert_eq!(model.register_topic(topic, name, queues(6)), accepted);
        }
    }
}

#[test]
fn any_history_leaves_what_the_model_has() {
    let topics = TOPICS.map(str::to_owned);
    for seed in 1..=HISTORIES {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (mut routes, mut model) = (Routes::new(), Model::default());
        let mut now = Duration::ZERO;
        for at in 0..STEPS {
            now += Duration::from_secs(dice.below(3));
            let case = Case { seed, at };
            step(&mut dice, &mut routes, &mut model, now);
            model.check(&routes, &topics);
            drop(case);
        }
    }
}

/// Says which case it was when a test panics in it.
struct Case {
    seed: u64,
    at: u64,
}

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}, step {}", self.seed, self.at);
        }
    }
}
