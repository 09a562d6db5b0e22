//! Bytes in, bytes out: listeners, connections, calls in flight.
