//! The words of `ringmq admin`, and those of RocketMQ's mqadmin for the same operations.

use clap::{Args, Subcommand, ValueEnum};

use crate::admin::{Format, NewTopic, Operation, Target};
use crate::config::address::HostPort;

/// Flags of every operation. As flags of all words below they are seen above too, where their ids
/// must not meet others.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AdminFlags {
    /// Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876].
    #[arg(id = "admin_name_servers", short = 'n', long = "namesrvAddr", value_name = "ADDRESSES",
        global = true, value_parser = super::servers)]
    pub name_servers: Option<String>,
    /// How the answer is written.
    #[arg(
        id = "admin_format",
        long = "format",
        value_name = "FORMAT",
        global = true,
        value_enum,
        default_value = "table"
    )]
    pub format: FormatWord,
    /// Do not ask before something is deleted or moved.
    #[arg(long, global = true)]
    pub yes: bool,
}

/// See [`Format`].
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatWord {
    /// Columns, for people.
    Table,
    /// An array of objects.
    Json,
    /// A sequence of mappings.
    Yaml,
}

impl From<FormatWord> for Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Table => Self::Table,
            FormatWord::Json => Self::Json,
            FormatWord::Yaml => Self::Yaml,
        }
    }
}

/// `ringmq admin NOUN VERB`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct AdminWords {
    /// Flags of every operation.
    #[command(flatten)]
    pub flags: AdminFlags,
    /// What to do.
    #[command(subcommand)]
    pub noun: Noun,
}

/// What an operation is about.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum Noun {
    /// Clusters.
    #[command(subcommand)]
    Cluster(ClusterVerb),
    /// Topics.
    #[command(subcommand)]
    Topic(TopicVerb),
    /// How far consumer groups are.
    #[command(subcommand)]
    Offset(OffsetVerb),
    /// Brokers.
    #[command(subcommand)]
    Broker(BrokerVerb),
}

/// Verbs of `cluster`.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum ClusterVerb {
    /// List clusters and their brokers.
    List,
}

/// Which brokers are meant.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[group(multiple = false)]
pub struct TargetFlags {
    /// The broker at this address [default: the masters of all clusters].
    #[arg(short = 'b', long = "brokerAddr", alias = "broker", value_name = "HOST:PORT",
        value_parser = broker)]
    pub broker: Option<HostPort>,
    /// The masters of this cluster.
    #[arg(short = 'c', long = "clusterName", alias = "cluster", value_name = "CLUSTER")]
    pub cluster: Option<String>,
}

impl From<TargetFlags> for Target {
    fn from(flags: TargetFlags) -> Self {
        match (flags.broker, flags.cluster) {
            (Some(place), _) => Self::Broker(place),
            (None, Some(name)) => Self::Cluster(name),
            (None, None) => Self::All,
        }
    }
}

/// Verbs of `topic`.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum TopicVerb {
    /// List the topics.
    List,
    /// Show where a topic's queues are.
    Route {
        /// The topic.
        topic: String,
    },
    /// Show the first and the last offset of each queue.
    Stats {
        /// The topic.
        topic: String,
    },
    /// Make a topic, or change it.
    Create {
        /// The topic.
        topic: String,
        /// Queues on each broker, to read and to write.
        #[arg(long, value_name = "N", default_value_t = 8, value_parser = queues())]
        queues: i32,
        /// Where.
        #[command(flatten)]
        target: TargetFlags,
    },
    /// Delete a topic with all its messages.
    Delete {
        /// The topic.
        topic: String,
        /// Where.
        #[command(flatten)]
        target: TargetFlags,
    },
}

/// Verbs of `offset`.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum OffsetVerb {
    /// Show how far a group is.
    Show {
        /// The group.
        group: String,
        /// Only in this topic.
        #[arg(short = 't', long, value_name = "TOPIC")]
        topic: Option<String>,
    },
    /// Move a group in a topic to a moment.
    Reset {
        /// The group.
        group: String,
        /// The topic.
        topic: String,
        /// Milliseconds since 1970, or `now` for the end of each queue.
        #[arg(short = 's', long = "to", value_name = "MOMENT", value_parser = moment)]
        to: i64,
    },
}

