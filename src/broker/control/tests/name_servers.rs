//! What name servers are told.

use std::rc::Rc;

use crate::broker::control::tests::broker::on_broker;
use crate::broker::control::tests::broker::{Broker, load};
use crate::broker::control::tests::golden::frames;
use crate::broker::control::tests::peers::{LIMIT, Noting, serve};
use crate::protocol::Command;
use crate::protocol::body::registration::{Registration, body_crc32};
use crate::protocol::code::{request as code, response};
use crate::rt::clock;
use crate::rt::net::Listener;

fn name_server() -> Rc<Noting> {
    Noting::new(|request| Some(Command::reply(request, response::SUCCESS)))
}

fn body(command: &Command) -> Registration {
    Registration::decode(&command.body, command.version).unwrap()
}

/// The broker again, with these name servers.
async fn with_servers(broker: Broker, servers: &[std::net::SocketAddr]) -> Broker {
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    let config = format!("namesrvAddr={}\n", servers.join(";"));
    let control = Rc::new(load(&config, &broker.directory).await.unwrap());
    Broker { control, ..broker }
}

#[test]
fn all_are_told_at_start_and_at_each_change_though_one_is_down() {
    on_broker("", |broker| async move {
        let (first, second) = (name_server(), name_server());
        let closed = Listener::bind(([127, 0, 0, 1], 0).into(), 1).unwrap();
        let down = closed.address();
        drop(closed);
        let servers = [down, serve(&first), serve(&second)];
        let broker = with_servers(broker, &servers).await;
        broker.control.start(&broker.core).await;
        for server in [&first, &second] {
            let whole = server.wait_for(|c| c.code == code::REGISTER_BROKER).await;
            assert!(body(&whole).topics.topics.len() > 10);
        }
        let started = clock::now();
        broker.with_topic_and_group("Fresh", "g").await;
        assert!(started.elapsed() < LIMIT / 2);
        for server in [&first, &second] {
            let one = server.wait_for(|c| c.code == code::REGISTER_BROKER).await;
            let topics = body(&one).topics;
            assert_eq!(topics.topics.len(), 1);
            assert!(topics.topics.get("Fresh").is_some());
            assert_eq!(topics.data_version, *broker.control.topics.borrow().version());
        }
        broker.control.unregister().await;
        for server in [&first, &second] {
            let leave = server.wait_for(|c| c.code == code::UNREGISTER_BROKER).await;
            assert_eq!(leave.fields.get("brokerAddr"), Some("127.0.0.2:30911"));
            assert_eq!(server.waiting(), 0);
        }
    });
}

#[test]
fn a_registration_looks_as_javas() {
    on_broker("", |broker| async move {
        let server = name_server();
        let broker = with_servers(broker, &[serve(&server)]).await;
        broker.control.start(&broker.core).await;
        let ours = server.wait_for(|c| c.code == code::REGISTER_BROKER).await;
        let recorded = include_str!("../../../../tests/golden/broker-5.5.0/boot.jsonl");
        let mut theirs = frames(recorded).into_iter().map(|(_, command)| command);
        let theirs = theirs.find(|command| command.code == code::REGISTER_BROKER).unwrap();
        let sorted = |command: &Command| {
            let mut fields: Vec<(String, String)> =
                command.fields.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            fields.retain(|(key, _)| key != "bodyCrc32");
            fields.sort();
            fields
        };
        assert_eq!(sorted(&ours), sorted(&theirs));
        let crc = body_crc32(&ours.body).to_string();
        assert_eq!(ours.fields.get("bodyCrc32"), Some(crc.as_str()));
        let (mut mine, mut java) = (body(&ours), body(&theirs));
        for body in [&mut mine, &mut java] {
            body.topics.topics.sort();
            body.topics.data_version.timestamp = 0;
            body.topics.mapping_data_version.as_mut().unwrap().timestamp = 0;
        }
        assert_eq!(mine, java);
    });
}

#[test]
fn a_name_server_that_refused_is_told_everything_again() {
    on_broker("", |broker| async move {
        let server = Noting::new(|request| Some(Command::reply(request, response::SYSTEM_ERROR)));
        let broker = with_servers(broker, &[serve(&server)]).await;
        broker.control.start(&broker.core).await;
        server.wait_for(|c| c.code == code::REGISTER_BROKER).await;
        broker.with_topic_and_group("Fresh", "g").await;
        let again = server.wait_for(|c| c.code == code::REGISTER_BROKER).await;
        assert!(body(&again).topics.topics.len() > 10);
    });
}

#[test]
fn the_brokers_permission_masks_that_of_its_topics() {
    on_broker("", |broker| async move {
        let server = name_server();
        let broker = with_servers(broker, &[serve(&server)]).await;
        broker.control.start(&broker.core).await;
        server.wait_for(|c| c.code == code::REGISTER_BROKER).await;
        let change =
            super::broker::request(code::UPDATE_BROKER_CONFIG, &[], "brokerPermission=4\n");
        assert_eq!(broker.ask(&change).await.code, 0);
        assert_eq!(broker.core.view.borrow().broker_permission(), 4);
        let masked = server.wait_for(|c| c.code == code::REGISTER_BROKER).await;
        let topics = body(&masked).topics.topics;
        assert_eq!(topics.get("BenchmarkTest").unwrap().perm, 4);
        assert_eq!(broker.control.topics.borrow().get("BenchmarkTest").unwrap().perm, 6);
    });
}
