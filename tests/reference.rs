//! The reference of configuration keys is rendered from the rows that the program reads, so it
//! cannot say anything else. `RINGMQ_BLESS=1 cargo test --test reference` writes it anew. The pages
//! that people wrote are held to the program in [`pages`].
#![allow(clippy::disallowed_methods, reason = "a test reads and writes the page itself")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "reference/pages.rs"]
mod pages;

use std::path::Path;

use ringmq::config::key::{Change, DefaultValue, Effect, Key, Kind, Role};

#[test]
fn the_reference_of_keys_is_what_the_program_reads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let rendered = reference();
    if std::env::var_os("RINGMQ_BLESS").is_some() {
        std::fs::write(&path, &rendered).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let line = rendered.lines().zip(committed.lines()).find(|(new, old)| new != old);
    assert!(
        rendered == committed,
        "docs/configuration.md is not what the keys say (first difference: {line:?}); write it \
         anew with RINGMQ_BLESS=1 cargo test --test reference"
    );
}

fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         RingMQ reads RocketMQ's own files: `ringmq broker -c broker.conf`, `ringmq namesrv -c \
         namesrv.conf`. Every key of RocketMQ\n4.9 to 5.5 is known. A key that has no effect is \
         answered with one warning that says why, a key that nobody knows with the\nnearest one \
         that somebody does. `-p` prints every setting in force, `-m` the important ones.\n\n\
         This page is rendered from the table the program reads (`src/config/key/`); a test \
         compares the two.\n\n\
         *Change*: `live` keys follow `mqadmin updateBrokerConfig` at once; `restart` keys are \
         written to the file and hold from the next\nstart; `frozen` ones are decided when the \
         store is made.\n",
    );
    section(&mut page, "Broker", Role::Broker);
    section(&mut page, "Name server", Role::Nameserver);
    page
}

fn section(page: &mut String, title: &str, role: Role) {
    let keys = || role.keys();
    let acting = keys().filter(|key| matches!(key.effect, Effect::Acts(_)));
    page.push_str(&format!("\n## {title}: keys that act\n\n"));
    page.push_str("| key | default | range | change | meaning |\n|---|---|---|---|---|\n");
    for key in acting {
        let Effect::Acts(meaning) = key.effect else { unreachable!("filtered") };
        let (default, range, meaning) = (default(key), range(key), cell(meaning));
        let (name, change) = (key.name, change(key.change));
        page.push_str(&format!("| `{name}` | {default} | {range} | {change} | {meaning} |\n"));
    }
    page.push_str(&format!("\n## {title}: keys of parts that are not built yet\n\n"));
    page.push_str("| key | default | waits for |\n|---|---|---|\n");
    for key in keys() {
        if let Effect::Waits(part) = key.effect {
            row(page, key, part);
        }
    }
    page.push_str(&format!("\n## {title}: keys without an effect\n\n"));
    page.push_str("| key | default | why |\n|---|---|---|\n");
    for key in keys() {
        if let Effect::Never(reason) = key.effect {
            row(page, key, reason);
        }
    }
}

fn row(page: &mut String, key: &Key, why: &str) {
    page.push_str(&format!("| `{}` | {} | {} |\n", key.name, default(key), cell(why)));
}

fn default(key: &Key) -> String {
    match key.default {
        DefaultValue::Computed { rule, .. } => cell(rule),
        DefaultValue::Fixed("") => "empty".to_owned(),
        DefaultValue::Fixed(text) => format!("`{}`{}", cell(text), key.unit.suffix()),
        DefaultValue::Unset => "not set".to_owned(),
    }
}

fn range(key: &Key) -> String {
    match (key.kind, key.range) {
        (Kind::Choice(words), _) => words.join(", "),
        (Kind::Boolean, _) => "true, false".to_owned(),
        (_, Some((low, high))) => format!("{low} to {high}{}", key.unit.suffix()),
        _ => String::new(),
    }
}

fn change(change: Change) -> &'static str {
    match change {
        Change::Frozen => "frozen",
        Change::Live => "live",
        Change::Restart => "restart",
    }
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
