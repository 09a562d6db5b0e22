//! Reading into chunks: past the page cache where the file can.

use std::io;
use std::os::fd::AsRawFd;

use io_uring::{opcode, squeue, types};

use super::super::bridge::local;
use super::super::op::{Operation, check};
use super::file::File;
use crate::rt::buffer::{BLOCK_BYTES, Chunk};

impl File {
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

    /// One read behind what the chunk holds, which is the file from `offset` on.
    async fn read_into(
        &self,
        mut chunk: Chunk,
        len: usize,
        offset: u64,
    ) -> (io::Result<usize>, Chunk) {
        let entry = self.read_entry(&mut chunk, len, offset);
        let keep = Box::new((chunk, self.clone()));
        // SAFETY: the entry points to the part of the chunk that is not filled and has no other
        // user; `keep` owns the chunk and the file until the kernel has answered.
        let (result, keep) = unsafe { Operation::submit(&local(), keep, entry) }.await;
        let (chunk, _) = *keep;
        (check(result), chunk)
    }

    fn read_entry(&self, chunk: &mut Chunk, len: usize, offset: u64) -> squeue::Entry {
        let at = offset + chunk.len() as u64;
        let want = u32::try_from(len - chunk.len()).unwrap_or(u32::MAX);
        let target = chunk.unfilled().as_mut_ptr();
        let descriptor = self.inner.direct.as_ref().unwrap_or(&self.inner.buffered);
        let descriptor = types::Fd(descriptor.as_raw_fd());
        match chunk.registered() {
            Some(table) => {
                opcode::ReadFixed::new(descriptor, target, want, table).offset(at).build()
            }
            None => opcode::Read::new(descriptor, target, want).offset(at).build(),
        }
    }
}
