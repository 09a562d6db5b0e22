use std::collections::BTreeMap;

use super::super::host::test_host;
use super::super::key::{Effect, Kind};
use super::super::notice::ConfigError;
use super::super::{Loaded, Sources};
use super::*;

fn try_load(text: &str) -> Result<Loaded<BrokerConfig>, Vec<ConfigError>> {
    let file = Some(("b.conf", text.as_bytes()));
    let assumed = BTreeMap::new();
    BrokerConfig::load(Sources { host: test_host(), assumed, file, flags: Vec::new() })
}

fn load(text: &str) -> BrokerConfig {
    try_load(text).unwrap().config
}

fn fault(text: &str) -> String {
    let errors = try_load(text).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors[0].to_string()
}

#[test]
fn without_a_file_the_defaults_are_those_of_java() {
    let config = load("");
    assert_eq!(config.identity.cluster, "DefaultCluster");
    assert_eq!(config.identity.name, "testhost");
    assert_eq!((config.identity.id, config.identity.role), (0, BrokerRole::AsyncMaster));
    assert_eq!(config.network.address().to_string(), "192.0.2.7:10911");
    assert_eq!((config.network.fast_port(), config.network.ha_port), (10909, 10912));
    assert_eq!(config.network.name_servers, []);
    assert_eq!(config.store.flush, FlushMode::Async);
    assert_eq!(config.store.commit_log, PathBuf::from("/home/test/store/commitlog"));
    assert_eq!(config.store.wanted, Wanted::default());
    assert_eq!(config.sends.body_bytes_max, 4 << 20);
    assert_eq!(config.registration.interval, Duration::from_secs(30));
    assert_eq!(config.topics.trace_topic, None);
    assert_eq!(config.cores, None);
}

/// The keys the shipped sets of RocketMQ hold (`2m-2s-async`, `2m-2s-sync`, `2m-noslave`,
/// `broker.conf`, `dledger`, `controller`, `container`), in each role and form they have there.
#[test]
fn the_shipped_files_load() {
    let common = "deleteWhen = 04\nfileReservedTime = 48\nflushDiskType = ASYNC_FLUSH\n";
    let paths = "storePathRootDir=/tmp/s/node00\nstorePathCommitLog=/tmp/s/node00/commitlog\n";
    for role in ["ASYNC_MASTER", "SYNC_MASTER"] {
        let config = load(&format!("{common}brokerName=a\nbrokerId=0\nbrokerRole={role}\n"));
        assert_eq!((config.identity.id, config.identity.role.word()), (0, role));
    }
    let slave = load(&format!("{common}brokerName=a\nbrokerId=1\nbrokerRole=SLAVE\n"));
    assert_eq!((slave.identity.id, slave.identity.role), (1, BrokerRole::Slave));

    let raft = format!(
        "{paths}listenPort=30911\nnamesrvAddr=127.0.0.1:9876\nenableDLegerCommitLog=true\n\
         dLegerGroup=G\ndLegerPeers=n0-127.0.0.1:40911;n1-127.0.0.1:40912\ndLegerSelfId=n0\n\
         sendMessageThreadPoolNums=16\n"
    );
    let raft = try_load(&raft).unwrap();
    assert_eq!(raft.config.store.root, PathBuf::from("/tmp/s/node00"));
    assert_eq!(raft.config.network.ha_port, 30912);
    assert!(raft.warnings.iter().any(|warning| warning.cause == Cause::RunsAlone));

    let controlled = format!(
        "{common}{paths}brokerId = -1\nbrokerRole = SLAVE\nenableControllerMode = true\n\
         controllerAddr = 127.0.0.1:9878\nallAckInSyncStateSet=true\nlistenPort=30911\n"
    );
    assert_eq!(load(&controlled).identity.id, -1);

    let contained = "brokerRole=SYNC_MASTER\nhaListenPort=20912\ntotalReplicas=2\n\
        inSyncReplicas=2\nslaveReadEnable=true\nenableSlaveActingMaster=true\nlistenPort=20911\n";
    assert_eq!(load(contained).network.ha_address().to_string(), "192.0.2.7:20912");
}

#[test]
fn a_master_has_id_0_and_a_slave_more() {
    let loaded = try_load("brokerId=5\n").unwrap();
    assert_eq!(loaded.config.identity.id, 0);
    assert!(loaded.settings.listing().contains("\nbrokerId=0\n"));
    assert_eq!(
        loaded.warnings[0].to_string(),
        "b.conf:1: brokerId is 0 for a master, whatever is written"
    );
    let slave = "brokerRole=SLAVE\nbrokerId=0\n";
    assert_eq!(fault(slave), "b.conf:2: brokerId=0: a slave's brokerId must be 1 or more");
    assert_eq!(
        fault("brokerRole=SLAVE\n"),
        "default: brokerId=0: a slave's brokerId must be 1 or more"
    );
}

#[test]
fn what_cannot_work_stops_the_start() {
    for (text, expected) in [
        (
            "namesrvAddr=localhost",
            "b.conf:1: namesrvAddr=localhost: must be host:port, several separated by semicolons",
        ),
        ("bindAddress=eth0", "b.conf:1: bindAddress=eth0: must be an IP address, such as 0.0.0.0"),
        ("brokerIP1=a b", "b.conf:1: brokerIP1=a b: must be an IP address or a host name"),
        ("brokerName=", "b.conf:1: brokerName=: must not be empty"),
        (
            "storePathCommitLog=/a,/b",
            "b.conf:1: storePathCommitLog=/a,/b: several directories are not supported; name one",
        ),
        (
            "mappedFileSizeCommitLog=100000",
            "b.conf:1: mappedFileSizeCommitLog=100000: must be a multiple of 4096",
        ),
        ("cores=3-1", "b.conf:1: cores=3-1: a range goes from the lower core to the higher one"),
        (
            "enableControllerMode=true\nenableDLegerCommitLog=true",
            "b.conf:1: enableControllerMode=true: cannot be on together with enableDLegerCommitLog",
        ),
    ] {
        assert_eq!(fault(text), expected);
    }
}

