//! The stored record, which is also what a pull returns. Pure: bytes and values.
