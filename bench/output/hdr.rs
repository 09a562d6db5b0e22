//! HdrHistogram logs: the text format that its tools read (Java: `HistogramLogProcessor`), one
//! compressed histogram of nanoseconds for each second.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::IntervalLogWriterBuilder;

use crate::command::Failure;
use crate::load::recent::Interval;

/// The line that names the columns.
const LEGEND: &str =
    r#""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#;

/// A log that is being written.
pub struct Log {
    out: BufWriter<File>,
    serializer: V2DeflateSerializer,
    failed: Option<String>,
}

impl Log {
    /// Starts one; times in it count from now.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut out = BufWriter::new(File::create(path)?);
        let mut serializer = V2DeflateSerializer::new();
        let now = SystemTime::now();
        IntervalLogWriterBuilder::new()
            .add_comment("[Histogram log format version 1.3]")
            .add_comment("[nanoseconds from when a message was due to its answer]")
            .with_start_time(now)
            .with_base_time(now)
            .begin_log_with(&mut out, &mut serializer)?;
        writeln!(out, "{LEGEND}")?;
        Ok(Self { out, serializer, failed: None })
    }

    /// Adds an interval. A failure is kept for the end, so that it does not cut the run short.
    pub fn add(&mut self, interval: &Interval) {
        if let Err(failure) = self.write(interval) {
            self.failed.get_or_insert(failure);
        }
    }

    fn write(&mut self, interval: &Interval) -> Result<(), String> {
        // A writer without comments and times adds nothing but the line.
        let plain = IntervalLogWriterBuilder::new();
        let writer = plain.begin_log_with(&mut self.out, &mut self.serializer);
        let began = Duration::from_nanos(interval.began);
        let length = Duration::from_nanos(interval.ended.saturating_sub(interval.began));
        let mut writer = writer.map_err(|error| error.to_string())?;
        let written = writer.write_histogram(&interval.latency, began, length, None);
        written.map_err(|error| error.to_string())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// The first failure of the whole log.
    pub fn finish(mut self) -> Result<(), Failure> {
        if let Some(failed) = self.failed {
            return Err(Failure::Log(failed));
        }
        Ok(self.out.flush()?)
    }
}