#[test]
fn the_environment_names_the_name_servers_unless_something_else_does() {
    let load = |file: &[u8]| {
        let mut host = test_host();
        host.namesrv_addr = Some("env".to_owned());
        let file = Some(("b.conf", file));
        BrokerConfig::load(Sources { host, assumed: BTreeMap::new(), file, flags: Vec::new() })
    };
    assert_eq!(
        load(b"").unwrap_err()[0].to_string(),
        "environment variable NAMESRV_ADDR: namesrvAddr=env: must be host:port, several \
         separated by semicolons"
    );
    assert_eq!(load(b"namesrvAddr=a:1").unwrap().config.network.name_servers.len(), 1);
}

#[test]
fn frozen_settings_count_only_when_given() {
    let config = load("shards=3\nmappedFileSizeConsumeQueue=20001\n");
    assert_eq!(
        config.store.wanted,
        Wanted {
            shards: Some(3),
            commit_log_segment_bytes: None,
            consume_queue_file_bytes: Some(20_020)
        }
    );
}

#[test]
fn values_reach_their_place() {
    let config = load(
        "flushDiskType=SYNC_FLUSH\nlongPollingEnable=false\nregisterNameServerPeriod=1000\n\
         traceTopicEnable=true\nenableSplitRegistration=true\nserverSocketSndBufSize=65536\n\
         brokerIP1=[fd00::1]\ncores=1,0\nbrokerPermission=4\n",
    );
    assert_eq!(config.store.flush, FlushMode::Sync);
    assert!(!config.pulls.long_polling);
    assert_eq!(config.registration.interval, Duration::from_secs(10));
    assert_eq!(config.registration.topics_per_part, Some(800));
    assert_eq!(config.topics.trace_topic.as_deref(), Some("RMQ_SYS_TRACE_TOPIC"));
    assert_eq!(config.network.sockets.send_buffer_bytes, Some(65_536));
    assert_eq!(config.network.address().to_string(), "[fd00::1]:10911");
    assert_eq!(config.cores.unwrap().numbers(), [0, 1]);
    assert_eq!(config.identity.permission, 4);
}

#[test]
fn delay_levels_are_read_and_a_wrong_one_stops_the_start() {
    let levels = load("").delays.levels;
    assert_eq!((levels.highest(), levels.delay_ms(18)), (18, Some(7_200_000)));
    let levels = load("messageDelayLevel=2s 1d\n").delays.levels;
    assert_eq!(levels.iter().collect::<Vec<_>>(), [(1, 2_000), (2, 86_400_000)]);
    let wrong = fault("messageDelayLevel=1s 5\n");
    assert!(wrong.starts_with("b.conf:1: messageDelayLevel=1s 5: level 2 has no unit"), "{wrong}");
}

/// A range wider than the type behind it would panic here.
#[test]
fn both_ends_of_every_range_load() {
    for key in Role::Broker.keys() {
        let Some((low, high)) = key.range else { continue };
        for value in [low, high] {
            // A slave, so that every broker id but 0 and below is as good.
            let loaded = try_load(&format!("{}={value}\n", key.name));
            assert!(loaded.is_ok(), "{}={value}: {:?}", key.name, loaded.unwrap_err());
        }
        for value in [low.checked_sub(1), high.checked_add(1)].into_iter().flatten() {
            let in_java = key.kind == Kind::Long || i32::try_from(value).is_ok();
            let loaded = try_load(&format!("{}={value}\n", key.name));
            assert_eq!(loaded.is_err(), in_java, "{}={value}", key.name);
        }
    }
}

/// A key that is said to act must change what the broker runs with.
#[test]
fn every_key_that_acts_changes_the_configuration() {
    // These act on settings alone, or only where another key is on.
    let by_settings = [
        "configBlackList",
        "brokerId",
        "msgTraceTopicName",
        "splitRegistrationSize",
        "metricsExporterType",
        "metricsPromExporterPort",
        "metricsPromExporterHost",
        "metricsLabel",
    ];
    let untouched = load("");
    for key in Role::Broker.keys() {
        if !matches!(key.effect, Effect::Acts(_)) || by_settings.contains(&key.name) {
            continue;
        }
        let default = key.default_value(&test_host()).map(|value| value.to_string());
        let other = match (key.kind, key.range) {
            (Kind::Boolean, _) => (default.as_deref() != Some("true")).to_string(),
            (Kind::Choice(words), _) => words[1].to_owned(),
            (_, Some((low, high))) => {
                let low = if default == Some(low.to_string()) { high } else { low };
                low.to_string()
            }
            _ => match key.name {
                "namesrvAddr" => "h:1".to_owned(),
                "cores" => "0".to_owned(),
                "deleteWhen" => "05".to_owned(),
                "messageDelayLevel" => "1s".to_owned(),
                _ => "192.0.2.99".to_owned(),
            },
        };
        let changed = load(&format!("{}={other}\n", key.name));
        assert_ne!(changed, untouched, "{}={other} changes nothing", key.name);
    }
}

#[test]
fn hours_of_clean_up_are_hours() {
    let rules = load("deleteWhen=04;16\nfileReservedTime=48\n").store.retention;
    assert!(rules.hours.contains(16) && !rules.hours.contains(5));
    assert_eq!(rules.kept, Duration::from_secs(48 * 3600));
    let told = fault("deleteWhen=4 o'clock\n");
    assert!(told.contains("deleteWhen") && told.contains("hours from 00 to 23"), "{told}");
}
