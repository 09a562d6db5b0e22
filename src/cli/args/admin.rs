//! The words of `ringmq admin`, and those of RocketMQ's mqadmin for the same operations: made from
//! the table of operations.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use crate::admin::{self, Format, Kind, NOUNS, Need, Operation, Verb, Word, Words};
use crate::cli::file;

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

/// `ringmq admin NOUN VERB`, or what mqadmin says for it.
#[derive(Clone, Debug)]
pub struct AdminWords {
    /// Flags of every operation.
    pub flags: AdminFlags,
    /// What to do.
    pub operation: Operation,
}

impl Args for AdminWords {
    fn augment_args(command: Command) -> Command {
        let command = AdminFlags::augment_args(command).subcommands(below(""));
        command.subcommand_required(true).arg_required_else_help(true)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for AdminWords {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = AdminFlags::from_arg_matches(matches)?;
        let (mut path, mut last) = (Vec::new(), matches);
        while let Some((name, below)) = last.subcommand() {
            path.push(name);
            last = below;
        }
        let path = path.join(" ");
        let verb = admin::verbs().find(|verb| verb.path == path || verb.java == path);
        // clap has asked for a verb, and knows those of the table.
        let verb =
            verb.ok_or_else(|| clap::Error::new(clap::error::ErrorKind::MissingSubcommand))?;
        Ok(Self { flags, operation: Operation { verb, words: given(verb, last) } })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `ringmq admin` with mqadmin's names as well. `producer` is a noun here.
pub fn with_java_names(command: Command) -> Command {
    let is_noun = |verb: &&Verb| NOUNS.iter().any(|(path, _)| *path == verb.java);
    let theirs = java_verbs().filter(|verb| !is_noun(verb));
    command.subcommands(theirs.map(|verb| java_command(verb).hide(true)))
}

/// The line under the name `mqadmin`.
pub fn mqadmin(command: Command) -> Command {
    let command = AdminFlags::augment_args(command).subcommands(java_verbs().map(java_command));
    command.subcommand_required(true).arg_required_else_help(true)
}

fn java_verbs() -> impl Iterator<Item = &'static Verb> {
    admin::verbs().filter(|verb| !verb.java.is_empty())
}

/// The last word of a path, and what stands before it.
fn split(path: &'static str) -> (&'static str, &'static str) {
    path.rsplit_once(' ').unwrap_or(("", path))
}

/// The verbs and nouns right below a noun; all nouns are below the empty one.
fn below(parent: &str) -> Vec<Command> {
    let verbs = admin::verbs().filter(|verb| split(verb.path).0 == parent);
    let verbs = verbs.map(|verb| {
        let command = Command::new(split(verb.path).1).about(verb.about);
        command.args(verb.words.iter().map(|word| argument(verb, word, false)))
    });
    let nouns = NOUNS.iter().filter(|(path, _)| split(path).0 == parent);
    let nouns = nouns.map(|(path, about)| {
        let command = Command::new(split(path).1).about(*about).subcommands(below(path));
        command.subcommand_required(true).arg_required_else_help(true)
    });
    verbs.chain(nouns).collect()
}

fn java_command(verb: &'static Verb) -> Command {
    let command = Command::new(verb.java).about(format!("As `{}`: {}", verb.path, verb.about));
    command.args(verb.words.iter().map(|word| argument(verb, word, true)))
}

/// A word under its own name, or under mqadmin's; each flag answers to both names.
fn argument(verb: &Verb, word: &'static Word, java: bool) -> Arg {
    let arg = Arg::new(word.name).help(word.help);
    let placed = !java && matches!(word.need, Need::Place | Need::MayPlace);
    let arg = match (placed, java) {
        (true, _) => arg,
        (false, true) => arg.long(word.java).alias(word.name),
        (false, false) => arg.long(word.name).alias(word.java),
    };
    let arg = match word.short.filter(|_| !placed) {
        Some(letter) => arg.short(letter),
        None => arg,
    };
    if word.kind == Kind::Switch {
        return arg.action(ArgAction::SetTrue);
    }
    let arg = match placed {
        true => arg,
        false => arg.value_name(word.kind.shown()),
    };
    let arg = arg.value_parser(|text: &str| read(word.kind, text)).allow_negative_numbers(true);
    // mqadmin wants one of the two too.
    let excludes =
        word.java == "clusterName" && verb.words.iter().any(|other| other.name == "broker");
    let arg = if excludes { arg.conflicts_with("broker") } else { arg };
    match word.need {
        Need::Place | Need::Flag => arg.required(true),
        Need::Default(text) => arg.default_value(text),
        Need::MayPlace | Need::Option => arg,
    }
}

/// The value of a word; of a file its contents.
fn read(kind: Kind, text: &str) -> Result<String, String> {
    if kind != Kind::File {
        return kind.read(text);
    }
    let bytes = file::read(text).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| format!("{text} is not text; write it in UTF-8"))
}

/// What was given of the words of a verb.
fn given(verb: &Verb, matches: &ArgMatches) -> Words {
    let value = |word: &Word| match word.kind {
        Kind::Switch => matches.get_flag(word.name).then(|| "true".to_owned()),
        _ => matches.get_one::<String>(word.name).cloned(),
    };
    Words(verb.words.iter().filter_map(|word| Some((word.name, value(word)?))).collect())
}
