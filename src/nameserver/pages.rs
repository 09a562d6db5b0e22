//! The name server's HTTP pages: what few things it counts, health, version, configuration.

use std::io;
use std::rc::Rc;

use crate::net::http::{Answer, Pages, Status};
use crate::observability::VERSION;
use crate::observability::metric::{self, Metric};
use crate::observability::text::{CONTENT_TYPE, Text};
use crate::rt::counts;

use super::server::Shared;

/// The pages of a name server. Lives on its core.
pub(super) struct NameserverPages {
    shared: Rc<Shared>,
    labels: Vec<(String, String)>,
}

impl NameserverPages {
    /// Pages whose metrics have these labels.
    pub(super) fn new(shared: Rc<Shared>, labels: Vec<(String, String)>) -> Self {
        Self { shared, labels }
    }

    fn metrics(&self) -> Text {
        let given = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut text = Text::new(given.chain([("node_type", "nameserver")]));
        let (brokers, topics) = self.shared.server.counts();
        let ring = counts::of_this_core();
        let mut one = |family: &Metric, values: &[&str], value: f64| {
            text.family(family);
            text.sample(family, values, value);
        };
        one(&metric::BUILD, &[VERSION], 1.0);
        one(&metric::UPTIME, &[], self.shared.since_start().as_secs_f64());
        one(&metric::CONNECTIONS, &["0"], number(self.shared.connections.len()));
        one(&metric::CORE_BUSY, &["0"], ring.busy().as_secs_f64());
        one(&metric::NAMESRV_BROKERS, &[], number(brokers));
        one(&metric::NAMESRV_TOPICS, &[], number(topics));
        text
    }
}

impl Pages for NameserverPages {
    async fn answer(&self, path: &str, answer: Answer<'_>) -> io::Result<()> {
        let plain = "text/plain; charset=utf-8";
        let (status, kind, body) = match path {
            "/metrics" => (Status::Ok, CONTENT_TYPE, self.metrics().rest()),
            // It serves from its first connection to its last.
            "/livez" | "/readyz" => (Status::Ok, plain, "ok\n".into()),
            "/version" => (Status::Ok, plain, format!("RingMQ {VERSION}\n").into()),
            "/config" => (Status::Ok, plain, self.shared.server.listing().into()),
            _ => (Status::NotFound, plain, "no such page\n".into()),
        };
        answer.whole(status, kind, body).await
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus' own numbers are no finer")]
fn number(count: usize) -> f64 {
    count as f64
}
