//! Members over real connections: notices, departures, and questions passed on to them.

use std::net::SocketAddr;
use std::rc::Rc;

use crate::broker::control::dispatch::handle;
use crate::broker::control::tests::broker::{Broker, on_broker, request};
use crate::broker::control::tests::peers::{LIMIT, Noting, connect, run};
use crate::broker::core::Core;
use crate::broker::message::{Origin, Port, Request};
use crate::net::{CloseReason, Connection, Handler};
use crate::protocol::Command;
use crate::protocol::code::{request as code, response};
use crate::rt::net::{Listener, Stream};
use crate::rt::spawn;

/// What the broker does with the requests of a connection.
struct Requests(Rc<Core>);

impl Handler for Requests {
    fn request(&self, connection: &Connection, command: Command) {
        let request = Request { origin: origin(connection), command };
        spawn::spawn(handle(self.0.clone(), request)).detach();
    }
}

fn origin(connection: &Connection) -> Origin {
    Origin {
        connection: connection.id(),
        peer: connection.peer(),
        port: Port::Main,
        since: connection.last_active(),
    }
}

pub fn listen(broker: &Broker) -> SocketAddr {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), 16).unwrap();
    let (address, broker) = (listener.address(), broker.clone());
    spawn::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let inserted = broker.core.connections.insert(Stream::attach(socket));
            let Some(accepted) = inserted else { continue };
            let (core, origin, control) =
                (broker.core.clone(), origin(&accepted), broker.control.clone());
            run(&accepted, Requests(core.clone()), move || {
                core.connections.remove(origin.connection);
                control.connection_closed(&core, origin);
            });
        }
    })
    .detach();
    address
}

fn silent() -> Rc<Noting> {
    Noting::new(|_| None)
}

fn is_notice(command: &Command) -> bool {
    command.code == code::NOTIFY_CONSUMER_IDS_CHANGED && command.is_oneway()
}

async fn join(client: &Connection, id: &str, group: &str, model: &str) {
    let body = format!(
        "{{\"clientID\":\"{id}\",\"consumerDataSet\":[{{\"groupName\":\"{group}\",\"messageModel\":\
         \"{model}\",\"subscriptionDataSet\":[{{\"topic\":\"T\",\"subString\":\"*\"}}]}}]}}"
    );
    let answer = client.call(request(code::HEART_BEAT, &[], &body), LIMIT).await.unwrap();
    assert_eq!(answer.code, 0);
}

async fn members(client: &Connection, group: &str) -> String {
    let question = request(code::GET_CONSUMER_LIST_BY_GROUP, &[("consumerGroup", group)], "");
    let answer = client.call(question, LIMIT).await.unwrap();
    String::from_utf8(answer.body.to_vec()).unwrap()
}

#[test]
fn members_are_told_of_whoever_comes_and_goes() {
    on_broker("", |broker| async move {
        let address = listen(&broker);
        let (at_first, at_second) = (silent(), silent());
        let first = connect(address, &at_first).await;
        join(&first, "a", "g", "CLUSTERING").await;
        // Before the answer, and so it is there.
        assert_eq!(at_first.waiting(), 1, "the newcomer itself is told as well");
        at_first.wait_for(is_notice).await;
        join(&first, "a", "g", "CLUSTERING").await;
        assert_eq!(at_first.waiting(), 0, "nothing has changed");
        let second = connect(address, &at_second).await;
        join(&second, "b", "g", "CLUSTERING").await;
        let notice = at_first.wait_for(is_notice).await;
        assert_eq!(notice.fields.get("consumerGroup"), Some("g"));
        at_second.wait_for(is_notice).await;
        assert_eq!(members(&first, "g").await, "{\"consumerIdList\":[\"a\",\"b\"]}");
        // Cut off without a word.
        second.close(CloseReason::Requested);
        at_first.wait_for(is_notice).await;
        assert_eq!(members(&first, "g").await, "{\"consumerIdList\":[\"a\"]}");
        let leave = [("clientID", "a"), ("consumerGroup", "g")];
        first.call(request(code::UNREGISTER_CLIENT, &leave, ""), LIMIT).await.unwrap();
        assert_eq!(members(&first, "g").await, "");
        assert!(broker.core.view.borrow().subscriptions("g").is_none());
    });
}

#[test]
fn a_broadcasting_group_is_told_nothing() {
    on_broker("", |broker| async move {
        let address = listen(&broker);
        let at_first = silent();
        let first = connect(address, &at_first).await;
        join(&first, "a", "g", "BROADCASTING").await;
        assert_eq!(at_first.waiting(), 0);
        assert!(broker.core.view.borrow().subscriptions("g").unwrap().broadcasting);
    });
}

