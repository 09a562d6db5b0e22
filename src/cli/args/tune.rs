//! The words of `ringmq tune`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::config::cores::CoreList;
use crate::limits::SHARDS_MAX;
use crate::tune::survey::{Aim, Media};

/// What to do with the machine under a broker.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum TuneWords {
    /// Show what is found, what is wanted, why, and who says so. Changes nothing.
    ///
    /// Ends with status 0 when all is as wanted, and 18 when something is not. What this machine
    /// lacks is said and does not count.
    Check(CheckArgs),
    /// Set what is not as wanted, and record what it was.
    ///
    /// Needs root. Ends with status 0 when all was set, and 18 when something was not. A restart
    /// of the machine undoes it, like `revert`; tuning/sysctl.d is for what shall stay.
    Apply(ApplyArgs),
    /// Bring back exactly what was there before the first apply.
    Revert(RevertArgs),
    /// Measure disk and ring for a quarter of a minute, and say what to set.
    Probe(ProbeArgs),
}

/// Whom the machine is tuned for.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AimArgs {
    /// Directory of the store: its disk counts.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub store: PathBuf,
    /// Processor cores the broker runs on [default: all].
    #[arg(long, value_name = "CORES")]
    pub cores: Option<CoreList>,
    /// Network interface it is reached by; may be given several times [default: all devices].
    #[arg(long = "nic", value_name = "NAME")]
    pub nics: Vec<String>,
    /// What the store is on [default: what the kernel says].
    #[arg(long, value_name = "MEDIA")]
    pub media: Option<MediaWord>,
    /// Directory with the proc and sys to look at, such as a container's view of its host.
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
}

/// What a store is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MediaWord {
    /// NVMe or other flash.
    Flash,
    /// A rotating disk.
    Rotating,
}

/// How to say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// Flags of `ringmq tune check`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct CheckArgs {
    /// For whom.
    #[command(flatten)]
    pub aim: AimArgs,
    /// How to say it.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
}

/// Flags of `ringmq tune apply`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ApplyArgs {
    /// For whom.
    #[command(flatten)]
    pub aim: AimArgs,
    /// The record, and whether to change anything.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Flags of `ringmq tune revert`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RevertArgs {
    /// Directory with the proc and sys to change.
    #[arg(long, value_name = "DIR", default_value = "/")]
    pub root: PathBuf,
    /// The record, and whether to change anything.
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// What `apply` and `revert` have in common.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ChangeArgs {
    /// The record of what was there.
    #[arg(long, value_name = "FILE", default_value = "/var/lib/ringmq/tune.json")]
    pub state: PathBuf,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// How to say it.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
}

/// Flags of `ringmq tune probe`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ProbeArgs {
    /// Directory of the store, in which a file of 256 MiB is made and removed.
    #[arg(long, value_name = "DIR")]
    pub store: PathBuf,
    /// Logs the store will have: the size of their segments depends on it.
    #[arg(long, value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u16).range(1..=i64::from(SHARDS_MAX)))]
    pub shards: u16,
    /// The processor to measure on [default: the first that is allowed].
    #[arg(long, value_name = "CORES")]
    pub cores: Option<CoreList>,
    /// How to say it.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
}

impl AimArgs {
    /// Whom the machine is tuned for. `directory` is where relative paths start.
    pub fn aim(&self, directory: &std::path::Path) -> Aim {
        let cores = self.cores.as_ref().map(CoreList::numbers);
        Aim {
            store: directory.join(&self.store),
            cores: cores.map(|numbers| numbers.iter().copied().map(usize::from).collect()),
            nics: self.nics.clone(),
            media: self.media.map(|word| match word {
                MediaWord::Flash => Media::Flash,
                MediaWord::Rotating => Media::Rotating,
            }),
        }
    }
}
