//! The settings of one process by key: what is given, where, and what holds when nothing is.
//!
//! [`Settings`] is the raw side of a configuration; `broker` and `nameserver` make checked values
//! of it. It stays with the running server, which lists it on request and takes changes.

use std::collections::BTreeMap;
use std::time::Duration;

use super::host::Host;
use super::key::{Change, Effect, Key, Kind, Role};
use super::nearest::nearest;
use super::notice::{Cause, ConfigError, Fault, Notes, Origin, Warning};
use super::properties::{self, Entry, Properties, Style};
use super::value::{Parsed, Value};

#[cfg(test)]
mod tests;

/// The settings of one process. A value: a change makes a new one. Send.
#[derive(Clone, Debug)]
pub struct Settings {
    role: Role,
    host: Host,
    /// Set by file, flag or request, and in force.
    given: BTreeMap<&'static str, Given>,
    /// Set by request, in force from the next start.
    pending: BTreeMap<&'static str, Given>,
    /// Defaults of the mode, in place of those of the table.
    assumed: BTreeMap<&'static str, Value>,
    /// What follows from other settings, in place of what is given.
    derived: BTreeMap<&'static str, Value>,
    /// Keys of the file that nobody knows. RocketMQ lists them, so they are kept.
    unknown: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Given {
    value: Value,
    origin: Origin,
}

impl Settings {
    /// Nothing but defaults.
    pub fn new(role: Role, host: Host) -> Self {
        Self {
            role,
            host,
            given: BTreeMap::new(),
            pending: BTreeMap::new(),
            assumed: BTreeMap::new(),
            derived: BTreeMap::new(),
            unknown: BTreeMap::new(),
        }
    }

    /// Facts of the machine.
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// Takes what a file says; `name` is how messages call it.
    pub fn read_file(&mut self, name: &str, text: &[u8], notes: &mut Notes) {
        let read = match Properties::read(text) {
            Ok(read) => read,
            Err(error) => {
                notes.errors.push(ConfigError {
                    origin: Origin::File { name: name.to_owned(), line: error.line() },
                    key: String::new(),
                    value: String::new(),
                    fault: Fault::Syntax(error),
                });
                return;
            }
        };
        for (index, entry) in read.entries.iter().enumerate() {
            let origin = Origin::File { name: name.to_owned(), line: entry.line };
            let later = read.entries.iter().skip(index + 1).rfind(|other| other.key == entry.key);
            match (self.role.key(&entry.key), later) {
                (Some(_), Some(later)) => {
                    warn(notes, origin, &entry.key, Cause::Repeated(later.line));
                }
                (Some(key), None) => {
                    if entry.in_xml_comment {
                        warn(notes, origin.clone(), key.name, Cause::XmlComment);
                    } else if entry.has_high_bytes {
                        warn(notes, origin.clone(), key.name, Cause::HighBytes);
                    }
                    self.give(key, &entry.value, origin, notes);
                }
                // The words of a comment that is none to a properties file.
                (None, _) if entry.in_xml_comment => {}
                (None, _) => self.keep_unknown(entry, origin, notes),
            }
        }
    }

    /// Takes a setting from elsewhere than a file; it wins over what was taken before.
    pub fn set(&mut self, name: &'static str, text: &str, origin: Origin, notes: &mut Notes) {
        self.give(self.row(name), text, origin, notes);
    }

    /// Puts a default of the mode in place of the table's.
    pub fn assume(&mut self, name: &'static str, text: &str) {
        let key = self.row(name);
        if let Some(value) = Value::parse(key.kind, text).value {
            self.assumed.insert(key.name, value);
        }
    }

    /// Notes that `name` follows from other settings.
    pub(super) fn derive(&mut self, name: &'static str, value: Value) {
        self.derived.insert(self.row(name).name, value);
    }

    /// Forgets what followed, before a new configuration is made.
    pub(super) fn forget_derived(&mut self) {
        self.derived.clear();
    }

