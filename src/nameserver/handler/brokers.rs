//! Brokers: registration, liveness, clusters, permissions.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::limits::{BROKER_TEXT_BYTES_MAX, FILTER_SERVERS_MAX, SYSTEM_TOPIC_BYTES_MAX};
use crate::net::ConnectionId;
use crate::protocol::body::DataVersion;
use crate::protocol::body::registration::{self as body, body_crc32};
use crate::protocol::body::route::MemberGroupReply;
use crate::protocol::body::topic_config::TopicConfig;
use crate::protocol::code::response;
use crate::protocol::request::registration::{
    BrokerHeartbeat, BrokerIdentity, DataVersionReply, MemberGroup, Register, RegisterReply,
};
use crate::protocol::request::route::{AddReply, BrokerName, WipeReply};
use crate::protocol::{Command, FieldError, Fields, fastjson, version};

use super::{NameServer, Outcome, Refused, refusal, success, success_with};
use crate::nameserver::kv::ORDER_NAMESPACE;
use crate::nameserver::routes::{Queues, Registered, Registration};

/// What Java's reply objects say when nobody set a remark. Some of its answers are sent so.
const REMARK_UNSET: &str = "not set any response code";

impl NameServer {
    /// Code 103. As in Java, a refusal by the table has an empty set of fields, one of the request
    /// itself has none.
    pub(super) fn register(&self, request: &Command, link: ConnectionId, now: Duration) -> Outcome {
        let registration = match read_registration(request) {
            Ok(Some(registration)) => registration,
            Ok(None) => {
                let refused = Refused::system_error("crc32 not match");
                return refusal(request, &refused).with_fields(Fields::empty()).into();
            }
            Err(refused) => {
                tracing::warn!(%refused, "a registration cannot be read");
                return refusal(request, &refused).into();
            }
        };
        let who = format!("{} {} {}", registration.name, registration.id, registration.address);
        let rules = self.rules();
        let registered = self.routes.borrow_mut().register(registration, link, now, rules);
        let registered = match registered {
            Ok(registered) => registered,
            Err(refused) => {
                tracing::warn!(%who, %refused, "a registration is refused");
                return refusal(request, &refused.into()).with_fields(Fields::empty()).into();
            }
        };
        if registered.superseded {
            tracing::warn!(%who, "another broker holds this id with a newer state");
        }
        let told = self.to_tell(registered.min_id_change.clone().into_iter().collect());
        Outcome { reply: self.registered(request, &registered), pending: None, told }
    }

    fn registered(&self, request: &Command, registered: &Registered) -> Command {
        let (master_addr, ha_server_addr) = match &registered.master {
            Some((address, ha_address)) => (Some(address.as_str()), Some(ha_address.as_str())),
            None => (None, None),
        };
        let fields = RegisterReply { ha_server_addr, master_addr }.to_fields();
        let reply = success_with(request, fields);
        let tells_order = self.loaded.borrow().config.order_to_brokers;
        match self.kv.borrow().list(ORDER_NAMESPACE).filter(|_| tells_order) {
            Some(order) => reply.with_body(order),
            None => reply,
        }
    }

    /// 104
    pub(super) fn unregister(&self, request: &Command) -> Result<Outcome, Refused> {
        let broker = BrokerIdentity::from_fields(&request.fields)?;
        let changes = self.routes.borrow_mut().unregister(broker.broker_name, broker.broker_addr);
        tracing::info!(name = broker.broker_name, address = broker.broker_addr, "unregistered");
        Ok(Outcome { reply: success(request), pending: None, told: self.to_tell(changes) })
    }

    /// 322. Counts as a heartbeat, also when it is one-way.
    pub(super) fn data_version(
        &self,
        request: &Command,
        now: Duration,
    ) -> Result<Outcome, Refused> {
        let broker = BrokerIdentity::from_fields(&request.fields)?;
        let theirs: Option<DataVersion> = match request.body.is_empty() {
            true => None,
            false => Some(fastjson::from_slice(&request.body)?),
        };
        let mut routes = self.routes.borrow_mut();
        routes.heartbeat(broker.cluster_name, broker.broker_addr, now);
        let ours = routes.version_of(broker.cluster_name, broker.broker_addr);
        let changed = ours.is_none() || ours != theirs;
        let reply = success_with(request, DataVersionReply { changed }.to_fields());
        Ok(match ours {
            Some(ours) => reply.with_body(fastjson::to_vec(&ours)),
            None => reply,
        }
        .into())
    }

    /// 904
    pub(super) fn heartbeat(&self, request: &Command, now: Duration) -> Result<Outcome, Refused> {
        let broker = BrokerHeartbeat::from_fields(&request.fields)?;
        self.routes.borrow_mut().heartbeat(broker.cluster_name, broker.broker_addr, now);
        Ok(success(request).into())
    }

    /// 901
    pub(super) fn member_group(&self, request: &Command) -> Result<Outcome, Refused> {
        let asked = MemberGroup::from_fields(&request.fields)?;
        let group = self.routes.borrow().member_group(asked.cluster_name, asked.broker_name);
        let body = fastjson::to_vec(&MemberGroupReply { group });
        Ok(success(request).with_remark(REMARK_UNSET).with_body(body).into())
    }

