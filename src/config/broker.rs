//! What a broker runs with, checked, by room.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::units::WallMillis;

use super::Configuration;
use super::address::{HostPort, bare_host};
use super::cores::CoreList;
use super::delay::DelayLevels;
use super::frozen::Wanted;
use super::key::Role;
use super::memory::{AppendMemory, append_memory};
use super::notice::{Cause, Fault, Notes};
use super::observability::{self, Log, Pages};
use super::retention::{Retention, retention};
use super::settings::Settings;
use super::transactions::{Transactions, transactions};
use super::value::Value;

#[cfg(test)]
mod tests;

/// A broker's configuration. A value, sent to every core; a change by request makes a new one.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerConfig {
    /// Who it is.
    pub identity: Identity,
    /// Where it listens and what it connects to.
    pub network: Network,
    /// Topics.
    pub topics: Topics,
    /// Consumer groups and clients.
    pub groups: Groups,
    /// Sending.
    pub sends: Sends,
    /// Pulling.
    pub pulls: Pulls,
    /// Delayed delivery.
    pub delays: Delays,
    /// Transactional messages.
    pub transactions: Transactions,
    /// Registration with name servers.
    pub registration: Registration,
    /// The store.
    pub store: StoreConfig,
    /// What is logged.
    pub log: Log,
    /// Metrics and health over HTTP, when they are wanted.
    pub pages: Option<Pages>,
    /// Cores to run on; `None` takes all that are allowed.
    pub cores: Option<CoreList>,
}

/// Who a broker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `brokerClusterName`, not empty.
    pub cluster: String,
    /// `brokerName`, not empty: shared by a master and its slaves.
    pub name: String,
    /// `brokerId`: 0 for a master.
    pub id: i64,
    /// `brokerRole`.
    pub role: BrokerRole,
    /// `brokerPermission`, 0 to 7: 4 read, 2 write.
    pub permission: u8,
    /// `regionId`, put on messages and replies.
    pub region: String,
    /// `traceOn`, told in send replies.
    pub trace: bool,
}

/// What a broker is to its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerRole {
    /// Takes sends, does not wait for slaves.
    AsyncMaster,
    /// Follows a master.
    Slave,
    /// Takes sends and waits for slaves.
    SyncMaster,
}

/// Where a broker listens and what it connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// `listenPort`, 3 to 65534.
    pub listen_port: u16,
    /// `haListenPort`, or `listenPort` + 1. Reported to name servers.
    pub ha_port: u16,
    /// `brokerIP1`: what clients connect to; a name, or an address without brackets.
    pub advertised: String,
    /// `brokerIP2`: what slaves connect to.
    pub advertised_to_slaves: String,
    /// `namesrvAddr`; empty registers nowhere.
    pub name_servers: Vec<HostPort>,
    /// `connectTimeoutMillis`: how long connecting to a name server may take.
    pub connect_timeout: Duration,
    /// Settings of accepted connections.
    pub sockets: Sockets,
}

/// Settings of accepted connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sockets {
    /// `bindAddress`.
    pub bind: IpAddr,
    /// `serverSocketBacklog`.
    pub backlog: u32,
    /// `serverChannelMaxIdleTimeSeconds`: silence after which a connection is closed.
    pub idle_max: Duration,
    /// `serverSocketSndBufSize`; `None` leaves it to the kernel.
    pub send_buffer_bytes: Option<u32>,
    /// `serverSocketRcvBufSize`; `None` leaves it to the kernel.
    pub receive_buffer_bytes: Option<u32>,
}

/// Topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// `defaultTopicQueueNums`, 1 to 1024: most queues a topic gets that a client creates.
    pub default_queues: u32,
    /// `autoCreateTopicEnable`.
    pub auto_create: bool,
    /// `clusterTopicEnable`.
    pub cluster_topic: bool,
    /// `brokerTopicEnable`.
    pub broker_topic: bool,
    /// `msgTraceTopicName`, when `traceTopicEnable`.
    pub trace_topic: Option<String>,
    /// `validateSystemTopicWhenUpdateTopic`: system topics cannot be changed by an admin.
    pub protect_system_topics: bool,
}

