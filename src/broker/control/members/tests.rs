use super::*;
use crate::rt::clock;
use crate::units::CoreId;

fn connection(slot: u32) -> ConnectionId {
    ConnectionId { core: CoreId(0), slot, generation: u64::from(slot) }
}

fn member(slot: u32, client: &str) -> Member {
    Member {
        connection: connection(slot),
        peer: ([127, 0, 0, 1], 5000).into(),
        client: client.to_owned(),
        language: Language::Java,
        version: 513,
        seen: clock::now(),
        seen_wall: WallMillis(1),
    }
}

fn subscription(topic: &str, expression: &str, version: i64) -> SubscriptionData {
    SubscriptionData {
        topic: topic.to_owned(),
        expression: Some(expression.to_owned()),
        version,
        ..SubscriptionData::default()
    }
}

fn beat(subscriptions: &[(&str, &str, i64)]) -> ConsumerBeat {
    let subscriptions = subscriptions.iter().map(|(t, e, v)| subscription(t, e, *v)).collect();
    ConsumerBeat {
        group: "g".to_owned(),
        manner: Manner { message_model: MessageModel::Clustering, ..Manner::default() },
        subscriptions: Some(subscriptions),
        fingerprint: None,
    }
}

const CHANGED: Effect = Effect { regrouped: true, resubscribed: true, fingerprint_changed: false };
const SAME: Effect = Effect { regrouped: false, resubscribed: false, fingerprint_changed: false };

#[test]
fn a_newcomer_and_a_new_topic_are_news() {
    let mut members = Members::default();
    assert_eq!(members.consumer_beat(&member(1, "a"), beat(&[("T", "*", 1)])), CHANGED);
    assert_eq!(members.consumer_beat(&member(1, "a"), beat(&[("T", "*", 1)])), SAME);
    let joined = members.consumer_beat(&member(2, "b"), beat(&[("T", "*", 1)]));
    assert_eq!(joined, Effect { regrouped: true, ..SAME });
    let more = members.consumer_beat(&member(1, "a"), beat(&[("T", "*", 1), ("U", "*", 1)]));
    assert_eq!(more, CHANGED);
    let fewer = members.consumer_beat(&member(1, "a"), beat(&[("U", "*", 1)]));
    assert_eq!(fewer, CHANGED);
    let group = members.consumer_group("g").unwrap();
    assert_eq!(group.subscriptions.keys().collect::<Vec<_>>(), ["U"]);
    assert_eq!(group.client_ids(), ["a", "b"]);
}

#[test]
fn a_newer_expression_replaces_silently_and_an_older_one_does_not() {
    let mut members = Members::default();
    members.consumer_beat(&member(1, "a"), beat(&[("T", "A", 5)]));
    let newer = members.consumer_beat(&member(1, "a"), beat(&[("T", "B", 6)]));
    assert_eq!(newer, Effect { resubscribed: true, ..SAME });
    let older = members.consumer_beat(&member(2, "b"), beat(&[("T", "A", 5)]));
    assert_eq!(older, Effect { regrouped: true, ..SAME });
    let kept = &members.consumer_group("g").unwrap().subscriptions["T"];
    assert_eq!(kept.expression.as_deref(), Some("B"));
}

#[test]
fn the_second_form_keeps_what_is_known_and_asks_when_nothing_is() {
    let mut members = Members::default();
    let short = |fingerprint| ConsumerBeat {
        subscriptions: None,
        fingerprint: Some(fingerprint),
        ..beat(&[])
    };
    let full =
        |fingerprint| ConsumerBeat { fingerprint: Some(fingerprint), ..beat(&[("T", "*", 1)]) };
    let unknown = members.consumer_beat(&member(1, "a"), short(7));
    assert!(unknown.fingerprint_changed, "the broker has restarted: it needs the whole");
    assert!(!members.consumer_beat(&member(1, "a"), full(7)).fingerprint_changed);
    assert_eq!(members.consumer_beat(&member(1, "a"), short(7)), SAME);
    assert_eq!(members.consumer_group("g").unwrap().subscriptions.len(), 1);
    assert!(members.consumer_beat(&member(2, "b"), short(8)).fingerprint_changed);
}

