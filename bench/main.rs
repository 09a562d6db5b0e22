//! RocketMQ's benchmark, and more, over a wire client of its own.

fn main() {}