    /// Makes what waits for the next start hold now.
    pub(super) fn settle(&mut self) {
        self.given.append(&mut self.pending);
    }

    /// Takes a change by request for `key`. Returns when it takes effect, or `None` when nothing
    /// changes.
    pub(super) fn change(
        &mut self,
        key: &'static Key,
        text: &str,
        notes: &mut Notes,
    ) -> Option<Change> {
        let value = accept(key, text, &Origin::Request, notes).value?;
        if self.shown(key) == Some(value.clone()) {
            return None;
        }
        let given = Given { value, origin: Origin::Request };
        match key.change {
            Change::Live => self.given.insert(key.name, given),
            Change::Frozen | Change::Restart => self.pending.insert(key.name, given),
        };
        Some(key.change)
    }

    /// Takes a change by request for an unknown key: kept only when the file has it, as in Java.
    pub(super) fn change_unknown(&mut self, name: &str, value: &str) {
        if let Some(kept) = self.unknown.get_mut(name) {
            *kept = value.to_owned();
        }
    }

    /// Which process this configures.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether a file, a flag or a request sets `name`.
    pub fn is_given(&self, name: &'static str) -> bool {
        self.given.contains_key(name)
    }

    /// Where the setting in force comes from.
    pub fn origin(&self, name: &'static str) -> Origin {
        match self.given.get(name) {
            Some(given) => given.origin.clone(),
            None if name == "namesrvAddr" && !self.assumed.contains_key(name) => {
                Origin::Environment("NAMESRV_ADDR")
            }
            None => Origin::Default,
        }
    }

    /// What GET_BROKER_CONFIG or GET_NAMESRV_CONFIG answers: `key=value` lines sorted by key, for
    /// every key that has a value, as Java 5.x writes it.
    pub fn listing(&self) -> String {
        let mut lines: BTreeMap<&str, String> = BTreeMap::new();
        for (key, value) in &self.unknown {
            lines.insert(key, value.clone());
        }
        let given = |key: &&Key| self.shown_given(key.name).is_some();
        for key in self.role.listed().chain(self.role.keys().filter(given)) {
            if let Some(value) = self.shown(key) {
                lines.insert(key.name, value.to_string());
            }
        }
        lines.iter().map(|(key, value)| properties::line(key, value, Style::Plain)).collect()
    }

    /// What `-p` prints, or `-m` with `only_important`: `key=value` lines in table order; a key
    /// without a value has nothing after the `=`, as in Java.
    pub fn print(&self, only_important: bool) -> String {
        let keys = self.role.keys().filter(|key| key.important || !only_important);
        keys.map(|key| {
            let value = self.shown(key).map(|value| value.to_string()).unwrap_or_default();
            properties::line(key.name, &value, Style::Plain)
        })
        .collect()
    }

    /// The setting in force; `None` is Java's null.
    pub(super) fn value(&self, name: &'static str) -> Option<Value> {
        let key = self.row(name);
        let given = self.given.get(key.name).map(|given| &given.value);
        given
            .or_else(|| self.assumed.get(key.name))
            .cloned()
            .or_else(|| key.default_value(&self.host))
    }

    /// A boolean in force.
    pub(super) fn boolean(&self, name: &'static str) -> bool {
        self.value(name) == Some(Value::Boolean(true))
    }

    /// A number in force, in the type it is used as.
    ///
    /// # Panics
    /// When the range in the table is wider than the type. Every load reads every number, and a
    /// test loads both ends of every range.
    pub(super) fn number<T: TryFrom<i64>>(&self, name: &'static str) -> T {
        let value = match self.value(name) {
            Some(Value::Integer(value)) => T::try_from(value).ok(),
            _ => None,
        };
        match value {
            Some(value) => value,
            None => panic!("`{name}` has no number of its type: the key table is wrong"),
        }
    }

