//! How long the bodies of a run are: one length, or a mixture.

use std::str::FromStr;

/// Lengths of one mixture at most.
const CHOICES_MAX: usize = 64;

/// Body lengths with their weights. Which message has which length depends on its number alone, so
/// that whoever reads it back knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// A length, and the weights up to and with its own.
    choices: Vec<(usize, u64)>,
}

/// Why a mixture is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write BYTES, or BYTES:WEIGHT,BYTES:WEIGHT with up to 64 lengths and positive weights")]
pub struct NoSizes;

impl Sizes {
    /// All bodies have this length.
    pub fn one(bytes: usize) -> Self {
        Self { choices: vec![(bytes, 1)] }
    }

    /// The lengths.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> {
        self.choices.iter().map(|(bytes, _)| *bytes)
    }

    /// The place of a message's length among [`lengths`](Self::lengths).
    pub fn pick(&self, sequence: u64) -> usize {
        let total = self.choices.last().map_or(1, |(_, upto)| *upto);
        let drawn = mixed(sequence).checked_rem(total).unwrap_or(0);
        self.choices.iter().position(|(_, upto)| drawn < *upto).unwrap_or(0)
    }

    /// A message's length.
    pub fn of(&self, sequence: u64) -> usize {
        self.choices.get(self.pick(sequence)).map_or(0, |(bytes, _)| *bytes)
    }
}

/// Spreads numbers that follow each other (the finalizer of SplitMix64).
fn mixed(number: u64) -> u64 {
    let first = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let second = (first ^ first >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let third = (second ^ second >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    third ^ third >> 31
}

impl FromStr for Sizes {
    type Err = NoSizes;

    fn from_str(text: &str) -> Result<Self, NoSizes> {
        let mut choices = Vec::new();
        let mut upto = 0_u64;
        for item in text.split(',') {
            let (bytes, weight) = item.split_once(':').unwrap_or((item, "1"));
            let weight = weight.trim().parse::<u64>().ok().filter(|weight| *weight > 0);
            upto = weight.and_then(|weight| upto.checked_add(weight)).ok_or(NoSizes)?;
            choices.push((bytes.trim().parse().map_err(|_| NoSizes)?, upto));
        }
        if choices.len() > CHOICES_MAX { Err(NoSizes) } else { Ok(Self { choices }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_has_its_shares() {
        let sizes: Sizes = "128:50,1024:40, 4096:10".parse().unwrap();
        assert_eq!(sizes.lengths().collect::<Vec<_>>(), [128, 1024, 4096]);
        let drawn = (0..10_000).map(|sequence| sizes.of(sequence));
        let mut counts = [0_u32; 3];
        drawn.for_each(|bytes| {
            counts[[128, 1024, 4096].iter().position(|&b| b == bytes).unwrap()] += 1
        });
        for (count, share) in counts.iter().zip([5000, 4000, 1000]) {
            assert!(count.abs_diff(share) < 200, "{counts:?}");
        }
        assert_eq!("77".parse::<Sizes>().unwrap(), Sizes::one(77));
    }

    #[test]
    fn what_is_no_mixture_is_refused() {
        for wrong in ["", "a", "1:0", "1:", "1:-1", "1,", "1:18446744073709551615,2:1"] {
            assert_eq!(wrong.parse::<Sizes>(), Err(NoSizes), "{wrong}");
        }
        assert!("1,".repeat(70).trim_end_matches(',').parse::<Sizes>().is_err());
    }
}
