//! Reading: as much as was asked for, however often the kernel stops short of it.

use std::io;

use bytes::Bytes;

use super::File;
use crate::rt::buffer::{BLOCK_BYTES, Chunk};

impl File {
    /// Is it empty?
    ///
    /// # Errors
    /// As [`File::len`].
    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads `len` bytes at `offset`, fewer only at the end of the file.
    ///
    /// # Errors
    /// As `read(2)`: EIO for a bad medium.
    pub async fn read_at(&self, len: usize, offset: u64) -> io::Result<Bytes> {
        let mut buffer = Vec::with_capacity(len);
        while buffer.len() < len {
            let (result, filled) = self.read_some(buffer, len, offset).await;
            buffer = filled;
            match result {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(buffer.into())
    }

    /// Fills `chunk`, which is empty, with the `len` bytes at `offset`; fewer only at the end of
    /// the file. A direct file is read past the page cache: `offset` and `len` are multiples of
    /// [`BLOCK_BYTES`] then.
    ///
    /// # Errors
    /// As `read(2)`: EIO for a bad medium. `InvalidInput` if more is asked for than the chunk
    /// holds, or what a direct file cannot read.
    pub async fn read_chunk(&self, mut chunk: Chunk, len: usize, offset: u64) -> io::Result<Chunk> {
        let block = BLOCK_BYTES as u64;
        let aligned = offset.is_multiple_of(block) && len.is_multiple_of(BLOCK_BYTES);
        if !chunk.is_empty() || len > chunk.capacity() || (self.is_direct() && !aligned) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        while chunk.len() < len {
            let (result, back) = self.read_into(chunk, len, offset).await;
            chunk = back;
            let read = match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            chunk.advance(read);
            // Less than a block is the end of the file, and a direct file cannot go on from there.
            if read == 0 || (self.is_direct() && !read.is_multiple_of(BLOCK_BYTES)) {
                break;
            }
        }
        Ok(chunk)
    }
}
