//! What a knob is: where it stands, how its file is read, and what is wanted of it.

use std::fmt;

use super::cpus::Cpus;

/// A setting of the machine that the broker gains from. The table of all is [`super::table`].
#[derive(Debug)]
pub struct Knob {
    /// As operators call it.
    pub name: &'static str,
    /// What there is one of it for.
    pub each: Each,
    /// The file; `{}` stands for what there is one for.
    pub path: &'static str,
    /// How the file is read.
    pub form: Form,
    /// What is wanted where the store is on flash.
    pub flash: Want,
    /// What is wanted where it is on a rotating disk.
    pub rotating: Want,
    /// Other files that the kernel changes together with this one.
    pub moves: &'static [&'static str],
    /// Who changes it.
    pub by: By,
    /// What the broker has of it, in one sentence.
    pub why: &'static str,
    /// Where that is said or was measured.
    pub source: &'static str,
}

/// What there is one knob for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// The machine.
    Machine,
    /// A disk under the store.
    Disk,
    /// A core of the broker.
    Core,
    /// An idle state of a core that takes longer than [`super::survey::IDLE_EXIT_US_MAX`] to leave.
    DeepIdle,
    /// An interrupt of a disk under the store.
    DiskInterrupt,
    /// An interrupt of a network interface.
    NicInterrupt,
    /// A queue of a network interface that receives.
    NicReceive,
    /// A queue of a network interface that sends; only where there are several.
    NicSend,
    /// A file of a systemd unit of ours.
    Unit,
}

/// How the text of a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The value alone.
    Plain,
    /// Words, the one in force in brackets.
    Choice,
    /// Three numbers, of which the last one counts.
    Third,
    /// The soft limit of this name in `/proc/self/limits`.
    Limit(&'static str),
    /// The last setting of this name in a unit file.
    Setting(&'static str),
    /// A list of processors.
    CpuList,
    /// A mask of processors.
    CpuMask,
}

/// What is wanted of a knob, as the table says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// Nothing: it is shown because others depend on it.
    Shown,
    /// A number from `least` to `most`; `set` is written where it lies outside.
    Range {
        /// Lowest.
        least: u64,
        /// Highest.
        most: u64,
        /// What is written.
        set: u64,
    },
    /// So much for each core of the broker, or more.
    PerCore(u64),
    /// One of these words; the first that is offered is written.
    OneOf(&'static [&'static str]),
    /// Processors, see [`super::survey`] for which.
    Processors,
}

impl Want {
    /// At least `least`.
    pub const fn at_least(least: u64) -> Self {
        Self::Range { least, most: u64::MAX, set: least }
    }

    /// At most `most`.
    pub const fn at_most(most: u64) -> Self {
        Self::Range { least: 0, most, set: most }
    }
}

/// Who changes a knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `apply` does.
    Apply,
    /// The operator does, in this way.
    Hand(&'static str),
}

/// What is wanted of one file, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing.
    Shown,
    /// A number within a range.
    Range {
        /// Lowest.
        least: u64,
        /// Highest.
        most: u64,
        /// What is written.
        set: u64,
    },
    /// One of these values.
    OneOf(Vec<String>),
}

impl Wanted {
    /// Is `value`, as [`Form::value`] gives it, what is wanted?
    pub fn holds(&self, value: &str) -> bool {
        match self {
            Self::Shown => true,
            Self::Range { least, most, .. } => {
                number(value).is_some_and(|value| (*least..=*most).contains(&value))
            }
            Self::OneOf(values) => values.iter().any(|wanted| wanted == value),
        }
    }
}

/// "unlimited" and systemd's "infinity" are more than any number.
fn number(text: &str) -> Option<u64> {
    match text {
        "unlimited" | "infinity" => Some(u64::MAX),
        text => text.parse().ok(),
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown => out.write_str("-"),
            Self::Range { least, most, .. } if least == most => write!(out, "{least}"),
            Self::Range { least, most: u64::MAX, .. } => write!(out, "at least {least}"),
            Self::Range { least: 0, most, .. } => write!(out, "at most {most}"),
            Self::Range { least, most, .. } => write!(out, "{least} to {most}"),
            Self::OneOf(values) => out.write_str(&values.join(" or ")),
        }
    }
}