/// Consumer groups and clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// `autoCreateSubscriptionGroup`.
    pub auto_create: bool,
    /// `flushConsumerOffsetInterval`.
    pub offsets_flush_interval: Duration,
    /// `notifyConsumerIdsChangedEnable`.
    pub notify_changes: bool,
    /// `realTimeNotifyConsumerChange`: at once; else every 15 s.
    pub notify_at_once: bool,
    /// `rejectPullConsumerEnable`.
    pub refuse_pull_consumers: bool,
    /// `useServerSideResetOffset`: an offset is reset here; else by the group's clients.
    pub reset_on_broker: bool,
    /// `serverLoadBalancerEnable`: clients that ask for their queues get a share; else all.
    pub share_out_queues: bool,
    /// `channelExpiredTimeout`: silence after which a client is forgotten.
    pub client_expiry: Duration,
}

/// Sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sends {
    /// `maxMessageSize`: largest body.
    pub body_bytes_max: usize,
    /// `rejectTransactionMessage`.
    pub refuse_transactions: bool,
    /// `storeReplyMessageEnable`.
    pub store_replies: bool,
    /// `startAcceptSendRequestTimeStamp`: refused before this moment.
    pub accept_from: WallMillis,
    /// `autoMessageVersionOnTopicLen`: record version 2 for topics over 127 bytes.
    pub long_topics: bool,
    /// `sendThreadPoolQueueCapacity`: most sends waiting on one core.
    pub waiting_max: usize,
}

/// Pulling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulls {
    /// `longPollingEnable`.
    pub long_polling: bool,
    /// `shortPollingTimeMills`: the wait when long polling is off.
    pub short_polling: Duration,
    /// `litePullMessageEnable`: code 361 is served.
    pub lite: bool,
    /// `pullThreadPoolQueueCapacity`: most pulls parked on one core.
    pub waiting_max: usize,
    /// `accessMessageInMemoryMaxRatio` of the machine's memory: what is no further from the end of
    /// the log counts as in memory, in bytes.
    pub memory_bytes: u64,
    /// `maxTransferBytesOnMessageInMemory`.
    pub memory_bytes_max: usize,
    /// `maxTransferCountOnMessageInMemory`.
    pub memory_count_max: u32,
    /// `maxTransferBytesOnMessageInDisk`.
    pub disk_bytes_max: usize,
    /// `maxTransferCountOnMessageInDisk`.
    pub disk_count_max: u32,
    /// `maxFilterMessageSize`: consume queue bytes looked through for one pull.
    pub filter_bytes_max: usize,
    /// `enablePropertyFilter`: consumers may filter by SQL92.
    pub property_filter: bool,
    /// `filterSupportRetry`: the filter of a retry topic is that of the topic retried for.
    pub filter_retries: bool,
}

/// Delayed delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delays {
    /// `messageDelayLevel`.
    pub levels: DelayLevels,
    /// `flushDelayOffsetInterval`: time between writes of `delayOffset.json`.
    pub offsets_flush_interval: Duration,
    /// `delayOffsetUpdateVersionStep`: deliveries between two versions of the offsets.
    pub deliveries_per_version: u64,
    /// `enableScheduleMessageStats`: deliveries are counted as reads of the schedule topic.
    pub count_reads: bool,
}

/// Registration with name servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// `registerNameServerPeriod`, kept within 10 to 60 s.
    pub interval: Duration,
    /// `registerBrokerTimeoutMills`: how long one name server may take.
    pub timeout: Duration,
    /// `forceRegister`: send it even when nothing changed.
    pub force: bool,
    /// `compressedRegister`.
    pub compress: bool,
    /// `splitRegistrationSize`, when `enableSplitRegistration`: topics per part.
    pub topics_per_part: Option<usize>,
}

/// When a send is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlushMode {
    /// After the write reached the kernel or the device.
    Async,
    /// After the sync.
    Sync,
}

