//! What happens without being asked: silent brokers are forgotten, idle connections closed.

use std::rc::Rc;
use std::time::Duration;

use crate::net::CloseReason;
use crate::rt::clock;

use super::server::Shared;

/// An idle connection is closed at most this much late.
const IDLE_LATE_MAX: Duration = Duration::from_secs(5);

/// Looks for silent brokers every `scanNotActiveBrokerInterval`, without end.
pub(super) async fn forget_silent_brokers(shared: Rc<Shared>) {
    loop {
        clock::sleep(shared.server.config().scan_interval).await;
        let (expired, changes) = shared.server.expire(shared.since_start());
        for broker in expired {
            let (address, after) = (&broker.address, broker.silence_max);
            tracing::warn!(%address, ?after, "a broker was silent too long: forgotten");
            if let Some(connection) = shared.connections.get(broker.link) {
                connection.close(CloseReason::Idle);
            }
        }
        shared.tell(changes);
    }
}

/// Closes connections on which nothing moved for `serverChannelMaxIdleTimeSeconds`, without end.
pub(super) async fn close_idle_connections(shared: Rc<Shared>) {
    loop {
        let limit = shared.server.config().sockets.idle_max;
        clock::sleep((limit / 4).min(IDLE_LATE_MAX)).await;
        shared.connections.close_idle(limit);
    }
}
