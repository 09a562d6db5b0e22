//! `ringmq admin` and `mqadmin`: one operation on a core of its own, then its report.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::{Arc, OnceLock};

use crate::admin::{AdminError, Client, Format, Operation};
use crate::config::address::HostPort;
use crate::rt::clock;
use crate::rt::spawn::{self, Core, CorePlan, Cores};

use super::args::admin::AdminFlags;
use super::exit::StartFailure;
use super::say;

/// The name server when none is named: that of `ringmq standalone`.
const NAME_SERVER: &str = "localhost:9876";

/// What makes a terminal start anew at its top.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Does the operation and says what came of it.
///
/// # Errors
/// It was not confirmed, or failed.
pub fn run(operation: Operation, flags: &AdminFlags, asks: bool) -> Result<(), StartFailure> {
    let servers = name_servers(flags.name_servers.clone())?;
    if let (Some(danger), true) = (operation.danger(), asks && !flags.yes) {
        confirm(&danger)?;
    }
    let format: Format = flags.format.into();
    let outcome = Arc::new(OnceLock::new());
    let report = outcome.clone();
    spawn::run_cores(CorePlan::new(Cores::Count(1))?, move |core: Core<()>| async move {
        let client = Client::new(core.id, servers);
        // There is one core: nobody else reports.
        let _ = report.set(show(&operation, &client, format).await);
    })?;
    match Arc::into_inner(outcome).and_then(OnceLock::into_inner) {
        Some(ended) => Ok(ended?),
        None => unreachable!("the core reports before it ends"),
    }
}

/// Does the operation: once, as often as was said, or until nobody reads it any more.
async fn show(operation: &Operation, client: &Client, format: Format) -> Result<(), AdminError> {
    let mut output = std::io::stdout();
    let in_terminal = output.is_terminal();
    let mut round = 0;
    loop {
        let text = operation.run(client).await?.text(format);
        round += 1;
        let is_last = operation.rounds().is_some_and(|rounds| round >= rounds);
        let again = operation.again_after(in_terminal).filter(|_| !is_last);
        let clear = if again.is_some() && in_terminal { CLEAR } else { "" };
        let written = write!(output, "{clear}{text}").and_then(|()| output.flush());
        match (again, written) {
            (Some(pause), Ok(())) => clock::sleep(pause).await,
            // A reader that went away is no reason to fail.
            _ => return Ok(()),
        }
    }
}

/// The flag, else the environment, else this machine.
fn name_servers(flag: Option<String>) -> Result<Vec<HostPort>, StartFailure> {
    let text = flag.or_else(|| std::env::var("NAMESRV_ADDR").ok().filter(|text| !text.is_empty()));
    let text = text.unwrap_or_else(|| NAME_SERVER.to_owned());
    match HostPort::parse_list(&text) {
        Ok(list) if !list.is_empty() => Ok(list),
        _ => Err(StartFailure::NameServers { text }),
    }
}

fn confirm(danger: &str) -> Result<(), StartFailure> {
    let refused = || StartFailure::NotConfirmed { danger: danger.to_owned() };
    if !std::io::stdin().is_terminal() {
        return Err(refused());
    }
    say(true, format_args!("{danger}; go on? [y/N] "));
    let mut answer = String::new();
    match std::io::stdin().lock().read_line(&mut answer) {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        _ => Err(refused()),
    }
}
