use std::collections::BTreeSet;

use super::super::host::test_host;
use super::*;

const ROLES_ALL: [Role; 2] = [Role::Broker, Role::Nameserver];

#[test]
fn a_key_has_one_row_per_role() {
    for role in ROLES_ALL {
        let mut seen = BTreeSet::new();
        for key in role.keys() {
            assert!(seen.insert(key.name), "{} has two rows for {role:?}", key.name);
        }
    }
}

#[test]
fn defaults_are_values_within_their_range() {
    for role in ROLES_ALL {
        for key in role.keys() {
            let value = key.default_value(&test_host());
            if let DefaultValue::Fixed(text) = key.default {
                let parsed = Value::parse(key.kind, text);
                assert!(parsed.value.is_some() && parsed.doubt.is_none(), "{}={text}", key.name);
            }
            if let (Some(Value::Integer(value)), Some((low, high))) = (value, key.range) {
                assert!((low..=high).contains(&value), "{}={value}", key.name);
            }
        }
    }
}

#[test]
fn a_key_that_acts_says_what_it_does_and_numbers_have_a_range() {
    for role in ROLES_ALL {
        for key in role.keys() {
            let (Effect::Acts(text) | Effect::Never(text) | Effect::Waits(text)) = key.effect;
            assert!(!text.is_empty(), "{} says nothing", key.name);
            let acts = matches!(key.effect, Effect::Acts(_));
            let number = matches!(key.kind, Kind::Int | Kind::Long);
            assert_eq!(key.range.is_some(), acts && number, "range of {}", key.name);
            if let Some((low, high)) = key.range {
                assert!(low < high, "range of {}", key.name);
                let fits = key.kind == Kind::Long || i32::try_from(high).is_ok();
                assert!(fits, "range of {} is beyond what Java reads", key.name);
            }
            assert!(acts || key.change == Change::Restart, "{} cannot be live", key.name);
        }
    }
}

#[test]
fn defaults_that_depend_on_the_machine_are_those_of_java() {
    let host = test_host();
    let default = |name| {
        let value = Role::Broker.key(name).unwrap().default_value(&host);
        value.map(|value| value.to_string())
    };
    assert_eq!(default("brokerName").as_deref(), Some("testhost"));
    assert_eq!(default("brokerIP1").as_deref(), Some("192.0.2.7"));
    assert_eq!(default("storePathRootDir").as_deref(), Some("/home/test/store"));
    assert_eq!(default("pullMessageThreadPoolNums").as_deref(), Some("20"));
    assert_eq!(default("endTransactionThreadPoolNums").as_deref(), Some("12"));
    assert_eq!(default("namesrvAddr"), None);
    let nameless = Host { name: None, ..host };
    let value = Role::Broker.key("brokerName").unwrap().default_value(&nameless);
    assert_eq!(value, Some(Value::Text("DEFAULT_BROKER".to_owned())));
}
