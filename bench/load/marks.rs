//! A growing set of small numbers: one bit each.

/// Numbers from 0 on. Memory: one bit for each number up to the largest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    words: Vec<u64>,
    count: u64,
}

impl Marks {
    /// Adds a number; false if it was there.
    pub fn add(&mut self, number: usize) -> bool {
        let word = number / 64;
        if word >= self.words.len() {
            self.words.resize((word + 1).max(self.words.len() * 2), 0);
        }
        let Some(word) = self.words.get_mut(word) else { return false };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        self.count += u64::from(new);
        new
    }

    /// Whether a number is there.
    pub fn has(&self, number: usize) -> bool {
        self.words.get(number / 64).is_some_and(|word| word & 1 << (number % 64) != 0)
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The largest number and one more; 0 if there is none.
    pub fn end(&self) -> usize {
        let last = self.words.iter().rposition(|word| *word != 0);
        last.and_then(|at| Some((at, self.words.get(at)?)))
            .map_or(0, |(at, word)| at * 64 + usize::try_from(word.ilog2()).unwrap_or(0) + 1)
    }

    /// Adds all of another set; yields how many both had.
    pub fn merge(&mut self, other: &Self) -> u64 {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        let mut both = 0;
        for (mine, theirs) in self.words.iter_mut().zip(&other.words) {
            both += u64::from((*mine & theirs).count_ones());
            *mine |= theirs;
        }
        self.count += other.count - both;
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_once() {
        let mut marks = Marks::default();
        assert_eq!(marks.end(), 0);
        for number in [0, 63, 64, 1000] {
            assert!(marks.add(number));
            assert!(!marks.add(number));
            assert!(marks.has(number));
        }
        assert!(!marks.has(1));
        assert!(!marks.has(1_000_000));
        assert_eq!((marks.count(), marks.end()), (4, 1001));
        let mut other = Marks::default();
        other.add(64);
        other.add(5000);
        assert_eq!(marks.merge(&other), 1);
        assert_eq!((marks.count(), marks.end()), (5, 5001));
    }
}
