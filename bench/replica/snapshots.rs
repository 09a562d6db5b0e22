//! The sliding window over which the reports count: one snapshot of the totals each second, the
//! last ten kept.

use std::collections::VecDeque;

/// Snapshots kept. A report needs as many.
const KEPT: usize = 10;

/// The last snapshots, the oldest first.
#[derive(Clone, Debug)]
pub struct Snapshots<T> {
    kept: VecDeque<T>,
}

impl<T: Copy> Snapshots<T> {
    /// None yet.
    pub fn new() -> Self {
        Self { kept: VecDeque::with_capacity(KEPT + 1) }
    }

    /// Adds one.
    pub fn push(&mut self, snapshot: T) {
        self.kept.push_back(snapshot);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// The oldest and the newest, once there are ten.
    pub fn full(&self) -> Option<(T, T)> {
        (self.kept.len() >= KEPT).then(|| self.ends())?
    }

    /// The oldest and the newest, once there are two.
    pub fn ends(&self) -> Option<(T, T)> {
        let (first, last) = (*self.kept.front()?, *self.kept.back()?);
        (self.kept.len() > 1).then_some((first, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_are_kept() {
        let mut snapshots = Snapshots::new();
        assert_eq!(snapshots.ends(), None);
        for number in 1..10 {
            snapshots.push(number);
        }
        assert_eq!((snapshots.full(), snapshots.ends()), (None, Some((1, 9))));
        snapshots.push(10);
        assert_eq!(snapshots.full(), Some((1, 10)));
        snapshots.push(11);
        assert_eq!(snapshots.full(), Some((2, 11)));
    }
}
