//! Configuration text to checked values. Pure.
