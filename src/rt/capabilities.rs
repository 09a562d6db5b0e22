//! Which features of the kernel this process uses: probed once at start, and each can be forced
//! off, so that what an older kernel would do is testable on a newer one.

use std::fmt;
use std::io;

use super::real::probe;
use super::start::StartError;

/// The environment variable that forces rungs off: their names, separated by commas, or `all`.
pub const WITHOUT_VARIABLE: &str = "RINGMQ_IO_URING_WITHOUT";

macro_rules! rungs {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The optional features of io_uring, each `true` while in use. Below all of them stands
        /// what Linux 5.15 has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Rungs {
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Rungs {
            /// Every feature, as the newest kernels have it.
            pub const ALL: Self = Self { $($name: true,)* };
            /// None: Linux 5.15.
            pub const NONE: Self = Self { $($name: false,)* };
            /// The names, as in [`WITHOUT_VARIABLE`].
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// Turns off the feature called `name`; `false` if there is none.
            pub fn turn_off(&mut self, name: &str) -> bool {
                match name {
                    "all" => *self = Self::NONE,
                    $(stringify!($name) => self.$name = false,)*
                    _ => return false,
                }
                true
            }

            /// What both have.
            pub fn and(self, other: Self) -> Self {
                Self { $($name: self.$name && other.$name,)* }
            }

            /// The names of those that are `on`.
            pub fn names(&self, on: bool) -> Vec<&'static str> {
                let each = [$((stringify!($name), self.$name),)*];
                each.iter().filter(|(_, is)| *is == on).map(|(name, _)| *name).collect()
            }
        }
    };
}

rungs! {
    /// Submission goes on after an entry that fails at once (5.18).
    submit_all,
    /// Completions do not interrupt the core; it collects them when it enters the kernel (5.19).
    coop_taskrun,
    /// One thread submits, so the kernel takes no lock (6.0).
    single_issuer,
    /// Completions are worked off when the core asks for them, in one batch (6.1).
    defer_taskrun,
    /// One accept stays armed for all connections (5.19).
    multishot_accept,
    /// Received bytes land in buffers that all connections share (5.19).
    buffer_ring,
    /// One receive stays armed per connection (6.0). Needs `buffer_ring`.
    multishot_recv,
    /// Writes from memory that the kernel has pinned once (5.19 for the sparse table).
    registered_buffers,
    /// The ring's own descriptor is registered, which saves a look-up per call (5.18).
    registered_ring,
}

impl Rungs {
    /// [`Rungs::ALL`] less what [`WITHOUT_VARIABLE`] names.
    ///
    /// # Errors
    /// The variable names no rung.
    pub fn from_environment() -> Result<Self, StartError> {
        let mut rungs = Self::ALL;
        let Ok(without) = std::env::var(WITHOUT_VARIABLE) else { return Ok(rungs) };
        for name in without.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if !rungs.turn_off(name) {
                return Err(StartError::UnknownRung { name: name.to_owned() });
            }
        }
        Ok(rungs)
    }
}

/// What was found at start. One per process; each core has its copy, with what it found later.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The kernel's release, such as `6.1.0`.
    pub kernel: String,
    /// The features in use.
    pub rungs: Rungs,
    /// Limit on memory a process may lock, in bytes; `None` if there is none.
    pub locked_bytes_max: Option<u64>,
    /// What could not be had, in full sentences for the log.
    pub notes: Vec<String>,
}

impl Capabilities {
    /// Asks the kernel, on a ring that is closed again, for what is left of `wanted`.
    ///
    /// # Errors
    /// io_uring cannot be used at all; see [`StartError`].
    pub fn probe(wanted: Rungs) -> Result<Self, StartError> {
        probe::probe(wanted)
    }

    /// Adds a note, once.
    pub(crate) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

impl fmt::Display for Capabilities {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "kernel {}, io_uring with {}", self.kernel, list(&self.rungs.names(true)))?;
        if self.rungs != Rungs::ALL {
            write!(out, "; without {}", list(&self.rungs.names(false)))?;
        }
        match self.locked_bytes_max {
            Some(limit) => write!(out, "; {} KiB may be locked", limit / 1024),
            None => write!(out, "; locked memory is not limited"),
        }
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "nothing optional".to_owned() } else { names.join(" ") }
}

/// The kernel's release.
pub(crate) fn kernel_release() -> io::Result<String> {
    // SAFETY: an all-zero `utsname` is valid, and the call only writes into it.
    let (result, name) = unsafe {
        let mut name: libc::utsname = std::mem::zeroed();
        (libc::uname(&raw mut name), name)
    };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    let bytes = name.release.iter().take_while(|c| **c != 0).map(|c| c.to_ne_bytes()[0]);
    Ok(String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rung_can_be_turned_off_by_its_name() {
        for name in Rungs::NAMES {
            let mut rungs = Rungs::ALL;
            assert!(rungs.turn_off(name));
            assert_eq!(rungs.names(false), [*name]);
        }
        let mut rungs = Rungs::ALL;
        assert!(!rungs.turn_off("teleport"));
        assert_eq!(rungs, Rungs::ALL);
        assert!(rungs.turn_off("all"));
        assert_eq!(rungs, Rungs::NONE);
    }

    #[test]
    fn probing_never_yields_more_than_was_wanted() {
        for name in Rungs::NAMES {
            let mut wanted = Rungs::ALL;
            wanted.turn_off(name);
            let found = Capabilities::probe(wanted).expect("this machine has io_uring");
            assert!(found.rungs.names(false).contains(name), "{found}");
        }
    }
}
