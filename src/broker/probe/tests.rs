use super::*;
use crate::limits::STATS_QUEUES_MAX;
use crate::protocol::code::{request, response};

fn put(topic: &str, messages: u64, bytes: u64, took: Duration) -> Put<'_> {
    Put { topic, queue: 3, kind: Kind::Normal, messages, bytes, took }
}

fn pulled<'a>(topic: &'a str, group: &'a str) -> Pulled<'a> {
    let took = Duration::from_millis(3);
    Pulled { topic, queue: 1, group, messages: 2, bytes: 70, next: 9, took }
}

#[test]
fn cores_add_up() {
    let (one, two) = (Probe::default(), Probe::default());
    one.put(put("T", 1, 100, Duration::from_micros(900)));
    two.put(Put { kind: Kind::Fifo, ..put("T", 3, 6000, Duration::from_millis(11)) });
    two.put_failed();
    one.pulled(pulled("T", "g"));
    two.sent_back("T", "g");
    two.dead_lettered("T", "g");
    two.missed();
    one.committed("T", Duration::from_secs(61));
    two.rolled_back("T");
    let mut totals = one.totals();
    totals.merge(two.totals());
    assert_eq!(totals.put, Count { messages: 4, bytes: 6100, times: 2 });
    let topic = &totals.topics["T"];
    assert_eq!(topic.put, totals.put);
    assert_eq!(topic.queues.of(3), Some(Times { times: 2, ms: 11, reached: 0 }));
    let sizes = |at: usize| topic.kinds[at].sizes.up_to().collect::<Vec<_>>();
    assert_eq!((sizes(0), sizes(1)), (vec![1; 6], vec![0, 3, 3, 3, 3, 3]), "100, and 3 of 2000");
    let group = &totals.groups["T"]["g"];
    assert_eq!((group.got.messages, group.sent_back, group.dead_lettered), (2, 1, 1));
    assert_eq!(group.queues.of(1), Some(Times { times: 1, ms: 3, reached: 9 }));
    assert_eq!((totals.put_failed, totals.missed, totals.put_ms_max), (1, 1, 11));
    assert_eq!(totals.put_times[0], 1, "less than a millisecond");
    assert_eq!(totals.put_times[2], 1, "11 ms");
    let ended = totals.transactions["T"];
    assert_eq!((ended.committed.count(), ended.rolled_back), (1, 1));
}

#[test]
fn what_is_gone_is_forgotten() {
    let probe = Probe::default();
    probe.put(put("T", 1, 100, Duration::ZERO));
    for group in ["g", "h"] {
        probe.pulled(pulled("T", group));
        probe.pulled(pulled("U", group));
    }
    assert_eq!(probe.pairs.get(), 4);
    probe.forget_group("g");
    assert_eq!(probe.pairs.get(), 2);
    probe.forget_topic("T");
    let totals = probe.totals();
    assert!(totals.topics.is_empty());
    assert_eq!((probe.pairs.get(), totals.groups.len()), (1, 1));
}

#[test]
fn names_that_clients_make_up_are_bounded() {
    let probe = Probe::default();
    probe.pairs.set(STATS_PAIRS_MAX - 1);
    probe.pulled(pulled("T", "g"));
    probe.pulled(pulled("T", "one more"));
    probe.pulled(pulled("T", "g"));
    let totals = probe.totals();
    assert_eq!(totals.groups["T"].keys().map(|name| &**name).collect::<Vec<_>>(), ["g"]);
    assert_eq!((totals.groups["T"]["g"].got.times, totals.found.times), (2, 3));

    let mut queues = QueueTimes::default();
    (0..=STATS_QUEUES_MAX).for_each(|queue| queues.add(queue.try_into().unwrap(), 1, 0));
    assert!(queues.of(STATS_QUEUES_MAX.try_into().unwrap()).is_none());
    assert!(queues.of(0).is_some());
}

#[test]
fn codes_without_a_name_count_together() {
    let probe = Probe::default();
    let call = |request, response| Call { request, response, parked: false, oneway: false };
    for code in [70_001, 70_002] {
        probe.called(call(code, response::SUCCESS), Duration::from_millis(4));
    }
    probe.called(call(request::HEART_BEAT, 70_003), Duration::ZERO);
    let totals = probe.totals();
    let all: Vec<_> = totals.calls.sorted().iter().map(|(call, t)| (*call, t.count())).collect();
    let expected = [(call(UNKNOWN, 0), 2), (call(request::HEART_BEAT, UNKNOWN), 1)];
    assert_eq!(all, expected);
}

#[test]
fn the_sort_of_a_message_is_in_its_properties() {
    let kind = |properties: &[(&str, &str)]| {
        let text = properties.iter().map(|(name, value)| format!("{name}\x01{value}\x02"));
        Kind::of(text.collect::<String>().as_bytes())
    };
    assert_eq!(kind(&[]), Kind::Normal);
    assert_eq!(kind(&[("TAGS", "DELAY"), ("TRAN_MSG", "false")]), Kind::Normal);
    assert_eq!(kind(&[("DELAY", "3")]), Kind::Delay);
    assert_eq!(kind(&[("DELAY", "3"), ("__SHARDINGKEY", "k")]), Kind::Fifo);
    assert_eq!(kind(&[("__SHARDINGKEY", "k"), ("TRAN_MSG", "TRUE")]), Kind::Transaction);
    assert_eq!(Kind::of(b"\x02\x01broken"), Kind::Normal);
}
