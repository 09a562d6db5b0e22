//! Consumer groups: 200, 201, 207, 225, 352.

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::apply::not_written;
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts;
use crate::broker::control::groups::{EnsuredGroup, check_group};
use crate::broker::control::handler::topic::{bad_attribute, page};
use crate::broker::control::handler::{body, json};
use crate::broker::control::persist::ConfigFile;
use crate::broker::reply::Refusal;
use crate::broker::view::Change;
use crate::limits::{GROUPS_MAX, QUEUES_PER_TOPIC_MAX};
use crate::protocol::body::subscription::{GroupConfig, GroupConfigList};
use crate::protocol::code::response;
use crate::protocol::request::group::{DeleteGroup, GetAllGroups, GetAllGroupsReply, GroupName};
use crate::rt::clock;

/// UPDATE_AND_CREATE_SUBSCRIPTIONGROUP. No configuration at all is none to take.
pub async fn update(asked: &Asked<'_>) -> Outcome {
    if ["", "null"].map(str::as_bytes).contains(&&*asked.request.command.body) {
        return Ok(Answer::done());
    }
    let config: GroupConfig = body(asked)?;
    check(&config)?;
    create(asked, config)?;
    settled(asked, Answer::done()).await
}

/// UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST. All are checked before the first is created.
pub async fn update_list(asked: &Asked<'_>) -> Outcome {
    let list: GroupConfigList = body(asked)?;
    let groups = list.groups.ok_or(Refusal::Body("the list is missing"))?;
    for config in &groups {
        check(config)?;
    }
    for config in groups {
        create(asked, config)?;
    }
    settled(asked, Answer::done()).await
}

/// DELETE_SUBSCRIPTIONGROUP. Its offsets go only if that is asked for.
pub async fn delete(asked: &Asked<'_>) -> Outcome {
    let header = DeleteGroup::from_fields(&asked.request.command.fields)?;
    let (control, group) = (asked.control, header.group);
    if control.groups.borrow_mut().remove(group, clock::wall_ms()) {
        control.files.changed(ConfigFile::Groups);
        asked.core.publish(Change::Group(group.into(), None));
    }
    if header.clean_offset.unwrap_or(false) {
        let untold = control.offsets.borrow_mut().remove_group(group);
        control.apply_untold(asked.core, untold);
    }
    let name = group.to_owned();
    asked.core.probe.forget_group(group);
    facts::each_other(asked.core, |core| async move { core.probe.forget_group(&name) }).await;
    settled(asked, Answer::done()).await
}

/// GET_SUBSCRIPTIONGROUP_CONFIG. An unknown group is made, if groups are made by being used.
pub async fn config(asked: &Asked<'_>) -> Outcome {
    let header = GroupName::from_fields(&asked.request.command.fields)?;
    let ensured = asked.control.groups.borrow_mut().ensure(header.group, clock::wall_ms());
    let Some(ensured) = ensured else {
        let remark = "No group in this broker";
        return Err(Answer::refused(response::SUBSCRIPTION_GROUP_NOT_EXIST, remark));
    };
    asked.control.apply_group(asked.core, &ensured);
    settled(asked, json(&*ensured.group)).await
}

/// GET_ALL_SUBSCRIPTIONGROUP_CONFIG: the whole table, or a page of it in the order of names.
pub fn all(asked: &Asked<'_>) -> Outcome {
    let header = GetAllGroups::from_fields(&asked.request.command.fields)?;
    let groups = asked.control.groups.borrow();
    let tables =
        groups.tables(page(header.group_seq, header.groups_max, ["groupSeq", "maxGroupNum"])?);
    let total = i32::try_from(groups.iter().len()).ok();
    Ok(json(&tables).with_fields(GetAllGroupsReply { total }.to_fields()))
}

fn check(config: &GroupConfig) -> Result<(), Answer> {
    let invalid = |remark| Err(Answer::refused(response::INVALID_PARAMETER, remark));
    if let Err(fault) = check_group(&config.group) {
        return invalid(fault.to_string());
    }
    if !(0..=QUEUES_PER_TOPIC_MAX).contains(&config.retry_queues) {
        return invalid("The number of retry queues is out of range.".to_owned());
    }
    Ok(())
}

fn create(asked: &Asked<'_>, config: GroupConfig) -> Result<(), Answer> {
    let mut groups = asked.control.groups.borrow_mut();
    if groups.iter().len() >= GROUPS_MAX && groups.get(&config.group).is_none() {
        return Err(Refusal::Busy("too many consumer groups").into());
    }
    let group = groups.update(config, clock::wall_ms()).map_err(bad_attribute)?;
    drop(groups);
    asked.control.apply_group(asked.core, &EnsuredGroup { group, is_changed: true });
    Ok(())
}

/// The answer, once what it rests on is written and known everywhere.
async fn settled(asked: &Asked<'_>, answer: Answer) -> Outcome {
    asked.control.settle(asked.core).await.map_err(|error| not_written(&error))?;
    Ok(answer)
}
