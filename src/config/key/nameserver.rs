//! Keys of the name server (Java: `NamesrvConfig`) and of the controller (`ControllerConfig`,
//! `JraftConfig`), which a name server file may carry.
use super::Unit::{Bytes, Milliseconds, Seconds};
use super::reasons::{CONTROLLER, NO_ENVIRONMENTS, NO_HOME, POOLS};
use super::{
    Fixed, HOME_KV, HOME_NAMESRV, Key, METRICS_EXPORTER, METRICS_HOST, METRICS_LABEL, METRICS_PORT,
    ROCKETMQ_HOME, UNSET, boolean, int, long, text,
};

/// The name server.
pub(super) static NAMESERVER: &[Key] = &[
    int("listenPort", Fixed("9876")).range(1, 65_535).acts("port for brokers and clients"),
    text("rocketmqHome", ROCKETMQ_HOME).never(NO_HOME),
    text("kvConfigPath", HOME_KV).acts("file of the KV and order configuration"),
    text("configStorePath", HOME_NAMESRV)
        .acts("file that UPDATE_NAMESRV_CONFIG writes; the one given with -c when there is one"),
    text("productEnvName", Fixed("center")).never(NO_ENVIRONMENTS),
    boolean("clusterTest", false).never(NO_ENVIRONMENTS),
    boolean("orderMessageEnable", false)
        .live()
        .acts("whether route answers carry the order configuration of a topic"),
    boolean("returnOrderTopicConfigToBroker", true)
        .live()
        .acts("whether a registering broker is told the order configuration"),
    int("clientRequestThreadPoolNums", Fixed("8")).never(POOLS),
    int("defaultThreadPoolNums", Fixed("16")).never(POOLS),
    int("clientRequestThreadPoolQueueCapacity", Fixed("50000")).never(POOLS),
    int("defaultThreadPoolQueueCapacity", Fixed("10000")).never(POOLS),
    long("scanNotActiveBrokerInterval", Fixed("5000"))
        .unit(Milliseconds)
        .range(1, 3_600_000)
        .acts("time between looks for brokers that fell silent"),
    int("unRegisterBrokerQueueCapacity", Fixed("3000")).never(POOLS),
    boolean("supportActingMaster", false)
        .live()
        .acts("whether a slave without master is shown to clients as the master"),
    boolean("enableAllTopicList", true).live().acts("whether the list of all topics is given out"),
    boolean("enableTopicList", true)
        .live()
        .acts("whether topic lists by cluster and kind are given out"),
    boolean("notifyMinBrokerIdChanged", false)
        .live()
        .acts("whether brokers are told when the smallest id under their name changes"),
    boolean("enableControllerInNamesrv", false).waits(CONTROLLER),
    boolean("needWaitForService", false)
        .live()
        .acts("whether routes are refused for waitSecondsForService after the start"),
    int("waitSecondsForService", Fixed("45"))
        .unit(Seconds)
        .range(0, 86_400)
        .acts("see needWaitForService"),
    boolean("deleteTopicWithBrokerRegistration", false)
        .live()
        .acts("whether a topic missing from a registration is forgotten at once"),
    text("configBlackList", Fixed("configBlackList;configStorePath;kvConfigPath"))
        .acts("keys that UPDATE_NAMESRV_CONFIG refuses, separated by semicolons"),
];

/// The controller.
pub(super) static CONTROLLERS: &[Key] = &[
    text("controllerType", Fixed("DLedger")).waits(CONTROLLER),
    int("controllerThreadPoolNums", Fixed("16")).waits(CONTROLLER),
    int("controllerRequestThreadPoolQueueCapacity", Fixed("50000")).waits(CONTROLLER),
    text("controllerDLegerGroup", UNSET).waits(CONTROLLER),
    text("controllerDLegerPeers", UNSET).waits(CONTROLLER),
    text("controllerDLegerSelfId", UNSET).waits(CONTROLLER),
    int("mappedFileSize", Fixed("1073741824")).unit(Bytes).waits(CONTROLLER),
    text("controllerStorePath", Fixed("")).waits(CONTROLLER),
    int("electMasterMaxRetryCount", Fixed("3")).waits(CONTROLLER),
    boolean("enableElectUncleanMaster", false).waits(CONTROLLER),
    boolean("isProcessReadEvent", false).waits(CONTROLLER),
    boolean("notifyBrokerRoleChanged", true).waits(CONTROLLER),
    long("scanInactiveMasterInterval", Fixed("5000")).unit(Milliseconds).waits(CONTROLLER),
    METRICS_EXPORTER,
    text("metricsGrpcExporterTarget", Fixed("")).waits(CONTROLLER),
    text("metricsGrpcExporterHeader", Fixed("")).waits(CONTROLLER),
    long("metricGrpcExporterTimeOutInMills", Fixed("3000")).unit(Milliseconds).waits(CONTROLLER),
    long("metricGrpcExporterIntervalInMills", Fixed("60000")).unit(Milliseconds).waits(CONTROLLER),
    long("metricLoggingExporterIntervalInMills", Fixed("10000"))
        .unit(Milliseconds)
        .waits(CONTROLLER),
    METRICS_PORT,
    METRICS_HOST,
    METRICS_LABEL,
    boolean("metricsInDelta", false).waits(CONTROLLER),
    int("jRaftElectionTimeoutMs", Fixed("1000")).unit(Milliseconds).waits(CONTROLLER),
    int("jRaftScanWaitTimeoutMs", Fixed("1000")).unit(Milliseconds).waits(CONTROLLER),
    int("jRaftSnapshotIntervalSecs", Fixed("3600")).waits(CONTROLLER),
    text("jRaftGroupId", Fixed("jRaft-Controller")).waits(CONTROLLER),
    text("jRaftServerId", Fixed("localhost:9880")).waits(CONTROLLER),
    text("jRaftInitConf", Fixed("localhost:9880,localhost:9881,localhost:9882")).waits(CONTROLLER),
    text("jRaftControllerRPCAddr", Fixed("localhost:9770,localhost:9771,localhost:9772"))
        .waits(CONTROLLER),
];
