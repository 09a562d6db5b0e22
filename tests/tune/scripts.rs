//! The files in `tuning/` are rendered from the table of knobs, so they cannot say anything else.
//! `RINGMQ_BLESS=1 cargo test --test tune scripts` writes them anew.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use ringmq::tune::knob::{By, Each, Form, Knob, Want};
use ringmq::tune::survey::{Verdict, survey};
use ringmq::tune::table;

use crate::check::aim;
use crate::kernel::Machine;

/// File, head line, rows.
const SCRIPTS: [(&str, &str, &[&[Knob]]); 4] = [
    ("page-cache.sh", "Page cache and memory.", &[table::PAGE_CACHE, table::MEMORY]),
    ("disk.sh", "The disks named, as in /sys/block: disk.sh nvme0n1", &[table::DISK]),
    ("network.sh", "Limits of the network.", &[table::RING, table::NETWORK]),
    ("cpu.sh", "Frequencies of all processors.", &[table::PROCESSORS]),
];

/// What every script begins with.
const HEAD: &str = r##"# Sets what is not as wanted, and says which file has what instead of what.
# To undo a change write back what it had; `ringmq tune apply` keeps a record for that. DRY_RUN=1
# changes nothing. ROOT is where proc and sys are.
set -u
ROOT=${ROOT:-}

# put FILE NOW VALUE
put() {
    if [ -n "${DRY_RUN:-}" ]; then echo "would $1: $2 -> $3"; return; fi
    echo "$3" > "$1" && echo "changed $1: $2 -> $3"
}

# one FILE VALUE...: one of the values is wanted, and the first that is offered is set.
one() {
    file=$ROOT$1
    shift
    [ -e "$file" ] || { echo "absent $file"; return; }
    all=$(tr -d '[]' < "$file")
    now=$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$file")
    [ -n "$now" ] && choice=yes || { choice=no; now=$all; }
    for value; do [ "$now" = "$value" ] && return; done
    for value; do
        case "$choice $all " in
            no*|*" $value "*) put "$file" "$now" "$value"; return ;;
        esac
    done
    echo "absent $file: offers $all"
}

# range FILE LEAST MOST VALUE: the last number of the file lies between; - is no bound.
range() {
    file=$ROOT$1
    [ -e "$file" ] || { echo "absent $file"; return; }
    read -r first second third < "$file"
    now=${third:-$first}
    [ "$now" -ge "$2" ] && { [ "$3" = - ] || [ "$now" -le "$3" ]; } && return
    put "$file" "$now" "${third:+$first $second }$4"
}
"##;

fn script(title: &str, tables: &[&[Knob]]) -> String {
    let mut text = format!("#!/bin/sh\n# {title} Rendered from src/tune/table.rs.\n#\n{HEAD}");
    let knobs = || tables.iter().copied().flatten().filter(|knob| knob.by == By::Apply);
    for (each, open, close) in [
        (Each::Machine, "", ""),
        (Each::Disk, "\nfor disk; do", "done\n"),
        (
            Each::Core,
            "\nfor cpu in \"$ROOT\"/sys/devices/system/cpu/cpu[0-9]*; do\n    cpu=${cpu##*/}",
            "done\n",
        ),
    ] {
        let mut own = knobs().filter(|knob| knob.each == each && knob.flash != Want::Shown);
        let Some(first) = own.next() else { continue };
        text += open;
        let indent = if open.is_empty() { "" } else { "    " };
        for knob in std::iter::once(first).chain(own) {
            let Knob { why, source, .. } = knob;
            let _ = write!(text, "\n{}", comment(indent, &format!("{why} ({source})")));
            text += &calls(indent, knob);
        }
        text += close;
    }
    text
}

/// A comment that keeps to 100 columns.
fn comment(indent: &str, words: &str) -> String {
    let mut text = format!("{indent}#");
    let mut width = text.len();
    for word in words.split(' ') {
        if width + word.len() + 1 > 100 {
            let _ = write!(text, "\n{indent}#");
            width = indent.len() + 1;
        }
        let _ = write!(text, " {word}");
        width += word.len() + 1;
    }
    text + "\n"
}

/// The call that sets a knob; two where flash and rotating disks are wanted otherwise.
fn calls(indent: &str, knob: &Knob) -> String {
    let path = match knob.each {
        Each::Disk => knob.path.replace("{}", "$disk"),
        _ => knob.path.replace("{}", "$cpu"),
    };
    let call = |want: Want| match want {
        Want::Range { least, most: u64::MAX, set } => format!("range \"{path}\" {least} - {set}\n"),
        Want::Range { least, most, set } => format!("range \"{path}\" {least} {most} {set}\n"),
        Want::OneOf(values) => format!("one \"{path}\" {}\n", values.join(" ")),
        other => panic!("{}: {other:?} is for no script", knob.name),
    };
    match knob.each == Each::Disk && knob.flash != knob.rotating {
        false => format!("{indent}{}", call(knob.flash)),
        true => format!(
            "{indent}if [ \"$(cat \"$ROOT/sys/block/$disk/queue/rotational\")\" = 1 ]; then\n\
             {indent}    {}{indent}else\n{indent}    {}{indent}fi\n",
            call(knob.rotating),
            call(knob.flash)
        ),
    }
}

