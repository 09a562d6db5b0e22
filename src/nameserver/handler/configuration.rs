//! KV configuration and the name server's own.

use crate::config::nameserver::NameserverConfig;
use crate::config::properties::SyntaxError;
use crate::config::update::{UpdateRefused, Updated, update};
use crate::observability::log;
use crate::protocol::code::response;
use crate::protocol::request::route::{ValueKey, ValueReply};
use crate::protocol::{Command, Fields};

use super::{NameServer, Outcome, Pending, Refused, refusal, success, success_with};
use crate::nameserver::kv::{KvChange, KvFull, KvTable};

impl NameServer {
    /// 100
    pub(super) fn put_value(&self, request: &Command) -> Result<Outcome, Refused> {
        let field = |name| request.fields.get(name).map(str::to_owned);
        let (Some(namespace), Some(key)) = (field("namespace"), field("key")) else {
            return Err(Refused::system_error("namespace or key is null"));
        };
        let value = request.fields.required("value")?.to_owned();
        let change = KvChange::Put { namespace, key, value };
        // Room is found out when it is done, but mostly it can be said at once.
        self.kv.borrow().room_for(&change)?;
        Ok(pending(request, Pending::Kv(change)))
    }

    /// 102. An entry that is not there is no error.
    pub(super) fn delete_value(&self, request: &Command) -> Result<Outcome, Refused> {
        let ValueKey { namespace, key } = ValueKey::from_fields(&request.fields)?;
        let [namespace, key] = [namespace, key].map(str::to_owned);
        Ok(pending(request, Pending::Kv(KvChange::Delete { namespace, key })))
    }

    /// 101
    pub(super) fn value(&self, request: &Command) -> Command {
        let namespace = request.fields.get("namespace").unwrap_or("null");
        let key = request.fields.get("key").unwrap_or("null");
        match self.kv.borrow().get(namespace, key) {
            Some(value) => success_with(request, ValueReply { value: Some(value) }.to_fields()),
            None => {
                let text = format!("No config item, Namespace: {namespace} Key: {key}");
                let refused = Refused::With(response::QUERY_NOT_FOUND, text);
                refusal(request, &refused).with_fields(Fields::empty())
            }
        }
    }

    /// 219
    pub(super) fn namespace(&self, request: &Command) -> Command {
        let namespace = request.fields.get("namespace").unwrap_or("null");
        match self.kv.borrow().list(namespace) {
            Some(entries) => success(request).with_body(entries),
            None => {
                let text = format!("No config item, Namespace: {namespace}");
                refusal(request, &Refused::With(response::QUERY_NOT_FOUND, text))
            }
        }
    }

    /// 319
    pub(super) fn configuration(&self, request: &Command) -> Command {
        success(request).with_body(self.loaded.borrow().settings.listing())
    }

    /// 318
    pub(super) fn update_configuration(&self, request: &Command) -> Result<Outcome, Refused> {
        let updated = self.updated(&request.body).map_err(|refused| match refused {
            UpdateRefused::Blacklisted(_) => Refused::With(
                response::NO_PERMISSION,
                "Can not update config in black list.".to_owned(),
            ),
            other => Refused::With(response::SYSTEM_ERROR, other.to_string()),
        })?;
        if updated.edits.is_empty() {
            return Ok(success(request).into());
        }
        Ok(pending(request, Pending::Configuration(request.body.to_vec())))
    }

    /// What a change of the configuration would make of it. Nothing is changed.
    ///
    /// # Errors
    /// The change is refused.
    pub fn updated(&self, lines: &[u8]) -> Result<Updated<NameserverConfig>, UpdateRefused> {
        update(&self.loaded.borrow().settings, lines)
    }

    /// Takes a changed configuration, once it is in its file.
    pub fn configure(&self, updated: Updated<NameserverConfig>) {
        for (key, change) in &updated.changed {
            tracing::info!(key, ?change, "configuration changed by request");
        }
        log::set_level(&updated.loaded.config.log.level);
        *self.loaded.borrow_mut() = updated.loaded;
    }

    /// The table after these changes. Nothing is changed. The changes that do not fit are left
    /// out; their places say so.
    pub fn changed<'a>(
        &self,
        changes: impl IntoIterator<Item = &'a KvChange>,
    ) -> (KvTable, Vec<Result<(), KvFull>>) {
        let mut table = self.kv.borrow().clone();
        let results = changes.into_iter().map(|change| table.apply(change)).collect();
        (table, results)
    }

    /// Takes a changed table, once it is in its file.
    pub fn take_values(&self, table: KvTable) {
        *self.kv.borrow_mut() = table;
    }
}

/// The text of the configuration file with a change made to it.
///
/// # Errors
/// The file cannot be read as properties.
pub fn edited(file: &[u8], updated: &Updated<NameserverConfig>) -> Result<Vec<u8>, SyntaxError> {
    let edits: Vec<(&str, &str)> =
        updated.edits.iter().map(|(key, value)| (*key, value.as_str())).collect();
    crate::config::properties::Properties::edit(file, &edits)
}

fn pending(request: &Command, change: Pending) -> Outcome {
    Outcome { reply: success(request), pending: Some(change), told: Vec::new() }
}
