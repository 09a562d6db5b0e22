//! What slaves and their tools read from a master.

use crate::protocol::body::{DataVersion, bodies};
use crate::protocol::error::{BodyError, BodyFault};
use crate::protocol::fastjson::Table;

bodies! {
    /// Response to 61; the file `timermetrics`. Java: `TimerMetrics.TimerMetricsSerializeWrapper`.
    pub struct TimerMetrics {
        data_version: DataVersion = "dataVersion",
        timing: Table<String, TimerCount> = "timingCount",
    }

    /// Timer messages of one topic. Java: `TimerMetrics.Metric`.
    pub struct TimerCount {
        count: i64 = "count",
        timestamp: i64 = "timeStamp",
    }

    /// Response to 907. Java: `HARuntimeInfo`.
    pub struct HaStatus {
        client: HaClient = "haClientRuntimeInfo",
        connections: Vec<HaConnection> = "haConnectionInfo",
        in_sync_slaves: i32 = "inSyncSlaveNums",
        master: bool = "master",
        master_max_offset: i64 = "masterCommitLogMaxOffset",
    }

    /// One slave of a master. Java: `HARuntimeInfo.HAConnectionRuntimeInfo`.
    pub struct HaConnection {
        addr: Option<String> = "addr",
        diff: i64 = "diff",
        in_sync: bool = "inSync",
        slave_ack_offset: i64 = "slaveAckOffset",
        transfer_from: i64 = "transferFromWhere",
        transferred_per_second: i64 = "transferredByteInSecond",
    }

    /// A slave's own view. Java: `HARuntimeInfo.HAClientRuntimeInfo`.
    pub struct HaClient {
        /// Left out by a master.
        activated: Option<bool> = "activated",
        last_read_timestamp: i64 = "lastReadTimestamp",
        last_write_timestamp: i64 = "lastWriteTimestamp",
        master_addr: Option<String> = "masterAddr",
        master_flush_offset: i64 = "masterFlushOffset",
        max_offset: i64 = "maxOffset",
        transferred_per_second: i64 = "transferredByteInSecond",
    }
}

/// Response to 60: seven big-endian numbers. Java: `TimerCheckpoint`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimerCheckpoint {
    /// Milliseconds since 1970.
    pub last_read_ms: i64,
    /// Position in the timer log.
    pub last_flush_position: i64,
    /// Queue offset in the timer topic.
    pub last_queue_offset: i64,
    /// The master's.
    pub master_queue_offset: i64,
    /// Version of the timer's data.
    pub data_version: (i64, i64, i64),
}

impl TimerCheckpoint {
    /// Bytes of a check point.
    pub const BYTES: usize = 56;

    /// Reads a check point.
    ///
    /// # Errors
    /// There are fewer or more bytes.
    pub fn decode(body: &[u8]) -> Result<Self, BodyError> {
        let wrong = BodyError { at: body.len(), why: BodyFault::Length };
        let (numbers, rest) = body.as_chunks::<8>();
        let numbers: Vec<i64> = numbers.iter().map(|bytes| i64::from_be_bytes(*bytes)).collect();
        let &[read, flush, queue, master, state, timestamp, counter] = numbers.as_slice() else {
            return Err(wrong);
        };
        if !rest.is_empty() {
            return Err(wrong);
        }
        Ok(Self {
            last_read_ms: read,
            last_flush_position: flush,
            last_queue_offset: queue,
            master_queue_offset: master,
            data_version: (state, timestamp, counter),
        })
    }

    /// The bytes of the check point.
    pub fn encode(&self) -> Vec<u8> {
        let (state, timestamp, counter) = self.data_version;
        let numbers = [
            self.last_read_ms,
            self.last_flush_position,
            self.last_queue_offset,
            self.master_queue_offset,
            state,
            timestamp,
            counter,
        ];
        numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
    }
}