/// What stays over a restart: settings with one right value or an upper bound. Those that shall
/// only not be too low are there as comments, since a file cannot keep a higher one.
fn sysctl() -> String {
    let mut text = String::from(
        "# Kernel settings for a RingMQ broker whose store is on flash: install in /etc/sysctl.d, \
         then\n# sysctl --system. Rendered from src/tune/table.rs. Lines that are commented out \
         are minimums:\n# take them in where yours is lower.\n",
    );
    for knob in table::knobs() {
        let Some(key) = knob.path.strip_prefix("/proc/sys/") else { continue };
        let (value, minimum) = match knob.flash {
            Want::Range { most: u64::MAX, set, .. } => (set.to_string(), true),
            Want::Range { set, .. } => (set.to_string(), false),
            Want::OneOf([value]) => ((*value).to_owned(), false),
            Want::OneOf(_) | Want::Shown => continue,
            other => panic!("{}: {other:?} is no sysctl", knob.name),
        };
        let _ = write!(text, "\n{}", comment("", &format!("{} ({})", knob.why, knob.source)));
        if let (Want::Range { set, .. }, true) = (knob.rotating, knob.rotating != knob.flash) {
            let _ = writeln!(text, "# On a rotating disk: {set}.");
        }
        let value = match knob.form {
            Form::Third => format!("4096 131072 {value}"),
            _ => value,
        };
        let mark = if minimum { "#" } else { "" };
        let _ = writeln!(text, "{mark}{} = {value}", key.replace('/', "."));
    }
    text
}

fn committed() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tuning")
}

#[test]
fn the_files_in_tuning_are_what_the_table_says() {
    let mut files: Vec<(&str, String)> =
        SCRIPTS.iter().map(|(file, title, tables)| (*file, script(title, tables))).collect();
    files.push(("sysctl.d/90-ringmq.conf", sysctl()));
    for (file, rendered) in files {
        let path = committed().join(file);
        if std::env::var_os("RINGMQ_BLESS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &rendered).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        let line = rendered.lines().zip(found.lines()).find(|(new, old)| new != old);
        assert!(
            rendered == found,
            "tuning/{file} is not what the table says (first difference: {line:?}); write it anew \
             with RINGMQ_BLESS=1 cargo test --test tune scripts"
        );
    }
}

/// Runs a script of `tuning/` on a machine that is a directory.
fn run(machine: &Machine, file: &str, words: &[&str], dry: bool) -> String {
    let mut command = Command::new("sh");
    command.arg(committed().join(file)).args(words).env("ROOT", machine.root());
    if dry {
        command.env("DRY_RUN", "1");
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), errors.as_str()), (Some(0), ""), "{file}");
    String::from_utf8(output.stdout).unwrap()
}

const RUNS: [(&str, &[&str]); 4] =
    [("page-cache.sh", &[]), ("disk.sh", &["nvme0n1"]), ("network.sh", &[]), ("cpu.sh", &[])];

#[test]
fn the_scripts_set_what_apply_sets() {
    let machine = Machine::new();
    let before = machine.all();
    for (file, words) in RUNS {
        assert!(run(&machine, file, words, true).contains("would "), "{file}");
    }
    assert_eq!(machine.all(), before);
    for (file, words) in RUNS {
        run(&machine, file, words, false);
    }
    assert_eq!(machine.text("/proc/sys/net/ipv4/tcp_rmem"), "4096 131072 4194304\n");
    let set_by_scripts = |each| matches!(each, Each::Machine | Each::Disk | Each::Core);
    for row in survey(&machine, &aim()).rows {
        if row.knob.by == By::Apply && set_by_scripts(row.knob.each) {
            assert_ne!(row.verdict(), Verdict::Differs, "{}", row.name());
        }
    }
    for (file, words) in RUNS {
        assert!(!run(&machine, file, words, false).contains("changed"), "{file}");
    }
}

#[test]
fn interrupts_are_dealt_out_by_their_script() {
    let machine = Machine::new();
    let device = "/sys/class/net/eth0/device";
    let said = run(&machine, "irq.sh", &[device, "2", "3"], false);
    assert_eq!(machine.text("/proc/irq/41/smp_affinity_list"), "2\n", "{said}");
    assert_eq!(machine.text("/proc/irq/42/smp_affinity_list"), "3\n", "{said}");
    assert!(said.contains("41/smp_affinity_list: 1 -> 2"), "{said}");
}