    /// A time in force, given in milliseconds.
    pub(super) fn millis(&self, name: &'static str) -> Duration {
        Duration::from_millis(self.number(name))
    }

    /// A text in force; empty for Java's null.
    pub(super) fn text(&self, name: &'static str) -> String {
        self.value(name).map(|value| value.to_string()).unwrap_or_default()
    }

    /// Notes that the setting in force is wrong.
    pub(super) fn fault(&self, name: &'static str, fault: Fault, notes: &mut Notes) {
        let value = self.text(name);
        let origin = self.origin(name);
        notes.errors.push(ConfigError { origin, key: name.to_owned(), value, fault });
    }

    /// Notes that the setting in force is doubtful.
    pub(super) fn doubt(&self, name: &'static str, cause: Cause, notes: &mut Notes) {
        warn(notes, self.origin(name), name, cause);
    }

    fn give(&mut self, key: &'static Key, text: &str, origin: Origin, notes: &mut Notes) {
        match key.effect {
            Effect::Acts(_) => {}
            Effect::Never(why) => warn(notes, origin.clone(), key.name, Cause::Never(why)),
            Effect::Waits(part) => warn(notes, origin.clone(), key.name, Cause::Waits(part)),
        }
        let Parsed { value, doubt } = accept(key, text, &origin, notes);
        if let Some(doubt) = doubt.filter(|_| matches!(key.effect, Effect::Acts(_))) {
            let held = value.clone().or_else(|| self.value(key.name));
            let kept = held.map(|value| value.to_string()).unwrap_or_else(|| "unset".to_owned());
            let cause = Cause::Doubt { value: text.to_owned(), doubt, kept };
            warn(notes, origin.clone(), key.name, cause);
        }
        if let Some(value) = value {
            self.given.insert(key.name, Given { value, origin });
        }
    }

    fn keep_unknown(&mut self, entry: &Entry, origin: Origin, notes: &mut Notes) {
        if entry.key.is_empty() && entry.value.is_empty() {
            return;
        }
        warn(notes, origin, &entry.key, Cause::Unknown(nearest(self.role, &entry.key)));
        self.unknown.insert(entry.key.clone(), entry.value.clone());
    }

    fn shown_given(&self, name: &str) -> Option<&Given> {
        self.pending.get(name).or_else(|| self.given.get(name))
    }

    fn shown(&self, key: &Key) -> Option<Value> {
        let pending = self.pending.get(key.name).map(|given| &given.value);
        let shown = pending.or_else(|| self.derived.get(key.name));
        shown.cloned().or_else(|| self.value(self.row(key.name).name))
    }

    /// The row of a key this program names itself.
    fn row(&self, name: &str) -> &'static Key {
        match self.role.key(name) {
            Some(key) => key,
            None => panic!("`{name}` is in no key table"),
        }
    }
}

/// Reads a value and checks its range. A value out of range is an error and is not taken.
fn accept(key: &Key, text: &str, origin: &Origin, notes: &mut Notes) -> Parsed {
    let mut parsed = Value::parse(key.kind, text);
    if let (Some(Value::Integer(value)), Some((low, high))) = (&parsed.value, key.range)
        && !(low..=high).contains(value)
    {
        notes.errors.push(ConfigError {
            origin: origin.clone(),
            key: key.name.to_owned(),
            value: text.to_owned(),
            fault: Fault::Range { low, high, unit: key.unit },
        });
        parsed.value = None;
    }
    parsed
}

fn warn(notes: &mut Notes, origin: Origin, key: &str, cause: Cause) {
    notes.warnings.push(Warning { origin, key: key.to_owned(), cause });
}

impl Kind {
    /// What a value of this kind is called in messages.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Choice(_) => "choice",
            Self::Double => "number",
            Self::Int => "32-bit whole number",
            Self::Long => "64-bit whole number",
            Self::Text => "text",
        }
    }
}
