//! One read into a chunk: past the page cache where the file can.

use std::io;
use std::os::fd::AsRawFd;

use io_uring::{opcode, squeue, types};

use super::super::bridge::local;
use super::super::op::{Operation, check};
use super::file::File;
use crate::rt::buffer::Chunk;

impl File {
    /// One read behind what the chunk holds, which is the file from `offset` on.
    pub(in crate::rt) async fn read_into(
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
