//! When the next send is due.

/// The schedule of one worker's sends.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// As soon as there is room: the number in flight is what is given.
    Closed,
    /// At a rate, whatever the broker does: send `n` is due at `began + n * interval`.
    Open {
        /// Nanoseconds of the run's clock.
        began: u64,
        /// Nanoseconds from one send to the next.
        interval: f64,
    },
}

impl Pace {
    /// `rate` sends a second from `began` on.
    pub fn open(rate: f64, began: u64) -> Self {
        Self::Open { began, interval: 1e9 / rate.max(1e-3) }
    }

    /// When send `number` is due; `now` in a closed loop.
    pub fn due(&self, number: u64, now: u64) -> u64 {
        match *self {
            Self::Closed => now,
            Self::Open { began, interval } => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    clippy::cast_sign_loss,
                    reason = "53 bits hold 104 days in nanoseconds, and no factor is negative"
                )]
                let after = (number as f64 * interval) as u64;
                began.saturating_add(after)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_does_not_drift() {
        let pace = Pace::open(3.0, 1_000);
        assert_eq!(pace.due(0, 77), 1_000);
        assert_eq!(pace.due(3, 77), 1_000_001_000);
        assert_eq!(pace.due(3_000_000, 77), 1_000_000_000_001_000);
        assert_eq!(Pace::Closed.due(5, 77), 77);
    }
}
