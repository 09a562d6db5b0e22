//! Membership of groups: heartbeats, member lists, goodbyes.

use ringmq::protocol::{Command, Fields};
use serde::Serialize;
use serde_json::json;

/// HEART_BEAT.
pub const HEART_BEAT: i32 = 34;

/// UNREGISTER_CLIENT.
const UNREGISTER_CLIENT: i32 = 35;

/// GET_CONSUMER_LIST_BY_GROUP.
const GET_CONSUMER_LIST: i32 = 38;

/// A group that every Java client lists beside its own.
const INNER_GROUP: &str = "CLIENT_INNER_PRODUCER";

/// What a consumer wants of one topic (Java: `SubscriptionData`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// Always false here.
    pub class_filter_mode: bool,
    /// Hashes of the tags.
    pub code_set: Vec<i32>,
    /// "TAG" or "SQL92".
    pub expression_type: &'static str,
    /// The expression.
    pub sub_string: String,
    /// When it was made, milliseconds since 1970.
    pub sub_version: u64,
    /// The tags; empty for all.
    pub tags_set: Vec<String>,
    /// The topic.
    pub topic: String,
}

impl Subscription {
    /// All messages of a topic.
    pub fn all(topic: &str, version: u64) -> Self {
        Self::tags(topic, "*", version)
    }

    /// The messages with one of the tags of `a || b`; all of them for "*" or nothing.
    pub fn tags(topic: &str, expression: &str, version: u64) -> Self {
        let all = expression.trim().is_empty() || expression.trim() == "*";
        let items = expression.split("||").map(str::trim).filter(|tag| !tag.is_empty());
        let tags: Vec<String> = if all { Vec::new() } else { items.map(str::to_owned).collect() };
        Self {
            class_filter_mode: false,
            code_set: tags.iter().map(|tag| tag_hash(tag)).collect(),
            expression_type: "TAG",
            sub_string: if all { "*".to_owned() } else { expression.to_owned() },
            sub_version: version,
            tags_set: tags,
            topic: topic.to_owned(),
        }
    }

    /// The messages that an expression of SQL92 picks.
    pub fn sql(topic: &str, expression: &str, version: u64) -> Self {
        let expression = expression.to_owned();
        Self { expression_type: "SQL92", sub_string: expression, ..Self::all(topic, version) }
    }

    /// Whether a message with this tag is wanted. A broker filters by hash, so this side looks
    /// again.
    pub fn wants(&self, tag: Option<&[u8]>) -> bool {
        let named = |tag: &[u8]| self.tags_set.iter().any(|wanted| wanted.as_bytes() == tag);
        self.tags_set.is_empty() || tag.is_some_and(named)
    }
}

/// Java's `String.hashCode`.
fn tag_hash(tag: &str) -> i32 {
    tag.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}

/// The heartbeat of a producer.
pub fn producer_heartbeat(client_id: &str, group: &str) -> String {
    json!({
        "clientID": client_id,
        "consumerDataSet": [],
        "heartbeatFingerprint": 0,
        "producerDataSet": [{"groupName": INNER_GROUP}, {"groupName": group}],
        "withoutSub": false,
    })
    .to_string()
}

/// The heartbeat of a push consumer.
pub fn consumer_heartbeat(client_id: &str, group: &str, wanted: &[Subscription]) -> String {
    json!({
        "clientID": client_id,
        "consumerDataSet": [{
            "consumeFromWhere": "CONSUME_FROM_LAST_OFFSET",
            "consumeType": "CONSUME_PASSIVELY",
            "groupName": group,
            "messageModel": "CLUSTERING",
            "subscriptionDataSet": wanted,
            "unitMode": false,
        }],
        "heartbeatFingerprint": 0,
        "producerDataSet": [{"groupName": INNER_GROUP}],
        "withoutSub": false,
    })
    .to_string()
}

/// The goodbye of a client.
pub fn unregister(client_id: &str, producer: Option<&str>, consumer: Option<&str>) -> Command {
    let mut fields = Fields::absent();
    fields.push("clientID", client_id);
    fields.push_some("producerGroup", producer);
    fields.push_some("consumerGroup", consumer);
    Command::request(UNREGISTER_CLIENT).with_fields(fields)
}

/// Asks who is in a group.
pub fn members_request(group: &str) -> Command {
    let mut fields = Fields::absent();
    fields.push("consumerGroup", group);
    Command::request(GET_CONSUMER_LIST).with_fields(fields)
}

/// Who is in a group.
pub fn members(body: &[u8]) -> Option<Vec<String>> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let list = body.get("consumerIdList")?.as_array()?;
    Some(list.iter().filter_map(|id| Some(id.as_str()?.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_and_their_tags() {
        let two = Subscription::tags("t", "a || b", 5);
        assert_eq!((two.tags_set.len(), two.code_set.as_slice()), (2, &[97, 98][..]));
        assert!(two.wants(Some(b"a")) && !two.wants(Some(b"c")) && !two.wants(None));
        assert!(Subscription::all("t", 5).wants(None));
        assert_eq!(Subscription::sql("t", "a > 1", 5).expression_type, "SQL92");
        assert_eq!(tag_hash("TagA"), 2_598_919);
    }

    #[test]
    fn bodies_have_javas_keys() {
        let body = consumer_heartbeat("c", "g", &[Subscription::all("t", 5)]);
        for key in
            ["\"clientID\":\"c\"", "\"subString\":\"*\"", "\"codeSet\":[]", "\"subVersion\":5"]
        {
            assert!(body.contains(key), "{key} in {body}");
        }
        assert_eq!(members(br#"{"consumerIdList":["b","a"]}"#).unwrap(), ["b", "a"]);
        assert_eq!(members(b"{}"), None);
    }
}
