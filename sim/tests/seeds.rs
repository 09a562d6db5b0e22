//! Which seeds are run.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

/// Runs `test` with `count` seeds, or as the environment says.
pub fn each(count: u64, test: impl Fn(u64)) {
    let seeds = match number("RINGMQ_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("RINGMQ_SIM_SEEDS").unwrap_or(count),
    };
    for seed in seeds {
        one(seed, || test(seed));
    }
}

/// Runs `test`, and says how to repeat it if it fails.
pub fn one<T>(seed: u64, test: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(test)).unwrap_or_else(|panic| {
        let name = std::thread::current().name().unwrap_or("sim").to_owned();
        eprintln!(
            "to repeat: RINGMQ_SIM_SEED={seed} cargo test -p ringmq-sim --test sim -- \
             --exact {name} --nocapture"
        );
        resume_unwind(panic)
    })
}
