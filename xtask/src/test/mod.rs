//! `cargo xtask test`: what must hold before a change goes in; the same command locally and in CI.

mod snapshots;
mod step;

use anyhow::Result;
use clap::ValueEnum;

use self::step::{Context, Step};
use crate::progress::Progress;

/// Check everything: style, layers, tests on every database, documentation.
///
/// Installs what is missing where it may, starts a PostgreSQL and a MariaDB of its own on free ports, and stops them
/// whatever happens. Ends at the first step that fails.
///
/// The quick loop is `cargo xtask test --only sqlite --no-lints`, or with a filter: `cargo xtask test cookie`.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Test without database servers and installations; tests that need a server pass over it
    #[arg(long, value_name = "DATABASE")]
    only: Option<Only>,

    /// Leave out formatting, clippy, layers, cargo-deny and rustdoc
    #[arg(long)]
    no_lints: bool,

    /// Run only the tests whose name contains this, and no other check
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// The embedded database
    Sqlite,
}

impl Options {
    fn lints(&self) -> bool {
        !self.no_lints && self.filter.is_none()
    }

    fn servers(&self) -> bool {
        self.only.is_none()
    }

    fn whole_suite(&self) -> bool {
        self.only.is_none() && self.filter.is_none()
    }
}

/// `cargo xtask test`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let steps = plan(options);
    let mut progress = Progress::new(steps.len());
    let mut context = Context::new(options.filter.clone())?;
    let result = steps
        .iter()
        .try_for_each(|step| progress.step(step.title(), || step.run(&mut context)));
    // Servers stop before the last word, which is then the outcome.
    drop(context);
    progress.summary();
    result
}

/// The steps in their order: the cheap ones first.
fn plan(options: &Options) -> Vec<Step> {
    let mut steps = Vec::new();
    if options.lints() {
        steps.extend([
            Step::Format,
            Step::Layers,
            Step::Deny,
            Step::Clippy,
            Step::FuzzTargets,
        ]);
    }
    steps.push(if options.servers() {
        Step::Programs
    } else {
        Step::Runner
    });
    if options.servers() {
        steps.push(Step::Services);
    }
    steps.push(Step::Tests);
    if options.whole_suite() {
        steps.push(Step::Snapshots);
    }
    if options.filter.is_none() {
        steps.push(Step::DocTests);
    }
    if options.whole_suite() {
        steps.extend([Step::OtherJudge, Step::Api]);
    }
    if options.lints() {
        steps.push(Step::Documentation);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_checked_by_default() {
        let steps = plan(&Options::default());
        assert_eq!(
            steps,
            [
                Step::Format,
                Step::Layers,
                Step::Deny,
                Step::Clippy,
                Step::FuzzTargets,
                Step::Programs,
                Step::Services,
                Step::Tests,
                Step::Snapshots,
                Step::DocTests,
                Step::OtherJudge,
                Step::Api,
                Step::Documentation,
            ]
        );
    }

    #[test]
    fn the_embedded_database_needs_no_server() {
        let options = Options {
            only: Some(Only::Sqlite),
            no_lints: true,
            filter: None,
        };
        assert_eq!(plan(&options), [Step::Runner, Step::Tests, Step::DocTests]);
    }

    #[test]
    fn a_filter_runs_tests_and_nothing_else() {
        let options = Options {
            filter: Some("cookie".into()),
            ..Options::default()
        };
        assert_eq!(
            plan(&options),
            [Step::Programs, Step::Services, Step::Tests]
        );
    }
}
