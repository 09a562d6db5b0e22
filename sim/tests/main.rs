//! The store on a simulated disk that loses power, fails, cuts writes short and fills up.
//!
//! `RINGMQ_SIM_SEEDS=n` runs n seeds of each random test instead of a few; `RINGMQ_SIM_SEED=s`
//! runs seed s alone. A failure prints the seed. What a seed has found stands in `regress`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::cast_possible_truncation, reason = "small numbers drawn below a bound")]

mod crash;
mod disk;
mod faults;
mod history;
mod metadata;
mod regress;
mod seeds;
mod witness;
mod work;