    /// 106
    pub(super) fn cluster_info(&self, request: &Command) -> Command {
        success(request).with_body(fastjson::to_vec(&self.routes.borrow().cluster_info()))
    }

    /// 205
    pub(super) fn wipe_write_permission(&self, request: &Command) -> Result<Outcome, Refused> {
        let name = BrokerName::from_fields(&request.fields)?.broker_name;
        let topics = self.routes.borrow_mut().wipe_write_permission(name);
        tracing::info!(name, topics, "write permission wiped");
        Ok(success_with(request, WipeReply { topics }.to_fields()).into())
    }

    /// 327
    pub(super) fn add_write_permission(&self, request: &Command) -> Result<Outcome, Refused> {
        let name = BrokerName::from_fields(&request.fields)?.broker_name;
        let topics = self.routes.borrow_mut().add_write_permission(name);
        tracing::info!(name, topics, "write permission added");
        Ok(success_with(request, AddReply { topics }.to_fields()).into())
    }
}

/// Reads a registration; `None` if its checksum is wrong.
fn read_registration(request: &Command) -> Result<Option<Registration>, Refused> {
    let header = Register::from_fields(&request.fields)?;
    let sum = header.body_crc32.unwrap_or(0);
    if sum != 0 && sum != sum_of(&request.body) {
        return Ok(None);
    }
    let body = body::Registration::decode(&request.body, request.version)?;
    check_text("brokerName", header.broker_name)?;
    check_text("brokerAddr", header.broker_addr)?;
    check_text("clusterName", header.cluster_name)?;
    for text in [Some(header.ha_server_addr), header.zone_name].into_iter().flatten() {
        check_length("address or zone", text)?;
    }
    if header.broker_id < 0 {
        return Err(FieldError::not_a_number("brokerId").into());
    }
    let silence_max = match header.heartbeat_timeout_ms.map(u64::try_from) {
        None => None,
        Some(Ok(ms)) if ms > 0 => Some(Duration::from_millis(ms)),
        Some(_) => return Err(FieldError::not_a_number("heartbeatTimeoutMillis").into()),
    };
    // The oldest brokers do not speak of filter servers, which is not the same as having none.
    let speaks = request.version >= version::V3_0_11;
    let filter_servers = speaks.then_some(body.filter_servers);
    let servers = filter_servers.as_deref().unwrap_or_default();
    if servers.len() > FILTER_SERVERS_MAX {
        return Err(Refused::system_error("too many filter servers"));
    }
    servers.iter().try_for_each(|server| check_length("filter server", server))?;
    let mappings = body.topics.mapping_infos.unwrap_or_default().into_iter();
    let mappings = mappings.map(|(topic, info)| {
        let name = info.broker_name.clone();
        (topic, name.unwrap_or_else(|| header.broker_name.to_owned()), info)
    });
    Ok(Some(Registration {
        cluster: header.cluster_name.to_owned(),
        name: header.broker_name.to_owned(),
        id: header.broker_id,
        address: header.broker_addr.to_owned(),
        ha_address: header.ha_server_addr.to_owned(),
        zone: header.zone_name.map(str::to_owned),
        silence_max,
        acting_master: header.enable_acting_master,
        version: body.topics.data_version,
        topics: read_topics(body.topics.topics)?,
        mappings: mappings.collect(),
        filter_servers,
    }))
}

/// Java: a body that is absent has the sum 0.
fn sum_of(body: &[u8]) -> i32 {
    if body.is_empty() { 0 } else { body_crc32(body) }
}

/// Topics by name, each once.
fn read_topics(
    topics: impl IntoIterator<Item = (String, TopicConfig)>,
) -> Result<Vec<(String, Queues)>, Refused> {
    let mut read = BTreeMap::new();
    for (key, topic) in topics {
        let name = if topic.topic.is_empty() { key } else { topic.topic };
        let queues = Queues {
            read: topic.read_queues,
            write: topic.write_queues,
            perm: topic.perm,
            sys_flag: topic.topic_sys_flag,
        };
        check_topic(&name, queues)?;
        read.insert(name, queues);
    }
    Ok(read.into_iter().collect())
}

/// Whether a topic can be taken into the table.
pub(super) fn check_topic(name: &str, queues: Queues) -> Result<(), Refused> {
    if name.is_empty() || name.len() > SYSTEM_TOPIC_BYTES_MAX {
        return Err(Refused::system_error("a topic's name is empty or too long"));
    }
    if queues.read < 0 || queues.write < 0 {
        return Err(Refused::With(
            response::SYSTEM_ERROR,
            format!("topic {name} has a negative number of queues"),
        ));
    }
    Ok(())
}

fn check_text(field: &'static str, text: &str) -> Result<(), Refused> {
    if text.is_empty() {
        return Err(FieldError::missing(field).into());
    }
    check_length(field, text)
}

fn check_length(what: &'static str, text: &str) -> Result<(), Refused> {
    if text.len() > BROKER_TEXT_BYTES_MAX {
        return Err(Refused::With(
            response::SYSTEM_ERROR,
            format!("{what}: longer than {BROKER_TEXT_BYTES_MAX} bytes"),
        ));
    }
    Ok(())
}
