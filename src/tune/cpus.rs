//! Sets of processors in the two ways the kernel writes them: lists (`0-3,8`) and masks (`10f`).

use std::collections::BTreeSet;
use std::fmt;

/// Most processors of a machine, as the kernel's `NR_CPUS`. Bounds what a range may stand for.
const CPUS_MAX: usize = 8192;

/// Bits of one word of a mask.
const WORD_BITS: usize = 32;

/// Processors, by the kernel's numbers. Shown as a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpus(BTreeSet<usize>);

impl Cpus {
    /// Reads a list; `None` when the text is none. Nothing but blanks is the empty set.
    pub fn from_list(text: &str) -> Option<Self> {
        let mut set = BTreeSet::new();
        for part in text.trim().split(',').filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
            if last >= CPUS_MAX || first > last {
                return None;
            }
            set.extend(first..=last);
        }
        Some(Self(set))
    }

    /// Reads a mask: words of 32 bits in hexadecimal, the highest first, commas between them.
    pub fn from_mask(text: &str) -> Option<Self> {
        let mut set = BTreeSet::new();
        for (index, word) in text.trim().rsplit(',').enumerate() {
            let bits = u32::from_str_radix(word, 16).ok()?;
            let from = index * WORD_BITS;
            set.extend((0..WORD_BITS).filter(|bit| bits >> bit & 1 == 1).map(|bit| from + bit));
        }
        Some(Self(set))
    }

    /// As a mask, without leading zeros.
    pub fn mask(&self) -> String {
        let words = self.0.last().map_or(1, |last| last / WORD_BITS + 1);
        let word = |index: usize| {
            let own = self.0.range(index * WORD_BITS..(index + 1) * WORD_BITS);
            own.fold(0_u32, |bits, cpu| bits | 1 << (cpu % WORD_BITS))
        };
        let mut text = format!("{:x}", word(words - 1));
        for index in (0..words - 1).rev() {
            text += &format!(",{:08x}", word(index));
        }
        text
    }

    /// Those that `other` has not.
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).copied().collect())
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their numbers, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().copied()
    }
}

impl FromIterator<usize> for Cpus {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        Self(numbers.into_iter().collect())
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<usize> = self.iter().collect();
        let runs = numbers.chunk_by(|left, right| left + 1 == *right).map(|run| match run {
            [first, .., last] => format!("{first}-{last}"),
            one => one.iter().map(ToString::to_string).collect(),
        });
        out.write_str(&runs.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_masks_are_two_ways_to_write_a_set() {
        for (list, mask) in [
            ("", "0"),
            ("0", "1"),
            ("0-3,8", "10f"),
            ("31-32", "1,80000000"),
            ("1,64", "1,00000000,00000002"),
        ] {
            let set = Cpus::from_list(list).unwrap();
            assert_eq!((set.to_string().as_str(), set.mask().as_str()), (list, mask));
            assert_eq!(Cpus::from_mask(&format!("{mask}\n")), Some(set));
        }
        assert_eq!(Cpus::from_mask("00000003"), Cpus::from_list("0-1\n"));
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for list in ["a", "2-1", "0-99999", "1-", "-1"] {
            assert_eq!(Cpus::from_list(list), None, "{list:?}");
        }
        for mask in ["", "g", "1,,2", "123456789"] {
            assert_eq!(Cpus::from_mask(mask), None, "{mask:?}");
        }
    }
}
