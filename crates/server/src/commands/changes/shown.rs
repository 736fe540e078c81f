//! What `hallpass changes` prints.

use std::io::{self, Write};

use hallpass::changes::{
    KeysStatus, Plan, ReaderStatus, Removed, Retention, Standing, Status, TableStatus,
};
use serde_json::json;

pub(super) fn plan(plan: &Plan) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if plan.steps.is_empty() {
        return writeln!(out, "Nothing is to be done.");
    }
    writeln!(out, "To do:")?;
    for step in &plan.steps {
        writeln!(out, "  {}: {}", step.name, step.consequence)?;
    }
    writeln!(out, "\nIn SQL:")?;
    for step in &plan.steps {
        // SECURITY: a name in the database may hold the end of a line, and with it the end of a comment.
        let name = step.name.replace(char::is_control, " ");
        writeln!(out, "\n-- {name}")?;
        for statement in step.statements() {
            writeln!(out, "{statement};")?;
        }
    }
    Ok(())
}

pub(super) fn status(status: &Status, as_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if as_json {
        serde_json::to_writer_pretty(&mut out, &machine(status))?;
        return writeln!(out);
    }
    if status.has_log {
        writeln!(out, "The change log keeps {} changes.", status.kept)?;
    } else {
        writeln!(
            out,
            "There is no change log; `hallpass changes install` makes it."
        )?;
    }
    for one in &status.tables {
        table(&mut out, one)?;
    }
    for one in &status.keys {
        keys(&mut out, one)?;
    }
    for one in &status.readers {
        reader(&mut out, one)?;
    }
    Ok(())
}

fn table(out: &mut impl Write, one: &TableStatus) -> io::Result<()> {
    let (word, help) = match one.standing {
        Standing::Tracked => ("tracked", ""),
        Standing::Missing => (
            "NOT TRACKED",
            ": triggers are missing or switched off; `hallpass changes install` makes them",
        ),
        Standing::Drifted => (
            "DRIFTED",
            ": its columns have changed since; `hallpass changes install` brings the triggers after them",
        ),
        Standing::Stray => (
            "STRAY",
            ": tracked, and nobody asks for it; `hallpass changes install` takes its triggers away",
        ),
    };
    writeln!(out, "  {word:<12} {}{help}", one.table)?;
    if !one.left_out.is_empty() {
        writeln!(
            out,
            "{:15}never in the log: {}",
            "",
            one.left_out.join(", ")
        )?;
    }
    if !one.unseen_from.is_empty() {
        writeln!(
            out,
            "{:15}not seen: what foreign keys do to its rows with those of {}, in a circle or from another database",
            "",
            one.unseen_from.join(", ")
        )?;
    }
    Ok(())
}

/// Said where something is to be done: that what a foreign key does is told is what everybody expects.
fn keys(out: &mut impl Write, one: &KeysStatus) -> io::Result<()> {
    let help = match one.standing {
        Standing::Tracked => return Ok(()),
        Standing::Missing => "what foreign keys to it do to tracked rows is not told",
        Standing::Drifted => "foreign keys or columns have changed since its triggers were made",
        Standing::Stray => {
            "rows are told to have gone, or changed, by a foreign key that is there no longer"
        }
    };
    writeln!(
        out,
        "  {:<12} {}: {help}; `hallpass changes install` mends it",
        "KEYS", one.table
    )?;
    if !one.of.is_empty() {
        writeln!(out, "{:15}which are in: {}", "", one.of.join(", "))?;
    }
    Ok(())
}

fn reader(out: &mut impl Write, one: &ReaderStatus) -> io::Result<()> {
    let ReaderStatus {
        name,
        behind,
        moved,
        ..
    } = one;
    if one.is_lost {
        return writeln!(
            out,
            "  LOST         reader {name}: changes that it had not read were removed; it has to begin anew"
        );
    }
    writeln!(
        out,
        "  reader       {name}: {behind} changes behind, moved last at {moved:.0}"
    )
}

fn machine(status: &Status) -> serde_json::Value {
    let tables = status.tables.iter().map(|one| {
        json!({
            "table": one.table,
            "standing": word(one.standing),
            "left_out": one.left_out,
            "unseen_from": one.unseen_from,
        })
    });
    let keys = status
        .keys
        .iter()
        .map(|one| json!({ "table": one.table, "standing": word(one.standing), "of": one.of }));
    let readers = status.readers.iter().map(|one| {
        json!({
            "name": one.name,
            "position": one.position,
            "behind": one.behind,
            "waits_seconds": one.waits.as_secs(),
            "moved": one.moved.to_string(),
            "lost": one.is_lost,
        })
    });
    json!({
        "sound": status.is_sound(),
        "log": status.has_log,
        "kept": status.kept,
        "tables": tables.collect::<Vec<_>>(),
        "foreign_keys": keys.collect::<Vec<_>>(),
        "readers": readers.collect::<Vec<_>>(),
    })
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Tracked => "tracked",
        Standing::Missing => "missing",
        Standing::Drifted => "drifted",
        Standing::Stray => "stray",
    }
}

pub(super) fn removed(removed: &Removed, retention: Retention) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if retention == Retention::default() {
        return writeln!(
            out,
            "Everything is kept: set `keep`, `most` or `most_bytes` under `[changes]`."
        );
    }
    writeln!(out, "Removed {} changes.", removed.changes)?;
    for name in &removed.held_by {
        writeln!(
            out,
            "More would go, but the reader `{name}` has not read it; `--past {name}` removes it all the same."
        )?;
    }
    Ok(())
}
