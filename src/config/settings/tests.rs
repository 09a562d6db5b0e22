use std::collections::BTreeMap;

use super::super::broker::BrokerConfig;
use super::super::host::test_host;
use super::super::nameserver::NameserverConfig;
use super::super::{Configuration, Loaded, Sources};
use super::*;

fn load<C: Configuration>(text: &str) -> Result<Loaded<C>, Vec<ConfigError>> {
    C::load(Sources {
        host: test_host(),
        assumed: BTreeMap::new(),
        file: Some(("broker.conf", text.as_bytes())),
        flags: Vec::new(),
    })
}

fn warnings(text: &str) -> Vec<String> {
    let loaded = load::<BrokerConfig>(text).unwrap();
    loaded.warnings.iter().map(ToString::to_string).collect()
}

fn errors(text: &str) -> Vec<String> {
    let errors = load::<BrokerConfig>(text).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

/// The keys whose value in a golden listing is not ours, with the reason beside each.
fn compare(listing: &str, golden: &str, differ: &[&str]) {
    let entries = |text: &str| -> BTreeMap<String, String> {
        text.lines()
            .map(|line| line.split_once('=').unwrap())
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    let (ours, java) = (entries(listing), entries(golden));
    for (key, value) in &java {
        if differ.contains(&key.as_str()) {
            assert!(ours.get(key) != Some(value), "{key} does not differ any more");
        } else {
            assert_eq!(ours.get(key), Some(value), "{key}");
        }
    }
    let sorted: Vec<&str> = listing.lines().collect();
    assert!(sorted.is_sorted_by_key(|line| line.split('=').next()), "sorted as in Java 5.x");
}

#[test]
fn a_broker_lists_what_java_lists() {
    // What the captured broker was started with.
    let file = "brokerClusterName=DefaultCluster\nbrokerName=broker-a\nbrokerId=0\n\
        bindAddress=127.0.0.1\nbrokerIP1=127.0.0.2\nbrokerIP2=127.0.0.2\nlistenPort=30911\n\
        namesrvAddr=127.0.0.3:29876\nstorePathRootDir=/opt/rocketmq-data/store\n\
        enablePropertyFilter=true\nmappedFileSizeCommitLog=1048576\n\
        mappedFileSizeConsumeQueue=20000\nmaxHashSlotNum=500\nmaxIndexNum=2000\n\
        mappedFileSizeTimerLog=102400\ntransactionTimeOut=1000\ntransactionCheckInterval=3000\n\
        recallMessageEnable=true\ndeleteWhen=04\ndiskMaxUsedSpaceRatio=95\nmaxMessageSize=8192\n";
    let mut host = test_host();
    host.rocketmq_home = Some("/opt/rocketmq-data/home".to_owned());
    let loaded = BrokerConfig::load(Sources {
        host,
        assumed: BTreeMap::new(),
        file: Some(("broker.conf", file.as_bytes())),
        flags: Vec::new(),
    })
    .unwrap();
    let golden = include_str!("../../../tests/golden/config/get-broker-config-5.5.0.txt");
    // Java sets it from the filter settings when it starts.
    compare(&loaded.settings.listing(), golden, &["bitMapLengthConsumeQueueExt"]);
}

#[test]
fn a_name_server_lists_what_java_lists() {
    let file = "listenPort=29876\nbindAddress=127.0.0.1\n\
        kvConfigPath=/opt/rocketmq-data/namesrv/kvConfig.json\n\
        configStorePath=/opt/rocketmq-data/ns.conf\nrocketmqHome=/opt/rocketmq-data/home\n";
    let loaded = load::<NameserverConfig>(file).unwrap();
    let golden = include_str!("../../../tests/golden/config/get-namesrv-config-5.5.0.txt");
    compare(&loaded.settings.listing(), golden, &[]);
    assert_eq!(loaded.settings.listing().lines().count(), golden.lines().count());
}

#[test]
fn a_value_java_skips_keeps_the_default_and_is_told_with_its_line() {
    assert_eq!(
        warnings("# mine\nflushIntervalCommitLog=300 \n"),
        ["broker.conf:2: flushIntervalCommitLog=\"300 \" is no 32-bit whole number (blanks \
          count), so as in RocketMQ it stays 500"]
    );
    let loaded = load::<BrokerConfig>("flushIntervalCommitLog=300 \n").unwrap();
    assert_eq!(loaded.config.store.flush_interval, Duration::from_millis(500));
    assert_eq!(
        warnings("autoCreateTopicEnable=true \n"),
        ["broker.conf:1: autoCreateTopicEnable=\"true \" is neither true nor false (blanks \
          count), so as in RocketMQ it is false"]
    );
    assert_eq!(
        warnings("flushDiskType=sync\n"),
        ["broker.conf:1: flushDiskType=\"sync\" is none of ASYNC_FLUSH, SYNC_FLUSH, so as in \
          RocketMQ it stays ASYNC_FLUSH"]
    );
}

#[test]
fn unknown_keys_and_keys_without_effect_are_told_once() {
    assert_eq!(
        warnings("flushDiskTipe=SYNC_FLUSH\nzzzzzzzzzzzzzzzzzzzz=1\n"),
        [
            "broker.conf:1: flushDiskTipe is not a known key and is ignored; did you mean \
             flushDiskType?",
            "broker.conf:2: zzzzzzzzzzzzzzzzzzzz is not a known key and is ignored"
        ]
    );
    // A bad value of a key without effect is no second warning.
    assert_eq!(
        warnings("coldDataFlowControlEnable=true\nsendMessageThreadPoolNums=16 \n"),
        [
            "broker.conf:1: coldDataFlowControlEnable has no effect yet: cold data control: not \
             built",
            "broker.conf:2: sendMessageThreadPoolNums has no effect: each core runs one thread \
             without locks; there are no pools"
        ]
    );
}

#[test]
fn a_value_out_of_range_is_an_error_with_line_and_range() {
    assert_eq!(
        errors("brokerName=a\nlistenPort=70000\nflushIntervalCommitLog=0\nshards=2000\n"),
        [
            "broker.conf:2: listenPort=70000: must be within 3 to 65534",
            "broker.conf:3: flushIntervalCommitLog=0: must be within 1 to 3600000 ms",
            "broker.conf:4: shards=2000: must be within 1 to 1024"
        ]
    );
    assert_eq!(
        errors("startAcceptSendRequestTimeStamp=-1"),
        ["broker.conf:1: startAcceptSendRequestTimeStamp=-1: must be 0 ms or more"]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_with_its_line() {
    assert_eq!(
        errors("a=1\nb=\\uzzzz\n"),
        ["broker.conf:2: `\\u` is not followed by four hexadecimal digits"]
    );
    assert_eq!(errors("a=\0"), ["broker.conf:1: the file is not text: it has a zero byte"]);
}

#[test]
fn the_last_of_several_holds_and_the_others_are_told() {
    let loaded = load::<BrokerConfig>("listenPort=1000\nlistenPort = 99999\nlistenPort=2000");
    let loaded = loaded.unwrap();
    assert_eq!(loaded.config.network.listen_port, 2000);
    let told: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "broker.conf:1: listenPort is set again on line 3, which holds",
            "broker.conf:2: listenPort is set again on line 3, which holds"
        ]
    );
}

#[test]
fn the_words_of_an_xml_comment_are_passed_over_but_its_keys_hold() {
    let text = "<!--\n  Words of a licence; they are not keys.\n-->\nlistenPort=9877\n";
    let loaded = load::<NameserverConfig>(text).unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.listen_port, 9877);
    assert!(!loaded.settings.listing().contains("Words"));

    let loaded = load::<NameserverConfig>("<!--\nlistenPort=1\n-->\n").unwrap();
    assert_eq!(loaded.config.listen_port, 1);
    assert_eq!(
        loaded.warnings[0].to_string(),
        "broker.conf:2: listenPort holds although it is inside <!-- -->, which is no comment in \
         such a file; use #"
    );
}

#[test]
fn bytes_outside_ascii_are_told() {
    let told = warnings("brokerName=caf\u{e9}\n");
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("ISO-8859-1"), "{told:?}");
}

