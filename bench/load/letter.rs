//! What a run sends: prepared requests, and the bodies in them.

use crate::load::send::SendPlan;
use crate::load::sizes::Sizes;
use crate::load::target::{LoadError, Target};
use crate::replica::message::batch_body;
use crate::wire::template::{KEY_PLACEHOLDER, SendShape, SendTemplate};

/// The properties of each message of a batch.
const BATCHED_PROPERTIES: &str = "WAIT\u{1}true\u{2}";

/// All that one worker's sends are made of.
#[derive(Clone, Debug)]
pub struct Letters {
    /// By topic, then by digits of the queue's id, then by size.
    templates: Vec<SendTemplate>,
    /// By size.
    bodies: Vec<Vec<u8>>,
    sizes: Sizes,
    target: Target,
    keys: u32,
}

/// Digits of a queue's id at most.
const QUEUE_DIGITS_MAX: usize = 10;

/// One request to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// Its head.
    pub template: &'a SendTemplate,
    /// Its body.
    pub body: &'a [u8],
    /// Its queue's id in its topic.
    pub queue: u32,
    /// The number of its key.
    pub key: u32,
}

impl Letters {
    /// Prepares the plan's.
    ///
    /// # Errors
    /// No broker would take a request so long.
    pub fn new(plan: &SendPlan) -> Result<Self, LoadError> {
        let batch = |bytes| match plan.batch {
            0 | 1 => body(bytes),
            count => {
                let body = body(bytes);
                batch_body((0..count).map(|_| (body.as_slice(), BATCHED_PROPERTIES))).to_vec()
            }
        };
        let bodies: Vec<Vec<u8>> = plan.sizes.lengths().map(batch).collect();
        let mut templates = Vec::new();
        for topic in plan.target.topics() {
            for digits in 1..=QUEUE_DIGITS_MAX {
                for body in &bodies {
                    templates.push(template(plan, topic, digits, body.len())?);
                }
            }
        }
        let (sizes, target) = (plan.sizes.clone(), plan.target.clone());
        Ok(Self { templates, bodies, sizes, target, keys: plan.keys.unwrap_or(1) })
    }

    /// The request that message `sequence` is.
    pub fn pick(&self, queue: u32, sequence: u64) -> Option<Letter<'_>> {
        let size = self.sizes.pick(sequence);
        let (topic, queue) = self.target.place(queue);
        let longer = usize::try_from(queue.checked_ilog10().unwrap_or(0)).ok()?;
        let at = (topic * QUEUE_DIGITS_MAX + longer) * self.bodies.len() + size;
        let key = sequence.checked_rem(u64::from(self.keys)).unwrap_or(0);
        Some(Letter {
            template: self.templates.get(at)?,
            body: self.bodies.get(size)?,
            queue,
            key: u32::try_from(key).ok()?,
        })
    }
}

fn template(
    plan: &SendPlan,
    topic: &str,
    queue_digits: usize,
    bytes: usize,
) -> Result<SendTemplate, LoadError> {
    let all = [("WAIT", "true"), ("KEYS", KEY_PLACEHOLDER)];
    let properties = if plan.keys.is_some() { all.as_slice() } else { all.split_at(1).0 };
    let shape = SendShape {
        group: &plan.group,
        topic,
        queue_digits,
        default_queues: plan.target.queues_of_a_topic(),
        sys_flag: 0,
        properties,
        unique: plan.batch <= 1,
        batch: plan.batch > 1,
        broker: None,
        serialization: plan.serialization,
    };
    Ok(SendTemplate::new(&shape, bytes)?)
}

/// A body of letters and digits that no compression would shrink to nothing. A shorter one is the
/// front of a longer one.
pub fn body(bytes: usize) -> Vec<u8> {
    let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let at = usize::try_from(state % 62).unwrap_or_default();
        letters.get(at).copied().unwrap_or(b'x')
    };
    (0..bytes).map(|_| next()).collect()
}
