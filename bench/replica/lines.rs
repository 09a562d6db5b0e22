//! The lines that RocketMQ's benchmark prints, byte for byte. Scripts parse them.

use crate::replica::java_text::{average, fixed, per_second, time};

/// Totals of a producer at one moment (Java: `StatsBenchmarkProducer.createSnapshot`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProducerTotals {
    /// Milliseconds since 1970.
    pub ms: i64,
    /// Sends that succeeded.
    pub sent: i64,
    /// Sends that failed on this side.
    pub send_failed: i64,
    /// Sends that the broker refused.
    pub response_failed: i64,
    /// Sum of the successful sends' times.
    pub time_ms: i64,
}

/// A producer's report.
pub fn producer(now: u64, begin: ProducerTotals, end: ProducerTotals, max_ms: i64) -> String {
    format!(
        "Current Time: {} | Send TPS: {} | Max RT(ms): {max_ms} | Average RT(ms): {} | \
         Send Failed: {} | Response Failed: {}",
        time(now),
        per_second(end.sent - begin.sent, end.ms - begin.ms),
        fixed(average(end.time_ms - begin.time_ms, end.sent - begin.sent), 7, 3),
        end.send_failed,
        end.response_failed
    )
}

/// A producer's last line. `window` is missing when it ran for less than two seconds.
pub fn producer_complete(
    totals: ProducerTotals,
    window: Option<(ProducerTotals, ProducerTotals)>,
    max_ms: i64,
) -> String {
    let total = totals.sent + totals.send_failed;
    let (failed, refused) = (totals.send_failed, totals.response_failed);
    let Some((begin, end)) = window else {
        return format!(
            "[Complete] Send Total: {total} Send Failed: {failed} Response Failed: {refused}"
        );
    };
    format!(
        "[Complete] Send Total: {total} | Send TPS: {} | Max RT(ms): {max_ms} | \
         Average RT(ms): {} | Send Failed: {failed} | Response Failed: {refused}",
        per_second(end.sent - begin.sent, end.ms - begin.ms),
        fixed(average(end.time_ms - begin.time_ms, end.sent - begin.sent), 7, 3),
    )
}

/// Totals of a consumer at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConsumerTotals {
    /// Milliseconds since 1970.
    pub ms: i64,
    /// Messages received.
    pub received: i64,
    /// Sum of the times from born to consumed.
    pub born_ms: i64,
    /// Sum of the times from stored to consumed.
    pub stored_ms: i64,
    /// Messages given back.
    pub failed: i64,
}

/// A consumer's report. The maxima are those since the last report.
pub fn consumer(
    now: u64,
    begin: ConsumerTotals,
    end: ConsumerTotals,
    max_born_ms: i64,
    max_stored_ms: i64,
) -> String {
    let received = end.received - begin.received;
    format!(
        "Current Time: {} | Consume TPS: {} | AVG(B2C) RT(ms): {} | AVG(S2C) RT(ms): {} | MAX(B2C) \
         RT(ms): {max_born_ms} | MAX(S2C) RT(ms): {max_stored_ms} | Consume Fail: {}",
        time(now),
        per_second(received, end.ms - begin.ms),
        fixed(average(end.born_ms - begin.born_ms, received), 7, 3),
        fixed(average(end.stored_ms - begin.stored_ms, received), 7, 3),
        end.failed - begin.failed
    )
}

/// Totals of a batch producer at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchTotals {
    /// Milliseconds since 1970.
    pub ms: i64,
    /// Batches that succeeded.
    pub sent: i64,
    /// Batches that failed.
    pub failed: i64,
    /// Messages in the batches that succeeded.
    pub messages_sent: i64,
    /// Messages in the batches that failed.
    pub messages_failed: i64,
    /// Sum of the batches' times.
    pub time_ms: i64,
}

/// A batch producer's report.
pub fn batch(now: u64, begin: BatchTotals, end: BatchTotals, max_ms: i64) -> String {
    let (ms, spent) = (end.ms - begin.ms, end.time_ms - begin.time_ms);
    let (sent, messages) = (end.sent - begin.sent, end.messages_sent - begin.messages_sent);
    format!(
        "Current Time: {} | Send TPS: {} | Send MPS: {} | Max RT(ms): {max_ms} | \
         Average RT(ms): {} | Average Message RT(ms): {} | \
         Send Failed: {} | Send Message Failed: {}",
        time(now),
        per_second(sent, ms),
        per_second(messages, ms),
        fixed(average(spent, sent), 7, 3),
        fixed(average(spent, messages), 7, 3),
        end.failed,
        end.messages_failed
    )
}

