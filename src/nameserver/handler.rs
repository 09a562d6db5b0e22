//! Request to answer. Synchronous and without I/O: what has to reach a file first is handed back
//! as a [`Pending`] change, and the answer to it counts only when it did.
//!
//! Answers are Java's, byte for byte where it answers at all. Where Java passes over a missing
//! field, dies of it, or acts on half a request, this refuses with SYSTEM_ERROR and changes
//! nothing.

mod brokers;
mod configuration;
mod topics;

pub use configuration::edited;

use std::cell::RefCell;
use std::time::Duration;

use crate::config::Loaded;
use crate::config::nameserver::NameserverConfig;
use crate::config::observability::without_secrets;
use crate::net::ConnectionId;
use crate::protocol::code::{request, response};
use crate::protocol::{BodyError, Command, FieldError, Fields};

use super::kv::{KvChange, KvFull, KvTable};
use super::routes::{Expired, MinIdChange, Refusal, Routes, Rules, UnitTopics};

/// Everything a name server knows. Lives on one core.
pub struct NameServer {
    routes: RefCell<Routes>,
    kv: RefCell<KvTable>,
    loaded: RefCell<Loaded<NameserverConfig>>,
}

/// What comes of a request.
#[derive(Debug)]
pub struct Outcome {
    /// The answer. Dropped when the request wants none.
    pub reply: Command,
    /// What has to be done before the answer is true.
    pub pending: Option<Pending>,
    /// Brokers to tell that the smallest id under their name changed.
    pub told: Vec<MinIdChange>,
}

/// A change that has to reach a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// Of the configuration: `key=value` lines.
    Configuration(Vec<u8>),
    /// Of the KV table.
    Kv(KvChange),
}

/// Why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error(transparent)]
    KvFull(#[from] KvFull),
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// With its own code and text.
    #[error("{1}")]
    With(i32, String),
}

impl Refused {
    fn system_error(text: &str) -> Self {
        Self::With(response::SYSTEM_ERROR, text.to_owned())
    }

    fn code(&self) -> i32 {
        match self {
            Self::With(code, _) => *code,
            _ => response::SYSTEM_ERROR,
        }
    }
}

impl Outcome {
    /// An answer and nothing else.
    fn plain(reply: Command) -> Self {
        Self { reply, pending: None, told: Vec::new() }
    }
}

impl From<Command> for Outcome {
    fn from(reply: Command) -> Self {
        Self::plain(reply)
    }
}

impl NameServer {
    /// A name server that no broker has registered with.
    pub fn new(loaded: Loaded<NameserverConfig>, kv: KvTable) -> Self {
        Self {
            routes: RefCell::new(Routes::new()),
            kv: RefCell::new(kv),
            loaded: RefCell::new(loaded),
        }
    }

    /// Answers a request that came over `link`, `now` after the start.
    pub fn handle(&self, request: &Command, link: ConnectionId, now: Duration) -> Outcome {
        let outcome = match request.code {
            request::REGISTER_BROKER => return self.register(request, link, now),
            request::PUT_KV_CONFIG => self.put_value(request),
            request::GET_KV_CONFIG => Ok(self.value(request).into()),
            request::DELETE_KV_CONFIG => self.delete_value(request),
            request::GET_KVLIST_BY_NAMESPACE => Ok(self.namespace(request).into()),
            request::UPDATE_NAMESRV_CONFIG => self.update_configuration(request),
            request::GET_NAMESRV_CONFIG => Ok(self.configuration(request).into()),
            request::UNREGISTER_BROKER => self.unregister(request),
            request::QUERY_DATA_VERSION => self.data_version(request, now),
            request::BROKER_HEARTBEAT => self.heartbeat(request, now),
            request::GET_BROKER_MEMBER_GROUP => self.member_group(request),
            request::GET_BROKER_CLUSTER_INFO => Ok(self.cluster_info(request).into()),
            request::WIPE_WRITE_PERM_OF_BROKER => self.wipe_write_permission(request),
            request::ADD_WRITE_PERM_OF_BROKER => self.add_write_permission(request),
            request::GET_ROUTEINFO_BY_TOPIC => self.route(request, now),
            request::GET_ALL_TOPIC_LIST_FROM_NAMESERVER => self.all_topics(request),
            request::DELETE_TOPIC_IN_NAMESRV => self.delete_topic(request),
            request::REGISTER_TOPIC_IN_NAMESRV => self.register_topic(request),
            request::GET_TOPICS_BY_CLUSTER => self.topics_of_cluster(request),
            request::GET_SYSTEM_TOPIC_LIST_FROM_NS => Ok(self.system_topics(request).into()),
            request::GET_UNIT_TOPIC_LIST => self.unit_topics(request, UnitTopics::Unit),
            request::GET_HAS_UNIT_SUB_TOPIC_LIST => {
                self.unit_topics(request, UnitTopics::Subscribed)
            }
            request::GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST => {
                self.unit_topics(request, UnitTopics::SubscribedOnly)
            }
            code => Err(Refused::With(
                response::REQUEST_CODE_NOT_SUPPORTED,
                format!(" request type {code} not supported"),
            )),
        };
        outcome.unwrap_or_else(|refused| refusal(request, &refused).into())
    }

    /// A connection ended: its brokers are gone.
    pub fn connection_closed(&self, link: ConnectionId) -> Vec<MinIdChange> {
        let changes = self.routes.borrow_mut().connection_closed(link);
        self.to_tell(changes)
    }

    /// Forgets brokers that were silent too long. Their connections are to be closed.
    pub fn expire(&self, now: Duration) -> (Vec<Expired>, Vec<MinIdChange>) {
        let (expired, changes) = self.routes.borrow_mut().expire(now);
        (expired, self.to_tell(changes))
    }

    /// How many brokers are registered, and how many topics they have.
    pub fn counts(&self) -> (usize, usize) {
        self.routes.borrow().counts()
    }

    /// The settings, without those that are secret.
    pub fn listing(&self) -> String {
        without_secrets(&self.loaded.borrow().settings.listing())
    }

    /// The configuration in force.
    pub fn config(&self) -> NameserverConfig {
        self.loaded.borrow().config.clone()
    }

    fn rules(&self) -> Rules {
        let config = &self.loaded.borrow().config;
        Rules {
            registration_is_complete: config.forget_unregistered_topics,
            show_acting_master: config.show_acting_master,
        }
    }

    fn to_tell(&self, changes: Vec<MinIdChange>) -> Vec<MinIdChange> {
        if self.loaded.borrow().config.tell_min_id_changes { changes } else { Vec::new() }
    }
}

/// A reply of success without fields.
fn success(request: &Command) -> Command {
    Command::reply(request, response::SUCCESS)
}

/// A reply of success with these fields, be it none.
fn success_with(request: &Command, fields: Fields) -> Command {
    success(request).with_fields(fields)
}

fn refusal(request: &Command, refused: &Refused) -> Command {
    Command::reply(request, refused.code()).with_remark(refused.to_string())
}
