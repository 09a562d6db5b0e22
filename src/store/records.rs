//! Records of a queue for whoever takes them apart, read with few reads.

use bytes::Bytes;

use super::consumequeue::Unit;
use super::error::ReadError;
use super::shard::Shard;
use crate::message::record::{Check, Record};

/// Most bytes that one read of several records takes.
const READ_BYTES_MAX: u64 = 256 * 1024;

/// Most bytes between two records that are read together: reading them costs less than another
/// read.
const READ_GAP_MAX: u64 = 16 * 1024;

impl<A: 'static> Shard<A> {
    /// The records of `units`, in order, as they are stored; `None` for one that is not there any
    /// more, or not sound. Those in files that lie near each other are read together.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn records(&self, units: &[Unit]) -> Result<Vec<Option<Bytes>>, ReadError> {
        let mut records = Vec::with_capacity(units.len());
        let mut rest = units;
        while let Some(first) = rest.first() {
            if !self.is_readable(first) {
                records.push(None);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let (near, far) = rest.split_at(self.together(first, rest));
            let start = first.physical.local();
            let end = near.last().map_or(start, Unit::local_end);
            let len = usize::try_from(end - start).unwrap_or(usize::MAX);
            let bytes = self.read_log(start, len).await?;
            records.extend(near.iter().map(|unit| record_of(unit, start, &bytes)));
            rest = far;
        }
        Ok(records)
    }

    /// Is a unit one of a record that is there and visible?
    fn is_readable(&self, unit: &Unit) -> bool {
        let start = unit.physical.local();
        !unit.is_filler()
            && unit.physical.shard() == self.id
            && start >= self.log_start()
            && unit.local_end() <= self.committed()
            && unit.size as usize <= self.settings.record_bytes_max
            && self.segments.start_of(start) == self.segments.start_of(unit.local_end() - 1)
    }

    /// How many of `units`, from the first on, are read at once. In memory it is one: its bytes
    /// need no copy then.
    fn together(&self, first: &Unit, units: &[Unit]) -> usize {
        let start = first.physical.local();
        if start >= self.image.borrow().start() {
            return 1;
        }
        let segment_end = self.segments.start_of(start) + self.segments.segment_bytes();
        let most = segment_end.min(start + READ_BYTES_MAX);
        let mut end = first.local_end();
        let near = units.iter().skip(1).take_while(|unit| {
            let at = unit.physical.local();
            let is_near = at >= end && at - end <= READ_GAP_MAX && unit.local_end() <= most;
            end = unit.local_end();
            is_near && self.is_readable(unit)
        });
        1 + near.count()
    }
}

/// The record of a unit in what was read from byte `start` of the log on.
fn record_of(unit: &Unit, start: u64, read: &Bytes) -> Option<Bytes> {
    let at = usize::try_from(unit.physical.local() - start).ok()?;
    let end = at.checked_add(unit.size as usize).filter(|end| *end <= read.len())?;
    let bytes = read.slice(at..end);
    let (record, _) = Record::decode(&bytes, Check::Shape).ok()?;
    (record.physical_offset == unit.physical).then_some(bytes)
}