impl Form {
    /// The value in a file's text; `None` if the text has none.
    pub fn value(self, text: &str) -> Option<String> {
        match self {
            Self::Plain => Some(text.trim().to_owned()),
            Self::Choice => {
                let chosen = text.split_whitespace().find_map(|word| {
                    word.strip_prefix('[').and_then(|word| word.strip_suffix(']'))
                });
                // A device with one choice alone shows it without brackets.
                Some(chosen.unwrap_or(text.trim()).to_owned())
            }
            Self::Third => text.split_whitespace().nth(2).map(str::to_owned),
            Self::Limit(name) => {
                let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
                rest.split_whitespace().next().map(str::to_owned)
            }
            Self::Setting(name) => {
                let values = text.lines().filter_map(|line| line.trim().strip_prefix(name));
                let value = values.filter_map(|rest| rest.strip_prefix('=')).next_back();
                value.map(|value| value.trim().to_owned())
            }
            Self::CpuList => Cpus::from_list(text).map(|cpus| cpus.to_string()),
            Self::CpuMask => Cpus::from_mask(text).map(|cpus| cpus.mask()),
        }
    }

    /// Can `value` be chosen, as far as the text says what can?
    pub fn offers(self, text: &str, value: &str) -> bool {
        let mut words = text.split_whitespace().map(|word| word.trim_matches(['[', ']']));
        self != Self::Choice || words.any(|word| word == value)
    }

    /// What is written so that the value becomes `value`, when the text is now `text`.
    pub fn written(self, text: &str, value: &str) -> String {
        let before: Vec<&str> = text.split_whitespace().take(2).collect();
        match (self, before.as_slice()) {
            (Self::Third, [least, default]) => format!("{least}\t{default}\t{value}\n"),
            _ => format!("{value}\n"),
        }
    }

    /// What is written to bring back `original`, the whole text of the file as it was.
    pub fn restoring(self, original: &str) -> String {
        match self {
            Self::Choice => self.value(original).unwrap_or_default(),
            _ => original.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_finds_its_value() {
        let limits = "Limit  Soft Limit  Hard\nMax open files   1024   524288   files\n";
        let unit = "[Service]\nLimitNOFILE=1\nLimitNOFILE= 1048576\n";
        for (form, text, value) in [
            (Form::Plain, "60\n", "60"),
            (Form::Choice, "none [mq-deadline] bfq\n", "mq-deadline"),
            (Form::Choice, "none\n", "none"),
            (Form::Third, "4096\t131072\t6291456\n", "6291456"),
            (Form::Limit("Max open files"), limits, "1024"),
            (Form::Setting("LimitNOFILE"), unit, "1048576"),
            (Form::CpuList, "0,1\n", "0-1"),
            (Form::CpuMask, "00000000,00000003\n", "3"),
        ] {
            assert_eq!(form.value(text).as_deref(), Some(value), "{form:?} {text:?}");
        }
        assert_eq!(Form::Third.value("4096"), None);
        assert_eq!(Form::Limit("Max locked memory").value(limits), None);
    }

    #[test]
    fn what_is_written_keeps_what_does_not_count() {
        assert_eq!(Form::Third.written("4096\t87380\t6291456\n", "9"), "4096\t87380\t9\n");
        assert_eq!(Form::Plain.written("60\n", "1"), "1\n");
        assert_eq!(Form::Third.restoring("4096\t87380\t6291456\n"), "4096\t87380\t6291456\n");
        assert_eq!(Form::Choice.restoring("always [madvise] never\n"), "madvise");
        assert!(Form::Choice.offers("[none] bfq\n", "none"));
        assert!(!Form::Choice.offers("[mq-deadline]\n", "none"));
    }

    #[test]
    fn wanted_is_said_in_words_and_held_against_numbers() {
        let range = |least, most| Wanted::Range { least, most, set: least };
        for (wanted, text, good, bad) in [
            (range(1, 1), "1", "1", "0"),
            (range(5, u64::MAX), "at least 5", "unlimited", "4"),
            (range(0, 5), "at most 5", "0", "6"),
            (range(1, 5), "1 to 5", "5", "word"),
            (Wanted::OneOf(vec!["a".into(), "b".into()]), "a or b", "b", "c"),
        ] {
            assert_eq!(wanted.to_string(), text);
            assert!(wanted.holds(good) && !wanted.holds(bad), "{wanted}");
        }
    }
}