#[test]
fn flags_win_over_the_file_and_unknown_keys_stay_listed() {
    let loaded = BrokerConfig::load(Sources {
        host: test_host(),
        assumed: BTreeMap::new(),
        file: Some(("b", b"namesrvAddr=a:1\nmine=yes\nshards=4\n")),
        flags: vec![("namesrvAddr", "b:2;c:3".to_owned(), "-n"), ("shards", "0".to_owned(), "x")],
    });
    assert_eq!(loaded.unwrap_err()[0].to_string(), "flag x: shards=0: must be within 1 to 1024");
    let loaded = BrokerConfig::load(Sources {
        host: test_host(),
        assumed: BTreeMap::new(),
        file: Some(("b", b"namesrvAddr=a:1\nmine=yes\n")),
        flags: vec![("namesrvAddr", "b:2;c:3".to_owned(), "-n")],
    })
    .unwrap();
    assert_eq!(loaded.config.network.name_servers.len(), 2);
    let listing = loaded.settings.listing();
    assert!(listing.contains("\nnamesrvAddr=b:2;c:3\n"));
    assert!(listing.contains("\nmine=yes\n"));
}

#[test]
fn printing_shows_all_keys_or_the_important_ones() {
    let settings = load::<BrokerConfig>("flushDiskType=SYNC_FLUSH\n").unwrap().settings;
    let all = settings.print(false);
    assert_eq!(all.lines().count(), Role::Broker.keys().count());
    assert!(all.contains("\nauthenticationEnabled=false\n"), "unlike the listing");
    assert!(all.contains("\ndLegerGroup=\n"), "null is nothing after the sign");
    let important = settings.print(true);
    assert!(important.contains("\nflushDiskType=SYNC_FLUSH\n"));
    assert!(important.starts_with("brokerName=testhost\n"));
    assert!(!important.contains("sendMessageThreadPoolNums"));
    assert!(important.lines().all(|line| all.lines().any(|other| other == line)));
}
