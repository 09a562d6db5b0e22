//! Real files in a temporary directory, through the runtime, on one core.

mod append;
mod choose;
mod clean;
mod crash;
mod full;
mod gate;
mod golden;
pub(crate) mod harness;
mod index;
mod inspect;
mod many;
mod memory;
mod model;
mod poison;
mod read_ahead;
mod reopen;
mod root;