/// Totals of a transaction producer at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionTotals {
    /// Milliseconds since 1970.
    pub ms: i64,
    /// Sends that succeeded.
    pub sent: i64,
    /// Sends that failed.
    pub failed: i64,
    /// Sum of all sends' times.
    pub time_ms: i64,
    /// Checks received.
    pub checks: i64,
    /// Checks of messages whose fate the broker had been told.
    pub unexpected: i64,
    /// Checks received before.
    pub duplicated: i64,
}

/// A transaction producer's report. The maximum is that since the last report.
pub fn transaction(
    now: u64,
    begin: TransactionTotals,
    end: TransactionTotals,
    max_ms: i64,
) -> String {
    let sent = end.sent - begin.sent;
    let all = sent + end.failed - begin.failed;
    let tps = (all * 1000).checked_div(end.ms - begin.ms).unwrap_or(0);
    format!(
        "Current Time: {} | Send TPS: {tps:5} | Max RT(ms): {max_ms:5} | AVG RT(ms): {} | \
         Send Failed: {} | Check: {} | UnexpectedCheck: {} | DuplicatedCheck: {}",
        time(now),
        fixed(average(end.time_ms - begin.time_ms, sent), 3, 1),
        end.failed - begin.failed,
        end.checks - begin.checks,
        end.unexpected - begin.unexpected,
        end.duplicated - begin.duplicated
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_123;

    #[test]
    fn producer_lines() {
        let begin = ProducerTotals { ms: 1_000, sent: 10, ..ProducerTotals::default() };
        let end = ProducerTotals {
            ms: 10_000,
            sent: 90_010,
            send_failed: 3,
            response_failed: 4,
            time_ms: 45_000,
        };
        let line = producer(NOW, begin, end, 77);
        let rest = " | Send TPS: 10000 | Max RT(ms): 77 | Average RT(ms):   0.500 | \
                    Send Failed: 3 | Response Failed: 4";
        assert_eq!(line, format!("Current Time: {}{rest}", time(NOW)));
        let complete = producer_complete(end, Some((begin, end)), 77);
        let expected = "[Complete] Send Total: 90013 | Send TPS: 10000 | Max RT(ms): 77 | \
                        Average RT(ms):   0.500 | Send Failed: 3 | Response Failed: 4";
        assert_eq!(complete, expected);
        let short = producer_complete(end, None, 77);
        assert_eq!(short, "[Complete] Send Total: 90013 Send Failed: 3 Response Failed: 4");
    }

    #[test]
    fn consumer_lines() {
        let begin = ConsumerTotals { ms: 0, failed: 1, ..ConsumerTotals::default() };
        let end = ConsumerTotals {
            ms: 9_000,
            received: 18_000,
            born_ms: 36_000,
            stored_ms: 9_000,
            failed: 3,
        };
        let rest = " | Consume TPS: 2000 | AVG(B2C) RT(ms):   2.000 | AVG(S2C) RT(ms):   0.500 | \
                    MAX(B2C) RT(ms): 9 | MAX(S2C) RT(ms): 5 | Consume Fail: 2";
        let line = consumer(NOW, begin, end, 9, 5);
        assert_eq!(line, format!("Current Time: {}{rest}", time(NOW)));
        let idle = consumer(NOW, end, end, 0, 0);
        assert!(idle.contains("| Consume TPS: 0 | AVG(B2C) RT(ms):     NaN |"), "{idle}");
    }

    #[test]
    fn batch_lines() {
        let end = BatchTotals {
            ms: 9_000,
            sent: 900,
            failed: 1,
            messages_sent: 14_400,
            messages_failed: 16,
            time_ms: 1_800,
        };
        let rest = " | Send TPS: 100 | Send MPS: 1600 | Max RT(ms): 12 | Average RT(ms):   2.000 | \
                    Average Message RT(ms):   0.125 | Send Failed: 1 | Send Message Failed: 16";
        let line = batch(NOW, BatchTotals::default(), end, 12);
        assert_eq!(line, format!("Current Time: {}{rest}", time(NOW)));
    }

    #[test]
    fn transaction_lines() {
        let begin = TransactionTotals { ms: 1_000, failed: 1, ..TransactionTotals::default() };
        let end = TransactionTotals {
            ms: 10_000,
            sent: 900,
            failed: 2,
            time_ms: 1_350,
            checks: 5,
            unexpected: 2,
            duplicated: 1,
        };
        let rest = " | Send TPS:   100 | Max RT(ms):     7 | AVG RT(ms): 1.5 | Send Failed: 1 | \
                    Check: 5 | UnexpectedCheck: 2 | DuplicatedCheck: 1";
        let line = transaction(NOW, begin, end, 7);
        assert_eq!(line, format!("Current Time: {}{rest}", time(NOW)));
    }
}
