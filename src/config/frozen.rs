//! Settings that are frozen with a store when it is made, since its files depend on them.

use serde::{Deserialize, Serialize};

/// The form of [`Frozen::encode`]'s text. A newer form than this is refused.
const VERSION: u32 = 1;

/// Most bytes a text of frozen settings may have; a longer one is damaged.
pub const FROZEN_BYTES_MAX: usize = 4096;

/// What a store was made with. Kept in its directory; the same for the life of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// Logs the store is made of; `(topic, queue)` maps to one of them.
    pub shards: u16,
    /// Length of a commit log file, in bytes.
    pub commit_log_segment_bytes: u64,
    /// Length of a consume queue file, in bytes: whole entries of 20 bytes.
    pub consume_queue_file_bytes: u64,
}

/// What the configuration asks for. `None` takes what the store has, or the default for a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `shards`.
    pub shards: Option<u16>,
    /// `mappedFileSizeCommitLog`, in bytes.
    pub commit_log_segment_bytes: Option<u64>,
    /// `mappedFileSizeConsumeQueue`, in bytes.
    pub consume_queue_file_bytes: Option<u64>,
}

/// The configuration asks for something else than the store was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {stored} in this store, but {wanted} is asked for")]
pub struct Mismatch {
    /// The key at fault, as in the configuration file.
    pub key: &'static str,
    /// What the store was made with.
    pub stored: u64,
    /// What is asked for.
    pub wanted: u64,
}

/// Why stored settings cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not the text that [`Frozen::encode`] writes.
    #[error("the text is damaged")]
    Damaged,
    /// Written by a newer version of this program.
    #[error("it is of form {0}, and this program knows form {VERSION}")]
    Newer(u32),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Text {
    version: u32,
    shards: u16,
    mapped_file_size_commit_log: u64,
    mapped_file_size_consume_queue: u64,
}

impl Frozen {
    /// Default length of a commit log file, as in Java.
    pub const COMMIT_LOG_SEGMENT_BYTES: u64 = 1 << 30;
    /// Default length of a consume queue file: 300,000 entries of 20 bytes, as in Java.
    pub const CONSUME_QUEUE_FILE_BYTES: u64 = 6_000_000;

    /// What a new store is made with on this many cores.
    pub fn new(wanted: &Wanted, cores: u16) -> Self {
        Self {
            shards: wanted.shards.unwrap_or(cores.max(1)),
            commit_log_segment_bytes: wanted
                .commit_log_segment_bytes
                .unwrap_or(Self::COMMIT_LOG_SEGMENT_BYTES),
            consume_queue_file_bytes: wanted
                .consume_queue_file_bytes
                .unwrap_or(Self::CONSUME_QUEUE_FILE_BYTES),
        }
    }

