//! Two brokers of one cluster at two name servers: how consumers in two processes share out the
//! queues by each strategy of the client, and how producers go on when one broker is gone.

use std::collections::BTreeSet;

use crate::account::{all_acknowledged, arrived, exactly_once};
use crate::driver::{Driver, Headers, Sent, typed};
use crate::process::{STEP_WITHIN, WorkFolder, wait_until};
use crate::remoting;
use crate::system::{Broker, BrokerSettings, Flavor, Flush, NameServer, free_port};

const TOPIC: &str = "rooms";
/// The brokers' names say which machine room they are in; how many queues each has.
const ROOMS: [(&str, i32); 2] = [("roomA@a", 5), ("roomB@b", 4)];
const STRATEGIES: [&str; 6] =
    ["AVG", "AVG_BY_CIRCLE", "CONFIG", "MACHINE_ROOM", "MACHINE_ROOM_NEARBY", "CONSISTENT_HASH"];
const PER_QUEUE: usize = 2;

/// All queues in the order that clients share them out in.
fn all_queues() -> Vec<String> {
    let of_room = |(name, queues)| (0..queues).map(move |queue| format!("{name}:{queue}"));
    ROOMS.into_iter().flat_map(of_room).collect()
}

/// The queues of the first and the second of two consumers; nothing where that depends on hashes.
fn shares(strategy: &str) -> Option<[Vec<String>; 2]> {
    let all = all_queues();
    let (room_a, room_b) = all.split_at(5);
    let pick = |places: &[usize]| places.iter().map(|at| all[*at].clone()).collect();
    Some(match strategy {
        "AVG" => [pick(&[0, 1, 2, 3, 4]), pick(&[5, 6, 7, 8])],
        "AVG_BY_CIRCLE" => [pick(&[0, 2, 4, 6, 8]), pick(&[1, 3, 5, 7])],
        "CONFIG" => [pick(&[1, 7]), pick(&[0, 2, 3, 4, 5, 6, 8])],
        // Both are to consume what is in room A alone.
        "MACHINE_ROOM" => [pick(&[0, 1, 4]), pick(&[2, 3])],
        "MACHINE_ROOM_NEARBY" => [room_a.to_vec(), room_b.to_vec()],
        _ => return None,
    })
}

fn start_consumers(apps: &mut [Driver; 2]) {
    for (at, (app, instance)) in apps.iter_mut().zip(["roomA-x", "roomB-y"]).enumerate() {
        for strategy in STRATEGIES {
            let group = format!("by_{strategy}");
            let listed = shares(strategy).map(|shares| shares[at].join(",")).unwrap_or_default();
            let fields = [
                ("do", "push"),
                ("name", strategy),
                ("group", group.as_str()),
                ("topic", TOPIC),
                ("instance", instance),
                ("strategy", strategy),
                ("queues", &listed),
                ("room", "roomA"),
            ];
            app.run("groups", &fields);
        }
    }
}

fn held(app: &mut Driver, strategy: &str) -> Vec<String> {
    let fields = [("do", "queues"), ("name", strategy), ("topic", TOPIC)];
    typed(app.run("groups", &fields)["queues"].take())
}

fn wait_shared(apps: &mut [Driver; 2], strategy: &str) {
    wait_until(&format!("queues are shared out by {strategy}"), STEP_WITHIN, || {
        let now = apps.each_mut().map(|app| held(app, strategy));
        match shares(strategy) {
            Some(wanted) => now == wanted,
            None => {
                let union: BTreeSet<&String> = now.iter().flatten().collect();
                let is_split = now.iter().all(|share| !share.is_empty());
                is_split && union.len() == 9 && now[0].len() + now[1].len() == 9
            }
        }
    });
}

fn check_arrival(apps: &[Driver; 2], strategy: &str, sent: &[(String, Vec<Sent>)]) {
    let wanted = shares(strategy).map(|shares| shares.concat());
    let is_wanted = |queue: &String| wanted.as_ref().is_none_or(|list| list.contains(queue));
    let of_group = sent.iter().filter(|(queue, _)| is_wanted(queue));
    let of_group: Vec<Sent> = of_group.flat_map(|(_, sent)| sent.clone()).collect();
    let mut seen = Vec::new();
    wait_until(&format!("{strategy} gets all"), STEP_WITHIN, || {
        seen = apps.iter().flat_map(|app| app.messages(strategy)).collect();
        arrived(&of_group, &seen) == of_group.len()
    });
    exactly_once(strategy, &of_group, &seen);
}

