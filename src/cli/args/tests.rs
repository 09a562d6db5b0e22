use super::*;

fn run(words: &[&str]) -> Invocation {
    match parse(words.iter().map(OsString::from)) {
        Parsed::Run(invocation) => invocation,
        Parsed::Admin { operation, .. } => panic!("{words:?} administers: {operation:?}"),
        Parsed::Store(store) => panic!("{words:?} looks at a store: {store:?}"),
        Parsed::Tune(words) => panic!("{words:?} is about the machine"),
        Parsed::Bench(words) => panic!("bench {words:?}"),
        Parsed::Say { text, .. } => panic!("{words:?} says {text}"),
    }
}

fn said(words: &[&str]) -> (String, Exit) {
    match parse(words.iter().map(OsString::from)) {
        Parsed::Run(invocation) => panic!("{words:?} runs {invocation:?}"),
        Parsed::Admin { operation, .. } => panic!("{words:?} administers: {operation:?}"),
        Parsed::Store(store) => panic!("{words:?} looks at a store: {store:?}"),
        Parsed::Tune(tune) => panic!("{words:?} is about the machine: {tune:?}"),
        Parsed::Bench(words) => panic!("bench {words:?}"),
        Parsed::Say { text, exit } => (text.to_string(), exit),
    }
}

#[test]
fn the_definition_is_sound() {
    for name in ["ringmq", "mqadmin", "mqbroker", "mqnamesrv"] {
        accepted(name).debug_assert();
    }
}

#[test]
fn a_bare_run_is_standalone() {
    let bare = run(&["ringmq"]);
    assert_eq!(bare, Invocation::Standalone(StandaloneArgs::default()));
    assert_eq!(bare, run(&["ringmq", "standalone"]));
    let words = ["--store", "d", "--cores", "0-1", "--shards", "2"];
    let Invocation::Standalone(args) = run(&[&["ringmq"][..], &words].concat()) else { panic!() };
    assert_eq!(args.store.as_deref(), Some("d"));
    assert_eq!(args.cores.as_ref().map(CoreList::numbers), Some(&[0, 1][..]));
    assert_eq!(args.shards, Some(2));
    assert_eq!(
        run(&[&["ringmq", "standalone"][..], &words].concat()),
        Invocation::Standalone(args)
    );
}

#[test]
fn a_link_is_its_command() {
    for words in
        [["ringmq", "broker"].as_slice(), ["mqbroker"].as_slice(), ["/opt/bin/mqbroker"].as_slice()]
    {
        let words = [words, &["-c", "b.conf", "-n", "a:1;b:2", "-p", "-m"]].concat();
        let Invocation::Broker(args) = run(&words) else { panic!("{words:?}") };
        assert_eq!(args.config.as_deref(), Some("b.conf"));
        assert_eq!(args.name_servers.as_deref(), Some("a:1;b:2"));
        assert!(args.print && args.print_important);
    }
    for words in [["ringmq", "namesrv"].as_slice(), ["./mqnamesrv"].as_slice()] {
        let words = [words, &["-c", "n.conf", "-p"]].concat();
        let Invocation::Nameserver(args) = run(&words) else { panic!("{words:?}") };
        assert_eq!(args.config.as_deref(), Some("n.conf"));
        assert!(args.print);
    }
}

#[test]
fn the_long_flags_are_those_of_rocketmq() {
    let long = run(&[
        "mqbroker",
        "--configFile=b",
        "--namesrvAddr",
        "a:1",
        "--printConfigItem",
        "--printImportantConfig",
    ]);
    assert_eq!(long, run(&["mqbroker", "-c", "b", "-n", "a:1", "-p", "-m"]));
}

#[test]
fn wrong_words_are_usage() {
    for words in [
        ["ringmq", "--nope"].as_slice(),
        &["ringmq", "nope"],
        &["ringmq", "--cores", "1-0"],
        &["ringmq", "--cores", ""],
        &["ringmq", "--shards", "0"],
        &["ringmq", "--shards", "1025"],
        &["ringmq", "--store", ""],
        &["ringmq", "-n", "a:1"],
        &["ringmq", "broker", "-n", "a"],
        &["ringmq", "broker", "-n", ";"],
        &["ringmq", "broker", "-c"],
        &["ringmq", "namesrv", "-m"],
        &["ringmq", "--shards", "1", "broker"],
        &["mqbroker", "broker"],
        &["ringmq", "tune"],
        &["ringmq", "tune", "check", "--media", "tape"],
        &["ringmq", "tune", "check", "--cores", "1-0"],
        &["ringmq", "tune", "check", "--dry-run"],
        &["ringmq", "tune", "probe"],
    ] {
        let (text, exit) = said(words);
        assert_eq!(exit, Exit::Usage, "{words:?}: {text}");
    }
}

