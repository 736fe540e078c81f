//! `cargo xtask fuzz TARGET`: feeds made-up input to a parser until something breaks or time is up.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell;

/// Fuzz a parser: zmodel, format, arguments, cookies, jwe, intake, oauth (the files of `fuzz/fuzz_targets`).
///
/// Needs cargo-fuzz (`cargo install cargo-fuzz --locked`) and a C++ compiler. What breaks is kept in
/// `fuzz/artifacts/TARGET`; make a test of it before fixing it. What is learnt is kept in `fuzz/corpus/TARGET`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The target
    #[arg(value_name = "TARGET")]
    target: String,

    /// How long to search
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u32,
}

/// `cargo xtask fuzz`.
pub(crate) fn run(options: &Options) -> Result<()> {
    let targets = targets()?;
    if !targets.contains(&options.target) {
        bail!(
            "there is no fuzz target `{}`; there are {}",
            options.target,
            targets.join(", ")
        );
    }
    if !shell::succeeds(&mut shell::cargo(["fuzz", "--version"])) {
        bail!("cargo-fuzz is missing; install it with `cargo install cargo-fuzz --locked`");
    }
    // libFuzzer wants the folder to be there.
    std::fs::create_dir_all(folder_of("corpus", &options.target))?;
    shell::run(&mut command(options))
}

/// Compiles every target without libFuzzer, which would need a C++ compiler: a target must not rot unseen.
pub(crate) fn check() -> Result<()> {
    let mut command = shell::cargo([
        "check",
        "--no-default-features",
        "--manifest-path",
        "fuzz/Cargo.toml",
    ]);
    shell::run(&mut command)
}

fn command(options: &Options) -> Command {
    let mut command = shell::cargo(["fuzz", "run", "--fuzz-dir", "fuzz", &options.target]);
    for folder in ["corpus", "seeds"] {
        let inputs = folder_of(folder, &options.target);
        if folder == "corpus" || inputs.is_dir() {
            command.arg(inputs);
        }
    }
    command
        .arg("--")
        .arg(format!("-max_total_time={}", options.seconds))
        .arg("-timeout=10");
    // Coverage counters and AddressSanitizer are unstable compiler flags. The stable compiler knows them, and takes
    // them when told that it may: no second toolchain is needed. Only this build is told.
    command.env("RUSTC_BOOTSTRAP", "1");
    // Its builds have other flags: kept apart, they do not push out the usual ones.
    command.env("CARGO_TARGET_DIR", shell::target_dir().join("fuzz"));
    command
}

fn folder_of(kind: &str, target: &str) -> PathBuf {
    shell::root().join("fuzz").join(kind).join(target)
}

fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(shell::root().join("fuzz/fuzz_targets"))? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "rs") {
            names.extend(
                file.file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_target_is_told_the_known_ones() {
        let options = Options {
            target: "nothing".into(),
            seconds: 1,
        };
        let error = run(&options).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no fuzz target `nothing`"),
            "{error}"
        );
    }

    #[test]
    fn every_target_is_declared_and_every_declaration_has_its_file() {
        let manifest = std::fs::read_to_string(shell::root().join("fuzz/Cargo.toml")).unwrap();
        let declared: Vec<_> = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"))
            .collect();
        let mut declared: Vec<_> = declared
            .iter()
            .map(|file| file.trim_end_matches(".rs\"").to_owned())
            .collect();
        declared.sort();
        assert_eq!(declared, targets().unwrap());
    }
}
