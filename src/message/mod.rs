//! The stored record, which is also what a pull returns. Pure: bytes and values.
//!
//! | module | what it holds |
//! |---|---|
//! | [`record`] | the record itself, encoded and decoded |
//! | [`properties`] | its property string |
//! | [`tag`] | tag hashes and subscription expressions |
//! | [`id`] | the two kinds of message id |
//! | [`batch`] | the body of a batch |
//! | [`flags`] | the bits of `sysFlag` |
//! | [`topic`] | names of the system's own topics |

pub mod batch;
pub(crate) mod cursor;
pub mod flags;
pub mod id;
pub mod properties;
pub mod record;
pub mod tag;
pub mod topic;

#[cfg(test)]
mod tests;
