//! What is counted and how it is shown: the names of all metrics, histograms, the text that
//! Prometheus reads, and the log. Knows nothing of what is counted where: each room keeps a probe
//! of plain counters on its core, and whoever answers a scrape merges them.

pub mod histogram;
#[cfg(not(feature = "sim"))]
pub mod log;
pub mod metric;
pub mod text;

/// The version with the commit it was built from.
#[cfg(not(feature = "sim"))]
pub const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("RINGMQ_COMMIT"), ")");
