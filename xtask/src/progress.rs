//! What the developer sees while steps run: which one, how long it took, and a table at the end.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Numbers and times the steps of one command.
#[derive(Debug)]
pub(crate) struct Progress {
    total: usize,
    started: Instant,
    finished: Vec<(String, Duration)>,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        Self {
            total,
            started: Instant::now(),
            finished: Vec::new(),
        }
    }

    /// Runs one step between its headline and its time.
    pub(crate) fn step(&mut self, title: &str, act: impl FnOnce() -> Result<()>) -> Result<()> {
        let number = self.finished.len() + 1;
        eprintln!("\n[{number}/{}] {title}", self.total);
        let started = Instant::now();
        let result = act();
        let elapsed = started.elapsed();
        self.finished.push((title.to_owned(), elapsed));
        eprintln!(
            "    {} after {}",
            if result.is_ok() { "done" } else { "FAILED" },
            seconds(elapsed)
        );
        result.with_context(|| format!("step {number} of {} ({title}) failed", self.total))
    }

    /// Prints where the time went.
    pub(crate) fn summary(&self) {
        eprintln!();
        for (title, elapsed) in &self.finished {
            eprintln!("{:>9}  {title}", seconds(*elapsed));
        }
        eprintln!("{:>9}  in all", seconds(self.started.elapsed()));
    }
}

fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 60 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_in_the_error() {
        let error = Progress::new(2)
            .step("clippy", || anyhow::bail!("two warnings"))
            .unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "step 1 of 2 (clippy) failed: two warnings"
        );
    }

    #[test]
    fn long_times_are_told_in_minutes() {
        assert_eq!(seconds(Duration::from_millis(1250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(605)), "10 min 05 s");
    }
}
