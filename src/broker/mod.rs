//! The broker: topics, groups, sends and pulls.
