//! `ringmq admin` and `mqadmin`: one operation on a core of its own, then its report.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::{Arc, OnceLock};

use crate::admin::{Client, Format, Operation};
use crate::config::address::HostPort;
use crate::rt::spawn::{self, Core, CorePlan, Cores};

use super::args::admin::AdminFlags;
use super::exit::StartFailure;
use super::say;

/// The name server when none is named: that of `ringmq standalone`.
const NAME_SERVER: &str = "localhost:9876";

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
        let _ = report.set(operation.run(&client).await);
    })?;
    match Arc::into_inner(outcome).and_then(OnceLock::into_inner) {
        Some(ended) => {
            say(false, ended?.text(format));
            Ok(())
        }
        None => unreachable!("the core reports before it ends"),
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
