//! Where the files of a shard are. Names are RocketMQ's.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::units::ShardId;

/// Digits of a file name: its start offset, in bytes.
const NAME_DIGITS: usize = 20;

/// The directories and files of one shard.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    base: PathBuf,
}

impl Names {
    /// A store of one shard has RocketMQ's own layout; otherwise each shard has a directory.
    pub(crate) fn new(root: &Path, shards: u16, shard: ShardId) -> Self {
        let base =
            if shards <= 1 { root.to_owned() } else { root.join(format!("shard-{}", shard.0)) };
        Self { base }
    }

    pub(crate) fn base(&self) -> &Path {
        &self.base
    }

    pub(crate) fn commit_log(&self) -> PathBuf {
        self.base.join("commitlog")
    }

    pub(crate) fn consume_queues(&self) -> PathBuf {
        self.base.join("consumequeue")
    }

    pub(crate) fn queue(&self, topic: &str, queue_id: i32) -> PathBuf {
        self.consume_queues().join(topic).join(queue_id.to_string())
    }

    pub(crate) fn topic(&self, topic: &str) -> PathBuf {
        self.consume_queues().join(topic)
    }

    pub(crate) fn summary(&self) -> PathBuf {
        self.base.join("ringmq.queues")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.base.join("index")
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.base.join("checkpoint")
    }

    pub(crate) fn abort(&self) -> PathBuf {
        self.base.join("abort")
    }

    /// What replaces the abort file.
    pub(crate) fn abort_new(&self) -> PathBuf {
        self.base.join("abort.tmp")
    }
}

/// The name of the file that starts at byte `offset`.
pub(crate) fn file_name(offset: u64) -> String {
    format!("{offset:0NAME_DIGITS$}")
}

/// The start offset that a file's name tells; `None` if it is no such name.
pub(crate) fn parse_file_name(name: &OsStr) -> Option<u64> {
    let name = name.to_str()?;
    let digits = name.len() == NAME_DIGITS && name.bytes().all(|byte| byte.is_ascii_digit());
    if digits { name.parse().ok() } else { None }
}

/// Can `topic` be the name of a directory, and of no other place?
pub(crate) fn is_topic_name(topic: &str) -> bool {
    let dots = topic == "." || topic == "..";
    !topic.is_empty() && !dots && topic.len() <= 255 && !topic.contains(['/', '\0'])
}