/// Verbs of `broker`.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum BrokerVerb {
    /// Show what brokers say of themselves.
    Status {
        /// Whom.
        #[command(flatten)]
        target: TargetFlags,
    },
    /// Settings.
    #[command(subcommand)]
    Config(ConfigVerb),
}

/// Verbs of `broker config`.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum ConfigVerb {
    /// Show the settings in force.
    Get {
        /// Only this one.
        key: Option<String>,
        /// Of whom.
        #[command(flatten)]
        target: TargetFlags,
    },
    /// Change a setting; what can change at run time does at once.
    Set {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
        /// Of whom.
        #[command(flatten)]
        target: TargetFlags,
    },
}

impl From<Noun> for Operation {
    fn from(noun: Noun) -> Self {
        match noun {
            Noun::Cluster(ClusterVerb::List) => Self::ClusterList,
            Noun::Topic(verb) => verb.into(),
            Noun::Offset(OffsetVerb::Show { group, topic }) => Self::OffsetShow { group, topic },
            Noun::Offset(OffsetVerb::Reset { group, topic, to }) => {
                Self::OffsetReset { group, topic, timestamp: to }
            }
            Noun::Broker(BrokerVerb::Status { target }) => Self::BrokerStatus(target.into()),
            Noun::Broker(BrokerVerb::Config(ConfigVerb::Get { key, target })) => {
                Self::ConfigGet { target: target.into(), key }
            }
            Noun::Broker(BrokerVerb::Config(ConfigVerb::Set { key, value, target })) => {
                Self::ConfigSet { target: target.into(), key, value }
            }
        }
    }
}

impl From<TopicVerb> for Operation {
    fn from(verb: TopicVerb) -> Self {
        match verb {
            TopicVerb::List => Self::TopicList,
            TopicVerb::Route { topic } => Self::TopicRoute(topic),
            TopicVerb::Stats { topic } => Self::TopicStats(topic),
            TopicVerb::Create { topic, queues, target } => Self::TopicCreate(NewTopic {
                topic,
                target: target.into(),
                read_queues: queues,
                write_queues: queues,
                perm: 6,
                order: false,
            }),
            TopicVerb::Delete { topic, target } => {
                Self::TopicDelete { topic, target: target.into() }
            }
        }
    }
}

/// The line under the name `mqadmin`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct MqadminWords {
    /// Flags of every operation.
    #[command(flatten)]
    pub flags: AdminFlags,
    /// mqadmin's subcommand.
    #[command(subcommand)]
    pub command: MqadminCommand,
}

