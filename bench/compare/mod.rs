//! Two or more brokers beside each other: the same load on the same cores, in turn, several rounds.
//!
//! A turn starts one broker with an empty store, measures it, and stops it. A round gives every
//! side its turn in each flush mode; rounds follow each other, so that whatever changes on the
//! machine meanwhile meets all sides. A turn is a visit, which sees a broker from its boot to its
//! stop, or one workload. Everything started here is stopped here, by its process id, and dies with
//! this process.

pub mod child;
pub mod java;
pub mod side;
pub mod table;
pub mod targets;
pub mod turns;
pub mod visit;
