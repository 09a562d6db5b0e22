use std::io::Write;

use super::*;
use crate::config::host::Host;

fn machine() -> Machine {
    Machine {
        host: Host {
            name: Some("here".to_owned()),
            home: "/home/test".to_owned(),
            cpus: 2,
            memory_bytes: 8 << 30,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
            namesrv_addr: Some("env:9876".to_owned()),
            rocketmq_home: None,
        },
        log: None,
        directory: PathBuf::from("/start"),
    }
}

fn prepared(invocation: &Invocation) -> (Prepared, Vec<String>) {
    let mut warnings = Vec::new();
    let prepared =
        prepare(invocation, &machine(), &mut |warning| warnings.push(warning.to_string()));
    (prepared.unwrap(), warnings)
}

fn plan(invocation: &Invocation) -> (StartPlan, Vec<String>) {
    match prepared(invocation) {
        (Prepared::Start(plan), warnings) => (*plan, warnings),
        (Prepared::Print(text), _) => panic!("prints {text}"),
    }
}

/// A file that is gone when the value is dropped.
fn file(text: &str) -> (tempfile::NamedTempFile, String) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    (file, path)
}

fn servers(config: &BrokerConfig) -> Vec<String> {
    config.network.name_servers.iter().map(ToString::to_string).collect()
}

#[test]
fn standalone_without_a_file_serves_this_machine() {
    let (plan, warnings) = plan(&Invocation::Standalone(StandaloneArgs::default()));
    assert_eq!(plan.mode, Mode::Standalone);
    let broker = plan.broker.unwrap().config;
    assert_eq!(broker.network.address().to_string(), "127.0.0.1:10911");
    assert_eq!(servers(&broker), ["127.0.0.1:9876"]);
    assert_eq!(broker.store.root, PathBuf::from("/start/ringmq-data"));
    assert_eq!(broker.store.commit_log, PathBuf::from("/start/ringmq-data/commitlog"));
    let nameserver = plan.nameserver.unwrap().config;
    assert_eq!(nameserver.listen_port, 9876);
    assert_eq!(nameserver.kv_path, PathBuf::from("/start/ringmq-data/namesrv/kvConfig.json"));
    assert!(matches!(plan.cores, Cores::All));
    assert_eq!(warnings.len(), 1, "the environment is not heeded, and that is said");
    assert!(warnings[0].starts_with("environment variable NAMESRV_ADDR: "), "{warnings:?}");
}

#[test]
fn standalone_with_a_file_advertises_this_machine_and_keeps_its_own_name_server() {
    let (_keep, broker_file) = file("namesrvAddr=other:9876\nlistenPort=20911\n");
    let (_keep, nameserver_file) = file("listenPort=19876\nbindAddress=127.0.0.9\n");
    let args = StandaloneArgs {
        config: Some(broker_file.clone()),
        nameserver_config: Some(nameserver_file.clone()),
        cores: Some("1".parse().unwrap()),
        shards: Some(3),
        ..StandaloneArgs::default()
    };
    let (plan, _) = plan(&Invocation::Standalone(args));
    let broker = plan.broker.unwrap();
    assert_eq!(broker.config.network.address().to_string(), "192.0.2.7:20911");
    assert_eq!(servers(&broker.config), ["127.0.0.9:19876", "other:9876"]);
    assert_eq!(broker.config.store.wanted.shards, Some(3));
    assert_eq!(broker.file, Some(PathBuf::from(broker_file)));
    assert!(matches!(plan.cores, Cores::Listed(list) if list == [1]));
    assert_eq!(plan.nameserver.unwrap().config.config_path, PathBuf::from(nameserver_file));
}

#[test]
fn a_broker_has_the_defaults_of_rocketmq_and_flags_win() {
    let (plan, warnings) = plan(&Invocation::Broker(BrokerArgs::default()));
    assert_eq!(plan.mode, Mode::Broker);
    let broker = plan.broker.unwrap();
    assert_eq!(broker.config.store.root, PathBuf::from("/home/test/store"));
    assert_eq!(servers(&broker.config), ["env:9876"]);
    assert_eq!(broker.file, None);
    assert!(plan.nameserver.is_none() && warnings.is_empty());

    let (_keep, path) =
        file("namesrvAddr=f:1\nstorePathRootDir=/f\nstorePathCommitLog=/g\nshards=8\ncores=0\n");
    let args = BrokerArgs {
        config: Some(path),
        name_servers: Some("a:1;b:2".to_owned()),
        store: Some("./mine/".to_owned()),
        shards: Some(2),
        cores: Some("0-1".parse().unwrap()),
        ..BrokerArgs::default()
    };
    let (plan, _) = super::tests::plan(&Invocation::Broker(args));
    let broker = plan.broker.unwrap().config;
    assert_eq!(servers(&broker), ["a:1", "b:2"]);
    assert_eq!(broker.store.root, PathBuf::from("/start/mine"));
    assert_eq!(broker.store.commit_log, PathBuf::from("/start/mine/commitlog"));
    assert_eq!(broker.store.wanted.shards, Some(2));
    assert!(matches!(plan.cores, Cores::Listed(list) if list == [0, 1]));
}

#[test]
fn a_name_server_runs_on_one_core() {
    let (plan, warnings) = plan(&Invocation::Nameserver(NameserverArgs {
        name_servers: Some("a:1".to_owned()),
        store: Some("/var/ns".to_owned()),
        ..NameserverArgs::default()
    }));
    assert!(matches!(plan.cores, Cores::Count(1)));
    let config = plan.nameserver.unwrap().config;
    assert_eq!(config.kv_path, PathBuf::from("/var/ns/namesrv/kvConfig.json"));
    assert_eq!(
        warnings,
        ["flag -n: namesrvAddr is ignored: name servers know nothing of each other"]
    );
    let cores = Some("2-3".parse().unwrap());
    let args = NameserverArgs { cores, ..NameserverArgs::default() };
    let (plan, _) = super::tests::plan(&Invocation::Nameserver(args));
    assert!(matches!(plan.cores, Cores::Listed(list) if list == [2]));
}

#[test]
fn printing_ends_before_anything_starts() {
    let args = BrokerArgs {
        print_important: true,
        name_servers: Some("a:1".to_owned()),
        ..BrokerArgs::default()
    };
    let (Prepared::Print(text), _) = prepared(&Invocation::Broker(args)) else { panic!() };
    assert!(text.contains("\nnamesrvAddr=a:1\n"), "flags count: {text}");
    assert!(!text.contains("shortPollingTimeMills"));
    let args = StandaloneArgs { print: true, ..StandaloneArgs::default() };
    let (Prepared::Print(text), _) = prepared(&Invocation::Standalone(args)) else { panic!() };
    assert!(text.starts_with("# name server\n") && text.contains("\n# broker\n"));
    assert!(text.contains("\nshortPollingTimeMills=1000\n"));
}

#[test]
fn wrong_files_fail_with_their_status() {
    let failure = |config: &str| {
        let args = BrokerArgs { config: Some(config.to_owned()), ..BrokerArgs::default() };
        prepare(&Invocation::Broker(args), &machine(), &mut |_| {}).unwrap_err()
    };
    assert!(failure("/no/such").to_string().contains("does not exist"));
    let (_keep, path) = file("listenPort=0\n");
    let wrong = failure(&path);
    assert_eq!(wrong.lines(""), format!("{path}:1: listenPort=0: must be within 3 to 65534\n"));
    assert_eq!(wrong.exit().code(), 3);
}
