//! The wall clock as people of this machine's time zone read it.

use crate::units::WallMillis;

/// The hour of the day, 0 to 23, at `moment` in the time zone of this process (`TZ`, else
/// `/etc/localtime`; UTC if the system cannot tell).
pub fn hour(moment: WallMillis) -> u8 {
    let seconds = moment.0.div_euclid(1000);
    // SAFETY: a valid number, and a structure of plain numbers that the call fills.
    let told = unsafe {
        let mut told: libc::tm = std::mem::zeroed();
        (!libc::localtime_r(&raw const seconds, &raw mut told).is_null()).then_some(told)
    };
    let utc = seconds.div_euclid(3600).rem_euclid(24);
    let hour = told.map_or(utc, |told| i64::from(told.tm_hour));
    u8::try_from(hour).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_later_is_the_next_hour() {
        // No zone changes its clocks in this night.
        let evening = 1_781_740_800_000;
        for later in 0..24 {
            let [this, next] =
                [later, later + 1].map(|hours| hour(WallMillis(evening + hours * 3_600_000)));
            assert_eq!((this + 1) % 24, next);
            assert_eq!(hour(WallMillis(evening + later * 3_600_000 + 1000)), this);
        }
    }
}
