//! The bits of `sysFlag` (Java: `MessageSysFlag`).

/// The body is compressed; [`COMPRESSION`] says how.
pub const COMPRESSED: i32 = 0x001;
/// The tag is several tags (never set by today's clients).
pub const MULTI_TAGS: i32 = 0x002;
/// Both bits of the transaction type, see [`Transaction`].
pub const TRANSACTION: i32 = 0x00c;
/// `bornHost` is an IPv6 address.
pub const BORN_HOST_V6: i32 = 0x010;
/// `storeHost` is an IPv6 address.
pub const STORE_HOST_V6: i32 = 0x020;
/// The body is a batch that the consumer unwraps.
pub const NEED_UNWRAP: i32 = 0x040;
/// The record is a batch stored as one.
pub const INNER_BATCH: i32 = 0x080;
/// The kind of compression: 0 and 0x300 zlib, 0x100 LZ4, 0x200 Zstandard.
pub const COMPRESSION: i32 = 0x700;

/// What a record is to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// Commits a half message: the visible copy.
    Commit,
    /// Nothing: an ordinary message. Half messages on disk are of this kind too.
    None,
    /// A half message.
    Prepared,
    /// Takes a half message back.
    Rollback,
}

impl Transaction {
    /// The transaction type in `sys_flag`.
    pub const fn of(sys_flag: i32) -> Self {
        match sys_flag & TRANSACTION {
            0x4 => Self::Prepared,
            0x8 => Self::Commit,
            0xc => Self::Rollback,
            _ => Self::None,
        }
    }

    /// Does a record of this type take a place in its queue? The others have queue offset 0.
    pub const fn is_queued(self) -> bool {
        matches!(self, Self::None | Self::Commit)
    }

    /// `sys_flag` with this type in place of its own.
    pub const fn apply(self, sys_flag: i32) -> i32 {
        let bits = match self {
            Self::None => 0,
            Self::Prepared => 0x4,
            Self::Commit => 0x8,
            Self::Rollback => 0xc,
        };
        (sys_flag & !TRANSACTION) | bits
    }
}