/// The store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreConfig {
    /// `storePathRootDir`.
    pub root: PathBuf,
    /// `storePathCommitLog`.
    pub commit_log: PathBuf,
    /// `flushDiskType`.
    pub flush: FlushMode,
    /// `flushIntervalCommitLog`: time between syncs in [`FlushMode::Async`].
    pub flush_interval: Duration,
    /// `appendMemory`: where [`FlushMode::Async`] keeps what is not written yet.
    pub append_memory: AppendMemory,
    /// `flushIntervalConsumeQueue`: time between writes of consume queues and checkpoint.
    pub queue_flush_interval: Duration,
    /// `syncFlushTimeout`: wait for a sync before FLUSH_DISK_TIMEOUT is answered.
    pub sync_timeout: Duration,
    /// How long messages are kept.
    pub retention: Retention,
    /// `checkCRCOnRecover`.
    pub check_bodies_on_recovery: bool,
    /// `messageIndexEnable`, and the sizes of the index files.
    pub index: Option<IndexConfig>,
    /// `maxMsgsNumBatch`: most messages in the answer to a query by key.
    pub query_count_max: usize,
    /// `defaultQueryMaxNum`: most messages in the answer to a query by unique key.
    pub unique_query_count_max: usize,
    /// What is frozen with the store, as far as it is asked for.
    pub wanted: Wanted,
}

/// The files of the key index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexConfig {
    /// `maxHashSlotNum`.
    pub slots: u32,
    /// `maxIndexNum`.
    pub entries: u32,
}

impl Network {
    /// The port beside the main one that takes the same requests but pulls ("VIP channel").
    pub const fn fast_port(&self) -> u16 {
        self.listen_port.saturating_sub(2)
    }

    /// What clients connect to, as `host:port`.
    pub fn address(&self) -> HostPort {
        HostPort { host: self.advertised.clone(), port: self.listen_port }
    }

    /// What slaves connect to, as `host:port`.
    pub fn ha_address(&self) -> HostPort {
        HostPort { host: self.advertised_to_slaves.clone(), port: self.ha_port }
    }
}

impl BrokerRole {
    /// The word in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AsyncMaster => "ASYNC_MASTER",
            Self::Slave => "SLAVE",
            Self::SyncMaster => "SYNC_MASTER",
        }
    }
}

impl FlushMode {
    /// The word in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Async => "ASYNC_FLUSH",
            Self::Sync => "SYNC_FLUSH",
        }
    }
}

impl Configuration for BrokerConfig {
    const ROLE: Role = Role::Broker;

    fn build(settings: &mut Settings, notes: &mut Notes) -> Self {
        settings.forget_derived();
        Self {
            identity: identity(settings, notes),
            network: network(settings, notes),
            topics: topics(settings),
            groups: groups(settings),
            sends: sends(settings),
            pulls: pulls(settings),
            delays: delays(settings, notes),
            transactions: transactions(settings),
            registration: registration(settings),
            store: store(settings, notes),
            log: observability::log(settings),
            pages: observability::pages(settings, notes),
            cores: cores(settings, notes),
        }
    }
}

fn identity(settings: &mut Settings, notes: &mut Notes) -> Identity {
    let role = match settings.text("brokerRole").as_str() {
        "SLAVE" => BrokerRole::Slave,
        "SYNC_MASTER" => BrokerRole::SyncMaster,
        _ => BrokerRole::AsyncMaster,
    };
    let grouped = ["enableControllerMode", "enableDLegerCommitLog"];
    let [controller, raft] = grouped.map(|key| settings.boolean(key));
    if controller && raft {
        settings.fault(grouped[0], Fault::Exclusive(grouped[1]), notes);
    }
    for (key, on) in grouped.into_iter().zip([controller, raft]) {
        if on {
            settings.doubt(key, Cause::RunsAlone, notes);
        }
    }
    let mut id = settings.number("brokerId");
    if role == BrokerRole::Slave {
        settings.doubt("brokerRole", Cause::NoReplication, notes);
        if !controller && id <= 0 {
            settings.fault("brokerId", Fault::SlaveId, notes);
        }
    } else if id != 0 {
        settings.doubt("brokerId", Cause::MasterId, notes);
        settings.derive("brokerId", Value::Integer(0));
        id = 0;
    }
    Identity {
        cluster: filled("brokerClusterName", settings, notes),
        name: filled("brokerName", settings, notes),
        id,
        role,
        permission: settings.number("brokerPermission"),
        region: settings.text("regionId"),
        trace: settings.boolean("traceOn"),
    }
}

