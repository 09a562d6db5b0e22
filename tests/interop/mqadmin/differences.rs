//! What may differ between a session with Java and one with RingMQ, each with its reason.

/// A difference that one command may show, and why.
pub enum Rule {
    /// The value behind this name and a `:` or `=`.
    Value(&'static str, &'static str),
    /// The values of all lines; their names, in front of a `:` or `=`, are compared.
    Values(&'static str),
    /// The word at this place of every line that has one and holds the text.
    Word(usize, &'static str, &'static str),
    /// The order of the lines.
    Order(&'static str),
    /// The order of what stands in braces behind this text.
    Items(&'static str, &'static str),
    /// Lines that hold this text, which are left out.
    Without(&'static str, &'static str),
    /// Of all lines only those that start with this text are compared.
    Only(&'static str, &'static str),
}

impl Rule {
    /// What may differ and why, as a line of the session.
    pub fn said(&self) -> String {
        match self {
            Self::Value(name, why) => format!("# {name} may differ: {why}\n"),
            Self::Values(why) => format!("# the values may differ: {why}\n"),
            Self::Word(at, holding, why) => {
                format!("# word {at} of lines with `{holding}` may differ: {why}\n")
            }
            Self::Order(why) => format!("# the order may differ: {why}\n"),
            Self::Items(name, why) => format!("# the order in {name} may differ: {why}\n"),
            Self::Without(text, why) => format!("# lines with `{text}` are left out: {why}\n"),
            Self::Only(start, why) => format!("# only lines from `{start}` on: {why}\n"),
        }
    }
}

/// What names this run's servers.
pub struct Names {
    /// `host:port` of the broker.
    pub broker: String,
    /// `host:port` of the name server.
    pub name_server: String,
    /// The folder of the run.
    pub folder: String,
    /// The number of the process that mqadmin runs in, which client ids end with.
    pub process: String,
}

/// Whether `word` is written as `shape`, where `9` stands for a digit.
fn is_shaped(word: &str, shape: &str) -> bool {
    let fits = |(character, wanted): (char, char)| match wanted {
        '9' => character.is_ascii_digit(),
        other => character == other,
    };
    word.len() == shape.len() && word.chars().zip(shape.chars()).all(fits)
}

/// What a word stands for in every run: a moment, or the id of a message.
fn stands_for(word: &str) -> Option<&'static str> {
    let dates = ["9999-99-99", "9999-99-99#99:99:99:999", "99999999999999"];
    let times = ["99:99:99", "99:99:99,999"];
    // A broker's id, or a client's on IPv4 or IPv6.
    let is_id = [32, 56].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    match () {
        () if dates.iter().any(|shape| is_shaped(word, shape)) => Some("<date>"),
        () if times.iter().any(|shape| is_shaped(word, shape)) => Some("<time>"),
        () if is_shaped(word, "9999999999999") => Some("<millis>"),
        () if word.starts_with("127.0.0.1:") => Some("<client>"),
        () if is_id => Some("<id>"),
        () => None,
    }
}

/// The line with moments and ids named; whatever parts words stays.
fn without_moments(line: &str) -> String {
    let parts = |character: char| " \t=[]()\"@/".contains(character);
    let mut out = String::new();
    for piece in line.split_inclusive(parts) {
        let word = piece.trim_end_matches(parts).trim_end_matches(',');
        let rest = piece.get(word.len()..).unwrap_or_default();
        out.push_str(stands_for(word).unwrap_or(word));
        out.push_str(rest);
    }
    out
}

fn without_value(line: &str, name: &str) -> String {
    match line.split_once([':', '=']) {
        Some((found, _)) if found.trim() == name => format!("{name}: <value>"),
        _ => line.to_owned(),
    }
}

fn with_sorted_items(line: &str, name: &str) -> String {
    let parts = || {
        let (before, rest) = line.split_once(name)?;
        let (between, rest) = rest.split_once('{')?;
        let (items, after) = rest.split_once('}')?;
        let mut items: Vec<&str> = items.split(", ").collect();
        items.sort_unstable();
        Some(format!("{before}{name}{between}{{{}}}{after}", items.join(", ")))
    };
    parts().unwrap_or_else(|| line.to_owned())
}

fn without_word(line: &str, at: usize, holding: &str) -> String {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    match words.get_mut(at) {
        Some(word) if line.contains(holding) => *word = "<word>",
        _ => return line.to_owned(),
    }
    words.join(" ")
}

/// Blank lines, and where in Java's code an exception was thrown.
fn is_trace(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with("at ") || line.starts_with("... ")
}

/// The output as it is compared. Blanks between words are one: columns are as wide as addresses.
pub fn even_out(output: &str, names: &Names, rules: &[Rule]) -> String {
    let output = output
        .replace(&names.broker, "<broker>")
        .replace(&names.name_server, "<namesrv>")
        .replace(&names.folder, "<folder>")
        .replace(&format!("#{}", names.process), "#<process>");
    let mut lines: Vec<String> = output.lines().map(|line| line.trim_end().to_owned()).collect();
    for rule in rules {
        match rule {
            Rule::Value(name, _) => {
                lines.iter_mut().for_each(|line| *line = without_value(line, name));
            }
            Rule::Values(_) => lines.iter_mut().for_each(|line| {
                let name = line.split([':', '=']).next().unwrap_or_default();
                *line = format!("{}: <value>", name.trim());
            }),
            Rule::Word(at, holding, _) => {
                lines.iter_mut().for_each(|line| *line = without_word(line, *at, holding));
            }
            Rule::Order(_) => lines.sort(),
            Rule::Items(name, _) => {
                lines.iter_mut().for_each(|line| *line = with_sorted_items(line, name));
            }
            Rule::Without(text, _) => lines.retain(|line| !line.contains(text)),
            Rule::Only(start, _) => lines.retain(|line| line.starts_with(start)),
        }
    }
    let even = |line: &String| {
        let words: Vec<&str> = line.split_whitespace().collect();
        without_moments(&words.join(" ")) + "\n"
    };
    lines.iter().filter(|line| !is_trace(line)).map(even).collect()
}
