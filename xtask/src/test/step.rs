//! The single steps of `cargo xtask test`.

use std::process::Command;

use anyhow::Result;

use super::snapshots::{self, References};
use crate::services::{self, Running};
use crate::{fuzz, layers, programs, shell};

/// One step; [`super::plan`] has their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Format,
    Layers,
    Deny,
    Clippy,
    FuzzTargets,
    Runner,
    Programs,
    Services,
    Tests,
    Snapshots,
    DocTests,
    OtherJudge,
    Api,
    Documentation,
}

/// What later steps need of earlier ones.
#[derive(Debug)]
pub(super) struct Context {
    filter: Option<String>,
    running: Vec<Running>,
    references: References,
}

impl Context {
    pub(super) fn new(filter: Option<String>) -> Result<Self> {
        Ok(Self {
            filter,
            running: Vec::new(),
            references: References::new()?,
        })
    }
}

/// Settings of the developer's own that no test may see.
const FOREIGN: &[&str] = &["AUTH_", "NEXTAUTH_", "EMAIL_", "DATABASE_URL", "HALLPASS_"];

impl Step {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Format => "formatting",
            Self::Layers => "layers and sources",
            Self::Deny => "licences and sources of dependencies",
            Self::Clippy => "clippy",
            Self::FuzzTargets => "fuzz targets compile",
            Self::Runner => "test runner",
            Self::Programs => "programs that tests need",
            Self::Services => "throw-away servers",
            Self::Tests => "tests",
            Self::Snapshots => "no stale snapshots",
            Self::DocTests => "examples in the documentation",
            Self::OtherJudge => "passkeys, judged by webauthn-rs too",
            Self::Api => "the API is as it says, tried by schemathesis",
            Self::Documentation => "rustdoc",
        }
    }

    pub(super) fn run(self, context: &mut Context) -> Result<()> {
        match self {
            Self::Format => shell::run(&mut shell::cargo(["fmt", "--all", "--check"])),
            Self::Layers => layers::run(),
            Self::Deny => deny(),
            Self::Clippy => clippy(),
            Self::FuzzTargets => fuzz::check(),
            Self::Runner => programs::ensure_nextest(),
            Self::Programs => programs::ensure(),
            Self::Services => {
                context.running = services::start_all()?;
                Ok(())
            }
            Self::Tests => tests(context),
            Self::Snapshots => snapshots::check(&context.references),
            Self::DocTests => doc_tests(context),
            Self::OtherJudge => other_judge(),
            Self::Api => api(),
            Self::Documentation => documentation(),
        }
    }
}

fn clippy() -> Result<()> {
    let args = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ];
    shell::run(&mut shell::cargo(args))
}

/// Advisories are left out: their database lives in no package registry, and tests use no other network.
fn deny() -> Result<()> {
    if !shell::succeeds(&mut shell::cargo(["deny", "--version"])) {
        eprintln!(
            "    NOT CHECKED: cargo-deny is missing; `cargo install cargo-deny --locked` brings it"
        );
        return Ok(());
    }
    shell::run(&mut shell::cargo([
        "deny", "check", "bans", "licenses", "sources",
    ]))
}

fn tests(context: &Context) -> Result<()> {
    let mut command = shell::cargo(["nextest", "run", "--workspace", "--all-features"]);
    match &context.filter {
        Some(filter) => command.arg(filter),
        None => command.args(["--profile", "ci"]),
    };
    prepare(&mut command, context);
    shell::run(&mut command)
}

fn doc_tests(context: &Context) -> Result<()> {
    let mut command = shell::cargo(["test", "--doc", "--workspace", "--all-features"]);
    prepare(&mut command, context);
    shell::run(&mut command)
}

/// A workspace of its own (`interop/webauthn-rs`), in the same target folder, so that what both use is built once.
fn other_judge() -> Result<()> {
    let mut command = shell::cargo([
        "test",
        "--locked",
        "--manifest-path",
        "interop/webauthn-rs/Cargo.toml",
    ]);
    shell::run(command.env("CARGO_TARGET_DIR", shell::target_dir()))
}

/// The program itself, with what it says of its routes; some two minutes.
fn api() -> Result<()> {
    // As the tests built it.
    let build = [
        "build",
        "--workspace",
        "--all-features",
        "--bin",
        "hallpass",
    ];
    shell::run(&mut shell::cargo(build))?;
    let mut command = Command::new(programs::python::interpreter());
    command.arg(programs::python::folder().join("run.py"));
    command.arg(shell::target_dir().join("debug/hallpass"));
    shell::run(&mut command)
}

/// The environment of tests: the servers of this run and nothing of the developer's.
fn prepare(command: &mut Command, context: &Context) {
    for (name, _) in std::env::vars_os() {
        if FOREIGN
            .iter()
            .any(|prefix| name.to_string_lossy().starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    if !context.running.is_empty() {
        services::announce(command, &context.running);
    }
    for (name, program) in [
        ("HALLPASS_TEST_CHROMIUM", programs::chromium()),
        ("HALLPASS_TEST_CHROMEDRIVER", programs::chromedriver()),
    ] {
        if let Some(program) = program {
            command.env(name, program);
        }
    }
    context.references.announce(command);
}

fn documentation() -> Result<()> {
    let mut command = shell::cargo(["doc", "--no-deps", "--workspace", "--all-features"]);
    shell::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}
