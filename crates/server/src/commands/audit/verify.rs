//! `hallpass audit verify`.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use hallpass::changes::audit::{AuditKeys, Checkpoint, CheckpointState, Verified, Verifier};
use serde_json::json;

use super::{connect, settings};
use crate::audit;
use crate::cli::audit::Place;
use crate::config::{self, Environment};
use crate::failure::Failure;
use crate::progress::Bar;

/// Something is not as it was written. 1 means that the command failed.
const FOUND: u8 = 2;
/// Bytes of one line at most: no entry is longer.
const LINE: u64 = 256 * 1024;

/// What was typed.
pub(super) struct Asked<'a> {
    pub(super) head: Option<Checkpoint>,
    pub(super) file: Option<&'a Path>,
    pub(super) part: bool,
    pub(super) unsealed: bool,
    pub(super) json: bool,
}

pub(super) async fn run(
    place: &Place,
    environment: &Environment,
    asked: &Asked<'_>,
) -> Result<ExitCode, Failure> {
    let keys = if asked.unsealed {
        None
    } else {
        let secrets = config::secrets(place.config.as_deref(), environment)?;
        Some(audit::keys(&secrets)?)
    };
    let verified = match asked.file {
        // Verified where there is no database, too.
        Some(path) => of_file(path, keys.as_ref(), asked)?,
        None => {
            let settings = settings(place, environment)?;
            let changes = connect(&settings).await?;
            let mut bar = Bar::new();
            let draw = |reached: i64, known: i64| {
                let share = |number: i64| u64::try_from(number).unwrap_or(0);
                bar.draw(share(reached), share(known));
            };
            let verified = changes
                .trail()
                .verify(keys.as_ref(), asked.head, draw)
                .await;
            bar.finish();
            verified?
        }
    };
    say(&verified, asked).map_err(Failure::Output)?;
    Ok(if verified.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(FOUND)
    })
}

/// Line by line, whatever stands there.
fn of_file(path: &Path, keys: Option<&AuditKeys>, asked: &Asked<'_>) -> Result<Verified, Failure> {
    let unreadable = |source| Failure::File {
        path: path.to_owned(),
        source,
    };
    let mut file = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut verifier = Verifier::new(keys, asked.head);
    if asked.part {
        verifier = verifier.part();
    }
    let mut line = Vec::new();
    for place in 1.. {
        line.clear();
        let read = file.by_ref().take(LINE).read_until(b'\n', &mut line);
        if read.map_err(unreadable)? == 0 {
            break;
        }
        let ends = line.pop_if(|sign| *sign == b'\n').is_some();
        // What is longer goes on as lines that are none either. An end that is not there was cut off.
        let text = std::str::from_utf8(&line).unwrap_or_default();
        verifier.push_line(if ends { text } else { "" }, place);
    }
    Ok(verifier.finish(None))
}

fn say(verified: &Verified, asked: &Asked<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let head = verified.head.map(Checkpoint);
    if asked.json {
        let faults = verified.faults.iter().map(ToString::to_string);
        let machine = json!({
            "sound": verified.is_sound(),
            "sealed": !asked.unsealed,
            "entries": verified.entries,
            "first": verified.extent.map(|(first, _)| first),
            "last": verified.extent.map(|(_, last)| last),
            "head": head.map(|head| head.to_string()),
            "checkpoint": word(verified.checkpoint),
            "faults": faults.collect::<Vec<_>>(),
            "further": verified.further,
        });
        return writeln!(out, "{machine}");
    }
    for fault in &verified.faults {
        writeln!(out, "{fault}")?;
    }
    if verified.further > 0 {
        writeln!(out, "and {} faults more", verified.further)?;
    }
    let count = verified.entries;
    match verified.extent {
        Some((first, last)) => writeln!(out, "{count} entries, from {first} to {last}.")?,
        None => writeln!(out, "There are no entries.")?,
    }
    if verified.is_sound() {
        writeln!(out, "{}", sound(asked.unsealed))?;
    }
    match verified.checkpoint {
        CheckpointState::None | CheckpointState::Failed => {}
        CheckpointState::Met => writeln!(out, "The entry of `--head` is there, and the same.")?,
        CheckpointState::Gone => writeln!(
            out,
            "The entry of `--head` is not kept any longer, so nothing is said of it."
        )?,
    }
    if let Some(head) = head.filter(|_| verified.is_sound()) {
        writeln!(
            out,
            "The last is {head}\nKept elsewhere, it tells later whether newest entries were removed: `hallpass audit verify --head`."
        )?;
    }
    Ok(())
}

fn sound(unsealed: bool) -> &'static str {
    if unsealed {
        "They hang together. Who wrote them was not checked: without the secret anybody can write a chain that hangs together."
    } else {
        "Each is as it was written, and none is missing between them."
    }
}

fn word(state: CheckpointState) -> Option<&'static str> {
    match state {
        CheckpointState::None => None,
        CheckpointState::Met => Some("met"),
        CheckpointState::Gone => Some("gone"),
        CheckpointState::Failed => Some("failed"),
    }
}
