//! Configuration text to checked values. Pure: bytes in, values out; nothing is looked up here.
//!
//! ```text
//! file bytes -> properties -> settings (by key, with origin) -> BrokerConfig / NameserverConfig
//!                               ^ flags, mode defaults, Host      ^ typed, checked, by room
//! ```
//!
//! Values are those that RocketMQ would load from the same file. What it passes over in silence is
//! a [`notice::Warning`] here; what cannot work is a [`notice::ConfigError`] and stops the start.
//!
//! Invariant: no struct here has over 40 fields; the raw side is a table ([`key`]), not a struct.

pub mod address;
pub mod broker;
pub mod cores;
pub mod delay;
pub mod frozen;
pub mod host;
pub mod kept;
pub mod key;
pub mod memory;
pub mod nameserver;
mod nearest;
pub mod notice;
pub mod observability;
pub mod properties;
pub mod retention;
pub mod settings;
pub mod transactions;
pub mod update;
pub mod value;

use std::collections::BTreeMap;

use host::Host;
use key::Role;
use notice::{ConfigError, Notes, Origin, Warning};
use settings::Settings;

/// Everything a configuration is made of.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// Facts that defaults depend on.
    pub host: Host,
    /// Defaults of the mode, in place of the usual ones: key and value.
    pub assumed: BTreeMap<&'static str, String>,
    /// The file, as it is called in messages and its bytes.
    pub file: Option<(&'a str, &'a [u8])>,
    /// Flags, which win over the file: key, value, flag.
    pub flags: Vec<(&'static str, String, &'static str)>,
}

/// A configuration that can be started with.
#[derive(Clone, Debug)]
pub struct Loaded<C> {
    /// The checked values.
    pub config: C,
    /// All settings by key, for listing and for changes.
    pub settings: Settings,
    /// What is doubtful, in the order it stands in the file.
    pub warnings: Vec<Warning>,
}

/// A checked configuration that is made of settings.
pub trait Configuration: Sized {
    /// The keys it reads.
    const ROLE: Role;

    /// Checks and converts. Errors go to `notes`; what is returned then is of no use.
    fn build(settings: &mut Settings, notes: &mut Notes) -> Self;

    /// Reads a whole configuration.
    ///
    /// # Errors
    /// Every setting that stops the start, never an empty list.
    fn load(sources: Sources<'_>) -> Result<Loaded<Self>, Vec<ConfigError>> {
        let mut notes = Notes::default();
        let mut settings = Settings::new(Self::ROLE, sources.host);
        for (key, value) in &sources.assumed {
            settings.assume(key, value);
        }
        if let Some((name, text)) = sources.file {
            settings.read_file(name, text, &mut notes);
        }
        for (key, value, flag) in sources.flags {
            settings.set(key, &value, Origin::Flag(flag), &mut notes);
        }
        let config = Self::build(&mut settings, &mut notes);
        match notes.errors.is_empty() {
            true => Ok(Loaded { config, settings, warnings: notes.warnings }),
            false => Err(notes.errors),
        }
    }
}