fn network(settings: &mut Settings, notes: &mut Notes) -> Network {
    let listen_port: u16 = settings.number("listenPort");
    let mut ha_port: u16 = settings.number("haListenPort");
    if ha_port == 0 {
        ha_port = listen_port.saturating_add(1);
        settings.derive("haListenPort", Value::Integer(i64::from(ha_port)));
    }
    let name_servers = settings.text("namesrvAddr");
    let name_servers = HostPort::parse_list(&name_servers).unwrap_or_else(|_| {
        settings.fault("namesrvAddr", Fault::NoServers, notes);
        Vec::new()
    });
    Network {
        listen_port,
        ha_port,
        advertised: host("brokerIP1", settings, notes),
        advertised_to_slaves: host("brokerIP2", settings, notes),
        name_servers,
        connect_timeout: settings.millis("connectTimeoutMillis"),
        sockets: sockets(settings, notes),
    }
}

/// Settings of accepted connections, which broker and name server share.
pub(super) fn sockets(settings: &Settings, notes: &mut Notes) -> Sockets {
    let bind = settings.text("bindAddress").parse().unwrap_or_else(|_| {
        settings.fault("bindAddress", Fault::NoIpAddress, notes);
        IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    });
    let buffer = |name| Some(settings.number(name)).filter(|bytes| *bytes != 0_u32);
    Sockets {
        bind,
        backlog: settings.number("serverSocketBacklog"),
        idle_max: Duration::from_secs(settings.number("serverChannelMaxIdleTimeSeconds")),
        send_buffer_bytes: buffer("serverSocketSndBufSize"),
        receive_buffer_bytes: buffer("serverSocketRcvBufSize"),
    }
}

fn topics(settings: &Settings) -> Topics {
    let trace_topic = settings.boolean("traceTopicEnable");
    Topics {
        default_queues: settings.number("defaultTopicQueueNums"),
        auto_create: settings.boolean("autoCreateTopicEnable"),
        cluster_topic: settings.boolean("clusterTopicEnable"),
        broker_topic: settings.boolean("brokerTopicEnable"),
        trace_topic: trace_topic.then(|| settings.text("msgTraceTopicName")),
        protect_system_topics: settings.boolean("validateSystemTopicWhenUpdateTopic"),
    }
}

fn groups(settings: &Settings) -> Groups {
    Groups {
        auto_create: settings.boolean("autoCreateSubscriptionGroup"),
        offsets_flush_interval: settings.millis("flushConsumerOffsetInterval"),
        notify_changes: settings.boolean("notifyConsumerIdsChangedEnable"),
        notify_at_once: settings.boolean("realTimeNotifyConsumerChange"),
        refuse_pull_consumers: settings.boolean("rejectPullConsumerEnable"),
        reset_on_broker: settings.boolean("useServerSideResetOffset"),
        share_out_queues: settings.boolean("serverLoadBalancerEnable"),
        client_expiry: settings.millis("channelExpiredTimeout"),
    }
}

fn sends(settings: &Settings) -> Sends {
    Sends {
        body_bytes_max: settings.number("maxMessageSize"),
        refuse_transactions: settings.boolean("rejectTransactionMessage"),
        store_replies: settings.boolean("storeReplyMessageEnable"),
        accept_from: WallMillis(settings.number("startAcceptSendRequestTimeStamp")),
        long_topics: settings.boolean("autoMessageVersionOnTopicLen"),
        waiting_max: settings.number("sendThreadPoolQueueCapacity"),
    }
}

fn pulls(settings: &Settings) -> Pulls {
    Pulls {
        long_polling: settings.boolean("longPollingEnable"),
        short_polling: settings.millis("shortPollingTimeMills"),
        lite: settings.boolean("litePullMessageEnable"),
        waiting_max: settings.number("pullThreadPoolQueueCapacity"),
        memory_bytes: settings.host().memory_bytes / 100
            * settings.number::<u64>("accessMessageInMemoryMaxRatio"),
        memory_bytes_max: settings.number("maxTransferBytesOnMessageInMemory"),
        memory_count_max: settings.number("maxTransferCountOnMessageInMemory"),
        disk_bytes_max: settings.number("maxTransferBytesOnMessageInDisk"),
        disk_count_max: settings.number("maxTransferCountOnMessageInDisk"),
        filter_bytes_max: settings.number("maxFilterMessageSize"),
        property_filter: settings.boolean("enablePropertyFilter"),
        filter_retries: settings.boolean("filterSupportRetry"),
    }
}

