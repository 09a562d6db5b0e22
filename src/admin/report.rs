//! What an operation found: rows under columns, shown as a table, JSON or YAML.

use serde_json::{Map, Value};

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

/// Rows under columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    columns: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

/// Text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Report {
    /// A report without rows.
    pub fn new(columns: &[&'static str]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: a value for each column.
    pub fn row<const N: usize>(&mut self, values: [Value; N]) {
        self.rows.push(values.into());
    }

    /// The text, with a line feed at its end.
    pub fn text(&self, format: Format) -> String {
        match format {
            Format::Table => self.table(),
            Format::Json => format!("{:#}\n", Value::Array(self.objects())),
            Format::Yaml => self.yaml(),
        }
    }

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
        let heading = self.columns.iter().map(|name| name.to_uppercase()).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(plain).collect());
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
        report.row(["orders".into(), 5.into()]);
        report.row(["a \"b\"".into(), Value::Null]);
        report
    }

    #[test]
    fn a_table_has_columns_as_wide_as_they_must_be() {
        let text = "TOPIC   LAG\norders  5\na \"b\"   null\n";
        assert_eq!(two_rows().text(Format::Table), text);
    }

    #[test]
    fn json_is_read_back_as_it_was() {
        let read: Value = serde_json::from_str(&two_rows().text(Format::Json)).unwrap();
        assert_eq!(read, Value::Array(two_rows().objects()));
    }

    #[test]
    fn yaml_quotes_texts() {
        let text = "- topic: \"orders\"\n  lag: 5\n- topic: \"a \\\"b\\\"\"\n  lag: null\n";
        assert_eq!(two_rows().text(Format::Yaml), text);
        assert_eq!(Report::new(&["topic"]).text(Format::Yaml), "[]\n");
    }
}
