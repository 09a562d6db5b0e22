//! Bodies compressed by the producer (`-c true -ct ZLIB -cl 5 -ch 4096`).

use std::io::{self, Write};

/// sysFlag: the body is compressed.
const COMPRESSED: i32 = 1;

/// How a body is compressed (Java: `CompressionType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// LZ4 frames; the level does not count.
    Lz4,
    /// Zstandard.
    Zstd,
    /// zlib.
    Zlib,
}

impl Compression {
    /// By name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "LZ4" => Some(Self::Lz4),
            "ZSTD" => Some(Self::Zstd),
            "ZLIB" => Some(Self::Zlib),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lz4 => "LZ4",
            Self::Zstd => "ZSTD",
            Self::Zlib => "ZLIB",
        }
    }

    /// The sysFlag bits of a body compressed so.
    pub fn sys_flag(self) -> i32 {
        COMPRESSED
            | match self {
                Self::Lz4 => 0x100,
                Self::Zstd => 0x200,
                Self::Zlib => 0x300,
            }
    }

    /// Compresses.
    pub fn compress(self, body: &[u8], level: i32) -> io::Result<Vec<u8>> {
        match self {
            Self::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(body)?;
                Ok(encoder.finish()?)
            }
            Self::Zstd => zstd::stream::encode_all(body, level),
            Self::Zlib => {
                let level = flate2::Compression::new(u32::try_from(level.clamp(0, 9)).unwrap_or(5));
                let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(body)?;
                encoder.finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn bodies_come_back() {
        let body = b"abcabcabc".repeat(1000);
        let zlib = Compression::Zlib.compress(&body, 5).unwrap();
        let mut out = Vec::new();
        flate2::read::ZlibDecoder::new(&zlib[..]).read_to_end(&mut out).unwrap();
        assert_eq!(out, body);
        let lz4 = Compression::Lz4.compress(&body, 5).unwrap();
        out.clear();
        lz4_flex::frame::FrameDecoder::new(&lz4[..]).read_to_end(&mut out).unwrap();
        assert_eq!(out, body);
        let zstd = Compression::Zstd.compress(&body, 5).unwrap();
        assert_eq!(zstd::stream::decode_all(&zstd[..]).unwrap(), body);
    }

    #[test]
    fn names_and_flags() {
        let flags: Vec<_> = ["lz4", "ZSTD", "zlib"]
            .iter()
            .map(|name| Compression::from_name(name).unwrap())
            .map(|kind| (kind.name(), kind.sys_flag()))
            .collect();
        assert_eq!(flags, [("LZ4", 0x101), ("ZSTD", 0x201), ("ZLIB", 0x301)]);
        assert_eq!(Compression::from_name("gzip"), None);
    }
}
