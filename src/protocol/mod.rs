//! RocketMQ's remoting protocol. Pure: bytes and values.
