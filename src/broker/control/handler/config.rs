//! The broker's configuration: 25 and 26.

use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::apply::not_written;
use crate::broker::control::dispatch::Asked;
use crate::broker::control::version::next;
use crate::broker::view::Change;
use crate::config::broker::BrokerConfig;
use crate::config::properties::Properties;
use crate::config::update::{UpdateRefused, Updated, update as update_settings};
use crate::limits::CONFIG_FILE_BYTES_MAX;
use crate::observability::log;
use crate::protocol::code::response;
use crate::protocol::fastjson;
use crate::protocol::request::topic::BrokerConfigReply;
use crate::rt::{clock, disk};

/// GET_BROKER_CONFIG: every key with its value, as properties text.
pub fn list(asked: &Asked<'_>) -> Outcome {
    let version = fastjson::to_vec(&*asked.control.config_version.borrow());
    let version = String::from_utf8_lossy(&version);
    let fields = BrokerConfigReply { version: &version }.to_fields();
    let listing = asked.control.settings.borrow().listing();
    Ok(Answer::of_body(listing).with_fields(fields))
}

/// UPDATE_BROKER_CONFIG. Keys that take effect at once do so on every core; the others wait for the
/// next start, and the listing shows what they will be then.
pub async fn update(asked: &Asked<'_>) -> Outcome {
    let control = asked.control;
    let updated =
        update_settings::<BrokerConfig>(&control.settings.borrow(), &asked.request.command.body);
    let Updated { loaded, changed, edits } = match updated {
        Ok(updated) => updated,
        Err(UpdateRefused::Blacklisted(_)) => {
            let remark = "Can not update config in black list.";
            return Err(Answer::refused(response::NO_PERMISSION, remark));
        }
        Err(other) => return Err(Answer::refused(response::SYSTEM_ERROR, other.to_string())),
    };
    asked.core.publish(Change::Config(Arc::new(loaded.config.clone())));
    let config = Rc::new(loaded.config);
    let before = control.config.replace(config.clone());
    control.settings.replace(loaded.settings);
    if changed.is_empty() {
        return Ok(Answer::done());
    }
    next(&mut control.config_version.borrow_mut(), clock::wall_ms());
    control.topics.borrow_mut().set_auto_create(config.topics.auto_create);
    control.groups.borrow_mut().set_auto_create(config.groups.auto_create);
    if before.identity.permission != config.identity.permission {
        asked.core.publish(Change::BrokerPermission(i32::from(config.identity.permission)));
        control.registration.all_changed();
    }
    log::set_level(&config.log.level);
    tracing::info!(?changed, "configuration changed by request");
    if let Some(path) = &control.config_file {
        keep(path, &edits).await.map_err(|error| not_written(&error))?;
    }
    Ok(Answer::done())
}

/// Writes the changes into the file that the broker was started with, where they hold from the
/// next start.
async fn keep(path: &Path, edits: &[(&'static str, String)]) -> io::Result<()> {
    let text = match disk::read_file(path, CONFIG_FILE_BYTES_MAX).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let changes: Vec<(&str, &str)> =
        edits.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let edited = Properties::edit(&text, &changes).map_err(io::Error::other)?;
    disk::replace_file(path, edited).await
}
