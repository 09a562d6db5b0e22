//! Real files in a temporary directory, through the runtime, on one core.

mod append;
mod harness;
