//! How long messages are kept, and what is done when the disk fills up.

use std::time::Duration;

use super::notice::{Fault, Notes};
use super::settings::Settings;

/// The rules of clean-up (Java: `MessageStoreConfig`, and the bounds that
/// `DefaultMessageStore.CleanCommitLogService` puts on them). Changes by request hold from the next
/// round on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// `fileReservedTime`: a segment that was not written to for this long is expired, and a half
    /// message of this age is given up.
    pub kept: Duration,
    /// `deleteWhen`: when expired segments are removed.
    pub hours: Hours,
    /// `diskMaxUsedSpaceRatio`, within 10 to 95: in percent; above, they are removed at any hour.
    pub delete_percent: u8,
    /// `diskSpaceCleanForciblyRatio`, within 30 to 85: in percent; above, segments are removed
    /// whatever their age, if [`Self::forcibly`].
    pub force_percent: u8,
    /// `diskSpaceWarningLevelRatio`, within 35 to 90: in percent; above, sends are refused until
    /// the disk is at [`Self::force_percent`] again.
    pub full_percent: u8,
    /// `cleanFileForciblyEnable`.
    pub forcibly: bool,
    /// `cleanResourceInterval`: between two rounds.
    pub interval: Duration,
    /// `deleteCommitLogFilesInterval`: between two segments of a round.
    pub pause: Duration,
    /// `deleteFileBatchMax`: most segments of a round.
    pub batch_max: u32,
}

/// Hours of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hours(u32);

impl Hours {
    /// Is `hour` one of them?
    pub fn contains(self, hour: u8) -> bool {
        hour < 24 && self.0 & (1 << hour) != 0
    }

    /// Reads hours of two digits with semicolons between, as in `04;16`; empty is none.
    fn parse(text: &str) -> Option<Self> {
        let mut hours = 0;
        for hour in text.split(';').filter(|hour| !hour.is_empty()) {
            let hour: u32 = hour.trim().parse().ok().filter(|hour| *hour < 24)?;
            hours |= 1 << hour;
        }
        Some(Self(hours))
    }
}

pub(super) fn retention(settings: &Settings, notes: &mut Notes) -> Retention {
    const HOUR_SECONDS: u64 = 3600;
    let hours = Hours::parse(&settings.text("deleteWhen")).unwrap_or_else(|| {
        settings.fault("deleteWhen", Fault::NoHours, notes);
        Hours::default()
    });
    let hours_kept: u64 = settings.number("fileReservedTime");
    let percent = |name, low, high| settings.number::<u8>(name).clamp(low, high);
    Retention {
        kept: Duration::from_secs(hours_kept * HOUR_SECONDS),
        hours,
        delete_percent: percent("diskMaxUsedSpaceRatio", 10, 95),
        force_percent: percent("diskSpaceCleanForciblyRatio", 30, 85),
        full_percent: percent("diskSpaceWarningLevelRatio", 35, 90),
        forcibly: settings.boolean("cleanFileForciblyEnable"),
        interval: settings.millis("cleanResourceInterval"),
        pause: settings.millis("deleteCommitLogFilesInterval"),
        batch_max: settings.number("deleteFileBatchMax"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_rocketmq_reads_them() {
        let hours = Hours::parse("04;16").unwrap();
        let there: Vec<u8> = (0..=255).filter(|hour| hours.contains(*hour)).collect();
        assert_eq!(there, [4, 16]);
        assert_eq!(Hours::parse(""), Some(Hours::default()));
        for wrong in ["24", "-1", "four", "04:00", "4;x"] {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
    }
}
