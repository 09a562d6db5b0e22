//! The broker's HTTP pages: metrics for Prometheus, health, version, configuration.
//!
//! A scrape asks every core for what it counted, and writes the text on the control plane's core,
//! both with breaks: the core serves messages as well.

mod cores;
mod creations;
mod lag;
mod write;

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use crate::broker::control::{Control, facts};
use crate::broker::core::Core;
use crate::broker::probe::Pace;
use crate::config::observability::without_secrets;
use crate::limits::SCRAPES_MAX;
use crate::net::http::{Answer, Pages, Status};
use crate::observability::VERSION;
use crate::observability::text::{CONTENT_TYPE, Text};
use crate::rt::clock;

pub use creations::{Created, Creations};
pub use write::is_system_group;

/// A core that does not answer for so long is not alive.
const ALIVE_WITHIN: Duration = Duration::from_secs(5);

/// The `Content-Type` of everything but metrics.
const PLAIN: &str = "text/plain; charset=utf-8";

/// The pages of a broker. Lives on the control plane's core, from before the store is opened.
pub struct BrokerPages {
    core: Rc<Core>,
    labels: Vec<(String, String)>,
    scrapes: Cell<usize>,
}

impl BrokerPages {
    /// Pages whose metrics have these labels beside those that name the broker.
    pub fn new(core: Rc<Core>, labels: Vec<(String, String)>) -> Self {
        Self { core, labels, scrapes: Cell::new(0) }
    }

    async fn scrape(&self, control: &Rc<Control>, answer: Answer<'_>) -> io::Result<()> {
        let core = &self.core;
        let totals = facts::totals(core).await;
        control.ask_half_counts(core).await;
        let cores = cores::look(core).await;
        let lags = lag::look(core, control, &totals).await;
        let oldest = facts::log(core).await.and_then(|log| log.earliest);
        let pieces = answer.pieces(CONTENT_TYPE).await?;
        let config = control.config();
        let own = [
            ("cluster", config.identity.cluster.as_str()),
            ("node_type", "broker"),
            ("node_id", &config.identity.name),
            ("otel_scope_name", "broker-meter"),
        ];
        let given = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let text = Text::new(given.chain(own));
        let mut out = write::Out { text, pieces, control, pace: Pace::every(16) };
        out.broker(oldest).await?;
        out.topics(&totals).await?;
        out.groups(&totals).await?;
        out.requests(&totals).await?;
        out.members().await?;
        out.lags(&lags).await?;
        out.cores(&cores).await?;
        out.finish().await
    }

    /// Why clients should not be sent here; `None` when they may.
    async fn unready(&self) -> Option<&'static str> {
        let control = self.core.control()?.clone();
        if control.stopping.get() {
            return Some("stopping");
        }
        let elsewhere = facts::each_other(&self.core, |there| async move { failed(&there) }).await;
        if failed(&self.core) || elsewhere.contains(&true) {
            return Some("a write to a log failed");
        }
        control.cleaning.is_full().then_some("disk full")
    }

    async fn readiness(&self) -> Result<(), &'static str> {
        let serving = self.core.control().is_some_and(|control| control.serving.get());
        if !serving {
            return Err("starting");
        }
        self.unready().await.map_or(Ok(()), Err)
    }

    /// Whether every core does what it is asked.
    async fn is_alive(&self) -> bool {
        let asked = facts::each_other(&self.core, |_| async {});
        clock::timeout(ALIVE_WITHIN, asked).await.is_ok()
    }
}

impl Pages for BrokerPages {
    async fn answer(&self, path: &str, answer: Answer<'_>) -> io::Result<()> {
        let (status, body) = match (path, self.core.control().cloned()) {
            ("/", _) => (Status::Ok, INDEX.to_owned()),
            ("/livez", _) => match self.is_alive().await {
                true => (Status::Ok, "ok\n".to_owned()),
                false => (Status::Unavailable, "a core does not answer\n".to_owned()),
            },
            ("/readyz", _) => match self.readiness().await {
                Ok(()) => (Status::Ok, "ok\n".to_owned()),
                Err(why) => (Status::Unavailable, format!("{why}\n")),
            },
            ("/version", _) => (Status::Ok, format!("RingMQ {VERSION}\n")),
            ("/config" | "/metrics", None) => (Status::Unavailable, "starting\n".to_owned()),
            ("/config", Some(control)) => {
                (Status::Ok, without_secrets(&control.settings.borrow().listing()))
            }
            ("/metrics", Some(control)) if self.scrapes.get() < SCRAPES_MAX => {
                let _one = OneScrape::new(&self.scrapes);
                return self.scrape(&control, answer).await;
            }
            ("/metrics", Some(_)) => (Status::Unavailable, "too many scrapes at once\n".to_owned()),
            _ => (Status::NotFound, format!("no such page; there are\n{INDEX}")),
        };
        answer.whole(status, PLAIN, body.into()).await
    }
}

fn failed(core: &Core) -> bool {
    core.shards().iter().any(|shard| shard.poison().is_some())
}

const INDEX: &str = "/metrics\n/livez\n/readyz\n/version\n/config\n";

/// A scrape under way.
struct OneScrape<'a>(&'a Cell<usize>);

impl<'a> OneScrape<'a> {
    fn new(scrapes: &'a Cell<usize>) -> Self {
        scrapes.update(|scrapes| scrapes + 1);
        Self(scrapes)
    }
}

impl Drop for OneScrape<'_> {
    fn drop(&mut self) {
        self.0.update(|scrapes| scrapes - 1);
    }
}
