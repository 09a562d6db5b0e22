//! What a send's properties string says, and what the broker adds to it.

use std::convert::Infallible;

use bytes::{BufMut, Bytes, BytesMut};

use crate::broker::arena::Arena;
use crate::broker::probe::{Kind, Signs};
use crate::config::broker::BrokerConfig;
use crate::message::properties::Properties;

/// What the properties of a message decide, found in one pass.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// `TAGS`
    pub tags: Option<&'a str>,
    /// `UNIQ_KEY`
    pub unique_key: Option<&'a str>,
    /// `DELAY`: the level.
    pub delay: Option<&'a str>,
    /// `TIMER_DELAY_SEC`, `TIMER_DELAY_MS` or `TIMER_DELIVER_MS` is there.
    pub timer: bool,
    /// What sort of message it is.
    pub kind: Kind,
    /// `INNER_NUM` is there: the message is a batch in one record, which takes a topic of its own
    /// kind.
    pub inner_batch: bool,
    /// `POP_CK` is there: it is not the producer's to set, and is not stored.
    pub pop_check: bool,
}

impl<'a> Found<'a> {
    /// Looks through a properties string.
    pub fn of(text: &'a str) -> Self {
        let (mut found, mut signs) = (Self::default(), Signs::default());
        for (name, value) in Properties::new(text.as_bytes()).iter() {
            signs.see(name, value);
            match name {
                "TAGS" => found.tags = Some(value),
                "UNIQ_KEY" => found.unique_key = Some(value),
                "DELAY" => found.delay = Some(value),
                "TIMER_DELAY_SEC" | "TIMER_DELAY_MS" | "TIMER_DELIVER_MS" => found.timer = true,
                "INNER_NUM" => found.inner_batch = true,
                "POP_CK" => found.pop_check = true,
                _ => {}
            }
        }
        Self { kind: signs.kind(), ..found }
    }
}

/// Properties as text, each followed by 0x02, that the broker adds to those of every message.
///
/// Java: `AbstractSendMessageProcessor`. They are the same for all messages, so they are made once.
pub fn added_by_broker(config: &BrokerConfig) -> Bytes {
    let mut out = BytesMut::from(added_to_replies(config));
    put(&mut out, "CLUSTER", &config.identity.cluster);
    out.freeze()
}

/// As [`added_by_broker`], to replies: nobody replies to those, so they do not say in which
/// cluster.
pub fn added_to_replies(config: &BrokerConfig) -> Bytes {
    let mut out = BytesMut::new();
    put(&mut out, "MSG_REGION", &config.identity.region);
    put(&mut out, "TRACE_ON", if config.identity.trace { "true" } else { "false" });
    out.freeze()
}

/// The string to store: the producer's, without what is not its to set, then the broker's.
pub fn stored(
    arena: &Arena,
    sent: &str,
    found: &Found<'_>,
    added: &[u8],
    unique_key: Option<&str>,
) -> Bytes {
    let Ok(stored) = arena.write::<Infallible>(|out| {
        if found.pop_check {
            let kept = Properties::new(sent.as_bytes()).iter();
            kept.filter(|(name, _)| *name != "POP_CK")
                .for_each(|(name, value)| put(out, name, value));
        } else {
            out.extend_from_slice(sent.as_bytes());
            if !sent.is_empty() && !sent.ends_with('\u{2}') {
                out.put_u8(2);
            }
        }
        if let Some(key) = unique_key {
            put(out, "UNIQ_KEY", key);
        }
        out.extend_from_slice(added);
        Ok(())
    });
    stored
}

fn put(out: &mut BytesMut, name: &str, value: &str) {
    out.extend_from_slice(name.as_bytes());
    out.put_u8(1);
    out.extend_from_slice(value.as_bytes());
    out.put_u8(2);
}