fn delays(settings: &Settings, notes: &mut Notes) -> Delays {
    let levels = settings.text("messageDelayLevel").parse().unwrap_or_else(|fault| {
        settings.fault("messageDelayLevel", Fault::DelayLevels(fault), notes);
        DelayLevels::default()
    });
    Delays {
        levels,
        offsets_flush_interval: settings.millis("flushDelayOffsetInterval"),
        deliveries_per_version: settings.number("delayOffsetUpdateVersionStep"),
        count_reads: settings.boolean("enableScheduleMessageStats"),
    }
}

fn registration(settings: &Settings) -> Registration {
    let interval = settings.millis("registerNameServerPeriod");
    let topics_per_part = settings.number("splitRegistrationSize");
    Registration {
        interval: interval.clamp(Duration::from_secs(10), Duration::from_secs(60)),
        timeout: settings.millis("registerBrokerTimeoutMills"),
        force: settings.boolean("forceRegister"),
        compress: settings.boolean("compressedRegister"),
        topics_per_part: settings.boolean("enableSplitRegistration").then_some(topics_per_part),
    }
}

fn store(settings: &mut Settings, notes: &mut Notes) -> StoreConfig {
    let root = filled("storePathRootDir", settings, notes);
    let mut commit_log = settings.text("storePathCommitLog");
    if commit_log.is_empty() {
        commit_log = format!("{}/commitlog", root.trim_end_matches('/'));
        settings.derive("storePathCommitLog", Value::Text(commit_log.clone()));
    } else if commit_log.contains(',') {
        settings.fault("storePathCommitLog", Fault::ManyPaths, notes);
    }
    let flush = match settings.text("flushDiskType").as_str() {
        "SYNC_FLUSH" => FlushMode::Sync,
        _ => FlushMode::Async,
    };
    StoreConfig {
        root: root.into(),
        commit_log: commit_log.into(),
        flush,
        flush_interval: settings.millis("flushIntervalCommitLog"),
        append_memory: append_memory(settings),
        queue_flush_interval: settings.millis("flushIntervalConsumeQueue"),
        sync_timeout: settings.millis("syncFlushTimeout"),
        retention: retention(settings, notes),
        check_bodies_on_recovery: settings.boolean("checkCRCOnRecover"),
        index: settings.boolean("messageIndexEnable").then(|| IndexConfig {
            slots: settings.number("maxHashSlotNum"),
            entries: settings.number("maxIndexNum"),
        }),
        query_count_max: settings.number("maxMsgsNumBatch"),
        unique_query_count_max: settings.number("defaultQueryMaxNum"),
        wanted: wanted(settings, notes),
    }
}

/// Frozen settings count only when they are given: a store of other sizes opens without them.
fn wanted(settings: &mut Settings, notes: &mut Notes) -> Wanted {
    const BLOCK: u64 = 4096;
    const ENTRY: u64 = 20;
    let segment: u64 = settings.number("mappedFileSizeCommitLog");
    if !segment.is_multiple_of(BLOCK) {
        settings.fault("mappedFileSizeCommitLog", Fault::NotAMultipleOf(4096), notes);
    }
    let queue_file = settings.number::<u64>("mappedFileSizeConsumeQueue").next_multiple_of(ENTRY);
    let given = |name, value| settings.is_given(name).then_some(value);
    Wanted {
        shards: settings.value("shards").map(|_| settings.number("shards")),
        commit_log_segment_bytes: given("mappedFileSizeCommitLog", segment),
        consume_queue_file_bytes: given("mappedFileSizeConsumeQueue", queue_file),
    }
}

/// The `cores` setting, which broker and name server share.
pub(super) fn cores(settings: &Settings, notes: &mut Notes) -> Option<CoreList> {
    let text = settings.value("cores")?;
    match text.to_string().parse() {
        Ok(list) => Some(list),
        Err(fault) => {
            settings.fault("cores", Fault::Cores(fault), notes);
            None
        }
    }
}

/// A text that must not be empty.
pub(super) fn filled(name: &'static str, settings: &Settings, notes: &mut Notes) -> String {
    let text = settings.text(name);
    if text.is_empty() {
        settings.fault(name, Fault::Empty, notes);
    }
    text
}

fn host(name: &'static str, settings: &Settings, notes: &mut Notes) -> String {
    let text = settings.text(name);
    let bare = bare_host(&text).map(str::to_owned);
    bare.unwrap_or_else(|| {
        settings.fault(name, Fault::NoHost, notes);
        String::new()
    })
}
