//! Attributes of topics and groups: `+key=value` sets, `-key` takes away (Java: `AttributeParser`,
//! `AttributeUtil`, `TopicAttributes`, `SubscriptionGroupAttributes`).

use std::collections::BTreeMap;

use crate::protocol::fastjson::Table;

/// Attributes, or changes to them, by key. A change's key starts with `+` or `-`.
pub type Attributes = Table<String, String>;

/// One attribute that a topic or a group may have.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    key: &'static str,
    changeable: bool,
    values: Values,
}

#[derive(Clone, Copy, Debug)]
enum Values {
    /// One of these. In the order that Java's hash set prints them.
    OneOf(&'static [&'static str]),
    /// A number from the first to the second.
    Range(i64, i64),
}

/// The attribute that says what kinds of messages a topic takes.
pub const MESSAGE_TYPE: &str = "message.type";

/// What a topic may have.
pub const TOPIC: &[Known] = &[
    Known { key: "queue.type", changeable: false, values: Values::OneOf(&["BatchCQ", "SimpleCQ"]) },
    Known {
        key: "cleanup.policy",
        changeable: false,
        values: Values::OneOf(&["COMPACTION", "DELETE"]),
    },
    Known {
        key: MESSAGE_TYPE,
        changeable: true,
        values: Values::OneOf(&[
            "UNSPECIFIED",
            "MIXED",
            "TRANSACTION",
            "PRIORITY",
            "FIFO",
            "DELAY",
            "LITE",
            "NORMAL",
        ]),
    },
    Known { key: "reserve.time", changeable: true, values: Values::Range(-1, i64::MAX) },
];

/// What a consumer group may have.
pub const GROUP: &[Known] =
    &[Known { key: "priority.factor", changeable: true, values: Values::Range(0, 100) }];

/// A change that is refused. The text is Java's, for the remark.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AttributeFault(pub String);

/// Reads changes as they stand in a request: `+a=1,-b`.
///
/// # Errors
/// A change is written wrongly, or occurs twice.
pub fn parse(text: &str) -> Result<Attributes, AttributeFault> {
    let mut changes = Attributes::new();
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let (key, value) = match part.split_once('=') {
            Some((key, value)) if key.contains('+') => (key, value),
            Some((key, _)) => {
                return fault(format!("add/alter attribute format is wrong: {key}"));
            }
            None if part.contains('-') => (part, ""),
            None => return fault(format!("delete attribute format is wrong: {part}")),
        };
        if changes.get(key).is_some() {
            return fault(format!("key duplication: {key}"));
        }
        changes.push(key.to_owned(), value.to_owned());
    }
    Ok(changes)
}

/// What `current` becomes by `changes`; `None` stands for something that is being created.
///
/// # Errors
/// A change that the `known` attributes do not allow; Java's text says which.
pub fn alter(
    known: &[Known],
    current: Option<&Attributes>,
    changes: &Attributes,
) -> Result<Attributes, AttributeFault> {
    let mut altered: BTreeMap<String, String> =
        current.cloned().unwrap_or_default().into_iter().collect();
    let mut seen: Vec<&str> = Vec::new();
    for (signed, value) in changes.iter() {
        let mut letters = signed.chars();
        let sign = letters.next();
        let key = letters.as_str();
        if key.is_empty() {
            return fault("kv string format wrong.".to_owned());
        }
        if seen.contains(&key) {
            return fault(format!("alter duplication key. key: {key}"));
        }
        seen.push(key);
        let exists = current.is_some_and(|current| current.get(key).is_some());
        let delete = match sign {
            Some('+') => false,
            _ if current.is_none() => {
                return fault(format!(
                    "only add attribute is supported while creating topic. key: {key}"
                ));
            }
            Some('-') if exists => true,
            Some('-') => return fault(format!("attempt to delete a nonexistent key: {key}")),
            _ => return fault(format!("wrong format key: {key}")),
        };
        let Some(attribute) = known.iter().find(|attribute| attribute.key == key) else {
            return fault(format!("unsupported key: {key}"));
        };
        if current.is_some() && !attribute.changeable {
            return fault(format!("attempt to update an unchangeable attribute. key: {key}"));
        }
        if delete {
            altered.remove(key);
        } else {
            attribute.values.check(value)?;
            altered.insert(key.to_owned(), value.clone());
        }
    }
    Ok(altered.into_iter().collect())
}

impl Values {
    fn check(self, value: &str) -> Result<(), AttributeFault> {
        match self {
            Self::OneOf(set) if set.contains(&value) => Ok(()),
            Self::OneOf(set) => fault(format!("value is not in set: [{}]", set.join(", "))),
            Self::Range(min, max) => match value.parse::<i64>() {
                Ok(number) if (min..=max).contains(&number) => Ok(()),
                Ok(_) => fault(format!("value is not in range({min}, {max})")),
                Err(_) => fault(format!("For input string: \"{value}\"")),
            },
        }
    }
}

fn fault<T>(text: String) -> Result<T, AttributeFault> {
    Err(AttributeFault(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> Attributes {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    fn text(result: Result<Attributes, AttributeFault>) -> String {
        result.unwrap_err().0
    }

    #[test]
    fn changes_are_read_as_tools_write_them() {
        assert_eq!(parse(""), Ok(map(&[])));
        let read = parse("+message.type=FIFO,-reserve.time").unwrap();
        assert_eq!(read, map(&[("+message.type", "FIFO"), ("-reserve.time", "")]));
        assert_eq!(text(parse("a=1")), "add/alter attribute format is wrong: a");
        assert_eq!(text(parse("a")), "delete attribute format is wrong: a");
        assert_eq!(text(parse("+a=1,+a=2")), "key duplication: +a");
        assert!(parse(",").is_err());
    }

    #[test]
    fn creation_only_adds_and_checks_the_values() {
        let create = |changes: &str| alter(TOPIC, None, &parse(changes).unwrap());
        assert_eq!(create("+message.type=DELAY"), Ok(map(&[("message.type", "DELAY")])));
        assert_eq!(text(create("+nosuch=1")), "unsupported key: nosuch");
        assert_eq!(
            text(create("+message.type=NOSUCH")),
            "value is not in set: [UNSPECIFIED, MIXED, TRANSACTION, PRIORITY, FIFO, DELAY, LITE, \
             NORMAL]"
        );
        assert_eq!(
            text(create("-message.type")),
            "only add attribute is supported while creating topic. key: message.type"
        );
        assert_eq!(
            text(create("+reserve.time=-2")),
            format!("value is not in range(-1, {})", i64::MAX)
        );
        assert!(create("+reserve.time=soon").is_err());
    }

    #[test]
    fn what_a_change_does_not_name_stays() {
        let current = map(&[("message.type", "FIFO"), ("queue.type", "SimpleCQ")]);
        let change = |changes: &str| alter(TOPIC, Some(&current), &parse(changes).unwrap());
        assert_eq!(change(""), Ok(current.clone()));
        assert_eq!(
            change("+reserve.time=5,-message.type"),
            Ok(map(&[("queue.type", "SimpleCQ"), ("reserve.time", "5")]))
        );
        assert_eq!(
            text(change("+queue.type=BatchCQ")),
            "attempt to update an unchangeable attribute. key: queue.type"
        );
        assert_eq!(
            text(change("-reserve.time")),
            "attempt to delete a nonexistent key: reserve.time"
        );
        assert_eq!(
            text(change("+message.type=DELAY,-message.type")),
            "alter duplication key. key: message.type"
        );
    }
}