#[test]
fn a_tools_question_reaches_the_client_and_its_answer_the_tool() {
    on_broker("", |broker| async move {
        let address = listen(&broker);
        let consumer = Noting::new(|question| {
            let asked = question.code == code::GET_CONSUMER_RUNNING_INFO;
            asked.then(|| Command::reply(question, 0).with_body("{\"jstack\":\"x\"}"))
        });
        let first = connect(address, &consumer).await;
        let body = "{\"clientID\":\"a\",\"consumerDataSet\":[{\"groupName\":\"g\"}]}";
        first.call(request(code::HEART_BEAT, &[], body), LIMIT).await.unwrap();
        let tool = connect(address, &silent()).await;
        let ask = |client: &str| {
            let fields = [("consumerGroup", "g"), ("clientId", client), ("jstackEnable", "true")];
            request(code::GET_CONSUMER_RUNNING_INFO, &fields, "")
        };
        let answer = tool.call(ask("a"), LIMIT).await.unwrap();
        assert_eq!((answer.code, &answer.body[..]), (0, &b"{\"jstack\":\"x\"}"[..]));
        let question = consumer.wait_for(|c| c.code == code::GET_CONSUMER_RUNNING_INFO).await;
        assert_eq!(question.fields.get("jstackEnable"), Some("true"));
        let nobody = tool.call(ask("b"), LIMIT).await.unwrap();
        assert_eq!(nobody.remark.as_deref(), Some("The Consumer <g> <b> not online"));
    });
}

#[test]
fn offsets_that_clients_hold_are_gathered() {
    on_broker("", |broker| async move {
        let address = listen(&broker);
        let table = "{{\"brokerName\":\"broker-a\",\"queueId\":1,\"topic\":\"T\"}:6}";
        let body = format!("{{\"consumerTable\":{{}},\"messageQueueTable\":{table}}}");
        let consumer = Noting::new(move |question| {
            let asked = question.code == code::GET_CONSUMER_STATUS_FROM_CLIENT;
            asked.then(|| Command::reply(question, 0).with_body(body.clone()))
        });
        let first = connect(address, &consumer).await;
        let beat = "{\"clientID\":\"a\",\"consumerDataSet\":[{\"groupName\":\"g\"}]}";
        first.call(request(code::HEART_BEAT, &[], beat), LIMIT).await.unwrap();
        let tool = connect(address, &silent()).await;
        let fields = [("topic", "T"), ("group", "g"), ("clientAddr", "")];
        let question = request(code::INVOKE_BROKER_TO_GET_CONSUMER_STATUS, &fields, "");
        let answer = tool.call(question, LIMIT).await.unwrap();
        let expected =
            format!("{{\"consumerTable\":{{\"a\":{table}}},\"messageQueueTable\":{{}}}}");
        assert_eq!(std::str::from_utf8(&answer.body).unwrap(), expected);
        let asked = consumer.wait_for(|c| c.code == code::GET_CONSUMER_STATUS_FROM_CLIENT).await;
        assert_eq!(asked.fields.get("clientAddr"), None);
    });
}

#[test]
fn a_group_that_wants_no_notices_gets_none() {
    on_broker("", |broker| async move {
        let config = "{\"groupName\":\"g\",\"notifyConsumerIdsChangedEnable\":false}";
        let update = request(code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, &[], config);
        assert_eq!(broker.ask(&update).await.code, 0);
        let at_first = silent();
        let first = connect(listen(&broker), &at_first).await;
        join(&first, "a", "g", "CLUSTERING").await;
        assert_eq!(at_first.waiting(), 0);
        join(&first, "a", "other", "CLUSTERING").await;
        assert_eq!(at_first.waiting(), 1);
    });
}

#[test]
fn notices_that_are_not_sent_at_once_are_gathered() {
    on_broker("realTimeNotifyConsumerChange=false\n", |broker| async move {
        let address = listen(&broker);
        let at_first = silent();
        let first = connect(address, &at_first).await;
        for group in ["g", "h"] {
            join(&first, "a", group, "CLUSTERING").await;
        }
        let second = connect(address, &silent()).await;
        join(&second, "b", "g", "CLUSTERING").await;
        assert_eq!(at_first.waiting(), 0);
        broker.control.notify_gathered(&broker.core);
        let told = [at_first.wait_for(is_notice).await, at_first.wait_for(is_notice).await];
        let groups = told.each_ref().map(|notice| notice.fields.get("consumerGroup").unwrap());
        assert_eq!(groups, ["g", "h"], "each group once, whatever happened to it");
        broker.control.notify_gathered(&broker.core);
        join(&first, "a", "g", "CLUSTERING").await;
        assert_eq!(at_first.waiting(), 0, "nothing has changed since");
    });
}

#[test]
fn consumers_that_pull_are_no_members_where_they_are_refused() {
    on_broker("rejectPullConsumerEnable=true\n", |broker| async move {
        let consumer = |group: &str, kind: &str| {
            format!("{{\"groupName\":\"{group}\",\"consumeType\":\"{kind}\"}}")
        };
        let both = [consumer("pull", "CONSUME_ACTIVELY"), consumer("push", "CONSUME_PASSIVELY")];
        let body = format!("{{\"clientID\":\"a\",\"consumerDataSet\":[{}]}}", both.join(","));
        assert_eq!(broker.ask(&request(code::HEART_BEAT, &[], &body)).await.code, 0);
        let members = broker.control.members.borrow();
        assert!(members.consumer_group("push").is_some());
        assert!(members.consumer_group("pull").is_none());
    });
}

#[test]
fn timed_messages_are_not_taken_back() {
    on_broker("", |broker| async move {
        let fields = [("topic", "T"), ("recallHandle", "x"), ("producerGroup", "p")];
        let answer = broker.ask(&request(code::RECALL_MESSAGE, &fields, "")).await;
        assert_eq!(answer.code, response::NO_PERMISSION);
        assert_eq!(answer.fields.get("MSG_REGION"), Some("DefaultRegion"));
    });
}
