//! The command line: parse, check, place cores, run, say what happened.
//!
//! ```text
//! argv -> args -> plan (files, environment, checks) -> start (cores, servers) -> exit status
//!                   \-> -p, -m: print and end
//! ```
//!
//! Nothing here runs on a data core: all of it happens before the cores start or after they end.

pub mod admin;
pub mod args;
pub mod banner;
mod bench;
pub mod exit;
mod file;
pub mod machine;
pub mod plan;
pub mod start;
pub mod store;
pub mod supervisor;
mod tune;

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use args::Parsed;
use exit::{Exit, StartFailure};
use plan::Prepared;

pub use crate::observability::VERSION;

/// Runs the program: everything the binary does. Returns its exit status, see [`Exit`].
pub fn run() -> ExitCode {
    let invocation = match args::parse(std::env::args_os()) {
        Parsed::Run(invocation) => invocation,
        Parsed::Admin { operation, flags, asks } => {
            return ended(admin::run(operation, &flags, asks).map(|()| Exit::Success));
        }
        Parsed::Store(words) => return ended(store::run(&words).map(|()| Exit::Success)),
        Parsed::Tune(words) => return ended(tune::run(&words)),
        Parsed::Bench(words) => return ended(Err(bench::become_it(&words))),
        Parsed::Say { text, exit } => {
            let wrong = exit == Exit::Usage;
            match is_for_eyes(wrong) {
                true => say(wrong, text.ansi()),
                false => say(wrong, text),
            }
            return exit.into();
        }
    };
    let machine = machine::Machine::look();
    let prepared = plan::prepare(&invocation, &machine, &mut |warning| {
        say(true, format_args!("ringmq: warning: {warning}\n"));
    });
    let outcome = match prepared {
        Ok(Prepared::Print(text)) => {
            say(false, text);
            Ok(())
        }
        Ok(Prepared::Start(plan)) => start::start(*plan),
        Err(failure) => Err(failure),
    };
    ended(outcome.map(|()| Exit::Success))
}

/// The status to end with; what went wrong is said.
fn ended(outcome: Result<Exit, StartFailure>) -> ExitCode {
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            say(true, failure.lines("ringmq: error: "));
            failure.exit().into()
        }
    }
}

/// Whether colours and bold type are wanted there.
fn is_for_eyes(to_error: bool) -> bool {
    let terminal = match to_error {
        true => std::io::stderr().is_terminal(),
        false => std::io::stdout().is_terminal(),
    };
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Writes to standard output, or to standard error. A reader that went away is no reason to fail.
pub(crate) fn say(to_error: bool, text: impl Display) {
    let _ = match to_error {
        true => write!(std::io::stderr(), "{text}"),
        false => write!(std::io::stdout(), "{text}"),
    };
}
