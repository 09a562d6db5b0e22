//! Times as tools print them.

/// `2026-11-21#08:09:47:262`, in UTC (Java: `UtilAll.timeMillisToHumanString2` and others, there in
/// the zone of the broker). `ms` counts from 1970.
pub(super) fn time_text(ms: i64) -> String {
    let (days, in_day) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, milli) = (in_day / 1000 % 60, in_day % 1000);
    format!("{year:04}-{month:02}-{day:02}#{hour:02}:{minute:02}:{second:02}:{milli:03}")
}

/// Year, month and day of a day counted from 1970-01-01.
fn date(days: i64) -> (i64, i64, i64) {
    // Years are counted from March here, so that the leap day is the last of its year; 719_468
    // days lie between the first of March of year 0 and 1970, and an era is 400 years.
    let shifted = days.saturating_add(719_468);
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_look_as_in_a_capture() {
        assert_eq!(time_text(1_795_248_587_262), "2026-11-21#08:09:47:262");
        assert_eq!(time_text(0), "1970-01-01#00:00:00:000");
        assert_eq!(time_text(951_782_400_000), "2000-02-29#00:00:00:000");
        assert_eq!(time_text(-1), "1969-12-31#23:59:59:999");
        assert_eq!(time_text(4_107_542_399_999), "2100-02-28#23:59:59:999");
    }

    #[test]
    fn any_number_has_a_text() {
        assert!(!time_text(i64::MIN).is_empty() && !time_text(i64::MAX).is_empty());
    }
}