#[test]
fn whoever_leaves_is_gone_from_every_group_and_empty_groups_are_dropped() {
    let mut members = Members::default();
    members.consumer_beat(&member(1, "a"), beat(&[("T", "*", 1)]));
    members.consumer_beat(&member(2, "b"), beat(&[("T", "*", 1)]));
    members.producer_beat("p", &member(1, "a"));
    assert_eq!(members.consumer_leaves("g", connection(9)), None);
    assert_eq!(members.consumer_leaves("none", connection(1)), None);
    let left = members.connection_ends(connection(1));
    assert_eq!(left, [("g".to_owned(), Effect { regrouped: true, ..SAME })]);
    assert_eq!(members.producers("p").count(), 0);
    assert_eq!(members.connection_ends(connection(1)), []);
    assert_eq!(members.consumer_leaves("g", connection(2)), Some(CHANGED));
    assert!(members.consumer_group("g").is_none());
    assert_eq!(members.producer_groups().count(), 0);
}

#[test]
fn a_client_that_came_back_is_listed_once_and_reached_where_it_is() {
    let mut members = Members::default();
    members.consumer_beat(&member(1, "a"), beat(&[("T", "*", 1)]));
    members.consumer_beat(&member(4, "a"), beat(&[("T", "*", 1)]));
    assert_eq!(members.consumer_group("g").unwrap().client_ids(), ["a"]);
    assert_eq!(members.consumer("g", "a").unwrap().connection, connection(4));
    assert!(members.consumer("g", "b").is_none());
}

#[test]
fn a_member_lapses_when_its_heartbeats_stop() {
    let (mut members, lease) = (Members::default(), Duration::from_secs(120));
    let start = clock::now();
    members.consumer_beat(&Member { seen: start, ..member(1, "a") }, beat(&[]));
    members.producer_beat("p", &Member { seen: start, ..member(2, "b") });
    assert!(members.lapsed(start + lease, lease).is_empty());
    let later = start + lease + Duration::from_millis(1);
    assert_eq!(members.lapsed(later, lease).len(), 2);
    members.producer_beat("p", &Member { seen: later, ..member(2, "b") });
    assert_eq!(members.lapsed(later, lease), BTreeSet::from([connection(1)]));
}

#[test]
fn a_change_to_broadcasting_reaches_the_pulls() {
    let mut members = Members::default();
    members.consumer_beat(&member(1, "a"), beat(&[("T", "*", 1)]));
    let manner = Manner { message_model: MessageModel::Broadcasting, ..Manner::default() };
    let effect =
        members.consumer_beat(&member(1, "a"), ConsumerBeat { manner, ..beat(&[("T", "*", 1)]) });
    assert_eq!(effect, Effect { resubscribed: true, ..SAME });
    assert!(members.consumer_group("g").unwrap().manner.is_broadcasting());
}

#[test]
fn a_producer_is_found_by_its_client_id_for_as_long_as_it_is_one() {
    let mut members = Members::default();
    members.producer_beat("p", &member(1, "a"));
    members.producer_beat("q", &member(1, "a"));
    assert_eq!(members.producer_client("a"), Some(connection(1)));
    assert_eq!(members.producer_client("b"), None);
    members.producer_leaves("p", connection(1));
    assert_eq!(members.producer_client("a"), Some(connection(1)), "it is in another group");
    members.producer_beat("q", &member(2, "a"));
    members.connection_ends(connection(1));
    assert_eq!(members.producer_client("a"), Some(connection(2)), "it has connected anew");
    members.producer_leaves("q", connection(2));
    assert_eq!(members.producer_client("a"), None);
    members.producer_beat("q", &member(3, "a"));
    members.connection_ends(connection(3));
    assert_eq!(members.producer_client("a"), None);
}
