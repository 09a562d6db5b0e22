//! The one table from what we refuse to what RocketMQ's clients are told.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::broker::names::NameFault;
use crate::protocol::code::response;
use crate::protocol::request::pull::PullRefusal;
use crate::protocol::{Command, FieldError};
use crate::units::WallMillis;

/// Why a request is not carried out. Each becomes a response code and a remark in Java's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A field of the header is missing or cannot be read.
    Header(FieldError),
    /// The body is empty, or not what the code asks for.
    Body(&'static str),
    /// Nothing is taken before this moment (`startAcceptSendRequestTimeStamp`).
    NotYet(WallMillis),
    /// The broker that clients know by this address does not take such requests.
    Closed(Closed, IpAddr),
    /// Not a topic name.
    TopicName(NameFault),
    /// Clients may not send to this topic.
    TopicProtected(String),
    /// No such topic, and none is to be made.
    TopicMissing(String),
    /// The topic may not be read.
    TopicNotReadable(String),
    /// The topic may not be written to.
    TopicNotWritable(String),
    /// The topic to pull from does not exist.
    PulledTopicMissing(String),
    /// The topic has no such queue to send to. The text describes the topic.
    SendQueue(i32, String),
    /// The topic has no such queue to pull from. The text describes the topic.
    PullQueue(i32, String),
    /// No such group, and none is to be made.
    GroupMissing(String),
    /// As [`Refusal::GroupMissing`], to one that sends a message of the group again.
    RetryGroupMissing(String),
    /// The group may not consume.
    GroupDisabled(String),
    /// The group may not consume by broadcasting.
    BroadcastDisabled(String),
    /// The group has no online member.
    MembersMissing,
    /// No online member of the group subscribes to the topic.
    SubscriptionMissing,
    /// The group's subscription is older than the one the request goes by.
    SubscriptionOutdated,
    /// SQL filters are switched off (`enablePropertyFilter`).
    FilterDisabled(String),
    /// The filter expression cannot be read. The text says why.
    FilterSyntax(String),
    /// The group's filter expression cannot be read. The text says why.
    FilterMissing(String),
    /// Messages with a delivery time of their own are not taken (`timerWheelEnable` off).
    TimerDisabled,
    /// A batch where none may be.
    BatchNotAllowed(Cow<'static, str>),
    /// A batch is too long. Unlike a message that is, it is to be tried again, as in Java.
    BatchTooLong,
    /// Message, topic or properties are too long, or the properties are no text.
    MessageTooLong {
        /// Most bytes of a body.
        body_bytes_max: usize,
    },
    /// Too much is waiting already. The text says what.
    Busy(&'static str),
    /// The disk is too full for more messages.
    DiskFull {
        /// How full it is.
        used_percent: u8,
    },
    /// The store takes no more.
    StoreUnavailable,
    /// The record cannot be read.
    RecordMissing(i64),
    /// The message to be consumed again cannot be read.
    LookFailed(i64),
    /// The message to be consumed again could not be stored. The text is Java's
    /// `PutMessageStatus`.
    SentBackNotPut(&'static str),
}

/// What a broker may be closed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// Messages (`brokerPermission`).
    Sends,
    /// Pulls (`brokerPermission`).
    Pulls,
    /// Lite pulls (`litePullMessageEnable`).
    LitePulls,
    /// Transactional messages (`rejectTransactionMessage`).
    Transactions,
}

impl Closed {
    /// What is forbidden, in Java's words.
    const fn text(self) -> &'static str {
        match self {
            Self::Sends => "sending message",
            Self::Pulls => "pulling message",
            Self::LitePulls => "for lite pull consumer",
            Self::Transactions => "sending transaction message",
        }
    }
}

const FAQ: &str = "See https://rocketmq.apache.org/docs/bestPractice/06FAQ for further details.";

const NO_FILTER: &str =
    "The broker's consumer filter data is not exist!Your expression may be wrong!";

const NO_TIMER: &str = "accurate timer message is not enabled, timerWheelEnable is false";

const UNAVAILABLE: &str = "service not available now. It may be caused by one of the following \
    reasons: the broker's disk is full, messages are put to the slave, message store has been \
    shut down, etc.";

impl Refusal {
    /// The response code.
    pub fn code(&self) -> i32 {
        match self {
            Self::Header(_)
            | Self::Body(_)
            | Self::BatchTooLong
            | Self::NotYet(_)
            | Self::FilterDisabled(_)
            | Self::TimerDisabled
            | Self::RecordMissing(_)
            | Self::LookFailed(_)
            | Self::SentBackNotPut(_) => response::SYSTEM_ERROR,
            Self::Closed(..)
            | Self::TopicProtected(_)
            | Self::TopicNotReadable(_)
            | Self::TopicNotWritable(_)
            | Self::GroupDisabled(_)
            | Self::BroadcastDisabled(_) => response::NO_PERMISSION,
            Self::TopicName(_) | Self::SendQueue(..) | Self::PullQueue(..) => {
                response::INVALID_PARAMETER
            }
            Self::TopicMissing(_) | Self::PulledTopicMissing(_) => response::TOPIC_NOT_EXIST,
            Self::GroupMissing(_) | Self::RetryGroupMissing(_) => {
                response::SUBSCRIPTION_GROUP_NOT_EXIST
            }
            Self::MembersMissing | Self::SubscriptionMissing => response::SUBSCRIPTION_NOT_EXIST,
            Self::SubscriptionOutdated => response::SUBSCRIPTION_NOT_LATEST,
            Self::FilterSyntax(_) => response::SUBSCRIPTION_PARSE_FAILED,
            Self::FilterMissing(_) => response::FILTER_DATA_NOT_EXIST,
            Self::BatchNotAllowed(_) | Self::MessageTooLong { .. } => response::MESSAGE_ILLEGAL,
            Self::Busy(_) => response::SYSTEM_BUSY,
            Self::DiskFull { .. } | Self::StoreUnavailable => response::SERVICE_NOT_AVAILABLE,
        }
    }

    /// The text for people.
    pub fn remark(&self) -> Cow<'static, str> {
        match self {
            Self::Header(error) => error.to_string().into(),
            Self::Body(text) | Self::SentBackNotPut(text) => (*text).into(),
            Self::NotYet(until) => format!("broker unable to service, until {}", until.0).into(),
            Self::Closed(to, ip) => format!("the broker[{ip}] {} is forbidden", to.text()).into(),
            Self::BatchNotAllowed(text) => text.clone(),
            Self::BatchTooLong => "message body size exceeded".into(),
            Self::TopicName(fault) => fault.to_string().into(),
            Self::TopicProtected(topic) => {
                format!("Sending message to topic[{topic}] is forbidden.").into()
            }
            Self::TopicMissing(topic) => {
                format!("topic[{topic}] not exist, apply first please!\n{FAQ}").into()
            }
            Self::TopicNotReadable(topic) => {
                format!("the topic[{topic}] pulling message is forbidden").into()
            }
            Self::TopicNotWritable(topic) => {
                format!("the topic[{topic}] sending message is forbidden").into()
            }
            Self::PulledTopicMissing(topic) => {
                format!("topic[{topic}] not exist, apply first please! \n{FAQ}").into()
            }
            Self::SendQueue(queue, topic) => {
                format!("request queueId[{queue}] is illegal, {topic}").into()
            }
            Self::PullQueue(queue, topic) => format!("queueId[{queue}] is illegal, {topic}").into(),
            Self::GroupMissing(group) => {
                format!("subscription group [{group}] does not exist, \n{FAQ}").into()
            }
            Self::RetryGroupMissing(group) => {
                format!("subscription group not exist, {group} \n{FAQ}").into()
            }
            Self::GroupDisabled(group) => {
                format!("subscription group no permission, {group}").into()
            }
            Self::BroadcastDisabled(group) => {
                format!("the consumer group[{group}] can not consume by broadcast way").into()
            }
            Self::MembersMissing => consumers_missing("group info").into(),
            Self::SubscriptionMissing => consumers_missing("subscription").into(),
            Self::SubscriptionOutdated => "the consumer's subscription not latest".into(),
            Self::FilterDisabled(kind) => {
                format!("The broker does not support consumer to filter message by {kind}").into()
            }
            Self::FilterSyntax(why) => {
                format!("parse the consumer's subscription failed: {why}").into()
            }
            Self::FilterMissing(why) => format!("{NO_FILTER} {why}").into(),
            Self::TimerDisabled => NO_TIMER.into(),
            Self::MessageTooLong { body_bytes_max } => format!(
                "the message is illegal, maybe msg body or properties length not matched. \
                 msg body length limit {body_bytes_max}B, msg properties length limit 32KB."
            )
            .into(),
            Self::Busy(cause) => format!("[OVERLOAD]system busy, {cause}").into(),
            Self::DiskFull { used_percent } => disk_full(*used_percent).into(),
            Self::StoreUnavailable => UNAVAILABLE.into(),
            Self::RecordMissing(offset) => {
                format!("can not find message by the offset, {offset}").into()
            }
            Self::LookFailed(offset) => format!("look message by offset failed, {offset}").into(),
        }
    }

    /// The same, in the words of the requests that send a message again.
    #[must_use]
    pub fn of_retry(self) -> Self {
        match self {
            Self::GroupMissing(group) => Self::RetryGroupMissing(group),
            other => other,
        }
    }

    /// The whole answer to `request`.
    pub fn answer(&self, request: &Command) -> Command {
        self.tell_in(Command::reply(request, self.code()))
    }

    /// The whole answer, given one with its code.
    pub fn tell_in(&self, answer: Command) -> Command {
        let answer = answer.with_remark(self.remark());
        match self.forbidden_type() {
            None => answer,
            forbidden_type => {
                answer.with_fields(PullRefusal { forbidden_type, ..<_>::default() }.to_fields())
            }
        }
    }

    /// Who forbids a pull. Java: `ForbiddenType`.
    fn forbidden_type(&self) -> Option<i32> {
        match self {
            Self::Closed(Closed::Pulls | Closed::LitePulls, _) => Some(1),
            Self::GroupDisabled(_) => Some(2),
            Self::TopicNotReadable(_) => Some(3),
            Self::BroadcastDisabled(_) => Some(4),
            _ => None,
        }
    }
}

fn consumers_missing(what: &str) -> String {
    format!("the consumer's {what} not exist\n{FAQ}")
}

/// Java: `SendMessageProcessor.diskUtil`, which gives each ratio as `%5.2f`.
fn disk_full(used_percent: u8) -> String {
    let used = format!("{:2}.{:02}", used_percent / 100, used_percent % 100);
    format!(
        "service not available now. It may be caused by one of the following reasons: the \
         broker's disk is full [CL: {used} CQ: {used} INDEX: {used}], messages are put to the \
         slave, message store has been shut down, etc."
    )
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::Header(error)
    }
}

impl From<NameFault> for Refusal {
    fn from(fault: NameFault) -> Self {
        Self::TopicName(fault)
    }
}