#[test]
fn help_has_examples_and_every_exit_status() {
    for words in [["ringmq", "--help"].as_slice(), &["mqbroker", "--help"]] {
        let (text, exit) = said(words);
        assert_eq!(exit, Exit::Success);
        assert!(text.contains("Examples:") && text.contains("NAMESRV_ADDR"));
        for exit in Exit::ALL {
            assert!(text.contains(exit.meaning()), "{words:?} lacks {exit:?}");
        }
    }
    assert!(said(&["ringmq", "broker", "-h"]).0.contains("--cores"));
    assert_eq!(said(&["ringmq", "--version"]).0, format!("ringmq {VERSION}\n"));
    assert_eq!(said(&["mqbroker", "-V"]).0, format!("mqbroker {VERSION}\n"));
}

fn look(words: &[&str]) -> StoreWords {
    match parse([&["ringmq", "store"][..], words].concat().iter().map(OsString::from)) {
        Parsed::Store(words) => words,
        Parsed::Bench(words) => panic!("bench {words:?}"),
        other => panic!("{words:?} is {other:?}"),
    }
}

#[test]
fn a_store_is_looked_at() {
    use crate::store::inspect::dump::Select;
    use crate::units::PhysicalOffset;

    let StoreWords::Check(check) = look(&["check", "d", "--faults", "3"]) else { panic!() };
    assert_eq!((check.faults, check.place.layout()), (3, crate::store::Layout::default()));
    let selected = |words: &[&str]| match look(&[&["dump", "d"][..], words].concat()) {
        StoreWords::Dump(dump) => dump.select(),
        StoreWords::Check(_) => panic!("{words:?}"),
    };
    let (topic, key) = ("t".to_owned(), "k".to_owned());
    assert_eq!(selected(&[]), Select::Log(None));
    assert_eq!(selected(&["--topic", "t"]), Select::Log(Some(topic.clone())));
    assert_eq!(selected(&["--offset", "7"]), Select::Offset(PhysicalOffset(7)));
    let queue = Select::Queue { topic: topic.clone(), queue: 1, from: 5 };
    assert_eq!(selected(&["--topic", "t", "--queue", "1", "--from", "5"]), queue);
    assert_eq!(selected(&["--topic", "t", "--key", "k"]), Select::Key { topic, key });
    for wrong in [
        &["dump"][..],
        &["dump", "d", "--queue", "1"],
        &["dump", "d", "--key", "k"],
        &["dump", "d", "--offset", "-1"],
        &["dump", "d", "--offset", "1", "--topic", "t"],
        &["check", "d", "--index-entries", "1"],
        &["repair", "d"],
    ] {
        let (text, exit) = said(&[&["ringmq", "store"][..], wrong].concat());
        assert_eq!(exit, Exit::Usage, "{wrong:?}: {text}");
    }
}

#[test]
fn both_names_lead_to_one_operation() {
    let operation = |line: &str| match parse(line.split(' ').map(OsString::from)) {
        Parsed::Admin { operation, flags, asks } => {
            ((operation.verb.path, operation.words), flags.name_servers, asks)
        }
        other => panic!("{line}: {other:?}"),
    };
    let pairs = [
        ("admin cluster list", "clusterList"),
        ("admin topic route t", "topicRoute -t t"),
        ("admin topic create t -r 4 --write 2 -b h:1", "updateTopic -t t -r 4 -w 2 -b h:1"),
        ("admin topic delete t -c c", "deleteTopic -c c -t t"),
        ("admin offset show g", "consumerProgress -g g"),
        ("admin offset show", "consumerProgress"),
        ("admin consumerProgress --group g", "consumerProgress --groupName g"),
        ("admin message by-key t k --begin 5", "queryMsgByKey -t t -k k -b 5"),
        ("admin offset reset g t --to now", "resetOffsetByTime -g g -t t -s now"),
        ("admin broker config set k v", "updateBrokerConfig -k k -v v"),
    ];
    for (ours, theirs) in pairs {
        let (ours, servers, asks) = operation(&format!("ringmq {ours} -n h:9876"));
        let servers_wanted = Some("h:9876".to_owned());
        assert_eq!((servers, asks), (servers_wanted.clone(), true), "{ours:?}");
        let wanted = (ours, servers_wanted, false);
        assert_eq!(operation(&format!("/opt/mqadmin {theirs} -n h:9876")), wanted);
    }
}

#[test]
fn the_words_of_bench_are_left_as_they_are() {
    let words = ["ringmq", "bench", "producer", "-n", "h:1", "-h"];
    match parse(words.iter().map(OsString::from)) {
        Parsed::Bench(passed) => assert_eq!(passed, ["producer", "-n", "h:1", "-h"]),
        other => panic!("{other:?}"),
    }
}
