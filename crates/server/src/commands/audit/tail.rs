//! `hallpass audit tail`.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use hallpass::changes::audit::{Entry, Filter, Order, Trail};
use tokio::time::sleep;

use super::{connect, shown};
use crate::audit;
use crate::config::Database;
use crate::failure::Failure;

/// How often it is looked for entries that came.
const PAUSE: Duration = Duration::from_secs(1);
/// Entries that are read at once.
const PIECE: usize = 500;

/// What was typed.
pub(super) struct Asked<'a> {
    pub(super) follow: bool,
    pub(super) json: bool,
    pub(super) lines: usize,
    pub(super) user: Option<&'a str>,
    pub(super) address: Option<&'a str>,
    pub(super) kind: Option<&'a str>,
}

pub(super) async fn run(settings: &Database, asked: &Asked<'_>) -> Result<ExitCode, Failure> {
    let addresses = match asked.address {
        Some(address) => audit::keys(&settings.secrets)?.addresses(address).collect(),
        None => Vec::new(),
    };
    let filter = Filter {
        user: asked.user.map(str::to_owned),
        addresses,
        kind: asked.kind.map(str::to_owned),
        ..Filter::default()
    };
    let changes = connect(settings).await?;
    let trail = changes.trail();
    // Where to go on, also where nothing is like what was asked for.
    let end = trail.head().await?.number;
    let upto = Filter {
        before: Some(end.saturating_add(1)),
        ..filter.clone()
    };
    let mut newest = match asked.lines {
        0 => Vec::new(),
        lines => trail.entries(&upto, Order::Newest, lines).await?,
    };
    newest.reverse();
    say(&newest, asked.json)?;
    if asked.follow {
        follow(&trail, filter, end, asked.json).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Until the command is stopped.
async fn follow(
    trail: &Trail,
    mut filter: Filter,
    mut reached: i64,
    as_json: bool,
) -> Result<(), Failure> {
    loop {
        let end = trail.head().await?.number;
        while reached < end {
            filter.after = Some(reached);
            filter.before = Some(end.saturating_add(1));
            let entries = trail.entries(&filter, Order::Oldest, PIECE).await?;
            say(&entries, as_json)?;
            reached = match entries.last() {
                Some(last) if entries.len() >= PIECE => last.number,
                _ => end,
            };
        }
        sleep(PAUSE).await;
    }
}

fn say(entries: &[Entry], as_json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for entry in entries {
        let line = if as_json {
            entry.to_line()
        } else {
            shown::line(entry)
        };
        writeln!(out, "{line}").map_err(Failure::Output)?;
    }
    out.flush().map_err(Failure::Output)
}
