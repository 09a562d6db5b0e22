//! What a name server runs with, checked.

use std::path::PathBuf;
use std::time::Duration;

use super::Configuration;
use super::broker::{Sockets, cores, filled, sockets};
use super::cores::CoreList;
use super::key::Role;
use super::notice::Notes;
use super::observability::{self, Log, Pages};
use super::settings::Settings;

#[cfg(test)]
mod tests;

/// A name server's configuration. A value; a change by request makes a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameserverConfig {
    /// `listenPort`, from 1.
    pub listen_port: u16,
    /// Settings of accepted connections.
    pub sockets: Sockets,
    /// `kvConfigPath`: file of the KV and order configuration.
    pub kv_path: PathBuf,
    /// `configStorePath`: file that a change by request is written to.
    pub config_path: PathBuf,
    /// `scanNotActiveBrokerInterval`: time between looks for silent brokers.
    pub scan_interval: Duration,
    /// `orderMessageEnable`: routes carry the order configuration.
    pub order_in_routes: bool,
    /// `returnOrderTopicConfigToBroker`.
    pub order_to_brokers: bool,
    /// `enableAllTopicList`.
    pub all_topic_list: bool,
    /// `enableTopicList`.
    pub topic_lists: bool,
    /// `waitSecondsForService`, when `needWaitForService`: routes are refused that long.
    pub routes_wait: Option<Duration>,
    /// `deleteTopicWithBrokerRegistration`.
    pub forget_unregistered_topics: bool,
    /// `supportActingMaster`: where the master is gone, its first slave is shown as the master.
    pub show_acting_master: bool,
    /// `notifyMinBrokerIdChanged`: brokers are told when the smallest id under their name changes.
    pub tell_min_id_changes: bool,
    /// What is logged.
    pub log: Log,
    /// Metrics and health over HTTP, when they are wanted.
    pub pages: Option<Pages>,
    /// Cores to run on; `None` takes the first that is allowed.
    pub cores: Option<CoreList>,
}

impl Configuration for NameserverConfig {
    const ROLE: Role = Role::Nameserver;

    fn build(settings: &mut Settings, notes: &mut Notes) -> Self {
        settings.forget_derived();
        let routes_wait = Duration::from_secs(settings.number("waitSecondsForService"));
        Self {
            listen_port: settings.number("listenPort"),
            sockets: sockets(settings, notes),
            kv_path: filled("kvConfigPath", settings, notes).into(),
            config_path: filled("configStorePath", settings, notes).into(),
            scan_interval: settings.millis("scanNotActiveBrokerInterval"),
            order_in_routes: settings.boolean("orderMessageEnable"),
            order_to_brokers: settings.boolean("returnOrderTopicConfigToBroker"),
            all_topic_list: settings.boolean("enableAllTopicList"),
            topic_lists: settings.boolean("enableTopicList"),
            routes_wait: settings.boolean("needWaitForService").then_some(routes_wait),
            forget_unregistered_topics: settings.boolean("deleteTopicWithBrokerRegistration"),
            show_acting_master: settings.boolean("supportActingMaster"),
            tell_min_id_changes: settings.boolean("notifyMinBrokerIdChanged"),
            log: observability::log(settings),
            pages: observability::pages(settings, notes),
            cores: cores(settings, notes),
        }
    }
}
