use super::*;
use crate::protocol::fastjson;

const NOW: WallMillis = WallMillis(1_000);

#[test]
fn names_are_checked_in_javas_order() {
    assert_eq!(check_group(" "), Err(GroupNameFault::Blank));
    assert_eq!(check_group("a b"), Err(GroupNameFault::Characters("a b".to_owned())));
    assert_eq!(check_group(&"g".repeat(GROUP_BYTES_MAX)), Ok(()));
    let long = "g".repeat(GROUP_BYTES_MAX + 1);
    assert_eq!(check_group(&long), Err(GroupNameFault::Length(long)));
}

#[test]
fn a_group_is_made_by_being_used_if_that_is_allowed() {
    let mut groups = Groups::boot(true, None, NOW);
    let made = groups.ensure("g", WallMillis(5)).unwrap();
    assert!(made.is_changed);
    assert_eq!((made.group.retry_queues, made.group.retries_max), (1, 16));
    assert!(!groups.ensure("g", NOW).unwrap().is_changed);
    assert_eq!((groups.version().counter, groups.version().timestamp), (1, 5));
    assert!(groups.ensure("a b", NOW).is_none());
    groups.set_auto_create(false);
    assert!(groups.ensure("h", NOW).is_none());
    assert!(groups.ensure("g", NOW).is_some());
    assert!(groups.ensure("CID_RMQ_SYS_OWN", NOW).is_some());
}

#[test]
fn an_update_replaces_all_but_the_attributes() {
    let mut groups = Groups::boot(false, None, NOW);
    let with = |changes: &[(&str, &str)]| GroupConfig {
        attributes: changes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..group("g")
    };
    groups.update(with(&[("+priority.factor", "7")]), NOW).unwrap();
    groups.update(GroupConfig { retries_max: 3, ..group("g") }, NOW).unwrap();
    let kept = groups.get("g").unwrap();
    assert_eq!(kept.attributes.get("priority.factor").map(String::as_str), Some("7"));
    assert_eq!(kept.retries_max, 3);
    assert!(groups.update(with(&[("+nosuch", "7")]), NOW).is_err());
    assert!(groups.remove("g", NOW) && !groups.remove("g", NOW));
    assert_eq!(groups.version().counter, 3);
}

#[test]
fn javas_file_is_taken_in_and_written_as_java_would() {
    let file =
        include_bytes!("../../../../tests/golden/store-5.5.0/files/config/subscriptionGroup.json");
    let read: GroupConfigs = fastjson::from_slice(file).unwrap();
    let groups = Groups::boot(true, Some(read), NOW);
    let written = fastjson::to_vec_as(&groups.tables(|_| true), fastjson::Form::Pretty);
    assert_eq!(sorted_lines(&written), sorted_lines(file));
}

/// Java's order of the entries is that of its hash table, ours that of the names.
fn sorted_lines(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).unwrap();
    let mut lines: Vec<String> =
        text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    lines.sort();
    lines
}
