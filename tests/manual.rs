//! Manual pages and completions are rendered from the definition of the command line, so they
//! cannot say anything else. `RINGMQ_BLESS=1 cargo test --test manual` writes them anew.
#![allow(clippy::disallowed_methods, reason = "a test reads and writes the pages itself")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use clap_complete::Shell;
use ringmq::cli::args::definition;

/// The names the binary has.
const NAMES: [&str; 4] = ["ringmq", "mqadmin", "mqbroker", "mqnamesrv"];

/// The command of a name, with a version that does not change with each commit.
fn command(name: &str) -> clap::Command {
    definition(name).version(env!("CARGO_PKG_VERSION"))
}

/// Without `help`, which has no page of its own and would double the completions.
fn without_help(command: clap::Command) -> clap::Command {
    command.disable_help_subcommand(true).mut_subcommands(without_help)
}

/// A page for a command and for each below it, by file.
fn pages(name: &str, command: &clap::Command, pages: &mut BTreeMap<String, Vec<u8>>) {
    let own = command.clone().display_name(name).bin_name(name.replace('-', " "));
    let man = clap_mangen::Man::new(own).title(name).date("").manual("RingMQ");
    let man = man.source(concat!("RingMQ ", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render(&mut text).unwrap();
    pages.insert(format!("man/{name}.1"), text);
    // mqadmin's commands are in the pages of those of `ringmq admin`.
    for below in command.get_subcommands().filter(|_| name != "mqadmin") {
        self::pages(&format!("{name}-{}", below.get_name()), below, pages);
    }
}

fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in NAMES {
        let mut whole = without_help(command(name));
        whole.build();
        pages(name, &whole, &mut files);
        for (shell, file) in [
            (Shell::Bash, format!("completions/bash/{name}")),
            (Shell::Zsh, format!("completions/zsh/_{name}")),
            (Shell::Fish, format!("completions/fish/{name}.fish")),
        ] {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut without_help(command(name)), name, &mut text);
            files.insert(file, text);
        }
    }
    files
}

#[test]
fn pages_and_completions_are_what_the_command_line_takes() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (file, rendered) in files() {
        let path = docs.join(&file);
        if std::env::var_os("RINGMQ_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &rendered).unwrap();
        }
        assert!(
            std::fs::read(&path).unwrap_or_default() == rendered,
            "docs/{file} is not what the command line takes; write it anew with RINGMQ_BLESS=1 \
             cargo test --test manual"
        );
    }
}

#[test]
fn each_flag_is_in_its_page() {
    let files = files();
    for (page, flags) in [
        ("man/ringmq-tune-apply.1", ["state", "dry\\-run", "media"]),
        ("man/mqbroker.1", ["configFile", "printConfigItem", "shards"]),
        ("man/ringmq-namesrv.1", ["namesrvAddr", "store", "cores"]),
    ] {
        let text = String::from_utf8(files.get(page).unwrap().clone()).unwrap();
        for flag in flags {
            assert!(text.contains(&format!("\\-\\-{flag}")), "{page} lacks {flag}:\n{text}");
        }
    }
}
