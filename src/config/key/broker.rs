//! Keys of the broker proper (Java: `BrokerIdentity`, `BrokerConfig`; some only in 4.9 or 5.5).
use crate::limits::PULLS_PARKED_MAX;

use super::Unit::{Bytes, Count, Milliseconds, Minutes, Seconds};
use super::reasons::{
    ACCESS, BROADCAST, CLIENT_RULES, COLD, CONTROLLER, FROM_FLAG, GONE, LMQ, LOOKUP, MESSAGE_TYPES,
    METADATA, METRICS, NETTY, NO_AGE, NO_BILLING, NO_BITMAPS, NO_CONTAINER, NO_HOME, NO_LOG_FILES,
    NO_MMAP, NO_PLUGINS, OP_AT_ONCE, POOLS, POP, REPLICATION, ROCKS, SLOW_READERS, TIMER,
};
use super::{
    CPUS_8_1, CPUS_16_2, CPUS_END_TRANSACTION, CPUS_TO_4, CPUS_TO_32, Fixed, HOST_NAME, Key,
    LOCAL_ADDRESS, METRICS_EXPORTER, METRICS_HOST, METRICS_LABEL, METRICS_PORT, NAMESRV_ADDR,
    REQUEST_MODES, ROCKETMQ_HOME, UNSET, boolean, choice, int, long, text,
};

/// Who the broker is.
pub(super) static IDENTITY: &[Key] = &[
    text("brokerName", HOST_NAME)
        .important()
        .acts("name shared by a master and its slaves; routes and queues carry it"),
    text("brokerClusterName", Fixed("DefaultCluster"))
        .important()
        .acts("cluster that the broker reports itself in; also a topic of this name"),
    long("brokerId", Fixed("0"))
        .range(-1, i64::MAX)
        .important()
        .acts("masters have 0, whatever is written here; a slave has more than 0"),
    boolean("isBrokerContainer", false).never(NO_CONTAINER),
    boolean("isInBrokerContainer", false).never(NO_CONTAINER),
];