fn sends(app: &mut Driver, producer: &str, topic: &str, prefix: &str, count: &str) -> Vec<Sent> {
    let fields = [("name", producer), ("kind", "sync"), ("topic", topic), ("prefix", prefix)];
    let sent = app.send(&[&fields[..], &[("count", count)]].concat());
    all_acknowledged(prefix, &sent, "SEND_OK");
    sent
}

fn started_broker(work: &WorkFolder, servers: &[NameServer; 2], name: &str, shards: u16) -> Broker {
    let settings = BrokerSettings {
        flavor: Flavor::under_test(),
        host: "127.0.0.1".to_owned(),
        port: free_port(),
        name_servers: servers.each_ref().map(NameServer::address).join(";"),
        store: work.join(name),
        flush: Flush::Async,
        shards,
        extra: vec![("brokerName".to_owned(), name.to_owned())],
    };
    let mut broker = Broker::new(settings, work);
    broker.start();
    broker
}

#[test]
fn two_brokers_and_two_name_servers() {
    let work = WorkFolder::new("rooms");
    let servers = [(); 2].map(|()| NameServer::started(Flavor::under_test(), &work));
    let mut brokers = [1, 2].map(|shards| {
        let (name, _) = ROOMS[usize::from(shards) - 1];
        started_broker(&work, &servers, name, shards)
    });
    for (broker, (_, queues)) in brokers.iter().zip(ROOMS) {
        remoting::create_topic(&broker.address(), TOPIC, queues);
    }
    let first = servers[0].address();
    wait_until("both brokers are in the route", STEP_WITHIN, || {
        remoting::masters(&first, TOPIC).len() == 2
    });
    // Members of one group need not be of one version.
    let mut apps = ["4.9.8", "5.5.0"]
        .map(|version| Driver::start(version, version, Headers::Json, &first, &work));
    apps[0].run("producer", &[("name", "p")]);
    start_consumers(&mut apps);
    for strategy in STRATEGIES {
        wait_shared(&mut apps, strategy);
    }
    let mut sent = Vec::new();
    for (broker, queues) in ROOMS {
        for queue in (0..queues).map(|queue| queue.to_string()) {
            let (name, count) = (format!("{broker}:{queue}"), PER_QUEUE.to_string());
            let fields = [("name", "p"), ("kind", "queue"), ("topic", TOPIC), ("prefix", &name)];
            let place = [("broker", broker), ("queue", queue.as_str()), ("count", &count)];
            let acks = apps[0].send(&[&fields[..], &place].concat());
            sent.push((name, acks));
        }
    }
    for strategy in STRATEGIES {
        check_arrival(&apps, strategy, &sent);
    }
    survive_a_broker(&mut apps, &mut brokers[1]);
    let servers = servers.each_ref().map(NameServer::address);
    sends(&mut apps[0], "p", "made_by_send", "new", "1");
    for server in &servers {
        wait_until("each name server has the new topic", STEP_WITHIN, || {
            remoting::masters(server, "made_by_send") == [brokers[0].address()]
        });
    }
}

/// Producers whose route still has a broker that is gone try the other one, with and without
/// `sendLatencyFaultEnable`.
fn survive_a_broker(apps: &mut [Driver; 2], broker: &mut Broker) {
    let producers = [("plain", "false"), ("faults", "true")];
    for (at, app) in apps.iter_mut().enumerate() {
        for (name, latency) in producers {
            let fields =
                [("do", "producer"), ("name", name), ("instance", name), ("latency", latency)];
            app.run("groups", &fields);
            sends(app, name, TOPIC, &format!("{name}-{at}-both"), "18");
        }
    }
    broker.kill();
    for (at, app) in apps.iter_mut().enumerate() {
        for (name, _) in producers {
            let sent = sends(app, name, TOPIC, &format!("{name}-{at}-one"), "18");
            let stored: Vec<_> = sent.iter().filter_map(|one| one.offset_id.as_ref()).collect();
            let place = stored.first().expect("eighteen messages")[..16].to_owned();
            assert!(stored.iter().all(|id| id.starts_with(&place)), "all on one: {stored:?}");
        }
    }
}
