//! The figures, as a page.

use std::fmt::Write;

use anyhow::Result;

use super::contest::Figure;
use super::{EACH, OWN};
use crate::options::Options;
use crate::statistics::machine;

pub(super) fn write(options: &Options, figures: &[Figure]) -> Result<String> {
    let mut text = format!(
        "# Todos\n\nPeople read and write their own todos, one call after the other, in process: by `Client::call` on their behalf \
         under the rule `auth() == user`, and by statements written by hand with the same conditions over the same driver. {EACH} \
         todos a person; those who ask have {OWN}. Both sides gave the same rows first. {} rounds, in turns; {}.\n\n",
        options.rounds,
        machine()
    );
    text.push_str("| database | todos | task | by hand | 99 % | under rules | 99 % | ratio |\n|---|--:|---|--:|--:|--:|--:|--:|\n");
    for figure in figures {
        writeln!(
            text,
            "| {} | {} | {} | {:.1?} | {:.1?} | {:.1?} | {:.1?} | {:.3} |",
            figure.place,
            figure.todos,
            figure.task.name(),
            figure.by_hand.median,
            figure.by_hand.high,
            figure.under_rules.median,
            figure.under_rules.high,
            figure.ratio
        )?;
    }
    text.push_str("\nLatency under rules, beside that of the fewest todos:\n\n| database | task | todos | times as long |\n|---|---|--:|--:|\n");
    for figure in figures {
        let like = |one: &&Figure| one.place == figure.place && one.task == figure.task;
        let smallest = figures.iter().filter(like).min_by_key(|one| one.todos);
        if let Some(smallest) = smallest.filter(|one| one.todos < figure.todos) {
            writeln!(
                text,
                "| {} | {} | {} | {:.2} |",
                figure.place,
                figure.task.name(),
                figure.todos,
                figure.under_rules.median.as_secs_f64() / smallest.under_rules.median.as_secs_f64()
            )?;
        }
    }
    Ok(text)
}
