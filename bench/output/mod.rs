//! What a run leaves behind beside its report: a live line, a log of its seconds, a picture.

pub mod hdr;
pub mod plot;
pub mod progress;
