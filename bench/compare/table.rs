//! Rounds as a Markdown table: medians, what they spread over, and the ratios of the first side to
//! each of the others.

use std::fmt::Write as _;

use serde::Serialize;

use crate::compare::visit::{Better, Figure};

/// The numbers of one line: for each side, one of each round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was measured, with its unit.
    pub what: String,
    /// Whether more is better.
    pub more_is_better: bool,
    /// By side, by round.
    pub values: Vec<Vec<f64>>,
}

/// All lines of one flush mode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// What the lines have in common.
    pub title: String,
    /// The sides' names.
    pub sides: Vec<String>,
    /// The lines.
    pub rows: Vec<Row>,
}

impl Table {
    /// An empty table.
    pub fn new(title: &str, sides: &[&str]) -> Self {
        let sides = sides.iter().map(|&name| name.to_owned()).collect();
        Self { title: title.to_owned(), sides, rows: Vec::new() }
    }

    /// Adds the figures of one visit.
    pub fn add(&mut self, side: usize, figures: Vec<Figure>) {
        for figure in figures {
            let at = self.rows.iter().position(|row| row.what == figure.what);
            let at = at.unwrap_or_else(|| {
                let more_is_better = figure.better == Better::More;
                let values = vec![Vec::new(); self.sides.len()];
                self.rows.push(Row { what: figure.what.clone(), more_is_better, values });
                self.rows.len() - 1
            });
            let row = self.rows.get_mut(at);
            if let Some(values) = row.and_then(|row| row.values.get_mut(side)) {
                values.push(figure.value);
            }
        }
    }

    /// The numbers of a side in a line, by round; none if it has no such line.
    pub fn values(&self, what: &str, side: &str) -> &[f64] {
        let row = self.rows.iter().find(|row| row.what == what);
        let side = self.sides.iter().position(|name| name == side);
        let values = row.zip(side).and_then(|(row, side)| row.values.get(side));
        values.map_or(&[], Vec::as_slice)
    }

    /// The table in Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!("| {} |", self.title);
        for side in &self.sides {
            let _ = write!(text, " {side} |");
        }
        let others = self.sides.split_first();
        for (first, other) in others.iter().flat_map(|(a, rest)| rest.iter().map(move |b| (a, b))) {
            let _ = write!(text, " {first} / {other} |");
        }
        text.push_str("\n|---|");
        text.push_str(&"---:|".repeat((2 * self.sides.len()).saturating_sub(1)));
        text.push('\n');
        for row in &self.rows {
            let _ = write!(text, "| {} |", row.what);
            for values in &row.values {
                let _ = write!(text, " {} |", spread(values));
            }
            if let Some((first, others)) = row.values.split_first() {
                for other in others {
                    let _ = write!(text, " {} |", spread(&ratios(first, other)));
                }
            }
            text.push('\n');
        }
        text
    }
}

/// The ratio of each round.
pub fn ratios(first: &[f64], second: &[f64]) -> Vec<f64> {
    let pairs = first.iter().zip(second).filter(|(_, second)| **second > 0.0);
    pairs.map(|(first, second)| first / second).collect()
}

/// The middle of some numbers; the mean of the middle two of an even count.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// A median with the least and the greatest, where they differ.
pub fn spread(values: &[f64]) -> String {
    let Some(middle) = median(values) else { return "-".to_owned() };
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (least, most, middle) = (number(least), number(most), number(middle));
    if least == most { middle } else { format!("{middle} ({least}..{most})") }
}

/// Three digits that count; whole numbers from 100 on.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(what: &str, value: f64) -> Figure {
        Figure { what: what.to_owned(), better: Better::More, value }
    }

    #[test]
    fn medians_do_not_move_with_one_bad_round() {
        assert_eq!(median(&[3.0, 1.0, 1000.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn a_table_shows_medians_spreads_and_ratios_of_rounds() {
        let mut table = Table::new("ASYNC_FLUSH", &["A", "B"]);
        for (first, second) in [(100.0, 50.0), (300.0, 60.0), (200.0, 50.0)] {
            table.add(0, vec![figure("msgs/s", first)]);
            table.add(1, vec![figure("msgs/s", second), figure("idle", 0.0)]);
        }
        let expected = "\
| ASYNC_FLUSH | A | B | A / B |
|---|---:|---:|---:|
| msgs/s | 200 (100..300) | 50.0 (50.0..60.0) | 4.00 (2.00..5.00) |
| idle | - | 0 | - |
";
        assert_eq!(table.markdown(), expected);
        assert_eq!(table.values("idle", "B"), [0.0; 3]);
        assert_eq!((table.values("idle", "A"), table.values("x", "A")), (&[][..], &[][..]));
    }

    #[test]
    fn each_other_side_has_its_ratio() {
        let mut table = Table::new("T", &["A", "B", "C"]);
        for (side, value) in [(0, 8.0), (1, 4.0), (2, 2.0)] {
            table.add(side, vec![figure("msgs/s", value)]);
        }
        let expected = "\
| T | A | B | C | A / B | A / C |
|---|---:|---:|---:|---:|---:|
| msgs/s | 8.00 | 4.00 | 2.00 | 2.00 | 4.00 |
";
        assert_eq!(table.markdown(), expected);
    }

    #[test]
    fn numbers_keep_three_digits() {
        let shown: Vec<String> = [123_456.7, 12.345, 1.2345, 0.012_345, 0.0].map(number).to_vec();
        assert_eq!(shown, ["123457", "12.3", "1.23", "0.0123", "0"]);
    }
}
