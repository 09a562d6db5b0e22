//! Name servers: their settings, their values by key, and what brokers may be written to.

use crate::protocol::Command;
use crate::protocol::body::{KeyValues, properties};
use crate::protocol::code::request;
use crate::protocol::fastjson::from_slice;
use crate::protocol::request::route::{
    AddReply, BrokerName, Namespace, PutValue, ValueKey, WipeReply,
};

use super::client::{AdminError, Client};
use super::report::Report;
use super::words::{Kind, Need, Verb, Word, Words};

const NAMESPACE: Word =
    Word::new(("namespace", 's', "namespace"), Kind::Text, Need::Place, "Where the key is");
const KEY: Word = Word::new(("key", 'k', "key"), Kind::Text, Need::Place, "The key");
const VALUE: Word = Word::new(("value", 'v', "value"), Kind::Text, Need::Place, "The value");
const NAME: Word =
    Word::new(("broker-name", 'b', "brokerName"), Kind::Text, Need::Place, "The broker's name");

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "namesrv config get",
        java: "getNamesrvConfig",
        about: "Show the settings of the name servers",
        words: &[],
        danger: "",
        run: |client, _| Box::pin(config_get(client)),
    },
    Verb {
        path: "namesrv config set",
        java: "updateNamesrvConfig",
        about: "Change a setting of the name servers",
        words: &[KEY, VALUE],
        danger: "",
        run: |client, words| Box::pin(config_set(client, words)),
    },
    Verb {
        path: "namesrv kv list",
        java: "",
        about: "Show the values of a namespace",
        words: &[NAMESPACE],
        danger: "",
        run: |client, words| Box::pin(values(client, words.text("namespace"))),
    },
    Verb {
        path: "namesrv kv put",
        java: "updateKvConfig",
        about: "Keep a value under a key",
        words: &[NAMESPACE, KEY, VALUE],
        danger: "",
        run: |client, words| Box::pin(put(client, words)),
    },
    Verb {
        path: "namesrv kv delete",
        java: "deleteKvConfig",
        about: "Forget the value of a key",
        words: &[NAMESPACE, KEY],
        danger: "the value of key {key} in namespace {namespace} is forgotten",
        run: |client, words| Box::pin(delete(client, words)),
    },
    Verb {
        path: "namesrv wipe-write-perm",
        java: "wipeWritePerm",
        about: "Let no route lead writers to a broker any more",
        words: &[NAME],
        danger: "nothing is sent to broker {broker-name} any more",
        run: |client, words| Box::pin(write_perm(client, words, true)),
    },
    Verb {
        path: "namesrv add-write-perm",
        java: "addWritePerm",
        about: "Let routes lead writers to a broker again",
        words: &[NAME],
        danger: "",
        run: |client, words| Box::pin(write_perm(client, words, false)),
    },
];

async fn config_get(client: &Client) -> Result<Report, AdminError> {
    let mut report = Report::new(&["namesrv", "key", "value"]);
    for server in client.name_servers() {
        let answer = client.ask(server, Command::request(request::GET_NAMESRV_CONFIG)).await?;
        let mut pairs = properties::parse(&String::from_utf8_lossy(&answer.body));
        pairs.sort();
        for (key, value) in pairs {
            report.push(vec![server.to_string().into(), key.into(), value.into()]);
        }
    }
    Ok(report)
}

/// A row for each name server that was told something.
fn told(client: &Client, key: &str, value: &str) -> Report {
    let servers = client.name_servers().iter();
    let rows = servers.map(|server| vec![server.to_string().into(), key.into(), value.into()]);
    Report::of(&["namesrv", "key", "value"], rows)
}

async fn config_set(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (key, value) = (words.text("key"), words.text("value"));
    let body = properties::format([(key, value)]);
    let code = request::UPDATE_NAMESRV_CONFIG;
    client.tell_name_servers(code, &Default::default(), body.as_bytes()).await?;
    Ok(told(client, key, value))
}

async fn values(client: &Client, namespace: &str) -> Result<Report, AdminError> {
    let request = Command::request(request::GET_KVLIST_BY_NAMESPACE);
    let fields = Namespace { namespace }.to_fields();
    let answer = client.ask_name_server(request.with_fields(fields)).await?;
    let mut found: KeyValues = from_slice(&answer.body)?;
    found.table.sort();
    let rows = found.table.into_iter().map(|(key, value)| vec![key.into(), value.into()]);
    Ok(Report::of(&["key", "value"], rows))
}

async fn put(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (namespace, key, value) = (words.text("namespace"), words.text("key"), words.text("value"));
    let fields = PutValue { namespace, key, value }.to_fields();
    client.tell_name_servers(request::PUT_KV_CONFIG, &fields, &[]).await?;
    Ok(told(client, key, value))
}

async fn delete(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (namespace, key) = (words.text("namespace"), words.text("key"));
    let fields = ValueKey { namespace, key }.to_fields();
    client.tell_name_servers(request::DELETE_KV_CONFIG, &fields, &[]).await?;
    Ok(told(client, key, ""))
}

async fn write_perm(client: &Client, words: &Words, wipe: bool) -> Result<Report, AdminError> {
    let code = match wipe {
        true => request::WIPE_WRITE_PERM_OF_BROKER,
        false => request::ADD_WRITE_PERM_OF_BROKER,
    };
    let broker_name = words.text("broker-name");
    let mut report = Report::new(&["namesrv", "broker", "topics"]);
    for server in client.name_servers() {
        let asked = Command::request(code).with_fields(BrokerName { broker_name }.to_fields());
        let fields = client.ask(server, asked).await?.fields;
        let topics = match wipe {
            true => WipeReply::from_fields(&fields)?.topics,
            false => AddReply::from_fields(&fields)?.topics,
        };
        report.push(vec![server.to_string().into(), broker_name.into(), topics.into()]);
    }
    Ok(report)
}
