//! Delay levels: `1s 5s 10s`, the delay of each level from level 1 on.

use std::str::FromStr;
use std::sync::Arc;

use crate::limits::DELAY_LEVELS_MAX;

/// Units of a delay, and how many milliseconds each has.
const UNITS: [(char, i64); 4] = [('s', 1_000), ('m', 60_000), ('h', 3_600_000), ('d', 86_400_000)];

/// Longest delay of a level, in milliseconds: a hundred years of 365 days. Deliver times stay far
/// from what a consume queue can hold.
const DELAY_MS_MAX: i64 = 100 * 365 * 86_400_000;

/// How long a message of each level waits (`messageDelayLevel`). At most [`DELAY_LEVELS_MAX`]
/// levels; none only by default. Cheap to clone.
///
/// Java: `ScheduleMessageService.parseDelayLevel`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DelayLevels(Arc<[i64]>);

/// Why a text is no list of delay levels. Levels are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DelayLevelsError {
    /// Nothing but blanks.
    #[error("at least one delay is needed; write them as 1s 5s 10m 2h 1d")]
    Empty,
    /// Longer than [`DELAY_MS_MAX`].
    #[error("level {0} is longer than 100 years")]
    Long(usize),
    /// No whole number in front of the unit.
    #[error("level {0} is no whole number from 0 with a unit; write delays as 1s 5s 10m 2h 1d")]
    Number(usize),
    /// More than [`DELAY_LEVELS_MAX`].
    #[error("there can be at most {DELAY_LEVELS_MAX} levels")]
    TooMany,
    /// Neither s, m, h nor d at the end.
    #[error("level {0} has no unit; it is one of s, m, h and d, as in 1s 5s 10m 2h 1d")]
    Unit(usize),
}

impl DelayLevels {
    /// The last level.
    pub fn highest(&self) -> i32 {
        i32::try_from(self.0.len()).unwrap_or(i32::MAX)
    }

    /// The level that a message which asks for `level` gets: at most the last.
    pub fn clamp(&self, level: i32) -> i32 {
        level.min(self.highest())
    }

    /// How long a message of a level waits, in milliseconds; `None` if there is no such level.
    pub fn delay_ms(&self, level: i32) -> Option<i64> {
        let index = usize::try_from(level.checked_sub(1)?).ok()?;
        self.0.get(index).copied()
    }

    /// All levels, from 1 on, with their delays in milliseconds.
    pub fn iter(&self) -> impl Iterator<Item = (i32, i64)> + '_ {
        (1..).zip(self.0.iter().copied())
    }
}

impl FromStr for DelayLevels {
    type Err = DelayLevelsError;

    fn from_str(text: &str) -> Result<Self, DelayLevelsError> {
        let mut delays = Vec::new();
        for (index, word) in text.split_ascii_whitespace().enumerate() {
            if index >= DELAY_LEVELS_MAX {
                return Err(DelayLevelsError::TooMany);
            }
            delays.push(delay(index + 1, word)?);
        }
        if delays.is_empty() {
            return Err(DelayLevelsError::Empty);
        }
        Ok(Self(delays.into()))
    }
}

fn delay(level: usize, word: &str) -> Result<i64, DelayLevelsError> {
    let parted = UNITS.iter().find_map(|(letter, ms)| Some((word.strip_suffix(*letter)?, ms)));
    let (digits, unit_ms) = parted.ok_or(DelayLevelsError::Unit(level))?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(DelayLevelsError::Number(level));
    }
    // Digits alone that are no number are too many.
    let count: Option<i64> = digits.parse().ok();
    let ms = count.and_then(|count| count.checked_mul(*unit_ms));
    ms.filter(|ms| *ms <= DELAY_MS_MAX).ok_or(DelayLevelsError::Long(level))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DelayLevels, DelayLevelsError> {
        text.parse()
    }

    #[test]
    fn units_are_seconds_minutes_hours_and_days() {
        let levels = read(" 1s 5m  2h 3d 0s ").unwrap();
        let all = [(1, 1_000), (2, 300_000), (3, 7_200_000), (4, 259_200_000), (5, 0)];
        assert_eq!(levels.iter().collect::<Vec<_>>(), all);
        assert_eq!((levels.highest(), levels.clamp(9), levels.clamp(2)), (5, 5, 2));
        assert_eq!((levels.delay_ms(4), levels.delay_ms(0)), (Some(259_200_000), None));
        assert_eq!((levels.delay_ms(6), levels.delay_ms(i32::MIN)), (None, None));
    }

    #[test]
    fn what_is_no_delay_is_named_by_its_level() {
        assert_eq!(read(" "), Err(DelayLevelsError::Empty));
        assert_eq!(read("1s 5"), Err(DelayLevelsError::Unit(2)));
        assert_eq!(read("1s 5ms"), Err(DelayLevelsError::Number(2)));
        for wrong in ["s", "-1s", "+1s", "1.5s", "1ss", "ones", "１s"] {
            assert_eq!(read(wrong), Err(DelayLevelsError::Number(1)), "{wrong}");
        }
        for long in ["36501d", "9223372036854775807d", "99999999999999999999s"] {
            assert_eq!(read(long), Err(DelayLevelsError::Long(1)), "{long}");
        }
        assert!(read("36500d").is_ok());
        assert!(read(&"1s ".repeat(DELAY_LEVELS_MAX)).is_ok());
        assert_eq!(read(&"1s ".repeat(DELAY_LEVELS_MAX + 1)), Err(DelayLevelsError::TooMany));
    }
}
