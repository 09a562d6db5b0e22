//! Prometheus' text format, version 0.0.4, written in pieces.
//!
//! Written here and not by a library: those keep the samples in registries of their own, behind
//! locks, and make one string of them all. What is exported here is merged from plain counters
//! while the text is written, and a text of many megabytes leaves in pieces.

use std::fmt::{Display, Write};

use bytes::Bytes;

use super::histogram::{Bounds, Histogram};
use super::metric::Metric;

/// The `Content-Type` of the format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Bytes of text at which a piece is ready to leave.
const PIECE_BYTES: usize = 32 * 1024;

/// Text in the making.
pub struct Text {
    out: String,
    /// Labels of every sample, as they stand in the text, without a comma at their end.
    common: String,
}

impl Text {
    /// Nothing yet. `common` are the labels that every sample has, by name and value.
    pub fn new<'a>(common: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut text = Self { out: String::new(), common: String::new() };
        for (name, value) in common {
            if !text.common.is_empty() {
                text.common.push(',');
            }
            push_label(&mut text.common, name, value);
        }
        text
    }

    /// Begins a metric: its samples follow, and nothing of another metric between them.
    pub fn family(&mut self, metric: &Metric) {
        let Metric { name, kind, help, .. } = metric;
        let kind = kind.word();
        // Writing to a string cannot fail, here and below.
        let _ = write!(self.out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One sample. `values` are those of the metric's labels, in their order.
    pub fn sample(&mut self, metric: &Metric, values: &[&str], value: impl Display) {
        self.line(metric, "", values, None, value);
    }

    /// One histogram. What is counted is `scale` times what is exported: 1000 for microseconds
    /// that are shown as milliseconds.
    pub fn histogram<const N: usize>(
        &mut self,
        metric: &Metric,
        values: &[&str],
        histogram: &Histogram<N>,
        shown: Scale<'_, N>,
    ) {
        for (bound, count) in shown.bounds.iter().zip(histogram.up_to()) {
            let bound = divided(*bound, shown.by);
            self.line(metric, "_bucket", values, Some(&shown_bound(bound)), count);
        }
        self.line(metric, "_bucket", values, Some("+Inf"), histogram.count());
        self.line(metric, "_sum", values, None, divided(histogram.sum(), shown.by));
        self.line(metric, "_count", values, None, histogram.count());
    }

    /// What is written so far, if it is enough to send.
    pub fn piece(&mut self) -> Option<Bytes> {
        (self.out.len() >= PIECE_BYTES).then(|| self.rest())
    }

    /// What is written and not taken yet.
    pub fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.out).into()
    }

    fn line(
        &mut self,
        metric: &Metric,
        suffix: &str,
        values: &[&str],
        bound: Option<&str>,
        value: impl Display,
    ) {
        assert_eq!(metric.labels.len(), values.len(), "the labels of {}", metric.name);
        let out = &mut self.out;
        let _ = write!(out, "{}{suffix}{{{}", metric.name, self.common);
        let named = metric.labels.iter().copied().zip(values.iter().copied());
        for (name, value) in named.chain(bound.map(|bound| ("le", bound))) {
            if !out.ends_with('{') {
                out.push(',');
            }
            push_label(out, name, value);
        }
        let _ = writeln!(out, "}} {value}");
    }
}

/// How a histogram is shown.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'a, const N: usize> {
    /// The bounds it was recorded with.
    pub bounds: &'a Bounds<N>,
    /// By what bounds and sum are divided.
    pub by: u32,
}

/// `name="value"`, with what would end the value escaped.
fn push_label(out: &mut String, name: &str, value: &str) {
    let _ = write!(out, "{name}=\"");
    for letter in value.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// As Java's exporter shows it, `1024.0`, so that queries for one range fit both.
fn shown_bound(bound: f64) -> String {
    if bound.fract() == 0.0 { format!("{bound:.1}") } else { bound.to_string() }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus' own numbers are no finer")]
fn divided(value: u64, by: u32) -> f64 {
    value as f64 / f64::from(by)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observability::metric::{BROKER_PERMISSION, COMMIT_LATENCY, COMMITTED, RPC_LATENCY};

    #[test]
    fn samples_carry_common_and_own_labels() {
        let mut text = Text::new([("cluster", "c\"1\"\\"), ("node_id", "a\nb")]);
        text.family(&COMMITTED);
        text.sample(&COMMITTED, &["T"], 7);
        text.sample(&BROKER_PERMISSION, &[], 6);
        let expected = "# HELP rocketmq_commit_messages_total Transactions committed.\n\
            # TYPE rocketmq_commit_messages_total counter\n\
            rocketmq_commit_messages_total\
            {cluster=\"c\\\"1\\\"\\\\\",node_id=\"a\\nb\",topic=\"T\"} 7\n\
            rocketmq_broker_permission{cluster=\"c\\\"1\\\"\\\\\",node_id=\"a\\nb\"} 6\n";
        assert_eq!(text.rest(), expected);
        assert!(text.rest().is_empty() && text.piece().is_none());
    }

    #[test]
    fn histograms_add_up_and_are_scaled() {
        let bounds = [1_000, 2_500];
        let mut times = Histogram::default();
        [900, 1_001, 5_000].iter().for_each(|value| times.record(&bounds, *value, 1));
        let mut text = Text::new([]);
        text.histogram(&COMMIT_LATENCY, &["0"], &times, Scale { bounds: &bounds, by: 1000 });
        let name = "ringmq_commit_latency_seconds";
        let expected = format!(
            "{name}_bucket{{shard=\"0\",le=\"1.0\"}} 1\n\
             {name}_bucket{{shard=\"0\",le=\"2.5\"}} 2\n\
             {name}_bucket{{shard=\"0\",le=\"+Inf\"}} 3\n\
             {name}_sum{{shard=\"0\"}} 6.901\n\
             {name}_count{{shard=\"0\"}} 3\n"
        );
        assert_eq!(text.rest(), expected);
    }

    #[test]
    fn a_long_text_comes_in_pieces() {
        let mut text = Text::new([]);
        let mut pieces = 0;
        for _ in 0..2_000 {
            text.sample(&RPC_LATENCY, &["remoting", "a", "b", "false", "success"], 1);
            pieces += usize::from(text.piece().is_some());
        }
        assert_eq!(pieces, 2_000 * text_len() / (PIECE_BYTES + text_len() - 1));
    }

    fn text_len() -> usize {
        let mut text = Text::new([]);
        text.sample(&RPC_LATENCY, &["remoting", "a", "b", "false", "success"], 1);
        text.rest().len()
    }
}
