//! Log and metrics, which broker and name server share.

use std::net::IpAddr;

use super::notice::{Cause, Fault, Notes};
use super::settings::Settings;

/// What stands in the name of a key whose value is nobody's business.
const SECRETS: [&str; 5] = ["secret", "password", "credential", "token", "exporterheader"];

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// `logLevel`: `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    /// `logFormat` is `json`, and not `plain`.
    pub json: bool,
}

/// The HTTP pages: metrics and health. There when `metricsExporterType` is PROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// `metricsPromExporterHost`: the address to listen on; `None` is the one that clients use.
    pub host: Option<IpAddr>,
    /// `metricsPromExporterPort`.
    pub port: u16,
    /// `metricsLabel`: labels that every sample has, by name and value.
    pub labels: Vec<(String, String)>,
}

/// The `log…` settings.
pub(super) fn log(settings: &Settings) -> Log {
    let given = |name| settings.value(name).map(|value| value.to_string());
    Log {
        level: given("logLevel").unwrap_or_else(|| "info".to_owned()),
        json: given("logFormat").is_some_and(|format| format == "json"),
    }
}

/// The `metrics…` settings.
pub(super) fn pages(settings: &Settings, notes: &mut Notes) -> Option<Pages> {
    match settings.text("metricsExporterType").as_str() {
        "PROM" => {}
        "DISABLE" => return None,
        _ => {
            let cause = Cause::Ignored("only PROM is built, so nothing is exported");
            settings.doubt("metricsExporterType", cause, notes);
            return None;
        }
    }
    let host = settings.text("metricsPromExporterHost");
    let host = match host.as_str() {
        "" => None,
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        text => text.parse().map_or_else(
            |_| {
                settings.fault("metricsPromExporterHost", Fault::NoIpAddress, notes);
                None
            },
            Some,
        ),
    };
    let port = settings.number("metricsPromExporterPort");
    Some(Pages { host, port, labels: labels(settings, notes) })
}

/// `name:value,name:value`. What is not like that is passed over, as in Java.
fn labels(settings: &Settings, notes: &mut Notes) -> Vec<(String, String)> {
    let text = settings.text("metricsLabel");
    let mut labels = Vec::new();
    for item in text.split(',').filter(|item| !item.is_empty()) {
        match item.split_once(':') {
            Some((name, value)) if is_label(name) && !value.contains(':') => {
                labels.push((name.to_owned(), value.to_owned()));
            }
            _ => {
                let cause = Cause::Ignored("a part of it is not name:value with a plain name");
                settings.doubt("metricsLabel", cause, notes);
            }
        }
    }
    labels
}

/// Whether Prometheus takes a name for a label.
fn is_label(name: &str) -> bool {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Settings as `key=value` lines, without what a key is to keep to itself.
pub fn without_secrets(listing: &str) -> String {
    let lines = listing.lines().map(|line| match line.split_once('=') {
        Some((key, value)) if !value.is_empty() && is_secret(key) => format!("{key}=***\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}

fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRETS.iter().any(|word| key.contains(word))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::broker::BrokerConfig;
    use super::super::host::test_host;
    use super::super::notice::ConfigError;
    use super::super::{Configuration, Loaded, Sources};
    use super::*;

    fn load(text: &str) -> Result<Loaded<BrokerConfig>, Vec<ConfigError>> {
        let file = Some(("b.conf", text.as_bytes()));
        let assumed = BTreeMap::new();
        BrokerConfig::load(Sources { host: test_host(), assumed, file, flags: Vec::new() })
    }

    #[test]
    fn pages_are_there_when_they_are_asked_for() {
        assert_eq!(load("").unwrap().config.pages, None);
        let given = "metricsExporterType=PROM\nmetricsLabel=zone:a,b:c:d,rack:7,1x:y\n";
        let loaded = load(given).unwrap();
        let labels = [("zone", "a"), ("rack", "7")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        assert_eq!(loaded.config.pages, Some(Pages { host: None, port: 5557, labels }));
        assert_eq!(loaded.warnings.len(), 2, "{:?}", loaded.warnings);
        let loaded = load("metricsExporterType=OTLP_GRPC\n").unwrap();
        assert_eq!((loaded.config.pages, loaded.warnings.len()), (None, 1));
        let wrong = "metricsExporterType=PROM\nmetricsPromExporterHost=no address\n";
        assert_eq!(load(wrong).unwrap_err()[0].fault, Fault::NoIpAddress);
    }

    #[test]
    fn secrets_are_not_shown() {
        let listing = "a=b\nmetricsGrpcExporterHeader=x=y\nmySecretKey=s\ntokenSize=\n";
        let shown = "a=b\nmetricsGrpcExporterHeader=***\nmySecretKey=***\ntokenSize=\n";
        assert_eq!(without_secrets(listing), shown);
    }
}