/// What the broker does, in the order of the Java class.
pub(super) static BROKER: &[Key] = &[
    text("brokerConfigPath", UNSET).never(FROM_FLAG),
    text("rocketmqHome", ROCKETMQ_HOME).never(NO_HOME),
    text("namesrvAddr", NAMESRV_ADDR)
        .important()
        .acts("name servers to register with, host:port, separated by semicolons"),
    int("listenPort", Fixed("10911"))
        .range(3, 65_534)
        .important()
        .acts("port for clients; the fast port is 2 below it, the replication port 1 above"),
    text("brokerIP1", LOCAL_ADDRESS)
        .important()
        .acts("address that clients are told to connect to"),
    text("brokerIP2", LOCAL_ADDRESS).acts("address that slaves are told to connect to"),
    boolean("recoverConcurrently", false).important().never(POOLS),
    int("brokerPermission", Fixed("6"))
        .range(0, 7)
        .live()
        .acts("2 write, 4 read, 6 both; name servers tell clients"),
    int("defaultTopicQueueNums", Fixed("8"))
        .unit(Count)
        .range(1, 1024)
        .live()
        .acts("most queues a topic gets when a client creates it by sending to it"),
    boolean("autoCreateTopicEnable", true)
        .important()
        .live()
        .acts("whether sending to an unknown topic creates it (system topic TBW102)"),
    boolean("clusterTopicEnable", true)
        .acts("whether the topic named after the cluster can be used"),
    boolean("brokerTopicEnable", true).acts("whether the topic named after the broker can be used"),
    boolean("autoCreateSubscriptionGroup", true)
        .important()
        .live()
        .acts("whether an unknown consumer group is created when first seen"),
    text("messageStorePlugIn", Fixed("")).never(NO_PLUGINS),
    text("msgTraceTopicName", Fixed("RMQ_SYS_TRACE_TOPIC"))
        .important()
        .acts("name of the message trace topic"),
    boolean("traceTopicEnable", false)
        .important()
        .acts("whether the message trace topic is made at boot"),
    int("sendMessageThreadPoolNums", CPUS_TO_4).never(POOLS),
    int("putMessageFutureThreadPoolNums", CPUS_TO_4).never(POOLS),
    int("pullMessageThreadPoolNums", CPUS_16_2).never(POOLS),
    int("litePullMessageThreadPoolNums", CPUS_16_2).never(POOLS),
    int("ackMessageThreadPoolNums", Fixed("16")).never(POOLS),
    int("processReplyMessageThreadPoolNums", CPUS_16_2).never(POOLS),
    int("queryMessageThreadPoolNums", CPUS_8_1).never(POOLS),
    int("adminBrokerThreadPoolNums", Fixed("16")).never(POOLS),
    int("clientManageThreadPoolNums", Fixed("32")).never(POOLS),
    int("consumerManageThreadPoolNums", Fixed("32")).never(POOLS),
    int("loadBalanceProcessorThreadPoolNums", Fixed("32")).never(POOLS),
    int("heartbeatThreadPoolNums", CPUS_TO_32).never(POOLS),
    int("recoverThreadPoolNums", Fixed("32")).never(POOLS),
    int("endTransactionThreadPoolNums", CPUS_END_TRANSACTION).never(POOLS),
    int("flushConsumerOffsetInterval", Fixed("5000"))
        .unit(Milliseconds)
        .range(10, 3_600_000)
        .live()
        .acts("how often consumer offsets are written to disk"),
    int("flushConsumerOffsetHistoryInterval", Fixed("60000")).unit(Milliseconds).waits(METADATA),
    boolean("rejectTransactionMessage", false)
        .important()
        .live()
        .acts("whether transactional messages are refused"),
    boolean("fetchNameSrvAddrByDnsLookup", false).important().waits(LOOKUP),
    boolean("fetchNamesrvAddrByAddressServer", false).important().waits(LOOKUP),
    int("sendThreadPoolQueueCapacity", Fixed("10000"))
        .unit(Count)
        .range(1, 1_000_000)
        .acts("most sends waiting on one core; more are answered SYSTEM_BUSY"),
    int("putThreadPoolQueueCapacity", Fixed("10000")).never(POOLS),
    int("pullThreadPoolQueueCapacity", Fixed("100000"))
        .unit(Count)
        .range(1, PULLS_PARKED_MAX as i64)
        .acts("most pulls parked on one core; more are answered at once"),
    int("litePullThreadPoolQueueCapacity", Fixed("100000")).never(POOLS),
    int("ackThreadPoolQueueCapacity", Fixed("100000")).never(POOLS),
    int("replyThreadPoolQueueCapacity", Fixed("10000")).never(POOLS),
    int("queryThreadPoolQueueCapacity", Fixed("20000")).never(POOLS),
    int("clientManagerThreadPoolQueueCapacity", Fixed("1000000")).never(POOLS),
    int("consumerManagerThreadPoolQueueCapacity", Fixed("1000000")).never(POOLS),
    int("heartbeatThreadPoolQueueCapacity", Fixed("50000")).never(POOLS),
    int("endTransactionPoolQueueCapacity", Fixed("100000")).never(POOLS),
    int("adminBrokerThreadPoolQueueCapacity", Fixed("10000")).never(POOLS),
    int("loadBalanceThreadPoolQueueCapacity", Fixed("100000")).never(POOLS),
    boolean("longPollingEnable", true)
        .live()
        .acts("whether a pull that finds nothing waits on the broker for messages"),
    long("shortPollingTimeMills", Fixed("1000"))
        .unit(Milliseconds)
        .range(1, 600_000)
        .live()
        .acts("how long such a pull waits when long polling is off"),
    boolean("notifyConsumerIdsChangedEnable", true)
        .live()
        .acts("whether members of a group are told when one comes or goes"),
    boolean("highSpeedMode", false).never(POOLS),
    int("commercialBaseCount", Fixed("1")).never(NO_BILLING),
    int("commercialSizePerMsg", Fixed("4096")).never(NO_BILLING),
    boolean("accountStatsEnable", true).never(NO_BILLING),
    boolean("accountStatsPrintZeroValues", true).never(NO_BILLING),
    int("maxStatsIdleTimeInMinutes", Fixed("-1")).unit(Minutes).waits(METRICS),
    boolean("transferMsgByHeap", true).never(NO_MMAP),
    text("regionId", Fixed("DefaultRegion"))
        .acts("region name put on stored messages and send replies"),
    int("registerBrokerTimeoutMills", Fixed("24000"))
        .unit(Milliseconds)
        .range(1, 600_000)
        .acts("how long one name server may take to answer a registration"),
    int("sendHeartbeatTimeoutMillis", Fixed("1000")).unit(Milliseconds).waits(REPLICATION),
    boolean("slaveReadEnable", false).waits(REPLICATION),
    boolean("disableConsumeIfConsumerReadSlowly", false).waits(SLOW_READERS),
    long("consumerFallbehindThreshold", Fixed("17179869184")).unit(Bytes).waits(SLOW_READERS),
    boolean("brokerFastFailureEnable", true).never(NO_AGE),
    long("waitTimeMillsInSendQueue", Fixed("200")).never(NO_AGE),
    long("waitTimeMillsInPullQueue", Fixed("5000")).never(NO_AGE),
    long("waitTimeMillsInLitePullQueue", Fixed("5000")).never(NO_AGE),
    long("waitTimeMillsInHeartbeatQueue", Fixed("31000")).never(NO_AGE),
    long("waitTimeMillsInTransactionQueue", Fixed("3000")).never(NO_AGE),
    long("waitTimeMillsInAckQueue", Fixed("3000")).never(NO_AGE),
    long("waitTimeMillsInAdminBrokerQueue", Fixed("5000")).never(NO_AGE),
    long("startAcceptSendRequestTimeStamp", Fixed("0"))
        .unit(Milliseconds)
        .range(0, i64::MAX)
        .live()
        .acts("sends before this moment (Unix time) are refused"),
    boolean("traceOn", true).live().acts("whether send replies tell clients to trace"),
    boolean("enableCalcFilterBitMap", false).never(NO_BITMAPS),
    boolean("rejectPullConsumerEnable", false)
        .live()
        .acts("whether consumers that pull by themselves are left out of their groups"),
    int("expectConsumerNumUseFilter", Fixed("32")).never(NO_BITMAPS),
    int("maxErrorRateOfBloomFilter", Fixed("20")).never(NO_BITMAPS),
    long("filterDataCleanTimeSpan", Fixed("86400000")).unit(Milliseconds).never(NO_BITMAPS),
    boolean("filterSupportRetry", false)
        .live()
        .acts("whether an SQL92 pull of a retry topic is filtered as the topic retried for"),
    boolean("enablePropertyFilter", false).live().acts("whether consumers may filter by SQL92"),
    boolean("compressedRegister", false).acts("whether registration bodies are compressed"),
    boolean("forceRegister", true)
        .acts("whether each periodic registration is sent even when nothing changed"),
    int("registerNameServerPeriod", Fixed("30000"))
        .unit(Milliseconds)
        .range(1, 86_400_000)
        .acts("time between registrations; kept within 10 to 60 s, as in RocketMQ"),
    int("updateNameServerAddrPeriod", Fixed("120000")).unit(Milliseconds).waits(LOOKUP),
    int("brokerHeartbeatInterval", Fixed("1000")).unit(Milliseconds).waits(REPLICATION),
    long("brokerNotActiveTimeoutMillis", Fixed("10000")).unit(Milliseconds).waits(REPLICATION),
    boolean("enableNetWorkFlowControl", false).never(NETTY),
    boolean("enableBroadcastOffsetStore", true).waits(BROADCAST),
    long("broadcastOffsetExpireSecond", Fixed("120")).unit(Seconds).waits(BROADCAST),
    long("broadcastOffsetExpireMaxSecond", Fixed("300")).unit(Seconds).waits(BROADCAST),
    int("popPollingSize", Fixed("1024")).waits(POP),
    int("popPollingMapSize", Fixed("100000")).waits(POP),
    int("popPollingMapExpireTimeSeconds", Fixed("600")).unit(Seconds).waits(POP),
    long("maxPopPollingSize", Fixed("100000")).waits(POP),
    int("reviveQueueNum", Fixed("8")).waits(POP),
    long("reviveInterval", Fixed("1000")).unit(Milliseconds).waits(POP),
    long("reviveMaxSlow", Fixed("3")).waits(POP),
    long("reviveScanTime", Fixed("10000")).waits(POP),
    boolean("enableSkipLongAwaitingAck", false).waits(POP),
    long("reviveAckWaitMs", Fixed("180000")).unit(Milliseconds).waits(POP),
    boolean("enablePopLog", false).waits(POP),
    boolean("enablePopBufferMerge", false).waits(POP),
    int("popCkStayBufferTime", Fixed("10000")).unit(Milliseconds).waits(POP),
    int("popCkStayBufferTimeOut", Fixed("3000")).unit(Milliseconds).waits(POP),
    int("popCkMaxBufferSize", Fixed("200000")).waits(POP),
    int("popCkOffsetMaxQueueSize", Fixed("20000")).waits(POP),
    boolean("enablePopBatchAck", false).waits(POP),
    long("popLongPollingForceNotifyInterval", Fixed("800")).unit(Milliseconds).waits(POP),
    boolean("enableNotifyBeforePopCalculateLag", true).waits(POP),
    boolean("enableNotifyAfterPopOrderLockRelease", true).never(POOLS),
    boolean("initPopOffsetByCheckMsgInMem", true).waits(POP),
    boolean("retrieveMessageFromPopRetryTopicV1", true).waits(POP),
    boolean("enableRetryTopicV2", false).waits(POP),
    int("popFromRetryProbability", Fixed("20")).waits(POP),
    boolean("popConsumerFSServiceInit", true).waits(POP),
    boolean("popConsumerKVServiceLog", false).waits(POP),
    boolean("popConsumerKVServiceInit", false).waits(POP),
    boolean("popConsumerKVServiceEnable", false).waits(POP),
    int("popReviveMaxReturnSizePerRead", Fixed("16384")).waits(POP),
    int("popReviveMaxAttemptTimes", Fixed("16")).waits(POP),
    boolean("realTimeNotifyConsumerChange", true)
        .live()
        .acts("whether members are told of each other at once, or every 15 s"),
    boolean("litePullMessageEnable", true)
        .live()
        .acts("whether lite pull requests (code 361) are served"),
    int("syncBrokerMemberGroupPeriod", Fixed("1000")).unit(Milliseconds).waits(REPLICATION),
    long("loadBalancePollNameServerInterval", Fixed("30000")).unit(Milliseconds).waits(POP),
    int("cleanOfflineBrokerInterval", Fixed("30000")).unit(Milliseconds).waits(CONTROLLER),
    boolean("serverLoadBalancerEnable", true)
        .live()
        .acts("whether clients that ask for their queues get a share of them, or all"),
    choice("defaultMessageRequestMode", REQUEST_MODES, "PULL").waits(POP),
    int("defaultPopShareQueueNum", Fixed("-1")).waits(POP),
    long("transactionTimeOut", Fixed("6000"))
        .unit(Milliseconds)
        .range(0, 604_800_000)
        .important()
        .live()
        .acts("age at which the producer of a half message is asked about it"),
    int("transactionCheckMax", Fixed("15"))
        .range(0, 1_000_000)
        .important()
        .live()
        .acts("checks after which a half message is given up"),
    long("transactionCheckInterval", Fixed("30000"))
        .unit(Milliseconds)
        .range(100, 86_400_000)
        .important()
        .live()
        .acts("time between two checks of a half message"),
    long("transactionMetricFlushInterval", Fixed("10000"))
        .unit(Milliseconds)
        .range(100, 86_400_000)
        .live()
        .acts("time between two writes of transactionMetrics"),
    int("transactionOpMsgMaxSize", Fixed("4096"))
        .unit(Bytes)
        .range(1, 1_048_576)
        .live()
        .acts("length at which an op record takes no more"),
    int("transactionOpBatchInterval", Fixed("3000")).unit(Milliseconds).never(OP_AT_ONCE),
    boolean("aclEnable", false).important().waits(ACCESS),
    boolean("storeReplyMessageEnable", true)
        .live()
        .acts("whether replies to requesters are also stored under their topic"),
    boolean("enableDetailStat", true).waits(METRICS),
    boolean("autoDeleteUnusedStats", true).waits(METRICS),
    boolean("isolateLogEnable", false).never(NO_LOG_FILES),
    long("forwardTimeout", Fixed("3000")).unit(Milliseconds).waits(REPLICATION),
    boolean("enableSlaveActingMaster", false).waits(REPLICATION),
    boolean("enableRemoteEscape", false).waits(REPLICATION),
    boolean("skipPreOnline", false).waits(REPLICATION),
    boolean("asyncSendEnable", true).never(POOLS),
    boolean("useServerSideResetOffset", true)
        .live()
        .acts("whether an offset is reset on the broker, or by the clients of the group"),
    long("consumerOffsetUpdateVersionStep", Fixed("500")).waits(METADATA),
    long("delayOffsetUpdateVersionStep", Fixed("200"))
        .unit(Count)
        .range(1, 1_000_000_000)
        .live()
        .acts("deliveries of delayed messages between two versions of delayOffset.json"),
    boolean("lockInStrictMode", false).waits(REPLICATION),
    boolean("compatibleWithOldNameSrv", true).waits(REPLICATION),
    boolean("enableControllerMode", false).waits(CONTROLLER),
    text("controllerAddr", Fixed("")).waits(CONTROLLER),
    boolean("fetchControllerAddrByDnsLookup", false).waits(CONTROLLER),
    long("syncBrokerMetadataPeriod", Fixed("5000")).unit(Milliseconds).waits(CONTROLLER),
    long("checkSyncStateSetPeriod", Fixed("5000")).unit(Milliseconds).waits(CONTROLLER),
    long("syncControllerMetadataPeriod", Fixed("10000")).unit(Milliseconds).waits(CONTROLLER),
    long("controllerHeartBeatTimeoutMills", Fixed("10000")).unit(Milliseconds).waits(CONTROLLER),
    boolean("validateSystemTopicWhenUpdateTopic", true)
        .live()
        .acts("whether updating a system topic by an admin is refused"),
    int("brokerElectionPriority", Fixed("2147483647")).waits(CONTROLLER),
    boolean("useStaticSubscription", false).waits(METADATA),
    METRICS_EXPORTER,
    int("metricsOtelCardinalityLimit", Fixed("50000")).waits(METRICS),
    text("metricsGrpcExporterTarget", Fixed("")).waits(METRICS),
    text("metricsGrpcExporterHeader", Fixed("")).waits(METRICS),
    long("metricGrpcExporterTimeOutInMills", Fixed("3000")).unit(Milliseconds).waits(METRICS),
    long("metricGrpcExporterIntervalInMills", Fixed("60000")).unit(Milliseconds).waits(METRICS),
    long("metricLoggingExporterIntervalInMills", Fixed("10000")).unit(Milliseconds).waits(METRICS),
    METRICS_PORT,
    METRICS_HOST,
    METRICS_LABEL,
    boolean("metricsInDelta", false).waits(METRICS),
    boolean("enableRemotingMetrics", true).waits(METRICS),
    boolean("enableMessageStoreMetrics", true).waits(METRICS),
    boolean("enablePopMetrics", true).waits(POP),
    boolean("enableConnectionMetrics", true).waits(METRICS),
    boolean("enableTransactionMetrics", true)
        .live()
        .acts("whether metrics of transactions are shown"),
    boolean("enableStatsMetrics", true).waits(METRICS),
    boolean("enableRequestMetrics", true).waits(METRICS),
    boolean("enableLagAndDlqMetrics", true).waits(METRICS),
    long("channelExpiredTimeout", Fixed("120000"))
        .unit(Milliseconds)
        .range(1_000, 86_400_000)
        .live()
        .acts("silence after which a client is forgotten"),
    long("subscriptionExpiredTimeout", Fixed("600000")).unit(Milliseconds).waits(CLIENT_RULES),
    boolean("estimateAccumulation", true).waits(METRICS),
    boolean("coldCtrStrategyEnable", false).waits(COLD),
    boolean("usePIDColdCtrStrategy", true).waits(COLD),
    long("cgColdReadThreshold", Fixed("3145728")).unit(Bytes).waits(COLD),
    long("globalColdReadThreshold", Fixed("104857600")).unit(Bytes).waits(COLD),
    long("fetchNamesrvAddrInterval", Fixed("10000")).unit(Milliseconds).waits(LOOKUP),
    boolean("popResponseReturnActualRetryTopic", false).waits(POP),
    boolean("enableSingleTopicRegister", false).waits(METADATA),
    boolean("enableMixedMessageType", false).waits(MESSAGE_TYPES),
    boolean("enableSplitRegistration", false)
        .acts("whether a registration with many topics goes out in parts"),
    boolean("enableSplitMetadata", true).waits(METADATA),
    int("splitMetadataSize", Fixed("2000")).waits(METADATA),
    long("popInflightMessageThreshold", Fixed("10000")).unit(Bytes).waits(POP),
    boolean("enablePopMessageThreshold", false).waits(POP),
    boolean("enableFastChannelEventProcess", false).never(NETTY),
    boolean("printChannelGroups", false).never(NO_LOG_FILES),
    int("printChannelGroupsMinNum", Fixed("5")).never(NO_LOG_FILES),
    int("splitRegistrationSize", Fixed("800"))
        .unit(Count)
        .range(1, 100_000)
        .acts("topics per part of a split registration"),
    text("configBlackList", Fixed("configBlackList;brokerConfigPath"))
        .acts("keys that UPDATE_BROKER_CONFIG refuses, separated by semicolons"),
    boolean("skipWhenCKRePutReachMaxTimes", false).waits(POP),
    boolean("appendAckAsync", false).waits(POP),
    boolean("appendCkAsync", false).waits(POP),
    boolean("clearRetryTopicWhenDeleteTopic", true).waits(POP),
    boolean("enableLmqStats", false).waits(LMQ),
    text("configManagerVersion", Fixed("v1")).never(ROCKS),
    boolean("allowRecallWhenBrokerNotWriteable", true).waits(TIMER),
    boolean("recallMessageEnable", false).waits(TIMER),
    boolean("enableRegisterProducer", true).waits(CLIENT_RULES),
    boolean("enableCreateSysGroup", true).waits(CLIENT_RULES),
    boolean("enableLiteEventMode", true).waits(LMQ),
    boolean("enableLitePopLog", false).waits(POP),
    boolean("enableLmqQuota", false).waits(LMQ),
    long("liteEventCheckInterval", Fixed("10000")).unit(Milliseconds).waits(LMQ),
    long("liteEventFullDispatchDelayTime", Fixed("10000")).unit(Milliseconds).waits(LMQ),
    long("liteEventFullDispatchDelayTimeForWildcardGroup", Fixed("10000"))
        .unit(Milliseconds)
        .waits(LMQ),
    boolean("liteLagCountMetricsEnable", false).waits(LMQ),
    boolean("liteLagLatencyCollectEnable", false).waits(LMQ),
    boolean("liteLagLatencyMetricsEnable", false).waits(LMQ),
    int("liteLagLatencyTopK", Fixed("50")).waits(LMQ),
    long("liteSubscriptionCheckInterval", Fixed("120000")).unit(Milliseconds).waits(LMQ),
    long("liteSubscriptionCheckTimeoutMills", Fixed("180000")).unit(Milliseconds).waits(LMQ),
    long("liteTtlCheckInterval", Fixed("120000")).unit(Milliseconds).waits(LMQ),
    int("maxClientEventCount", Fixed("100")).waits(LMQ),
    int("maxLiteSubscriptionCount", Fixed("100000")).waits(LMQ),
    int("maxMessageFilterNumForNotification", Fixed("64")).waits(POP),
    int("metricsExportBatchMaxDataPoints", Fixed("1000")).waits(METRICS),
    long("minLiteTTl", Fixed("900000")).waits(LMQ),
    boolean("persistConsumerOffsetIncrementally", false).waits(METADATA),
    int("popFromRetryProbabilityForPriority", Fixed("0")).waits(POP),
    int("popReviveConcurrency", Fixed("32")).waits(POP),
    boolean("popReviveSkipIfGroupAbsent", true).waits(POP),
    boolean("priorityOrderAsc", true).waits(POP),
    boolean("useMessageFilterForNotification", true).waits(POP),
    boolean("useSeparateRetryQueue", false).waits(POP),
    int("filterServerNums", Fixed("0")).never(GONE),
    boolean("commercialEnable", true).never(GONE),
    int("commercialTimerCount", Fixed("1")).never(GONE),
    int("commercialTransCount", Fixed("1")).never(GONE),
    int("commercialBigCount", Fixed("1")).never(GONE),
    int("maxDelayTime", Fixed("40")).unit(Milliseconds).never(GONE),
    text("rmqAddressServerDomain", UNSET).waits(LOOKUP),
    text("rmqAddressServerSubGroup", UNSET).waits(LOOKUP),
];
