//! Values counted by range.

#[cfg(not(feature = "sim"))]
use crate::rt::counts::Spread;

/// Upper bounds of ranges, ascending, each included in its range. A last range without a bound
/// follows.
pub type Bounds<const N: usize> = [u64; N];

/// How many values fell into each range. Plain numbers that belong to one core; several are merged
/// when somebody asks. The unit of the values is that of the bounds they are recorded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histogram<const N: usize> {
    ranges: [u64; N],
    beyond: u64,
    sum: u64,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self { ranges: [0; N], beyond: 0, sum: 0 }
    }
}

impl<const N: usize> Histogram<N> {
    /// Counts `times` values. The same bounds belong to all calls for one histogram.
    pub fn record(&mut self, bounds: &Bounds<N>, value: u64, times: u64) {
        let range = bounds.iter().position(|bound| value <= *bound);
        match range.and_then(|at| self.ranges.get_mut(at)) {
            Some(count) => *count += times,
            None => self.beyond += times,
        }
        self.sum = self.sum.saturating_add(value.saturating_mul(times));
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.ranges.iter_mut().zip(other.ranges) {
            *ours += theirs;
        }
        self.beyond += other.beyond;
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// How many values there were up to each bound, smaller ones included.
    pub fn up_to(&self) -> impl Iterator<Item = u64> {
        self.ranges.iter().scan(0, |so_far, count| {
            *so_far += count;
            Some(*so_far)
        })
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.ranges.iter().sum::<u64>() + self.beyond
    }

    /// All values together.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}

#[cfg(not(feature = "sim"))]
impl<const FIRST: u32, const N: usize> From<&Spread<FIRST, N>> for Histogram<N> {
    fn from(spread: &Spread<FIRST, N>) -> Self {
        Self { ranges: spread.ranges, beyond: spread.beyond, sum: spread.sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_range_whose_bound_they_reach() {
        let bounds = [1, 10, 100];
        let mut histogram = Histogram::default();
        for value in [0, 1, 2, 10, 11, 101] {
            histogram.record(&bounds, value, 1);
        }
        let mut other = Histogram::default();
        other.record(&bounds, 100, 2);
        histogram.merge(&other);
        assert_eq!(histogram.up_to().collect::<Vec<_>>(), [2, 4, 7]);
        assert_eq!((histogram.count(), histogram.sum()), (8, 325));
    }
}
