use std::collections::BTreeMap;

use super::super::host::test_host;
use super::super::{Loaded, Sources};
use super::*;

fn load(text: &str) -> Loaded<NameserverConfig> {
    let file = Some(("n.conf", text.as_bytes()));
    let assumed = BTreeMap::new();
    NameserverConfig::load(Sources { host: test_host(), assumed, file, flags: Vec::new() }).unwrap()
}

#[test]
fn without_a_file_the_defaults_are_those_of_java() {
    let config = load("").config;
    assert_eq!(config.listen_port, 9876);
    assert_eq!(config.sockets.bind.to_string(), "0.0.0.0");
    assert_eq!(config.kv_path, PathBuf::from("/home/test/namesrv/kvConfig.json"));
    assert_eq!(config.config_path, PathBuf::from("/home/test/namesrv/namesrv.properties"));
    assert_eq!(config.scan_interval, Duration::from_secs(5));
    assert!(config.order_to_brokers && config.all_topic_list && config.topic_lists);
    assert!(!config.order_in_routes && !config.forget_unregistered_topics);
    assert_eq!(config.routes_wait, None);
}

#[test]
fn values_reach_their_place() {
    let config = load(
        "listenPort=9886\nkvConfigPath=/k\nneedWaitForService=true\nwaitSecondsForService=3\n\
         orderMessageEnable=true\nenableTopicList=false\nscanNotActiveBrokerInterval=100\n",
    )
    .config;
    assert_eq!(config.listen_port, 9886);
    assert_eq!(config.kv_path, PathBuf::from("/k"));
    assert_eq!(config.routes_wait, Some(Duration::from_secs(3)));
    assert!(config.order_in_routes && !config.topic_lists);
    assert_eq!(config.scan_interval, Duration::from_millis(100));
}

#[test]
fn a_controller_file_loads_with_a_warning_per_key() {
    let loaded = load(
        "enableControllerInNamesrv = true\ncontrollerDLegerGroup = group1\n\
         controllerDLegerPeers = n0-127.0.0.1:9878\ncontrollerDLegerSelfId = n0\n",
    );
    assert_eq!(loaded.warnings.len(), 4);
    assert!(loaded.warnings.iter().all(|warning| warning.to_string().contains("no effect yet")));
}

#[test]
fn both_ends_of_every_range_load() {
    for key in Role::Nameserver.keys() {
        let Some((low, high)) = key.range else { continue };
        load(&format!("{}={low}\n", key.name));
        load(&format!("{}={high}\n", key.name));
    }
}
