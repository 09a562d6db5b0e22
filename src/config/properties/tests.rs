use proptest::prelude::*;

use super::*;

fn pairs(text: &str) -> Vec<(String, String)> {
    let read = Properties::read(text.as_bytes()).unwrap();
    read.entries.into_iter().map(|entry| (entry.key, entry.value)).collect()
}

fn one(text: &str) -> (String, String) {
    let found = pairs(text);
    assert_eq!(found.len(), 1, "{text:?} gives {found:?}");
    found.into_iter().next().unwrap()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

#[test]
fn the_first_separator_ends_a_key() {
    assert_eq!(one("a=b"), pair("a", "b"));
    assert_eq!(one("a = b"), pair("a", "b"));
    assert_eq!(one("a: b"), pair("a", "b"));
    assert_eq!(one("a b"), pair("a", "b"));
    assert_eq!(one(" \t\x0ca\t:\tb=c"), pair("a", "b=c"));
    assert_eq!(one("a  =  = b"), pair("a", "= b"));
    assert_eq!(one("a"), pair("a", ""));
    assert_eq!(one("=b"), pair("", "b"));
    assert_eq!(
        one("peers=n0-127.0.0.1:9878;n1-127.0.0.1:9868").1,
        "n0-127.0.0.1:9878;n1-127.0.0.1:9868"
    );
}

#[test]
fn blanks_before_a_value_go_and_blanks_after_it_stay() {
    assert_eq!(one("fileReservedTime =  48 "), pair("fileReservedTime", "48 "));
    assert_eq!(one("a=\\  b"), pair("a", "  b"));
}

#[test]
fn comments_and_empty_lines_are_no_entries() {
    assert_eq!(pairs("# a=1\n  ! b=2\n\n \t \n#c\\\nd=4\n"), [pair("d", "4")]);
}

#[test]
fn any_line_end_counts_one_line() {
    let read = Properties::read(b"a=1\r\nb=2\rc=3\n\nd=4").unwrap();
    let lines: Vec<u32> = read.entries.iter().map(|entry| entry.line).collect();
    assert_eq!(lines, [1, 2, 3, 5]);
}

#[test]
fn a_backslash_continues_a_line() {
    assert_eq!(one("a=1,\\\n   2,\\\r\n\t3"), pair("a", "1,2,3"));
    assert_eq!(one("a=1\\\n#2"), pair("a", "1#2"));
    assert_eq!(pairs("a=1\\\\\nb=2"), [pair("a", "1\\"), pair("b", "2")]);
    assert_eq!(one("a=1\\"), pair("a", "1"));
    let read = Properties::read(b"a=\\\n\\\n1\nb=2").unwrap();
    assert_eq!((read.entries[0].line, read.entries[0].lines), (1, 3));
    assert_eq!(read.entries[1].line, 4);
}

#[test]
fn escapes_are_resolved() {
    assert_eq!(one("a\\ b\\=\\:=\\t\\n\\r\\f\\x\\\\"), pair("a b=:", "\t\n\r\x0cx\\"));
    assert_eq!(one("a=\\u4ee3\\u7406"), pair("a", "代理"));
    assert_eq!(one("a=\\uD83D\\uDE00"), pair("a", "😀"));
    assert_eq!(one("a=\\uD83D."), pair("a", "\u{fffd}."));
}

#[test]
fn bytes_over_127_are_latin_1_and_marked() {
    let read = Properties::read(b"a=\xe9\nb=c").unwrap();
    assert_eq!(read.get("a"), Some("é"));
    assert!(read.entries[0].has_high_bytes);
    assert!(!read.entries[1].has_high_bytes);
}

#[test]
fn bad_text_is_refused_with_its_line() {
    assert_eq!(Properties::read(b"a=1\nb=\\u12g4"), Err(SyntaxError::BadEscape { line: 2 }));
    assert_eq!(Properties::read(b"a=\\u123"), Err(SyntaxError::BadEscape { line: 1 }));
    assert_eq!(Properties::read(b"\n\na=\0"), Err(SyntaxError::Binary { line: 3 }));
}

#[test]
fn the_last_of_several_wins() {
    let read = Properties::read(b"a=1\nb=2\na=3\n").unwrap();
    assert_eq!(read.get("a"), Some("3"));
    assert_eq!(read.entries.len(), 3);
}

#[test]
fn xml_comments_are_marked() {
    let text =
        b"<!--\n  words of a licence\n  listenPort=1\n-->\nlistenPort = 9876\n<!-- a --> \nb=1";
    let read = Properties::read(text).unwrap();
    let marks: Vec<(&str, bool)> =
        read.entries.iter().map(|entry| (entry.key.as_str(), entry.in_xml_comment)).collect();
    assert_eq!(
        marks,
        [
            ("<!--", true),
            ("words", true),
            ("listenPort", true),
            ("-->", true),
            ("listenPort", false),
            ("<!--", true),
            ("b", false)
        ]
    );
}

#[test]
fn an_xml_comment_that_never_ends_is_none() {
    let read = Properties::read(b"<!-- oops\nlistenPort=9876").unwrap();
    assert!(read.entries.iter().all(|entry| !entry.in_xml_comment));
}

#[test]
fn an_edit_changes_the_entry_that_holds_and_nothing_else() {
    let text = b"# mine\r\nbrokerName = a\nlong = 1,\\\n  2\n\nbrokerName=b\n! end";
    let edited = Properties::edit(text, &[("brokerName", "c"), ("long", "x y"), ("new", " z")]);
    assert_eq!(
        String::from_utf8(edited.unwrap()).unwrap(),
        "# mine\r\nbrokerName = a\nlong=x y\n\nbrokerName=c\n! end\nnew=\\ z\n"
    );
}

#[test]
fn a_plain_line_keeps_backslashes_and_stays_one_line() {
    assert_eq!(line("a", "C:\\x y\nb=1", Style::Plain), "a=C:\\x y\\nb=1\n");
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        map in prop::collection::btree_map(any::<String>(), any::<String>(), 0..8)
    ) {
        let text: String = map.iter().map(|(k, v)| line(k, v, Style::Escaped)).collect();
        // A zero byte is escaped like any other character that is not printable.
        prop_assert!(text.is_ascii());
        let read = Properties::read(text.as_bytes()).unwrap();
        prop_assert_eq!(read.entries.len(), map.len());
        for (key, value) in &map {
            prop_assert_eq!(read.get(key), Some(value.as_str()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(text in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(read) = Properties::read(&text) {
            prop_assert!(read.entries.iter().all(|entry| entry.line >= 1 && entry.lines >= 1));
        }
    }

    #[test]
    fn an_edited_text_holds_the_change(
        text in "([a-c]{1,2}[ =:][a-c\\\\# ]{0,4}[\n\r]){0,8}",
        key in "[a-c]{1,2}",
        value in any::<String>()
    ) {
        let edited = Properties::edit(text.as_bytes(), &[(&key, &value)]).unwrap();
        let before = Properties::read(text.as_bytes()).unwrap();
        let after = Properties::read(&edited).unwrap();
        prop_assert_eq!(after.get(&key), Some(value.as_str()));
        for entry in before.entries.iter().filter(|entry| entry.key != key) {
            prop_assert_eq!(after.get(&entry.key), before.get(&entry.key));
        }
    }
}
