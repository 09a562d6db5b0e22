//! Consumers that were left behind by clean-up: unmodified clients go on with the first message
//! that is there, after mqadmin has had expired segments removed.

use crate::account::{all_acknowledged, arrived, by_body, exactly_once};
use crate::driver::{Driver, Headers, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting;
use crate::system::{Cluster, Flush};

const TOPIC: &str = "left_behind";
const QUEUES: i32 = 2;
/// So many messages of 4000 bytes are surely more than a segment of 1 MiB holds.
const PER_SEGMENT: i64 = 262;
/// Oldest and newest.
const VERSIONS: [&str; 2] = ["4.9.8", "5.5.0"];

fn send(driver: &mut Driver, prefix: &str, count: &str, size: &str) -> Vec<Sent> {
    let fields = [
        ("name", "p"),
        ("topic", TOPIC),
        ("kind", "sync"),
        ("prefix", prefix),
        ("count", count),
        ("size", size),
    ];
    let sent = driver.send(&fields);
    all_acknowledged(prefix, &sent, "SEND_OK");
    sent
}

fn push(driver: &mut Driver, name: &str, version: &str) {
    let group = format!("late_{}", version.replace('.', "_"));
    driver.run("push", &[("name", name), ("group", &group), ("topic", TOPIC)]);
}

fn wait_all(driver: &Driver, name: &str, sent: &[Sent]) {
    wait_until(&format!("{name} gets {} messages", sent.len()), STEP_WITHIN, || {
        arrived(sent, &driver.messages(name)) == sent.len()
    });
}

#[test]
fn consumers_left_behind_by_clean_up_go_on_with_what_is_there() {
    let small = [("mappedFileSizeCommitLog", "1048576"), ("cleanResourceInterval", "100")];
    let cluster = Cluster::started("retention", Flush::Async, 1, &small);
    let (broker, servers) = (cluster.broker.address(), cluster.name_server.address());
    cluster.create_topic(TOPIC, QUEUES);
    let mut drivers = VERSIONS.map(|version| {
        let mut driver = Driver::start(
            &format!("late-{version}"),
            version,
            Headers::Json,
            &servers,
            &cluster.work,
        );
        push(&mut driver, "before", version);
        driver
    });
    drivers[1].run("producer", &[("name", "p")]);
    let early = send(&mut drivers[1], "early", "10", "100");
    for (driver, version) in drivers.iter_mut().zip(VERSIONS) {
        wait_all(driver, "before", &early);
        driver.run("shutdown", &[("name", "before")]);
        cluster.wait_committed(&format!("late_{}", version.replace('.', "_")), TOPIC, QUEUES);
    }
    // Some segments of messages that nobody has got yet, each too short to be compressed.
    let missed = send(&mut drivers[1], "missed", "1200", "4000");
    for command in ["updateBrokerConfig -k fileReservedTime -v 0", "deleteExpiredCommitLog"] {
        let output = drivers[1].admin(&format!("{command} -b {broker}"));
        assert!(output.contains("success"), "{command}: {output}");
    }
    // The last segment stays: what is left begins there.
    wait_until("only the last segment is left", STEP_WITHIN, || {
        (0..QUEUES).all(|queue| {
            remoting::min_offset(&broker, TOPIC, queue) + PER_SEGMENT / 2
                > remoting::max_offset(&broker, TOPIC, queue)
        })
    });
    let min: Vec<i64> =
        (0..QUEUES).map(|queue| remoting::min_offset(&broker, TOPIC, queue)).collect();
    let left: Vec<Sent> = missed
        .into_iter()
        .filter(|one| one.offset >= Some(min[usize::try_from(one.queue.unwrap()).unwrap()]))
        .collect();
    assert!(
        !left.is_empty() && left.len() <= usize::try_from(PER_SEGMENT).unwrap(),
        "{}",
        left.len()
    );
    for (driver, version) in drivers.iter_mut().zip(VERSIONS) {
        push(driver, "after", version);
        wait_all(driver, "after", &left);
        let seen = driver.messages("after");
        exactly_once(version, &left, &seen);
        assert_eq!(by_body(&seen).len(), left.len(), "{version} gets nothing else");
    }
}
