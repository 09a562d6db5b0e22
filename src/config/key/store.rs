//! Keys of the store (Java: `MessageStoreConfig`).
use super::Unit::{Bytes, Count, Hours, Milliseconds, Minutes, Pages, Percent, Seconds};
use super::reasons::{
    ALWAYS_SAFE, BATCH_QUEUES, COLD, COMMITTED_ONLY, COMPACTION, CONTROLLER, EXPIRED_OFFSETS,
    FIXED_LIMIT, LMQ, MANY_PATHS, METRICS, NO_AGE, NO_BITMAPS, NO_MMAP, ONE_INDEX, ONE_STORE,
    OWN_RECOVERY, PIPELINED, POISON, POOLS, PROPERTY_CRC, READERS_KEEP, REPLICATION, ROCKS, TIMER,
    WITH_SEGMENT,
};
use super::{
    FLUSH_MODES, Fixed, HOME_STORE, Key, ROLES, UNSET, boolean, choice, double, int, long, text,
};
use crate::limits::QUERY_MESSAGES_MAX;

/// The store, in the order of the Java class.
pub(super) static STORE: &[Key] = &[
    text("storePathRootDir", HOME_STORE).important().acts("directory of the store"),
    text("storePathCommitLog", UNSET)
        .important()
        .acts("directory of the commit log; below storePathRootDir when not set"),
    text("storePathDLedgerCommitLog", UNSET).important().waits(CONTROLLER),
    text("storePathEpochFile", UNSET).important().waits(CONTROLLER),
    text("storePathBrokerIdentity", UNSET).important().waits(CONTROLLER),
    text("readOnlyCommitLogStorePaths", UNSET).waits(MANY_PATHS),
    int("mappedFileSizeCommitLog", Fixed("1073741824"))
        .unit(Bytes)
        .range(65_536, 2_147_479_552)
        .frozen()
        .acts("length of a commit log file, a multiple of 4096"),
    int("compactionMappedFileSize", Fixed("104857600")).unit(Bytes).waits(COMPACTION),
    int("compactionCqMappedFileSize", Fixed("10485760")).unit(Bytes).waits(COMPACTION),
    int("compactionScheduleInternal", Fixed("900000")).unit(Milliseconds).waits(COMPACTION),
    int("maxOffsetMapSize", Fixed("104857600")).waits(COMPACTION),
    int("compactionThreadNum", Fixed("6")).never(POOLS),
    boolean("enableCompaction", true).waits(COMPACTION),
    int("mappedFileSizeTimerLog", Fixed("104857600")).unit(Bytes).waits(TIMER),
    int("timerPrecisionMs", Fixed("1000")).unit(Milliseconds).waits(TIMER),
    int("timerRollWindowSlot", Fixed("172800")).waits(TIMER),
    int("timerFlushIntervalMs", Fixed("1000")).unit(Milliseconds).waits(TIMER),
    int("timerGetMessageThreadNum", Fixed("3")).never(POOLS),
    int("timerPutMessageThreadNum", Fixed("3")).never(POOLS),
    boolean("timerEnableDisruptor", false).never(POOLS),
    boolean("timerEnableCheckMetrics", true).waits(TIMER),
    boolean("timerInterceptDelayLevel", false).waits(TIMER),
    int("timerMaxDelaySec", Fixed("259200")).unit(Seconds).waits(TIMER),
    boolean("timerWheelEnable", true).waits(TIMER),
    int("disappearTimeAfterStart", Fixed("-1")).important().waits(TIMER),
    boolean("timerStopEnqueue", false).waits(TIMER),
    text("timerCheckMetricsWhen", Fixed("05")).waits(TIMER),
    boolean("timerSkipUnknownError", false).waits(TIMER),
    boolean("timerWarmEnable", false).never(NO_MMAP),
    boolean("timerStopDequeue", false).waits(TIMER),
    boolean("timerEnableRetryUntilSuccess", false).waits(TIMER),
    int("timerCongestNumEachSlot", Fixed("2147483647")).waits(TIMER),
    int("timerMetricSmallThreshold", Fixed("1000000")).unit(Bytes).waits(TIMER),
    int("timerProgressLogIntervalMs", Fixed("10000")).unit(Milliseconds).waits(TIMER),
    text("storeType", Fixed("default")).important().never(ONE_STORE),
    int("mappedFileSizeConsumeQueue", Fixed("6000000"))
        .unit(Bytes)
        .range(20, 2_147_483_640)
        .frozen()
        .acts("length of a consume queue file, rounded up to whole 20-byte entries"),
    boolean("enableConsumeQueueExt", false).never(NO_BITMAPS),
    int("mappedFileSizeConsumeQueueExt", Fixed("50331648")).unit(Bytes).never(NO_BITMAPS),
    int("mapperFileSizeBatchConsumeQueue", Fixed("13800000")).unit(Bytes).waits(BATCH_QUEUES),
    int("bitMapLengthConsumeQueueExt", Fixed("64")).never(NO_BITMAPS),
    int("flushIntervalCommitLog", Fixed("500"))
        .unit(Milliseconds)
        .range(1, 3_600_000)
        .important()
        .acts("with ASYNC_FLUSH, time between syncs of the commit log"),
    int("commitIntervalCommitLog", Fixed("200")).important().never(NO_MMAP),
    int("maxRecoveryCommitlogFiles", Fixed("30")).never(OWN_RECOVERY),
    int("diskSpaceWarningLevelRatio", Fixed("90"))
        .unit(Percent)
        .range(0, 100)
        .live()
        .acts("disk use above which sends are refused; kept within 35 to 90"),
    int("diskSpaceCleanForciblyRatio", Fixed("85"))
        .unit(Percent)
        .range(0, 100)
        .live()
        .acts("disk use above which segments are removed before their time; kept within 30 to 85"),
    boolean("useReentrantLockWhenPutMessage", true).never(POOLS),
    boolean("flushCommitLogTimed", true).important().never(NO_MMAP),
    int("flushIntervalConsumeQueue", Fixed("1000"))
        .unit(Milliseconds)
        .range(1, 3_600_000)
        .acts("time between writes of consume queues and checkpoint"),
    int("cleanResourceInterval", Fixed("10000"))
        .unit(Milliseconds)
        .range(10, 3_600_000)
        .live()
        .acts("time between two looks at what is to be removed, and at the use of the disk"),
    int("deleteCommitLogFilesInterval", Fixed("100"))
        .unit(Milliseconds)
        .range(0, 3_600_000)
        .live()
        .acts("time between two segments that are removed one after the other"),
    int("deleteConsumeQueueFilesInterval", Fixed("100")).unit(Milliseconds).never(WITH_SEGMENT),
    int("destroyMapedFileIntervalForcibly", Fixed("120000")).never(READERS_KEEP),
    int("redeleteHangedFileInterval", Fixed("120000")).unit(Milliseconds).never(READERS_KEEP),
    text("deleteWhen", Fixed("04"))
        .important()
        .live()
        .acts("hours of the day at which expired segments are removed, as in 04;16"),
    int("diskMaxUsedSpaceRatio", Fixed("75")).unit(Percent).range(0, 100).live().acts(
        "disk use above which expired segments are removed at any hour; kept within 10 to 95",
    ),
    int("fileReservedTime", Fixed("72"))
        .unit(Hours)
        .range(0, 1_000_000)
        .important()
        .live()
        .acts("time since its last write after which a segment is expired"),
    int("deleteFileBatchMax", Fixed("10"))
        .unit(Count)
        .range(1, 1_000_000)
        .important()
        .live()
        .acts("most segments removed at one look"),
    int("putMsgIndexHightWater", Fixed("600000")).never(NO_AGE),
    int("maxMessageSize", Fixed("4194304"))
        .unit(Bytes)
        .range(1, 16_711_680)
        .live()
        .acts("largest body of a message"),
    int("maxFilterMessageSize", Fixed("16000"))
        .unit(Bytes)
        .range(20, 100_000_000)
        .live()
        .acts("most bytes of consume queue one pull looks through for its tags"),
    boolean("checkCRCOnRecover", true)
        .acts("whether bodies are checked when the log is read after a crash"),
    int("flushCommitLogLeastPages", Fixed("4")).unit(Pages).never(NO_MMAP),
    int("commitCommitLogLeastPages", Fixed("4")).unit(Pages).never(NO_MMAP),
    int("flushLeastPagesWhenWarmMapedFile", Fixed("4096")).unit(Pages).never(NO_MMAP),
    int("flushConsumeQueueLeastPages", Fixed("2")).unit(Pages).never(NO_MMAP),
    int("flushCommitLogThoroughInterval", Fixed("10000")).unit(Milliseconds).never(NO_MMAP),
    int("commitCommitLogThoroughInterval", Fixed("200")).unit(Milliseconds).never(NO_MMAP),
    int("flushConsumeQueueThoroughInterval", Fixed("60000")).unit(Milliseconds).never(NO_MMAP),
    int("maxTransferBytesOnMessageInMemory", Fixed("262144"))
        .unit(Bytes)
        .range(1, 16_711_680)
        .important()
        .live()
        .acts("most bytes one pull returns from memory"),
    int("maxTransferCountOnMessageInMemory", Fixed("32"))
        .unit(Count)
        .range(1, 1_024)
        .important()
        .live()
        .acts("most messages one pull returns from memory"),
    int("maxTransferBytesOnMessageInDisk", Fixed("65536"))
        .unit(Bytes)
        .range(1, 16_711_680)
        .important()
        .live()
        .acts("most bytes one pull returns from disk"),
    int("maxTransferCountOnMessageInDisk", Fixed("8"))
        .unit(Count)
        .range(1, 1_024)
        .important()
        .live()
        .acts("most messages one pull returns from disk"),
    int("accessMessageInMemoryMaxRatio", Fixed("40"))
        .unit(Percent)
        .range(0, 100)
        .important()
        .acts("how far behind the end of the log a message counts as in memory, of all memory"),
    boolean("messageIndexEnable", true)
        .important()
        .acts("whether messages can be looked for by their keys"),
    int("maxHashSlotNum", Fixed("5000000"))
        .unit(Count)
        .range(1, 500_000_000)
        .acts("hash slots of an index file; files of another size are made anew"),
    int("maxIndexNum", Fixed("20000000"))
        .unit(Count)
        .range(2, 2_000_000_000)
        .acts("entries of an index file; files of another size are made anew"),
    int("maxMsgsNumBatch", Fixed("64"))
        .unit(Count)
        .range(1, QUERY_MESSAGES_MAX)
        .acts("most messages in the answer to a query by key"),
    boolean("messageIndexSafe", false).important().never(ALWAYS_SAFE),
    int("haListenPort", Fixed("0"))
        .range(0, 65_535)
        .acts("replication port that is reported to name servers; 0 means listenPort + 1"),
    int("haSendHeartbeatInterval", Fixed("5000")).unit(Milliseconds).waits(REPLICATION),
    int("haHousekeepingInterval", Fixed("20000")).unit(Milliseconds).waits(REPLICATION),
    int("haTransferBatchSize", Fixed("32768")).unit(Bytes).waits(REPLICATION),
    text("haMasterAddress", UNSET).important().waits(REPLICATION),
    int("haMaxGapNotInSync", Fixed("268435456")).waits(REPLICATION),
    choice("brokerRole", ROLES, "ASYNC_MASTER")
        .important()
        .acts("ASYNC_MASTER or SYNC_MASTER take sends; SLAVE does not"),
    choice("flushDiskType", FLUSH_MODES, "ASYNC_FLUSH")
        .important()
        .acts("when a send is acknowledged: after the sync, or after the write"),
    int("syncFlushTimeout", Fixed("5000"))
        .unit(Milliseconds)
        .range(1, 600_000)
        .acts("wait for a sync, after which FLUSH_DISK_TIMEOUT is answered"),
    int("putMessageTimeout", Fixed("8000")).unit(Milliseconds).never(NO_AGE),
    int("slaveTimeout", Fixed("3000")).unit(Milliseconds).waits(REPLICATION),
    text("messageDelayLevel", Fixed("1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h"))
        .acts("the delay of each level, from level 1 on, in s, m, h or d"),
    long("flushDelayOffsetInterval", Fixed("10000"))
        .unit(Milliseconds)
        .range(10, 3_600_000)
        .live()
        .acts("time between writes of delayOffset.json, the progress of delayed delivery"),
    boolean("cleanFileForciblyEnable", true)
        .important()
        .live()
        .acts("whether a disk over diskSpaceCleanForciblyRatio takes segments before their time"),
    boolean("warmMapedFileEnable", false).never(NO_MMAP),
    boolean("offsetCheckInSlave", false).waits(REPLICATION),
    boolean("debugLockEnable", false).never(POOLS),
    boolean("duplicationEnable", false).waits(REPLICATION),
    boolean("diskFallRecorded", true).waits(METRICS),
    long("osPageCacheBusyTimeOutMills", Fixed("1000")).unit(Milliseconds).never(NO_MMAP),
    int("defaultQueryMaxNum", Fixed("32"))
        .unit(Count)
        .range(1, QUERY_MESSAGES_MAX)
        .acts("most messages in the answer to a query by unique key"),
    boolean("transientStorePoolEnable", false).important().never(NO_MMAP),
    int("transientStorePoolSize", Fixed("5")).never(POOLS),
    boolean("fastFailIfNoBufferInStorePool", false).never(NO_MMAP),
    boolean("writeWithoutMmap", false).important().never(NO_MMAP),
    boolean("enableDLegerCommitLog", false).waits(CONTROLLER),
    text("dLegerGroup", UNSET).waits(CONTROLLER),
    text("dLegerPeers", UNSET).waits(CONTROLLER),
    text("dLegerSelfId", UNSET).waits(CONTROLLER),
    text("preferredLeaderId", UNSET).waits(CONTROLLER),
    boolean("enableBatchPush", false).waits(REPLICATION),
    boolean("enableScheduleMessageStats", true)
        .live()
        .acts("whether deliveries count as reads of SCHEDULE_TOPIC_XXXX by SCHEDULE_CONSUMER"),
    boolean("enableLmq", false).waits(LMQ),
    boolean("enableMultiDispatch", false).waits(LMQ),
    int("maxLmqConsumeQueueNum", Fixed("20000")).waits(LMQ),
    boolean("enableScheduleAsyncDeliver", false).never(PIPELINED),
    int("scheduleAsyncDeliverMaxPendingLimit", Fixed("2000")).never(PIPELINED),
    int("scheduleAsyncDeliverMaxResendNum2Blocked", Fixed("3")).never(PIPELINED),
    int("maxBatchDeleteFilesNum", Fixed("50")).never(OWN_RECOVERY),
    int("dispatchCqThreads", Fixed("10")).never(POOLS),
    int("dispatchCqCacheNum", Fixed("4096")).never(POOLS),
    boolean("enableAsyncReput", true).never(POOLS),
    boolean("recheckReputOffsetFromCq", false).never(OWN_RECOVERY),
    int("maxTopicLength", Fixed("127")).never(FIXED_LIMIT),
    boolean("autoMessageVersionOnTopicLen", true)
        .live()
        .acts("whether topics over 127 bytes are stored in record version 2"),
    boolean("enableRunningFlagsInFlush", false).important().never(POISON),
    boolean("enabledAppendPropCRC", false).waits(PROPERTY_CRC),
    boolean("forceVerifyPropCRC", false).waits(PROPERTY_CRC),
    int("travelCqFileNumWhenGetMessage", Fixed("1")).never(FIXED_LIMIT),
    int("correctLogicMinOffsetSleepInterval", Fixed("1")).unit(Milliseconds).never(OWN_RECOVERY),
    int("correctLogicMinOffsetForceInterval", Fixed("300000"))
        .unit(Milliseconds)
        .never(OWN_RECOVERY),
    boolean("mappedFileSwapEnable", true).never(NO_MMAP),
    long("commitLogForceSwapMapInterval", Fixed("43200000")).unit(Milliseconds).never(NO_MMAP),
    long("commitLogSwapMapInterval", Fixed("3600000")).unit(Milliseconds).never(NO_MMAP),
    int("commitLogSwapMapReserveFileNum", Fixed("100")).never(NO_MMAP),
    long("logicQueueForceSwapMapInterval", Fixed("43200000")).unit(Milliseconds).never(NO_MMAP),
    long("logicQueueSwapMapInterval", Fixed("3600000")).unit(Milliseconds).never(NO_MMAP),
    long("cleanSwapedMapInterval", Fixed("300000")).unit(Milliseconds).never(NO_MMAP),
    int("logicQueueSwapMapReserveFileNum", Fixed("20")).never(NO_MMAP),
    boolean("searchBcqByCacheEnable", true).never(NO_MMAP),
    boolean("dispatchFromSenderThread", false).important().never(POOLS),
    boolean("wakeCommitWhenPutMessage", true).important().never(NO_MMAP),
    boolean("wakeFlushWhenPutMessage", false).important().never(NO_MMAP),
    boolean("enableCleanExpiredOffset", false).important().waits(EXPIRED_OFFSETS),
    int("maxAsyncPutMessageRequests", Fixed("5000")).never(POOLS),
    int("pullBatchMaxMessageCount", Fixed("160")).never(FIXED_LIMIT),
    int("totalReplicas", Fixed("1")).important().waits(REPLICATION),
    int("inSyncReplicas", Fixed("1")).important().waits(REPLICATION),
    int("minInSyncReplicas", Fixed("1")).important().waits(REPLICATION),
    boolean("allAckInSyncStateSet", false).important().waits(CONTROLLER),
    boolean("enableAutoInSyncReplicas", false).important().waits(CONTROLLER),
    boolean("haFlowControlEnable", false).important().waits(REPLICATION),
    long("maxHaTransferByteInSecond", Fixed("104857600")).unit(Seconds).waits(REPLICATION),
    long("haMaxTimeSlaveNotCatchup", Fixed("15000")).waits(REPLICATION),
    boolean("syncMasterFlushOffsetWhenStartup", false).waits(REPLICATION),
    long("maxChecksumRange", Fixed("1073741824")).waits(REPLICATION),
    int("replicasPerDiskPartition", Fixed("1")).waits(CONTROLLER),
    double("logicalDiskSpaceCleanForciblyThreshold", Fixed("0.8")).waits(CONTROLLER),
    long("maxSlaveResendLength", Fixed("268435456")).waits(REPLICATION),
    boolean("syncFromLastFile", false).waits(REPLICATION),
    boolean("asyncLearner", false).waits(REPLICATION),
    int("maxConsumeQueueScan", Fixed("20000")).waits(METRICS),
    int("sampleCountThreshold", Fixed("5000")).unit(Bytes).waits(METRICS),
    boolean("coldDataFlowControlEnable", false).waits(COLD),
    boolean("coldDataScanEnable", false).waits(COLD),
    boolean("dataReadAheadEnable", true).never(NO_MMAP),
    int("timerColdDataCheckIntervalMs", Fixed("60000")).unit(Milliseconds).waits(TIMER),
    int("sampleSteps", Fixed("32")).waits(METRICS),
    int("accessMessageInMemoryHotRatio", Fixed("26")).unit(Percent).never(NO_MMAP),
    boolean("enableBuildConsumeQueueConcurrently", false).never(POOLS),
    int("batchDispatchRequestThreadPoolNums", Fixed("16")).never(POOLS),
    long("cleanRocksDBDirtyCQIntervalMin", Fixed("60")).unit(Minutes).never(ROCKS),
    long("statRocksDBCQIntervalSec", Fixed("10")).unit(Seconds).never(ROCKS),
    long("memTableFlushIntervalMs", Fixed("3600000")).unit(Milliseconds).never(ROCKS),
    boolean("realTimePersistRocksDBConfig", true).never(ROCKS),
    boolean("enableRocksDBLog", false).never(ROCKS),
    int("topicQueueLockNum", Fixed("32")).never(POOLS),
    boolean("readUnCommitted", false).never(COMMITTED_ONLY),
    boolean("putConsumeQueueDataByFileChannel", true).never(NO_MMAP),
    boolean("rocksdbCQDoubleWriteEnable", false).never(ROCKS),
    text("combineCQLoadingCQTypes", Fixed("default;defaultRocksDB")).never(ROCKS),
    text("combineCQPreferCQType", Fixed("default")).never(ROCKS),
    text("combineAssignOffsetCQType", Fixed("default")).never(ROCKS),
    boolean("combineCQEnableCheckSelf", false).never(ROCKS),
    int("combineCQMaxExtraSearchCommitLogFiles", Fixed("3")).never(ROCKS),
    text("bottomMostCompressionTypeForConsumeQueueStore", Fixed("zstd")).never(ROCKS),
    text("rocksdbCompressionType", Fixed("lz4")).never(ROCKS),
    int("rocksdbFlushWalFrequency", Fixed("1024")).never(ROCKS),
    long("rocksdbWalFileRollingThreshold", Fixed("1073741824")).unit(Bytes).never(ROCKS),
    boolean("enableAcceleratedRecovery", false).never(OWN_RECOVERY),
    int("spinLockCollisionRetreatOptimalDegree", Fixed("1000")).never(POOLS),
    boolean("useABSLock", false).never(POOLS),
    boolean("enableLogConsumeQueueRepeatedlyBuildWhenRecover", false).never(OWN_RECOVERY),
    boolean("appendTopicForTimerDeleteKey", false).waits(TIMER),
    boolean("checkCommitLogOffsetOnRecover", false).never(OWN_RECOVERY),
    boolean("combineCQUseRocksdbForLmq", false).never(ROCKS),
    int("commitLogRecoverMaxNum", Fixed("10")).never(OWN_RECOVERY),
    boolean("indexFileReadEnable", true).never(ONE_INDEX),
    boolean("indexFileWriteEnable", true).never(ONE_INDEX),
    boolean("indexRocksDBEnable", false).never(ROCKS),
    boolean("iteratorWhenUseRocksdbConsumeQueue", true).never(ROCKS),
    int("maxRocksDBIndexQueryDays", Fixed("7")).never(ROCKS),
    int("sharedByteBufferNum", Fixed("16")).never(NO_MMAP),
    boolean("timerRecallToTimeWheelEnable", true).waits(TIMER),
    boolean("timerRecallToTimelineEnable", true).waits(TIMER),
    int("timerReputServiceCorePoolSize", Fixed("6")).never(POOLS),
    int("timerReputServiceMaxPoolSize", Fixed("6")).never(POOLS),
    int("timerReputServiceQueueCapacity", Fixed("10000")).never(POOLS),
    boolean("timerRocksDBEnable", false).never(ROCKS),
    int("timerRocksDBPrecisionMs", Fixed("1000")).unit(Milliseconds).never(ROCKS),
    long("timerRocksDBRollIntervalHours", Fixed("1")).never(ROCKS),
    double("timerRocksDBRollMaxTps", Fixed("8000.0")).never(ROCKS),
    int("timerRocksDBRollRangeHours", Fixed("2")).never(ROCKS),
    boolean("timerRocksDBStopScan", false).never(ROCKS),
    double("timerRocksDBTimeExpiredMaxTps", Fixed("200000.0")).never(ROCKS),
    boolean("timerWheelSnapshotFlush", false).waits(TIMER),
    long("timerWheelSnapshotIntervalMs", Fixed("10000")).unit(Milliseconds).waits(TIMER),
    boolean("transRocksDBEnable", false).never(ROCKS),
    boolean("transWriteOriginTransHalfEnable", true).never(ROCKS),
    int("transactionCheckRocksdbCoreThreads", Fixed("2")).never(POOLS),
    int("transactionCheckRocksdbMaxThreads", Fixed("5")).never(POOLS),
    int("transactionCheckRocksdbQueueCapacity", Fixed("2000")).never(POOLS),
    boolean("useSeparateStorePathForRocksdbCQ", false).never(ROCKS),
    boolean("useSingleRocksDBForAllConfigs", false).never(ROCKS),
    int("haSlaveFallbehindMax", Fixed("268435456")).waits(REPLICATION),
    long("memTableFlushInterval", Fixed("3600000")).unit(Milliseconds).never(ROCKS),
];
