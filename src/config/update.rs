//! Changes by request: UPDATE_BROKER_CONFIG (25) and UPDATE_NAMESRV_CONFIG (318).

use super::key::{Change, Role};
use super::notice::{ConfigError, Notes};
use super::properties::{Properties, SyntaxError};
use super::settings::Settings;
use super::{Configuration, Loaded};

#[cfg(test)]
mod tests;

/// A change that was taken.
#[derive(Clone, Debug)]
pub struct Updated<C> {
    /// The configuration and settings after it. Keys that wait for a restart keep their value in
    /// the configuration and show the new one in the listing, as in Java.
    pub loaded: Loaded<C>,
    /// The keys whose value changed, and when that takes effect.
    pub changed: Vec<(&'static str, Change)>,
    /// What to write to the configuration file ([`Properties::edit`]): key and value.
    pub edits: Vec<(&'static str, String)>,
}

/// Why a change is refused; nothing of it was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateRefused {
    /// The key is in the black list. Answered NO_PERMISSION (16), the others SYSTEM_ERROR (1).
    #[error("{0} is in the black list of keys that no request may change")]
    Blacklisted(String),
    /// The key is frozen with the store.
    #[error("{0} is frozen with the store and cannot be changed")]
    Frozen(&'static str),
    /// A value that the process could not run with.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<ConfigError>),
    /// The text cannot be read.
    #[error("the body is no properties text: {0}")]
    Syntax(SyntaxError),
}

/// Keys that no request may change, whatever `configBlackList` says.
fn always_refused(role: Role) -> &'static [&'static str] {
    match role {
        Role::Broker => &["brokerConfigPath", "rocketmqHome", "configBlackList"],
        Role::Nameserver => &["configStorePath", "kvConfigPath", "rocketmqHome", "configBlackList"],
    }
}

/// Applies a request's body, `key=value` lines, to `settings`. Unknown keys and values that Java
/// would skip change nothing; an empty body is fine.
///
/// # Errors
/// [`UpdateRefused`]; then nothing is changed.
pub fn update<C: Configuration>(
    settings: &Settings,
    body: &[u8],
) -> Result<Updated<C>, UpdateRefused> {
    let read = Properties::read(body).map_err(UpdateRefused::Syntax)?;
    let role = settings.role();
    let listed = settings.text("configBlackList");
    let refused: Vec<&str> =
        always_refused(role).iter().copied().chain(listed.split(';').map(str::trim)).collect();
    if let Some(entry) = read.entries.iter().find(|entry| refused.contains(&entry.key.as_str())) {
        return Err(UpdateRefused::Blacklisted(entry.key.clone()));
    }
    let mut notes = Notes::default();
    let mut after = settings.clone();
    let mut changed = Vec::new();
    let mut edits = Vec::new();
    for (index, entry) in read.entries.iter().enumerate() {
        if read.entries.iter().skip(index + 1).any(|later| later.key == entry.key) {
            continue;
        }
        let Some(key) = role.key(&entry.key) else {
            after.change_unknown(&entry.key, &entry.value);
            continue;
        };
        let Some(change) = after.change(key, &entry.value, &mut notes) else { continue };
        if change == Change::Frozen {
            return Err(UpdateRefused::Frozen(key.name));
        }
        changed.push((key.name, change));
        edits.push((key.name, entry.value.clone()));
    }
    // What waits for the next start must be something that can be started with.
    let mut next_start = after.clone();
    next_start.settle();
    C::build(&mut next_start, &mut notes);
    let config = C::build(&mut after, &mut Notes::default());
    match notes.errors.is_empty() {
        true => {
            let loaded = Loaded { config, settings: after, warnings: Vec::new() };
            Ok(Updated { loaded, changed, edits })
        }
        false => Err(UpdateRefused::Invalid(notes.errors)),
    }
}
