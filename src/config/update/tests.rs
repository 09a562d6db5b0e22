use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::Sources;
use super::super::broker::BrokerConfig;
use super::super::host::test_host;
use super::super::nameserver::NameserverConfig;
use super::*;

fn started(file: &str) -> Settings {
    let file = Some(("b.conf", file.as_bytes()));
    let assumed = BTreeMap::new();
    let sources = Sources { host: test_host(), assumed, file, flags: Vec::new() };
    BrokerConfig::load(sources).unwrap().settings
}

fn change(file: &str, body: &str) -> Result<Updated<BrokerConfig>, UpdateRefused> {
    update(&started(file), body.as_bytes())
}

#[test]
fn a_live_key_holds_at_once() {
    let updated = change("", "brokerPermission=4\nmaxMessageSize = 100\n").unwrap();
    assert_eq!(updated.loaded.config.identity.permission, 4);
    assert_eq!(updated.loaded.config.sends.body_bytes_max, 100);
    assert_eq!(
        updated.changed,
        [("brokerPermission", Change::Live), ("maxMessageSize", Change::Live)]
    );
    assert_eq!(updated.edits[0], ("brokerPermission", "4".to_owned()));
    assert!(updated.loaded.settings.listing().contains("\nbrokerPermission=4\n"));
}

#[test]
fn a_key_for_the_next_start_is_shown_but_does_not_hold() {
    let updated = change("", "listenPort=20911\nstorePathRootDir=/new\n").unwrap();
    assert_eq!(updated.loaded.config.network.listen_port, 10911);
    assert_eq!(updated.loaded.config.store.root, PathBuf::from("/home/test/store"));
    assert!(updated.loaded.settings.listing().contains("\nlistenPort=20911\n"));
    assert_eq!(updated.changed[0], ("listenPort", Change::Restart));
    let again = update::<BrokerConfig>(&updated.loaded.settings, b"brokerPermission=2").unwrap();
    assert_eq!(again.loaded.config.network.listen_port, 10911);
    assert!(again.loaded.settings.listing().contains("\nlistenPort=20911\n"));
}

#[test]
fn nothing_changes_for_unknown_keys_skipped_values_equal_values_and_an_empty_body() {
    for body in ["", "noSuchKey=1\n", "brokerPermission=4 \n", "brokerPermission=6\n"] {
        let updated = change("", body).unwrap();
        assert_eq!(updated.changed, [], "{body:?}");
        assert_eq!(updated.loaded.settings.listing(), started("").listing(), "{body:?}");
    }
    let updated = change("mine=1\n", "mine=2\n").unwrap();
    assert!(updated.loaded.settings.listing().contains("\nmine=2\n"), "a key of the file");
}

#[test]
fn black_listed_keys_are_refused_with_everything_beside_them() {
    for key in ["configBlackList", "brokerConfigPath", "rocketmqHome"] {
        let body = format!("brokerPermission=2\n{key}=x\n");
        let refused = change("", &body).unwrap_err();
        assert_eq!(refused, UpdateRefused::Blacklisted(key.to_owned()));
    }
    let refused = change("configBlackList=listenPort; brokerName\n", "brokerName=x").unwrap_err();
    assert_eq!(refused, UpdateRefused::Blacklisted("brokerName".to_owned()));
    assert!(change("configBlackList=listenPort\n", "configBlackList=x").is_err());

    let settings = {
        let assumed = BTreeMap::new();
        let sources = Sources { host: test_host(), assumed, file: None, flags: Vec::new() };
        NameserverConfig::load(sources).unwrap().settings
    };
    let refused = update::<NameserverConfig>(&settings, b"kvConfigPath=/x").unwrap_err();
    assert_eq!(refused, UpdateRefused::Blacklisted("kvConfigPath".to_owned()));
    let updated = update::<NameserverConfig>(&settings, b"orderMessageEnable=true").unwrap();
    assert!(updated.loaded.config.order_in_routes);
}

#[test]
fn what_the_process_could_not_start_with_is_refused() {
    for (body, expected) in [
        ("brokerPermission=9", "request: brokerPermission=9: must be within 0 to 7"),
        ("shards=4", "shards is frozen with the store and cannot be changed"),
        (
            "mappedFileSizeCommitLog=4194304",
            "mappedFileSizeCommitLog is frozen with the store and cannot be changed",
        ),
        ("brokerRole=SLAVE", "default: brokerId=0: a slave's brokerId must be 1 or more"),
        (
            "namesrvAddr=x",
            "request: namesrvAddr=x: must be host:port, several separated by semicolons",
        ),
        (
            "a=\\u1",
            "the body is no properties text: `\\u` is not followed by four hexadecimal digits",
        ),
    ] {
        assert_eq!(change("", body).unwrap_err().to_string(), expected);
    }
}
