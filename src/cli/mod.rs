//! The command line: parse, check, place cores, run, say what happened.
