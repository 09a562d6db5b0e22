//! Lists of processor cores: `0-1`, `0,2,4-6`.

use std::fmt;
use std::str::FromStr;

use crate::limits::CORES_MAX;

/// Processor cores to run on, by the number the system gives them. Sorted, each once, never
/// empty, at most [`CORES_MAX`] of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreList(Vec<u16>);

/// Why a list of cores is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoreListError {
    /// A range that ends before it begins.
    #[error("a range goes from the lower core to the higher one")]
    Backwards,
    /// Nothing between two commas, or nothing at all.
    #[error("a core number is missing; write cores as 0-1 or 0,2,4")]
    Empty,
    /// Not a number.
    #[error("cores are whole numbers from 0; write them as 0-1 or 0,2,4")]
    NotANumber,
    /// A core named twice.
    #[error("a core is named twice")]
    Repeated,
    /// More than the program runs on.
    #[error("at most {CORES_MAX} cores can be used")]
    TooMany,
}

impl CoreList {
    /// The cores with these numbers, sorted, each once. Those over [`CORES_MAX`] are left out.
    /// `None` when there are none.
    pub fn new(numbers: impl IntoIterator<Item = u16>) -> Option<Self> {
        let mut numbers: Vec<u16> = numbers.into_iter().collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.truncate(usize::from(CORES_MAX));
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    /// The core numbers, lowest first.
    pub fn numbers(&self) -> &[u16] {
        &self.0
    }

    /// How many cores, from 1 to [`CORES_MAX`].
    pub fn count(&self) -> u16 {
        // The constructors keep the list within CORES_MAX.
        u16::try_from(self.0.len()).unwrap_or(CORES_MAX)
    }
}

impl FromStr for CoreList {
    type Err = CoreListError;

    fn from_str(text: &str) -> Result<Self, CoreListError> {
        let number = |text: &str| match text.trim() {
            "" => Err(CoreListError::Empty),
            text if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse::<u16>().map_err(|_| CoreListError::NotANumber)
            }
            _ => Err(CoreListError::NotANumber),
        };
        let mut numbers = Vec::new();
        for part in text.split(',') {
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(part)?, number(part)?),
            };
            if first > last {
                return Err(CoreListError::Backwards);
            }
            if usize::from(last - first) + numbers.len() >= usize::from(CORES_MAX) {
                return Err(CoreListError::TooMany);
            }
            numbers.extend(first..=last);
        }
        let named = numbers.len();
        let list = Self::new(numbers).ok_or(CoreListError::Empty)?;
        match list.0.len() == named {
            true => Ok(list),
            false => Err(CoreListError::Repeated),
        }
    }
}

/// Shown as it is read, ranges joined.
impl fmt::Display for CoreList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for run in self.0.chunk_by(|left, right| left + 1 == *right) {
            match run {
                [first, .., last] => write!(f, "{comma}{first}-{last}")?,
                [one] => write!(f, "{comma}{one}")?,
                [] => {}
            }
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges_are_read_sorted_and_shown_short() {
        for (text, numbers, shown) in [
            ("0", vec![0], "0"),
            ("0-1", vec![0, 1], "0-1"),
            ("4, 0-1,2", vec![0, 1, 2, 4], "0-2,4"),
            ("3-3", vec![3], "3"),
            ("0-63", (0..64).collect(), "0-63"),
        ] {
            let list: CoreList = text.parse().unwrap();
            assert_eq!(list.numbers(), numbers);
            assert_eq!(list.to_string(), shown);
        }
    }

    #[test]
    fn faults_are_told_apart() {
        for (text, fault) in [
            ("", CoreListError::Empty),
            ("0,", CoreListError::Empty),
            ("-1", CoreListError::Empty),
            ("a", CoreListError::NotANumber),
            ("+1", CoreListError::NotANumber),
            ("70000", CoreListError::NotANumber),
            ("1-2-3", CoreListError::NotANumber),
            ("2-1", CoreListError::Backwards),
            ("0-2,1", CoreListError::Repeated),
            ("0-64", CoreListError::TooMany),
            ("0-63,99", CoreListError::TooMany),
            ("0-65535", CoreListError::TooMany),
        ] {
            assert_eq!(text.parse::<CoreList>(), Err(fault), "{text:?}");
        }
    }
}
