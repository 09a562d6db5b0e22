//! Topics: routes and lists.

use std::time::Duration;

use crate::protocol::body::TopicList;
use crate::protocol::body::route::TopicRoute;
use crate::protocol::code::response;
use crate::protocol::request::route::{DeleteTopic, Route, TopicsByCluster};
use crate::protocol::{Command, fastjson};

use super::{NameServer, Outcome, Refused, success};
use crate::nameserver::kv::ORDER_NAMESPACE;
use crate::nameserver::routes::{Queues, UnitTopics};

/// Follows the text about a topic that is not there, as in Java.
const SEE_FAQ: &str = "\nSee https://rocketmq.apache.org/docs/bestPractice/06FAQ for further \
                       details.";

impl NameServer {
    /// 105. A topic that is missing from the request is not found under the name `null`.
    pub(super) fn route(&self, request: &Command, now: Duration) -> Result<Outcome, Refused> {
        let loaded = self.loaded.borrow();
        if loaded.config.routes_wait.is_some_and(|wait| now < wait) {
            return Err(Refused::system_error("name server not ready"));
        }
        let topic = request.fields.get("topic").unwrap_or("null");
        let Some(mut route) = self.routes.borrow().route(topic, self.rules()) else {
            return Err(Refused::With(
                response::TOPIC_NOT_EXIST,
                format!("No topic route info in name server for the topic: {topic}{SEE_FAQ}"),
            ));
        };
        if loaded.config.order_in_routes {
            let order = self.kv.borrow().get(ORDER_NAMESPACE, topic).map(str::to_owned);
            route.order_topic_conf = order;
        }
        let asked = Route::from_fields(&request.fields)?;
        let standard = asked.standard_json.unwrap_or(false);
        Ok(success(request).with_body(route.encode_for(request.version, standard)).into())
    }

    /// 206
    pub(super) fn all_topics(&self, request: &Command) -> Result<Outcome, Refused> {
        enabled(self.loaded.borrow().config.all_topic_list)?;
        Ok(list(request, &self.routes.borrow().topic_list()))
    }

    /// 224
    pub(super) fn topics_of_cluster(&self, request: &Command) -> Result<Outcome, Refused> {
        enabled(self.loaded.borrow().config.topic_lists)?;
        let cluster = TopicsByCluster::from_fields(&request.fields)?.cluster;
        Ok(list(request, &self.routes.borrow().topics_of_cluster(cluster)))
    }

    /// 311, 312, 313
    pub(super) fn unit_topics(
        &self,
        request: &Command,
        which: UnitTopics,
    ) -> Result<Outcome, Refused> {
        enabled(self.loaded.borrow().config.topic_lists)?;
        Ok(list(request, &self.routes.borrow().unit_topics(which)))
    }

    /// 304
    pub(super) fn system_topics(&self, request: &Command) -> Command {
        list(request, &self.routes.borrow().system_topics()).reply
    }

    /// 216
    pub(super) fn delete_topic(&self, request: &Command) -> Result<Outcome, Refused> {
        let asked = DeleteTopic::from_fields(&request.fields)?;
        let cluster = asked.cluster_name.filter(|cluster| !cluster.is_empty());
        self.routes.borrow_mut().delete_topic(asked.topic, cluster);
        tracing::info!(topic = asked.topic, cluster, "topic deleted");
        Ok(success(request).into())
    }

    /// 217. Without queues it changes nothing, as in Java.
    pub(super) fn register_topic(&self, request: &Command) -> Result<Outcome, Refused> {
        let topic = request.fields.required("topic")?;
        let route: TopicRoute = match request.body.is_empty() {
            true => TopicRoute::default(),
            false => fastjson::from_slice(&request.body)?,
        };
        let mut brokers = Vec::with_capacity(route.queues.len());
        for data in &route.queues {
            let queues = Queues {
                read: data.read_queues,
                write: data.write_queues,
                perm: data.perm,
                sys_flag: data.topic_sys_flag,
            };
            super::brokers::check_topic(topic, queues)?;
            brokers.push((data.broker_name.as_str(), queues));
        }
        self.routes.borrow_mut().register_topic(topic, &brokers)?;
        Ok(success(request).into())
    }
}

fn list(request: &Command, topics: &TopicList) -> Outcome {
    success(request).with_body(fastjson::to_vec(topics)).into()
}

fn enabled(enabled: bool) -> Result<(), Refused> {
    if enabled { Ok(()) } else { Err(Refused::system_error("disable")) }
}
