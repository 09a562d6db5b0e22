//! Times as tools print them.

use crate::rt::clock;
use crate::units::WallMillis;

/// `2026-11-21#08:09:47:262` in the zone of this machine (Java: `UtilAll.timeMillisToHumanString2`
/// and others). `ms` counts from 1970.
pub(super) fn time_text(ms: i64) -> String {
    let at = clock::local(WallMillis(ms));
    let (date, time) = ((at.year, at.month, at.day), (at.hour, at.minute, at.second));
    format!(
        "{:04}-{:02}-{:02}#{:02}:{:02}:{:02}:{:03}",
        date.0, date.1, date.2, time.0, time.1, time.2, at.milli
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No zone is more than a day away from UTC, and none cuts a minute.
    #[test]
    fn times_look_as_in_a_capture() {
        let text = time_text(1_795_248_587_262);
        assert!(text.starts_with("2026-11-2") && text.ends_with(":47:262"), "{text}");
        assert_eq!((text.len(), text.as_bytes()[10]), (23, b'#'));
    }

    #[test]
    fn any_number_has_a_text() {
        assert!(!time_text(i64::MIN).is_empty() && !time_text(i64::MAX).is_empty());
    }
}
