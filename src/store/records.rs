//! Records of a queue for whoever takes them apart.

use bytes::Bytes;

use super::consumequeue::Unit;
use super::error::ReadError;
use super::fetch::Range;
use super::shard::Shard;
use crate::message::record::{Check, RECORD_BYTES_MIN, Record};

impl<A: 'static> Shard<A> {
    /// The records of `units`, in order, as they are stored; `None` for one that is not there any
    /// more, or not sound. What has left the memory is read in windows, as for a fetch.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn records(&self, units: &[Unit]) -> Result<Vec<Option<Bytes>>, ReadError> {
        let readable = units.iter().filter(|unit| self.is_readable(unit));
        let ranges: Vec<Range> = readable
            .map(|unit| Range { start: unit.physical.local(), end: unit.local_end() })
            .collect();
        self.bring(&ranges).await;
        let mut records = Vec::with_capacity(units.len());
        for unit in units {
            records.push(match self.is_readable(unit) {
                true => self.record_of(unit).await?,
                false => None,
            });
        }
        let image = self.image.borrow().start();
        if let Some(last) = ranges.last().filter(|last| last.end <= image) {
            self.served_to(last.end);
        }
        Ok(records)
    }

    /// Is a unit one of a record that is there and visible?
    fn is_readable(&self, unit: &Unit) -> bool {
        let start = unit.physical.local();
        let size = unit.size as usize;
        !unit.is_filler()
            && (RECORD_BYTES_MIN..=self.settings.record_bytes_max).contains(&size)
            && unit.physical.shard() == self.id
            && start >= self.log_start()
            && unit.local_end() <= self.committed()
            && self.segments.start_of(start) == self.segments.start_of(unit.local_end() - 1)
    }

    async fn record_of(&self, unit: &Unit) -> Result<Option<Bytes>, ReadError> {
        let read = self.read_log(unit.physical.local(), unit.size as usize).await?;
        // Removed meanwhile, with its segment.
        let Some(bytes) = read else { return Ok(None) };
        let is_sound = Record::decode(&bytes, Check::Shape)
            .is_ok_and(|(record, _)| record.physical_offset == unit.physical);
        Ok(is_sound.then_some(bytes))
    }
}
