//! What outlives the process.

use crate::broker::control::tests::broker::{load, on_broker, request};
use crate::broker::control::tests::golden::configuration;
use crate::protocol::fastjson::to_vec;
use crate::rt::disk;

#[test]
fn what_was_answered_is_there_after_a_restart() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("T", "g").await;
        let commit =
            [("topic", "T"), ("consumerGroup", "g"), ("queueId", "1"), ("commitOffset", "42")];
        assert_eq!(broker.ask(&request(15, &commit, "")).await.code, 0);
        // Killed now: topics and groups are there, offsets as of the last turn.
        let after = load("", &broker.directory).await.unwrap();
        assert_eq!(after.topics.borrow().get("T"), broker.control.topics.borrow().get("T"));
        assert_eq!(after.topics.borrow().version(), broker.control.topics.borrow().version());
        assert!(after.groups.borrow().get("g").is_some());
        assert_eq!(after.offset("g", "T", 1), None);
        broker.control.stop(&broker.core).await;
        let after = load("", &broker.directory).await.unwrap();
        assert_eq!(after.offset("g", "T", 1), Some(42));
        let file = disk::read_file(&broker.directory.join("consumerOffset.json"), 1 << 20).await;
        let text = String::from_utf8(file.unwrap()).unwrap();
        assert!(text.contains("\"T@g\":{\n\t\t\t1:42\n\t\t}"), "Java's form: {text}");
    });
}

#[test]
fn a_damaged_file_is_replaced_by_its_copy_and_never_overwritten_unread() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("First", "g").await;
        broker.with_topic_and_group("Second", "g").await;
        let path = broker.directory.join("topics.json");
        for damage in ["", "{\"topicConfigTable\":{\"Second", "no json"] {
            // The first turn leaves it away.
            let _ = disk::remove_file(&path).await;
            let whole = disk::read_file(&path.with_extension("json.bak"), 1 << 20).await.unwrap();
            if !damage.is_empty() {
                disk::replace_file(&path, damage.as_bytes().to_vec()).await.unwrap();
            }
            let after = load("", &broker.directory).await.unwrap();
            assert!(after.topics.borrow().get("First").is_some(), "{damage:?}");
            assert!(after.topics.borrow().get("Second").is_none(), "{damage:?}");
            let copy = disk::read_file(&path.with_extension("json.bak"), 1 << 20).await.unwrap();
            assert_eq!(copy, whole);
        }
        let copy = path.with_extension("json.bak");
        disk::remove_file(&copy).await.unwrap();
        disk::replace_file(&copy, b"no json".to_vec()).await.unwrap();
        let error = load("", &broker.directory).await.err().unwrap();
        assert_eq!(error.path, path);
    });
}

#[test]
fn files_of_a_java_broker_are_taken_over() {
    on_broker("", |broker| async move {
        let golden = "tests/golden/store-5.5.0/files/config";
        let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(golden);
        for name in
            ["topics.json", "subscriptionGroup.json", "consumerOffset.json", "delayOffset.json"]
        {
            let text = disk::read_file(&golden.join(name), 1 << 20).await.unwrap();
            disk::replace_file(&broker.directory.join(name), text).await.unwrap();
        }
        let control = load("", &broker.directory).await.unwrap();
        assert_eq!(control.offset("gpush_store", "GoldTopic", 1), Some(4));
        assert_eq!(control.offsets.borrow().pulled_to("gorder_store", "GoldOrder", 0), Some(1));
        assert_eq!(control.topics.borrow().get("GoldTopic").unwrap().write_queues, 2);
        assert!(control.groups.borrow().get("gpush_store").is_some());
        assert_eq!(control.delays.borrow().iter().collect::<Vec<_>>(), [(1, 2, 0)]);
        // Written again it says the same.
        let before = to_vec(&control.offsets.borrow().tables());
        control.files.changed(crate::broker::control::persist::ConfigFile::Offsets);
        control.stop(&broker.core).await;
        let again = load("", &broker.directory).await.unwrap();
        assert_eq!(to_vec(&again.offsets.borrow().tables()), before);
    });
}

#[test]
fn many_changes_at_once_are_few_writes_and_all_written() {
    on_broker("", |broker| async move {
        let tasks: Vec<_> = (0..100)
            .map(|at| {
                let broker = broker.clone();
                crate::rt::spawn::spawn(async move {
                    broker.with_topic_and_group(&format!("T{at}"), "g").await;
                })
            })
            .collect();
        for task in tasks {
            task.await;
        }
        let after = load("", &broker.directory).await.unwrap();
        assert!((0..100).all(|at| after.topics.borrow().get(&format!("T{at}")).is_some()));
        let boot = configuration("").config;
        assert_eq!(boot, *broker.control.config());
    });
}
