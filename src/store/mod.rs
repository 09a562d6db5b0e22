//! Files and offsets: commit log, consume queues, what recovery needs.
