//! `hallpass audit export`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use hallpass::changes::audit::{Checkpoint, Filter, Head, Order};
use jiff::Timestamp;

use super::connect;
use crate::config::Database;
use crate::failure::Failure;
use crate::progress::Bar;

/// Entries that are read at once.
const PIECE: usize = 1000;

/// What was typed.
pub(super) struct Asked<'a> {
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) after: Option<i64>,
    pub(super) output: Option<&'a Path>,
}

pub(super) async fn run(settings: &Database, asked: &Asked<'_>) -> Result<ExitCode, Failure> {
    let changes = connect(settings).await?;
    let trail = changes.trail();
    let end = trail.head().await?.number;
    let mut out = target(asked.output)?;
    let mut bar = Bar::new();
    let mut reached = asked.after.unwrap_or(0);
    let (mut count, mut last) = (0_u64, None);
    loop {
        let filter = Filter {
            after: Some(reached),
            before: Some(end.saturating_add(1)),
            from: asked.from,
            until: asked.until,
            ..Filter::default()
        };
        let entries = trail.entries(&filter, Order::Oldest, PIECE).await?;
        for entry in &entries {
            writeln!(out, "{}", entry.to_line()).map_err(Failure::Output)?;
            count += 1;
            reached = entry.number;
            last = Some(Head {
                number: entry.number,
                hash: entry.hash,
            });
        }
        let share = |number: i64| u64::try_from(number).unwrap_or(0);
        bar.draw(share(reached), share(end));
        if entries.len() < PIECE {
            break;
        }
    }
    out.flush().map_err(Failure::Output)?;
    bar.finish();
    // Beside the lines, which are for programs.
    let mut beside = io::stderr().lock();
    let said = match last {
        Some(last) => writeln!(beside, "{count} entries; the last is {}", Checkpoint(last)),
        None => writeln!(beside, "There are no such entries."),
    };
    said.map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// Never over what is there: it may be the only other copy.
fn target(path: Option<&Path>) -> Result<Box<dyn Write>, Failure> {
    let Some(path) = path else {
        return Ok(Box::new(BufWriter::new(io::stdout())));
    };
    let file = File::create_new(path).map_err(|source| Failure::File {
        path: path.to_owned(),
        source,
    })?;
    Ok(Box::new(BufWriter::new(file)))
}
