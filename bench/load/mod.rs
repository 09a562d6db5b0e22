//! Load on a broker: sends at a given depth or rate, and pulls of what was sent.
//!
//! One worker is one thread with its own connections and its own books; books are merged at the
//! end. Latency is counted from the moment a send was due, not from when it left: a stall of the
//! broker is then seen by every message that should have gone out meanwhile.

pub mod arrive;
pub mod clock;
pub mod flight;
pub mod ledger;
pub mod letter;
pub mod marks;
pub mod pace;
pub mod pull;
pub mod recent;
pub mod send;
pub mod sizes;
pub mod target;
pub mod verify;
pub mod window;
