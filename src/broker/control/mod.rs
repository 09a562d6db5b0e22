//! The control plane: topics, groups, members, consumer offsets, queue locks, and what the name
//! servers are told. Core 0 only.
//!
//! Each registry is a plain struct that decides synchronously. The handlers around them fetch what
//! they need, decide without an await in between, and then write, publish and answer. What has
//! been decided is in the registries and on its way to every core at once; the answer waits until
//! it is in its file too.
//!
//! Invariant: nothing is written to a file that was not read from it before.

pub mod answer;
mod apply;
pub mod attributes;
pub mod delays;
pub mod dispatch;
mod facts;
pub mod groups;
mod half_counts;
mod handler;
pub mod history;
pub mod locks;
pub mod members;
pub mod offsets;
pub mod pages;
mod periodic;
pub mod persist;
mod provide;
pub mod registration;
mod retention;
pub mod topic_boot;
pub mod topics;
mod version;
mod watermark;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::broker::control::delays::Delays;
use crate::broker::control::groups::Groups;
use crate::broker::control::half_counts::HalfCounts;
use crate::broker::control::history::History;
use crate::broker::control::locks::QueueLocks;
use crate::broker::control::members::Members;
use crate::broker::control::offsets::Offsets;
use crate::broker::control::pages::Creations;
use crate::broker::control::persist::{ConfigFile, ConfigFiles, LoadError};
use crate::broker::control::registration::Registration;
use crate::broker::control::retention::CleanUp;
use crate::broker::control::topics::Topics;
use crate::broker::control::version::version_at;
use crate::config::Loaded;
use crate::config::broker::BrokerConfig;
use crate::config::settings::Settings;
use crate::protocol::body::DataVersion;
use crate::protocol::fastjson;
use crate::rt::clock::{self, Instant};
use crate::units::{CoreId, WallMillis};

/// Everything that the control plane knows. Lives on core 0 as long as the process.
pub struct Control {
    config: RefCell<Rc<BrokerConfig>>,
    settings: RefCell<Settings>,
    config_version: RefCell<DataVersion>,
    config_file: Option<PathBuf>,
    topics: RefCell<Topics>,
    groups: RefCell<Groups>,
    offsets: RefCell<Offsets>,
    delays: RefCell<Delays>,
    half_counts: RefCell<HalfCounts>,
    members: RefCell<Members>,
    locks: RefCell<QueueLocks>,
    /// Groups whose members are told of each other with the next round of notices.
    notices: RefCell<BTreeSet<String>>,
    history: RefCell<History>,
    cleaning: CleanUp,
    /// Topics and groups made by request.
    creations: RefCell<Creations>,
    files: ConfigFiles,
    registration: Rc<Registration>,
    booted: (Instant, WallMillis),
    /// Requests are taken.
    serving: Cell<bool>,
    stopping: Cell<bool>,
}

impl Control {
    /// Reads the files in `directory` (`config` under the store), which must exist. `config_file`
    /// is the one the broker was started with, where changes by request are kept. Nothing is
    /// written, published or registered before [`Control::start`].
    ///
    /// # Errors
    /// A file and its copy are both damaged.
    pub async fn load(
        core: CoreId,
        configuration: Loaded<BrokerConfig>,
        directory: &Path,
        config_file: Option<PathBuf>,
    ) -> Result<Self, LoadError> {
        let Loaded { config, settings, .. } = configuration;
        let now = clock::wall_ms();
        let files = ConfigFiles::new(directory.to_owned());
        let topics = files.load(ConfigFile::Topics, fastjson::from_slice).await?;
        let groups = files.load(ConfigFile::Groups, fastjson::from_slice).await?;
        let offsets = files.load(ConfigFile::Offsets, fastjson::from_slice).await?;
        let delays = files.load(ConfigFile::DelayOffsets, fastjson::from_slice).await?;
        let half_counts = files.load(ConfigFile::HalfCounts, fastjson::from_slice).await?;
        let registration = Registration::new(core, &config);
        Ok(Self {
            topics: RefCell::new(Topics::boot(&config, topics, now)),
            groups: RefCell::new(Groups::boot(config.groups.auto_create, groups, now)),
            offsets: RefCell::new(Offsets::boot(offsets, now)),
            delays: RefCell::new(Delays::boot(delays, now)),
            half_counts: RefCell::new(HalfCounts::boot(half_counts, now)),
            members: RefCell::default(),
            locks: RefCell::default(),
            notices: RefCell::default(),
            history: RefCell::default(),
            cleaning: CleanUp::default(),
            creations: RefCell::default(),
            files,
            registration: Rc::new(registration),
            config: RefCell::new(Rc::new(config)),
            settings: RefCell::new(settings),
            config_version: RefCell::new(version_at(now)),
            config_file,
            booted: (clock::now(), now),
            serving: Cell::new(false),
            stopping: Cell::new(false),
        })
    }

    /// From here on requests are taken, and clients may come.
    pub fn serves(&self) {
        self.serving.set(true);
    }

    /// The configuration in force.
    pub fn config(&self) -> Rc<BrokerConfig> {
        self.config.borrow().clone()
    }
}

#[cfg(test)]
pub(in crate::broker) mod tests;
