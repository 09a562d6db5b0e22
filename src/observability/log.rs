//! The log: one line per event on standard error, for people and journald, or as JSON.
//!
//! What a peer can cause is bounded: of one kind of line each core writes [`LOG_LINES_MAX`] in ten
//! seconds; the next one after that says how many were left out. Errors are always written.

use std::cell::{Cell, RefCell};
use std::fmt::{self, Debug};
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use tracing::callsite::Identifier;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::fmt::format::{Format as Plain, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Context, Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use crate::limits::LOG_LINES_MAX;
use crate::rt::clock::{self, Instant};

/// Lines of one kind are counted for so long.
const WINDOW: Duration = Duration::from_secs(10);

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text. To the journal without time and colour, which it has itself, and with the priority
    /// in front that it reads.
    Plain,
    /// One JSON object per line.
    Json,
}

/// Changes the level of the log that was started.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Starts the log of this process. Once, before any core runs. `level` is as for [`set_level`].
pub fn start(format: Format, level: &str) {
    let (filter, handle) = reload::Layer::new(filter(level));
    let lines = match format {
        Format::Plain if is_journal() => Lines::Journal,
        Format::Plain => Lines::Plain,
        Format::Json => Lines::Json,
    };
    let written = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false)
        .event_format(lines)
        .with_filter(Limited);
    Registry::default().with(filter).with(written).init();
    // A second start of one process would have failed above.
    let _ = LEVEL.set(handle);
}

/// Changes the level: `error`, `warn`, `info`, `debug` or `trace`; anything else is `info`. From
/// any core, at any time.
pub fn set_level(level: &str) {
    if let Some(handle) = LEVEL.get() {
        // It fails only when the log is gone, which it is not before the process.
        let _ = handle.reload(filter(level));
    }
}

fn filter(level: &str) -> LevelFilter {
    level.parse().unwrap_or(LevelFilter::INFO)
}

/// Whether standard error is the stream of journald that the environment names.
fn is_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else { return false };
    let own = io::stderr().as_fd().try_clone_to_owned().map(File::from);
    let own = own.and_then(|file| file.metadata());
    own.is_ok_and(|own| named == format!("{}:{}", own.dev(), own.ino()))
}

/// Lines of one kind on one core.
struct Seen {
    since: Instant,
    lines: u32,
    left_out: u64,
}

impl Seen {
    /// Whether one more line may be written at this moment, and how many were left out before it.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        if now.since(self.since) >= WINDOW {
            (self.since, self.lines) = (now, 0);
        }
        if self.lines >= LOG_LINES_MAX {
            self.left_out += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

thread_local! {
    static SEEN: RefCell<FxHashMap<Identifier, Seen>> = RefCell::default();
    /// Of the line that is being written: how many like it were left out.
    static LEFT_OUT: Cell<u64> = const { Cell::new(0) };
}

/// Lets through so many lines of each kind.
struct Limited;

impl<S> Filter<S> for Limited {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        LEFT_OUT.set(0);
        if *event.metadata().level() == Level::ERROR {
            return true;
        }
        let now = clock::now();
        let admitted = SEEN.with_borrow_mut(|seen| {
            let new = || Seen { since: now, lines: 0, left_out: 0 };
            seen.entry(event.metadata().callsite()).or_insert_with(new).admit(now)
        });
        LEFT_OUT.set(admitted.unwrap_or(0));
        admitted.is_some()
    }
}

/// The forms of a line.
enum Lines {
    Journal,
    Json,
    Plain,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let left_out = LEFT_OUT.take();
        if matches!(self, Self::Json) {
            return writeln!(out, "{}", json(event, left_out));
        }
        // Gathered first, since the journal ends an entry at the end of a line.
        let mut line = String::new();
        let writer = Writer::new(&mut line);
        match self {
            Self::Journal => {
                let plain = Plain::default().with_target(false).with_ansi(false);
                plain.without_time().with_level(false).format_event(context, writer, event)?;
                write!(out, "<{}>", priority(*event.metadata().level()))?;
            }
            _ => {
                let plain = Plain::default().with_target(false).with_ansi(false);
                plain.format_event(context, writer, event)?;
            }
        }
        out.write_str(line.trim_end())?;
        if left_out > 0 {
            write!(out, " left_out={left_out}")?;
        }
        out.write_char('\n')
    }
}

/// The priority of `syslog(3)` that journald reads as `<N>`.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

fn json(event: &Event<'_>, left_out: u64) -> Value {
    let metadata = event.metadata();
    let mut fields = Fields(Map::new());
    fields.0.insert("timestamp_ms".to_owned(), clock::wall_ms().0.into());
    fields.0.insert("level".to_owned(), metadata.level().as_str().into());
    fields.0.insert("target".to_owned(), metadata.target().into());
    event.record(&mut fields);
    if left_out > 0 {
        fields.0.insert("left_out".to_owned(), left_out.into());
    }
    Value::Object(fields.0)
}

/// The fields of an event, the message among them.
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_of_line_is_bounded_and_the_rest_is_counted() {
        let start = clock::now();
        let mut seen = Seen { since: start, lines: 0, left_out: 0 };
        let admitted = |seen: &mut Seen, count: u32, now| {
            (0..count).filter(|_| seen.admit(now).is_some()).count()
        };
        let most = usize::try_from(LOG_LINES_MAX).unwrap();
        assert_eq!(admitted(&mut seen, LOG_LINES_MAX + 7, start), most);
        assert_eq!(seen.admit(start + WINDOW), Some(7), "the first of the next window says so");
        assert_eq!(seen.admit(start + WINDOW), Some(0));
    }

    #[test]
    fn levels_are_words() {
        assert_eq!(filter("debug"), LevelFilter::DEBUG);
        assert_eq!(filter("no such word"), LevelFilter::INFO);
    }
}
