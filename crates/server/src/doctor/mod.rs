//! What the doctor saw, for people, for machines, and for the log of `hallpass serve`.

mod ghosts;
mod triggers;

use std::fmt;

use hallpass::Client;
use hallpass::auth::secret::Secret;
use hallpass::changes::Changes;
use hallpass::doctor::{self, Depth, Finding, Mended, Report, Severity};
use hallpass::recognise::Difference;
use serde::Serialize;

use crate::config::Passwords;

/// Logs what the catalog shows to be dangerous. A database that cannot be asked is no reason not to start.
pub(crate) async fn warn(client: &Client) {
    let report = match doctor::examine(client, Depth::Catalog).await {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(%error, "the tables could not be looked at");
            return;
        }
    };
    for finding in report.findings {
        if finding.severity != Severity::Note {
            tracing::warn!(
                code = finding.code,
                "{}: {}; `hallpass doctor` says what may come of it",
                finding.place,
                finding.problem
            );
        }
    }
}

/// Logs that an application seems to keep bcrypt's hashes where new ones are made with something else, unless somebody said so.
pub(crate) async fn warn_of_bcrypt(client: &Client, passwords: &Passwords) {
    if passwords.chose_algorithm {
        return;
    }
    // The doctor just said what keeps the tables from being looked at.
    let found = doctor::mostly_bcrypt(client, passwords.field.as_deref()).await;
    if found.unwrap_or(false) {
        tracing::warn!(
            code = "password-made-for-bcrypt",
            "most passwords are hashed with bcrypt, and new ones will be with Argon2id, which an application that compares with bcryptjs \
             cannot read: set `password.algorithm` (HALLPASS_PASSWORD_ALGORITHM) to `bcrypt`, or to `argon2id` where there is none"
        );
    }
}

/// Logs which triggers have to be made anew, and by what.
pub(crate) async fn warn_of_triggers(url: &Secret, client: &Client) {
    let found = async {
        let changes = Changes::connect(url.expose()).await?;
        let found = triggers::findings(&changes, client.schema()).await;
        changes.close().await;
        found
    };
    match found.await {
        Ok(findings) => {
            for finding in findings {
                let code = finding.code;
                tracing::warn!(code, "{}: {}", finding.place, finding.problem);
            }
        }
        Err(error) => tracing::warn!(code = error.code(), "the triggers could not be looked at"),
    }
}

pub(crate) use ghosts::findings as of_user_columns;
pub(crate) use triggers::findings as of_triggers;

/// What the doctor saw of one database.
#[derive(Debug, Serialize)]
pub(crate) struct Examination {
    /// The layout that the tables have, or are nearest to; absent for a schema of the application's own, and where no
    /// sign-in tables are.
    pub(crate) layout: Option<&'static str>,
    /// Whether sign-in works on the tables.
    pub(crate) usable: bool,
    /// How they differ from the layout.
    #[serde(serialize_with = "as_texts")]
    pub(crate) differences: Vec<Difference>,
    /// What is dangerous about them.
    #[serde(flatten)]
    pub(crate) report: Report,
    /// What was mended just now.
    pub(crate) mended: Vec<Statement>,
}

/// A statement that was run.
#[derive(Debug, Serialize)]
pub(crate) struct Statement {
    sql: String,
    rows: u64,
}

impl From<Mended> for Statement {
    fn from(mended: Mended) -> Self {
        Self {
            sql: mended.sql,
            rows: mended.rows,
        }
    }
}

fn as_texts<S: serde::Serializer>(
    differences: &[Difference],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(differences.iter().map(Difference::to_string))
}

impl fmt::Display for Examination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for statement in &self.mended {
            writeln!(formatter, "Done     {};", statement.sql)?;
            if statement.rows > 0 {
                writeln!(formatter, "         {} rows", statement.rows)?;
            }
        }
        self.tables(formatter)?;
        for finding in &self.report.findings {
            writeln!(formatter)?;
            self::finding(formatter, finding)?;
        }
        self.summary(formatter)
    }
}

impl Examination {
    /// Whether somebody has to act before this database is relied upon.
    pub(crate) fn is_dangerous(&self) -> bool {
        let unusable = !self.usable && !self.differences.is_empty();
        unusable || self.report.is_dangerous()
    }

    fn tables(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layout {
            Some(layout) if self.usable => {
                writeln!(formatter, "The tables are those of the layout `{layout}`.")?;
            }
            Some(layout) => writeln!(
                formatter,
                "Sign-in does not work on these tables. They are nearest to the layout `{layout}`, and differ:"
            )?,
            None if self.usable => writeln!(formatter, "The tables are those of your schema.")?,
            None if !self.differences.is_empty() => writeln!(
                formatter,
                "Sign-in does not work on these tables. They differ from your schema:"
            )?,
            None => writeln!(
                formatter,
                "There are no sign-in tables here; `hallpass serve` makes them."
            )?,
        }
        for difference in &self.differences {
            writeln!(formatter, "  - {difference}")?;
        }
        Ok(())
    }

    fn summary(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = &self.report.findings;
        if findings.is_empty() {
            return if self.usable {
                writeln!(formatter, "\nNothing is wrong with them.")
            } else {
                Ok(())
            };
        }
        let count = |severity| {
            let those = findings.iter().filter(|one| one.severity == severity);
            those.count()
        };
        writeln!(
            formatter,
            "\nDangers: {}, warnings: {}, notes: {}.",
            count(Severity::Danger),
            count(Severity::Warning),
            count(Severity::Note)
        )?;
        let mut mendable = findings.iter().filter(|one| !one.remedies.is_empty());
        let Some(first) = mendable.next() else {
            return Ok(());
        };
        writeln!(
            formatter,
            "Mend one with `hallpass doctor --fix {}`, everything whose remedy loses nothing with `--fix all`. Take a backup \
             first.",
            first.code
        )
    }
}

fn finding(formatter: &mut fmt::Formatter<'_>, finding: &Finding) -> fmt::Result {
    let label = match finding.severity {
        Severity::Danger => "DANGER",
        Severity::Warning => "WARNING",
        Severity::Note => "NOTE",
    };
    writeln!(
        formatter,
        "{label:<9}{}: {}",
        finding.place, finding.problem
    )?;
    match finding.rows {
        Some(1) => writeln!(formatter, "         {}, 1 case", finding.code)?,
        Some(rows) => writeln!(formatter, "         {}, {rows} cases", finding.code)?,
        None => writeln!(formatter, "         {}", finding.code)?,
    }
    writeln!(formatter, "  So     {}", finding.consequence)?;
    if let Some(look) = &finding.look {
        writeln!(formatter, "  Look   {look};")?;
    }
    if let Some(advice) = &finding.advice {
        writeln!(formatter, "  Do     {advice}")?;
    }
    if let Some(lost) = finding.loses() {
        writeln!(
            formatter,
            "  Loses  {lost}; done only with `--fix {}`",
            finding.code
        )?;
    }
    for (position, remedy) in finding.remedies.iter().enumerate() {
        let word = if position == 0 {
            "  Mend   "
        } else {
            "         "
        };
        writeln!(formatter, "{word}{};", remedy.sql)?;
    }
    Ok(())
}
