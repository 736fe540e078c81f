//! Rows that name users who are not there, and what keeps foreign keys to users from working.
//!
//! Source: contract neon §1.3.

use hallpass::changes::{Deletion, UserColumn, UserColumns, UserKey};
use hallpass::doctor::{Finding, Severity};

/// What is said of them, the gravest first.
pub(crate) fn findings(found: &UserColumns, deletion: Deletion) -> Vec<Finding> {
    let judged = found.columns.iter().flat_map(|column| {
        let of_column = [
            ghosts(column),
            types(column),
            never_fires(column, deletion),
            index(column),
        ];
        of_column.into_iter().flatten()
    });
    let mut findings: Vec<Finding> = judged.chain(writers(found.writers)).collect();
    findings.extend(found.views.iter().map(|name| view(name)));
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// No key, whether or not rows name nobody yet.
fn ghosts(column: &UserColumn) -> Option<Finding> {
    if column.key.is_some() {
        return None;
    }
    let ghosts = column.ghosts.unwrap_or(0);
    let mut advice = Vec::new();
    if ghosts > 0 {
        advice.push("choose for the rows that name nobody:".to_owned());
        let sql = &column.sql;
        advice.push(format!("remove them: {};", sql.delete));
        advice.extend(
            sql.clear
                .iter()
                .map(|clear| format!("let them name nobody: {clear};")),
        );
        advice.push(format!("give them to somebody: {};", sql.adopt));
    }
    match &column.sql.key {
        _ if column.differing_types.is_some() => {}
        Some(key) if ghosts > 0 => advice.push(format!("the key is refused until then: {key};")),
        Some(key) => advice.push(format!("{key};")),
        None => advice.push(
            "this database gets foreign keys only with a new table: make one with the key, copy the rows, and give it the old name"
                .to_owned(),
        ),
    }
    Some(Finding {
        code: code("ghosts", column),
        severity: if ghosts > 0 {
            Severity::Warning
        } else {
            Severity::Note
        },
        place: place(column),
        problem: if ghosts > 0 {
            "rows name users who are not there, and no foreign key keeps it from happening"
                .to_owned()
        } else {
            "rows name users, and no foreign key keeps them from naming nobody".to_owned()
        },
        consequence: "when a user goes, what they own stays and belongs to nobody; should the id be given again, to somebody else",
        rows: column.ghosts,
        look: (ghosts > 0).then(|| column.sql.look.clone()),
        remedies: Vec::new(),
        advice: Some(advice.join("\n         ")).filter(|advice| !advice.is_empty()),
    })
}

fn types(column: &UserColumn) -> Option<Finding> {
    let (own, ids) = column.differing_types.as_ref()?;
    Some(Finding {
        code: code("user-type-differs", column),
        severity: Severity::Warning,
        place: place(column),
        problem: format!("the column is of the type `{own}`, the ids of users are of `{ids}`"),
        consequence: "the database refuses a foreign key between them, and a join has to convert each row",
        rows: None,
        look: None,
        remedies: Vec::new(),
        advice: Some("give the column the type of the ids, then the foreign key".to_owned()),
    })
}

/// A user who is deleted softly keeps the row that the key is to.
fn never_fires(column: &UserColumn, deletion: Deletion) -> Option<Finding> {
    let UserKey {
        is_to_told,
        on_delete,
    } = column.key.as_ref()?;
    let acts = ["CASCADE", "SET NULL", "SET DEFAULT"].contains(&on_delete.as_str());
    if !is_to_told || deletion == Deletion::Hard || !acts {
        return None;
    }
    Some(Finding {
        code: code("user-key-never-fires", column),
        severity: Severity::Warning,
        place: place(column),
        problem: format!("ON DELETE {on_delete} waits for rows to go, and users are deleted softly"),
        consequence: "when a user goes, `deleted_at` is set and their row stays: what they own stays as well, under their name",
        rows: None,
        look: None,
        remedies: Vec::new(),
        advice: Some(
            "set `deletion = \"hard\"` under `[sync]` and run `hallpass sync install`, or act on `deleted_at` yourself; in a LEFT JOIN \
             `deleted_at IS NULL` belongs into the ON"
                .to_owned(),
        ),
    })
}

fn index(column: &UserColumn) -> Option<Finding> {
    if column.is_indexed {
        return None;
    }
    Some(Finding {
        code: code("user-not-indexed", column),
        severity: Severity::Note,
        place: place(column),
        problem: "no index finds the rows of a user".to_owned(),
        consequence: "listing what somebody owns, and removing a user, reads the whole table",
        rows: None,
        look: None,
        remedies: Vec::new(),
        advice: Some(format!("{};", column.sql.index)),
    })
}

fn writers(count: u64) -> Option<Finding> {
    (count > 0).then(|| Finding {
        code: "users-sync-writable".to_owned(),
        severity: Severity::Warning,
        place: "users_sync".to_owned(),
        problem: "others than its owner may write to the table that tells of users".to_owned(),
        consequence: "whoever reads users there believes what an application wrote; a user who is removed there can still sign in",
        rows: Some(count),
        look: None,
        remedies: Vec::new(),
        advice: Some("take INSERT, UPDATE and DELETE from them; reading is enough".to_owned()),
    })
}

/// Source: contract neon §1.3: of a row without a partner every column of the partner is null.
fn view(name: &str) -> Finding {
    Finding {
        code: format!("view-shows-ghosts:{name}"),
        severity: Severity::Warning,
        place: format!("{name} (deleted_at)"),
        problem: "a view tests `deleted_at IS NULL` in the WHERE of a LEFT JOIN".to_owned(),
        consequence: "what belongs to users who are not there at all is shown, though it is meant to be left out",
        rows: None,
        look: None,
        remedies: Vec::new(),
        advice: Some(
            "put the test into the ON clause, and decide apart whether rows of nobody are shown"
                .to_owned(),
        ),
    }
}

fn code(what: &str, column: &UserColumn) -> String {
    format!("{what}:{}.{}", column.table, column.column)
}

fn place(column: &UserColumn) -> String {
    format!("{} ({})", column.table, column.column)
}
