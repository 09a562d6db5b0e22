//! Filter expressions at the control plane: 46, and what heartbeats make the cores know.

use std::sync::Arc;

use crate::broker::control::tests::broker::{Broker, on_broker, request};
use crate::broker::control::tests::golden::exchanges;
use crate::broker::wanted::{Subscribed, Wanted};
use crate::message::properties::Properties;
use crate::protocol::Command;
use crate::protocol::code::{request as code, response};
use crate::store::Choice;

/// Where Java's parser found the fault.
fn place(remark: &str) -> Option<&str> {
    let from = remark.find("line ")?;
    let rest = &remark[from..];
    let end = rest.match_indices(|c: char| !c.is_ascii_alphanumeric() && c != ' ' && c != ',');
    Some(end.map(|(at, _)| &rest[..at]).next().unwrap_or(rest))
}

#[test]
fn expressions_are_checked_as_by_java() {
    on_broker("enablePropertyFilter=true", |broker| async move {
        let mut refused = 0;
        for file in [
            include_str!("../../../../tests/golden/client-4.9.8/json/sql92-bad-expression.jsonl"),
            include_str!("../../../../tests/golden/client-5.5.0/json/sql92-bad-expression.jsonl"),
            include_str!("../../../../tests/golden/client-4.9.8/json/sql92-consumer.jsonl"),
        ] {
            for (asked, theirs) in exchanges(file, &[code::CHECK_CLIENT_CONFIG]) {
                let ours = broker.ask(&asked).await;
                assert_eq!(ours.code, theirs.code, "to {asked:?}");
                if theirs.code == response::SUBSCRIPTION_PARSE_FAILED {
                    let remarks = [&ours, &theirs].map(|it| it.remark.as_deref().unwrap());
                    assert_eq!(place(remarks[0]), place(remarks[1]), "{remarks:?}");
                    refused += 1;
                }
            }
        }
        assert_eq!(refused, 2, "the recorded clients were refused");
        for kind in ["SQL93", "TAGS"] {
            let body =
                format!(r#"{{"subscriptionData":{{"expressionType":"{kind}","subString":"a"}}}}"#);
            let answer = broker.ask(&request(code::CHECK_CLIENT_CONFIG, &[], &body)).await;
            assert_eq!(answer.code, response::SUBSCRIPTION_PARSE_FAILED, "{kind}");
        }
    });
}

fn beat(version: i64, expression: &str) -> Command {
    let body = format!(
        r#"{{"clientID":"c","consumerDataSet":[{{"groupName":"g","consumeType":"CONSUME_PASSIVELY",
        "messageModel":"CLUSTERING","subscriptionDataSet":[{{"topic":"T","subString":"{expression}",
        "expressionType":"SQL92","subVersion":{version}}}]}}]}}"#
    );
    request(code::HEART_BEAT, &[], &body)
}

async fn subscribed(broker: &Broker, version: i64, expression: &str) -> Arc<Subscribed> {
    let answer = broker.ask(&beat(version, expression)).await;
    assert_eq!(answer.code, response::SUCCESS, "{:?}", answer.remark);
    broker.core.view.borrow().subscriptions("g").unwrap().topics["T"].clone()
}

#[test]
fn a_heartbeats_filter_is_read_once_and_replaced_by_newer_ones() {
    on_broker("", |broker| async move {
        let five = Properties::new(b"a\x015\x02");
        let first = subscribed(&broker, 1, "a > 4").await;
        assert!(first.wanted.as_ref().unwrap().takes_properties(five));
        assert_eq!(first.filter_kind.as_deref(), Some("SQL92"));
        let again = subscribed(&broker, 1, "a > 5").await;
        assert!(Arc::ptr_eq(&first, &again), "of one version the first counts");
        let newer = subscribed(&broker, 2, "a > 5").await;
        assert!(!newer.wanted.as_ref().unwrap().takes_properties(five));
        let broken = subscribed(&broker, 3, "a >").await;
        assert!(broken.wanted.as_ref().unwrap_err().ends_with("line 1, column 4"));
        assert_eq!(broken.version, 3);
    });
}

#[test]
fn a_retried_message_is_judged_by_the_filter_of_its_topic() {
    on_broker("", |broker| async move {
        subscribed(&broker, 1, "a > 4").await;
        let retried = Wanted::Retried(broker.core.view.borrow().subscriptions("g"));
        assert!(retried.needs_properties());
        for (properties, taken) in [
            (&b"RETRY_TOPIC\x01T\x02a\x015\x02"[..], true),
            (b"RETRY_TOPIC\x01T\x02a\x013\x02", false),
            // Of another topic the group wants all.
            (b"RETRY_TOPIC\x01U\x02a\x013\x02", true),
            (b"a\x013\x02", true),
        ] {
            assert_eq!(retried.takes_properties(Properties::new(properties)), taken);
        }
    });
}
