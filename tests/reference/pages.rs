//! The pages that people wrote: each command line, setting, metric and file that they name exists.

use std::collections::BTreeSet;
use std::path::Path;

use clap::error::ErrorKind;
use ringmq::cli::args::accepted;
use ringmq::config::key::Role;
use ringmq::observability::metric;

const PAGES: [&str; 4] =
    ["README.md", "docs/operating.md", "docs/migrating.md", "docs/troubleshooting.md"];

/// What is written like a setting and is something else: words of RocketMQ's answers and files.
const NO_SETTINGS: [&str; 1] = ["clusterName"];

fn read(page: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap()
}

/// What stands between single backticks, and the lines between triple ones.
fn code(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut spans, mut lines, mut fenced) = (Vec::new(), Vec::new(), false);
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            lines.push(line);
        } else {
            spans.extend(line.split('`').skip(1).step_by(2));
        }
    }
    assert!(!fenced, "a block of code has no end");
    (spans, lines)
}

/// What is wrong with a command line, if anything is. That something is missing or stands for
/// something else is no fault of a page.
fn fault(line: &str) -> Option<String> {
    let line = line.split("  #").next().unwrap_or(line).trim();
    let words = line.split(' ').filter(|word| !word.is_empty()).map(|word| word.trim_matches('"'));
    let program = line.split(' ').next().unwrap_or_default();
    let read = accepted(program).try_get_matches_from(words);
    let error = read.err()?;
    let allowed = [
        ErrorKind::DisplayHelp,
        ErrorKind::DisplayVersion,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ErrorKind::MissingRequiredArgument,
        ErrorKind::MissingSubcommand,
    ];
    let text = error.to_string();
    let names_a_file = error.kind() == ErrorKind::ValueValidation && text.contains("not exist");
    (!allowed.contains(&error.kind()) && !names_a_file).then(|| format!("{line}: {text}"))
}

#[test]
fn commands_on_the_pages_are_taken() {
    let mut count = 0;
    for page in PAGES {
        let text = read(page);
        let (spans, lines) = code(&text);
        let is_ours =
            |line: &&&str| ["ringmq ", "mqadmin "].iter().any(|name| line.starts_with(name));
        for line in spans.iter().chain(&lines).filter(is_ours) {
            // In a table a bar is written with a backslash, for one of several words.
            let line = line.split("\\|").next().unwrap_or(line);
            assert_eq!(fault(line), None, "{page}");
            count += 1;
        }
    }
    assert!(count > 60, "{count} commands were found");
    assert!(fault("ringmq admin topic make orders").is_some());
    assert!(fault("ringmq broker --port 1").is_some());
    assert!(fault("mqadmin updateTopic -x 1").is_some());
}

/// Whether a word is written as settings are: `likeThis`.
fn is_a_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.contains(|letter: char| letter.is_ascii_uppercase())
        && word.chars().all(|letter| letter.is_ascii_alphanumeric())
}

#[test]
fn settings_on_the_pages_are_known() {
    let mut known: BTreeSet<String> = NO_SETTINGS.iter().map(|word| (*word).to_owned()).collect();
    for role in [Role::Broker, Role::Nameserver] {
        known.extend(role.keys().map(|key| key.name.to_owned()));
    }
    let commands = read("tests/golden/mqadmin-5.5.0/options.txt");
    known.extend(commands.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())));
    let mut count = 0;
    for page in PAGES {
        let text = read(page);
        for span in code(&text).0 {
            let word = span.split('=').next().unwrap_or(span);
            if is_a_name(word) {
                assert!(known.contains(word), "{page}: `{span}` is no setting and no command");
                count += 1;
            }
        }
    }
    assert!(count > 60, "{count} names were found");
}

#[test]
fn metrics_on_the_pages_are_exported() {
    let mut count = 0;
    for page in PAGES {
        let text = read(page);
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
            let is_one = ["ringmq_", "rocketmq_"]
                .iter()
                .any(|start| word.strip_prefix(start).is_some_and(|rest| !rest.is_empty()));
            if is_one {
                let exported = metric::ALL.iter().any(|metric| metric.name == word);
                assert!(exported, "{page}: {word} is no metric");
                count += 1;
            }
        }
    }
    assert!(count > 5, "{count} metrics were found");
}

#[test]
fn links_of_the_pages_lead_somewhere() {
    for page in PAGES {
        let text = read(page);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let folder = folder.parent().unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                folder.join(Path::new(page).file_name().unwrap())
            } else {
                folder.join(file)
            };
            assert!(target.exists(), "{page}: {link}");
            let slug =
                |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            let found = std::fs::read_to_string(&target).unwrap();
            let mut headings = found.lines().filter(|line| line.starts_with('#')).map(slug);
            assert!(heading.is_empty() || headings.any(|one| one == heading), "{page}: {link}");
        }
    }
}
