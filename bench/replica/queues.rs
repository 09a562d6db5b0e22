//! The queues a consumer owns, and what an answer to a pull means for one of them.

/// A queue: which of the consumer's topics, which broker, which id. The order is that of dealing
/// only within one broker; see [`crate::replica::consumer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Index into the consumer's topics.
    pub topic: usize,
    /// The broker's link.
    pub link: usize,
    /// The queue's id.
    pub queue: u32,
}

/// How far a queue has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The next position to read; none until the broker told where to start.
    pub next: Option<i64>,
    /// The position the broker was last told.
    pub committed: i64,
}

/// What to do after an answer to a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Pull again at once, from here.
    Pull(i64),
    /// The position was outside the queue: tell the broker the new one, then pull from it.
    Reset(i64),
    /// Pull again from where it was, after so many milliseconds.
    Wait(u64),
}

/// Time to the next pull after an answer that is none of a pull's own (Java: 3 s).
const TROUBLE_MS: u64 = 3000;

/// Time to the next pull when the broker asks to slow down.
const FLOW_CONTROL_MS: u64 = 20;

/// Reads the answer's code and `nextBeginOffset`.
pub fn after_pull(code: i32, next: Option<i64>) -> After {
    match (code, next) {
        (0 | 19 | 20, Some(next)) => After::Pull(next),
        (21, Some(next)) => After::Reset(next),
        (215, _) => After::Wait(FLOW_CONTROL_MS),
        _ => After::Wait(TROUBLE_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_pulls() {
        assert_eq!(after_pull(0, Some(9)), After::Pull(9));
        assert_eq!(after_pull(19, Some(9)), After::Pull(9));
        assert_eq!(after_pull(20, Some(9)), After::Pull(9));
        assert_eq!(after_pull(21, Some(9)), After::Reset(9));
        assert_eq!(after_pull(215, None), After::Wait(FLOW_CONTROL_MS));
        for code in [1, 2, 17, 24, 25, 26] {
            assert_eq!(after_pull(code, None), After::Wait(TROUBLE_MS), "{code}");
        }
        assert_eq!(after_pull(0, None), After::Wait(TROUBLE_MS));
    }
}