    /// Whether a store made with these settings is what the configuration asks for.
    ///
    /// # Errors
    /// The first key that differs.
    pub fn compare(&self, wanted: &Wanted) -> Result<(), Mismatch> {
        let pairs = [
            ("shards", u64::from(self.shards), wanted.shards.map(u64::from)),
            (
                "mappedFileSizeCommitLog",
                self.commit_log_segment_bytes,
                wanted.commit_log_segment_bytes,
            ),
            (
                "mappedFileSizeConsumeQueue",
                self.consume_queue_file_bytes,
                wanted.consume_queue_file_bytes,
            ),
        ];
        for (key, stored, wanted) in pairs {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != stored) {
                return Err(Mismatch { key, stored, wanted });
            }
        }
        Ok(())
    }

    /// The settings as JSON, a line end included.
    pub fn encode(&self) -> String {
        format!(
            "{{\"version\":{VERSION},\"shards\":{},\"mappedFileSizeCommitLog\":{},\
             \"mappedFileSizeConsumeQueue\":{}}}\n",
            self.shards, self.commit_log_segment_bytes, self.consume_queue_file_bytes
        )
    }

    /// Reads what [`Frozen::encode`] wrote. Numbers no store can have are damage.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn decode(text: &[u8]) -> Result<Self, DecodeError> {
        if text.len() > FROZEN_BYTES_MAX {
            return Err(DecodeError::Damaged);
        }
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        let form: Form = serde_json::from_slice(text).map_err(|_| DecodeError::Damaged)?;
        if form.version > VERSION {
            return Err(DecodeError::Newer(form.version));
        }
        let text: Text = serde_json::from_slice(text).map_err(|_| DecodeError::Damaged)?;
        let sane = (1..=crate::limits::SHARDS_MAX).contains(&text.shards)
            && text.mapped_file_size_commit_log > 0
            && text.mapped_file_size_consume_queue > 0
            && text.mapped_file_size_consume_queue.is_multiple_of(20);
        if !sane {
            return Err(DecodeError::Damaged);
        }
        Ok(Self {
            shards: text.shards,
            commit_log_segment_bytes: text.mapped_file_size_commit_log,
            consume_queue_file_bytes: text.mapped_file_size_consume_queue,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: Frozen =
        Frozen { shards: 2, commit_log_segment_bytes: 1 << 20, consume_queue_file_bytes: 20_000 };

    #[test]
    fn settings_read_back() {
        assert_eq!(Frozen::decode(STORED.encode().as_bytes()), Ok(STORED));
        let text = STORED.encode();
        for end in 0..text.len() - 2 {
            let cut = Frozen::decode(&text.as_bytes()[..end]);
            assert_eq!(cut, Err(DecodeError::Damaged), "{end} bytes");
        }
    }

    #[test]
    fn damage_and_newer_forms_are_refused() {
        let decode = |from: &str, to: &str| {
            let text = STORED.encode().replace(from, to);
            assert_ne!(text, STORED.encode());
            Frozen::decode(text.as_bytes())
        };
        assert_eq!(decode("\"version\":1", "\"version\":2"), Err(DecodeError::Newer(2)));
        assert_eq!(decode("\"shards\":2", "\"shards\":0"), Err(DecodeError::Damaged));
        assert_eq!(decode("\"shards\":2", "\"shards\":1025"), Err(DecodeError::Damaged));
        assert_eq!(decode("20000", "20001"), Err(DecodeError::Damaged));
        assert_eq!(decode("\"shards\"", "\"shardz\""), Err(DecodeError::Damaged));
        assert_eq!(decode("}\n", "}{"), Err(DecodeError::Damaged));
        assert_eq!(Frozen::decode(&[b' '; FROZEN_BYTES_MAX + 1]), Err(DecodeError::Damaged));
    }

    #[test]
    fn what_is_not_asked_for_never_differs() {
        assert_eq!(STORED.compare(&Wanted::default()), Ok(()));
        let same = Wanted { shards: Some(2), ..Wanted::default() };
        assert_eq!(STORED.compare(&same), Ok(()));
    }

    #[test]
    fn a_difference_is_named() {
        let shards = Wanted { shards: Some(4), ..Wanted::default() };
        let mismatch = STORED.compare(&shards).unwrap_err();
        assert_eq!(mismatch, Mismatch { key: "shards", stored: 2, wanted: 4 });
        assert_eq!(mismatch.to_string(), "shards is 2 in this store, but 4 is asked for");
        let log = Wanted { commit_log_segment_bytes: Some(1), ..Wanted::default() };
        assert_eq!(STORED.compare(&log).unwrap_err().key, "mappedFileSizeCommitLog");
        let queue = Wanted { consume_queue_file_bytes: Some(20), ..Wanted::default() };
        assert_eq!(STORED.compare(&queue).unwrap_err().key, "mappedFileSizeConsumeQueue");
    }

    #[test]
    fn a_new_store_takes_the_defaults_of_java_and_a_shard_per_core() {
        let made = Frozen::new(&Wanted::default(), 2);
        assert_eq!(
            made,
            Frozen {
                shards: 2,
                commit_log_segment_bytes: 1 << 30,
                consume_queue_file_bytes: 6_000_000
            }
        );
        let asked = Wanted { shards: Some(1), ..Wanted::default() };
        assert_eq!(Frozen::new(&asked, 2).shards, 1);
    }
}
