//! The name server: who is alive, and which queues a topic has.

pub mod routes;