/// mqadmin's subcommands and flags (Java: the classes of `org.apache.rocketmq.tools.command`).
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
#[command(rename_all = "camelCase")]
pub enum MqadminCommand {
    /// As `cluster list`.
    ClusterList,
    /// As `topic list`.
    TopicList,
    /// As `topic route`.
    TopicRoute {
        /// The topic.
        #[arg(short = 't', long = "topic")]
        topic: String,
    },
    /// As `topic stats`.
    TopicStatus {
        /// The topic.
        #[arg(short = 't', long = "topic")]
        topic: String,
    },
    /// As `topic create`.
    UpdateTopic {
        /// The topic.
        #[arg(short = 't', long = "topic")]
        topic: String,
        /// Where.
        #[command(flatten)]
        target: TargetFlags,
        /// Queues to read from.
        #[arg(short = 'r', long = "readQueueNums", default_value_t = 8, value_parser = queues())]
        read: i32,
        /// Queues to write to.
        #[arg(short = 'w', long = "writeQueueNums", default_value_t = 8, value_parser = queues())]
        write: i32,
        /// 2 write, 4 read, 6 both.
        #[arg(short = 'p', long = "perm", default_value_t = 6)]
        perm: i32,
        /// Whether its messages are ordered.
        #[arg(short = 'o', long = "order", value_name = "BOOL", default_value_t = false,
            action = clap::ArgAction::Set)]
        order: bool,
    },
    /// As `topic delete`; asks nothing, like mqadmin.
    DeleteTopic {
        /// The topic.
        #[arg(short = 't', long = "topic")]
        topic: String,
        /// The cluster.
        #[arg(short = 'c', long = "clusterName")]
        cluster: String,
    },
    /// As `offset show`.
    ConsumerProgress {
        /// The group.
        #[arg(short = 'g', long = "groupName")]
        group: String,
        /// Only in this topic.
        #[arg(short = 't', long = "topicName")]
        topic: Option<String>,
    },
    /// As `offset reset`; asks nothing, like mqadmin.
    ResetOffsetByTime {
        /// The group.
        #[arg(short = 'g', long = "group")]
        group: String,
        /// The topic.
        #[arg(short = 't', long = "topic")]
        topic: String,
        /// Milliseconds since 1970, or `now`.
        #[arg(short = 's', long = "timestamp", value_parser = moment)]
        to: i64,
    },
    /// As `broker status`.
    BrokerStatus {
        /// Whom.
        #[command(flatten)]
        target: TargetFlags,
    },
    /// As `broker config get`.
    GetBrokerConfig {
        /// Of whom.
        #[command(flatten)]
        target: TargetFlags,
        /// Only this one.
        #[arg(short = 'k', long = "key")]
        key: Option<String>,
    },
    /// As `broker config set`.
    UpdateBrokerConfig {
        /// Of whom.
        #[command(flatten)]
        target: TargetFlags,
        /// Its name.
        #[arg(short = 'k', long = "key")]
        key: String,
        /// Its value.
        #[arg(short = 'v', long = "value")]
        value: String,
    },
}

impl From<MqadminCommand> for Operation {
    fn from(command: MqadminCommand) -> Self {
        match command {
            MqadminCommand::ClusterList => Self::ClusterList,
            MqadminCommand::TopicList => Self::TopicList,
            MqadminCommand::TopicRoute { topic } => Self::TopicRoute(topic),
            MqadminCommand::TopicStatus { topic } => Self::TopicStats(topic),
            MqadminCommand::UpdateTopic { topic, target, read, write, perm, order } => {
                Self::TopicCreate(NewTopic {
                    topic,
                    target: target.into(),
                    read_queues: read,
                    write_queues: write,
                    perm,
                    order,
                })
            }
            MqadminCommand::DeleteTopic { topic, cluster } => {
                Self::TopicDelete { topic, target: Target::Cluster(cluster) }
            }
            MqadminCommand::ConsumerProgress { group, topic } => Self::OffsetShow { group, topic },
            MqadminCommand::ResetOffsetByTime { group, topic, to } => {
                Self::OffsetReset { group, topic, timestamp: to }
            }
            MqadminCommand::BrokerStatus { target } => Self::BrokerStatus(target.into()),
            MqadminCommand::GetBrokerConfig { target, key } => {
                Self::ConfigGet { target: target.into(), key }
            }
            MqadminCommand::UpdateBrokerConfig { target, key, value } => {
                Self::ConfigSet { target: target.into(), key, value }
            }
        }
    }
}

fn broker(text: &str) -> Result<HostPort, &'static str> {
    HostPort::parse(text).ok_or("write HOST:PORT")
}

/// `now` is the end of each queue, as −1 on the wire.
fn moment(text: &str) -> Result<i64, &'static str> {
    match text {
        "now" => Ok(-1),
        _ => text.parse().map_err(|_| "write milliseconds since 1970, or now"),
    }
}

fn queues() -> clap::builder::RangedI64ValueParser<i32> {
    clap::value_parser!(i32).range(1..)
}
