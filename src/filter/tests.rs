use super::Filter;
use crate::limits::{FILTER_BYTES_MAX, FILTER_DEPTH_MAX};
use crate::message::properties::{Properties, PropertiesEdit};

/// Java's verdicts; its README says how they were made.
const TABLE: &str = include_str!("../../tests/golden/filter-5.5.0/table.json");

fn stored(message: &serde_json::Value) -> Vec<u8> {
    let mut properties = PropertiesEdit::default();
    for (name, value) in message.as_object().unwrap() {
        properties.push(name, value.as_str().unwrap());
    }
    properties.into_bytes()
}

#[test]
fn every_verdict_is_javas() {
    let table: serde_json::Value = serde_json::from_str(TABLE).unwrap();
    let messages: Vec<Vec<u8>> = table["messages"].as_array().unwrap().iter().map(stored).collect();
    let mut faults = Vec::new();
    for row in table["rows"].as_array().unwrap() {
        let (expression, javas) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
        let ours = match Filter::compile(expression) {
            Ok(filter) => messages
                .iter()
                .map(|message| u8::from(filter.matches(Properties::new(message))).to_string())
                .collect(),
            Err(_) => "refused".to_owned(),
        };
        if ours != javas {
            faults.push(format!("{expression:?}\n  ours  {ours}\n  Java's {javas}"));
        }
    }
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn says_where_an_expression_is_wrong() {
    for (expression, said) in [
        ("a >", "the end where a value is expected, at line 1, column 4"),
        ("a > > 1", "something else where a value is expected, at line 1, column 5"),
        ("a = 1 AND\n  b ! 2", "`!` starts nothing known at line 2, column 5"),
        ("北京 = 1", "`北` starts nothing known at line 1, column 1"),
        ("city = '北京' AND (a = 1", "the end where `)` is expected, at line 1, column 23"),
        ("a = 'x", "a text without its closing quote at line 1, column 5"),
        ("a = 1 /* b", "a comment without its end at line 1, column 7"),
        ("a = NULL", "NULL where IS NULL is meant at line 1, column 5"),
        ("TRUE = 1", "TRUE or FALSE compared with it at line 1, column 8"),
        ("5 AND a = 1", "a value where a condition is wanted at line 1, column 1"),
        (
            "b = 1 AND a < 'x'",
            "neither a number nor a property, and compared by size at line 1, column 15",
        ),
        ("a BETWEEN 5 AND 1", "a lower bound above the upper one at line 1, column 11"),
        ("5 IN ('5')", "IN of something other than a property at line 1, column 1"),
        ("a = 99999999999999999999", "an integer of more than 64 bits at line 1, column 5"),
    ] {
        assert_eq!(Filter::compile(expression).unwrap_err().to_string(), said, "{expression}");
    }
}

#[test]
fn deep_and_long_expressions_are_refused() {
    let nested = |depth| format!("{}a = 1{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::compile(&nested(FILTER_DEPTH_MAX - 1)).is_ok());
    for too_deep in [nested(FILTER_DEPTH_MAX), "NOT ".repeat(4000) + "a", "-".repeat(9000) + "a"] {
        assert!(Filter::compile(&too_deep).is_err());
    }
    let listed = |bytes: usize| format!("a IN ('{}')", "x".repeat(bytes - 9));
    assert!(Filter::compile(&listed(FILTER_BYTES_MAX)).is_ok());
    assert!(Filter::compile(&listed(FILTER_BYTES_MAX + 1)).is_err());
    // Chains do not nest.
    let chain = vec!["a = 1"; 1500].join(" OR ");
    assert!(Filter::compile(&chain).unwrap().matches(Properties::new(b"a\x011\x02")));
}

#[test]
fn no_soup_of_tokens_panics() {
    const TOKENS: &[&str] = &[
        "a",
        "b",
        "5",
        "1.5",
        "'x'",
        "''",
        "'",
        "TRUE",
        "NULL",
        "(",
        ")",
        ",",
        "=",
        "<>",
        "<",
        ">=",
        "AND",
        "OR",
        "NOT",
        "IS",
        "BETWEEN",
        "IN",
        "CONTAINS",
        "ENDSWITH",
        "+",
        "-",
        "--",
        "\n",
        "/*",
        "*/",
        ".",
        "e",
        "9999999999",
        "北",
        "\u{0}",
    ];
    let message = Properties::new(b"a\x015\x02b\x01x\x02");
    let mut state = 20_260_u64;
    let mut below = |bound: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let mut compiled = 0;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..=below(12) {
            text.push_str(TOKENS[below(TOKENS.len())]);
            text.push_str(["", " "][below(2)]);
        }
        if let Ok(filter) = Filter::compile(&text) {
            filter.matches(message);
            compiled += 1;
        }
    }
    assert!(compiled > 100, "{compiled} of them were expressions");
}
