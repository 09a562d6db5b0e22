//! What an operation found: rows under columns, shown as a table, JSON or YAML.

use serde_json::{Map, Value};

use crate::rt::clock;
use crate::units::WallMillis;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Columns under a heading, for people.
    #[default]
    Table,
    /// One array of objects.
    Json,
    /// One sequence of mappings.
    Yaml,
}

/// The ending of the names of columns that hold moments, in milliseconds since 1970. A table shows
/// them as the clock on the wall does.
const MOMENT: &str = "_at";

/// Rows under columns, or what has a shape of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// Rows under columns.
    Rows(Rows),
    /// A document, which all formats show as JSON: YAML can read that too.
    Document(Value),
}

/// Rows under columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

/// The heading of a column: `stored_at` is `STORED`.
fn heading(name: &str) -> String {
    name.strip_suffix(MOMENT).unwrap_or(name).replace('_', " ").to_uppercase()
}

/// A value as it stands in a table.
fn plain((name, value): (&&'static str, &Value)) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) if text.is_empty() => "-".to_owned(),
        Value::String(text) => text.replace('\n', "\\n"),
        Value::Number(number) if name.ends_with(MOMENT) => moment(number.as_i64().unwrap_or(0)),
        Value::Number(number) if number.is_f64() => {
            format!("{:.2}", number.as_f64().unwrap_or(0.0))
        }
        other => other.to_string(),
    }
}

/// `2026-11-21 08:09:47,262`, as mqadmin writes moments.
fn moment(ms: i64) -> String {
    if ms <= 0 {
        return "-".to_owned();
    }
    let at = clock::local(WallMillis(ms));
    let (date, time) = ((at.year, at.month, at.day), (at.hour, at.minute, at.second));
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02},{:03}",
        date.0, date.1, date.2, time.0, time.1, time.2, at.milli
    )
}

impl Report {
    /// A report without rows.
    pub fn new(columns: &[&'static str]) -> Self {
        Self::Rows(Rows { columns: columns.to_vec(), rows: Vec::new() })
    }

    /// A report of these rows.
    pub fn of(columns: &[&'static str], rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let rows = rows.into_iter().collect();
        Self::Rows(Rows { columns: columns.to_vec(), rows })
    }

    /// Adds a row: a value for each column.
    pub fn push(&mut self, values: Vec<Value>) {
        if let Self::Rows(own) = self {
            own.rows.push(values);
        }
    }

    /// Adds the rows of a report with the same columns.
    pub fn append(&mut self, other: Self) {
        if let (Self::Rows(own), Self::Rows(other)) = (self, other) {
            own.rows.extend(other.rows);
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Rows(own) if own.rows.is_empty())
    }

    /// The text, with a line feed at its end.
    pub fn text(&self, format: Format) -> String {
        match (self, format) {
            (Self::Document(value), _) => format!("{value:#}\n"),
            (Self::Rows(rows), Format::Table) => rows.table(),
            (Self::Rows(rows), Format::Json) => {
                format!("{:#}\n", Value::Array(rows.objects()))
            }
            (Self::Rows(rows), Format::Yaml) => rows.yaml(),
        }
    }
}

impl Rows {
    fn objects(&self) -> Vec<Value> {
        let object = |row: &Vec<Value>| {
            let members = self.columns.iter().zip(row);
            let members = members.map(|(name, value)| ((*name).to_owned(), value.clone()));
            Value::Object(members.collect::<Map<_, _>>())
        };
        self.rows.iter().map(object).collect()
    }

    /// JSON scalars are YAML scalars.
    fn yaml(&self) -> String {
        if self.rows.is_empty() {
            return "[]\n".to_owned();
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut start = "- ";
            for (name, value) in self.columns.iter().zip(row) {
                text.push_str(&format!("{start}{name}: {value}\n"));
                start = "  ";
            }
        }
        text
    }

    fn table(&self) -> String {
        let heading = self.columns.iter().map(|name| heading(name)).collect();
        let cells = |row: &Vec<Value>| self.columns.iter().zip(row).map(plain).collect();
        let rows = self.rows.iter().map(cells);
        let rows: Vec<Vec<String>> = std::iter::once(heading).chain(rows).collect();
        let mut widths = vec![0; self.columns.len()];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths);
            let cells: Vec<String> = cells.map(|(cell, &width)| format!("{cell:width$}")).collect();
            cells.join("  ").trim_end().to_owned() + "\n"
        };
        rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_rows() -> Report {
        let mut report = Report::new(&["topic", "lag"]);
        report.push(vec!["orders".into(), 5.into()]);
        report.push(vec!["a \"b\"".into(), Value::Null]);
        report
    }

    #[test]
    fn a_table_has_columns_as_wide_as_they_must_be() {
        let text = "TOPIC   LAG\norders  5\na \"b\"   -\n";
        assert_eq!(two_rows().text(Format::Table), text);
    }

    #[test]
    fn json_is_read_back_as_it_was() {
        let read: Value = serde_json::from_str(&two_rows().text(Format::Json)).unwrap();
        let wanted = serde_json::json!([
            {"topic": "orders", "lag": 5}, {"topic": "a \"b\"", "lag": null}
        ]);
        assert_eq!(read, wanted);
    }

    #[test]
    fn moments_are_texts_in_tables_only() {
        let report =
            Report::of(&["stored_at"], [vec![1_795_248_587_262_i64.into()], vec![0.into()]]);
        let table = report.text(Format::Table);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!((lines[0], lines[2]), ("STORED", "-"));
        assert!(lines[1].starts_with("2026-11-2") && lines[1].ends_with(":47,262"), "{table}");
        assert!(report.text(Format::Yaml).starts_with("- stored_at: 1795248587262\n"));
    }

    #[test]
    fn yaml_quotes_texts() {
        let text = "- topic: \"orders\"\n  lag: 5\n- topic: \"a \\\"b\\\"\"\n  lag: null\n";
        assert_eq!(two_rows().text(Format::Yaml), text);
        assert_eq!(Report::new(&["topic"]).text(Format::Yaml), "[]\n");
    }
}
