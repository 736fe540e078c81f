//! Calls to be counted by another program, as `valgrind --tool=callgrind`, which does not mind a busy machine.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};

use super::Task;
use super::contest::Side;

/// Which calls, and how many: `find:rules:1000`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count {
    pub(super) task: Task,
    pub(super) side: Side,
    pub(super) calls: usize,
}

impl FromStr for Count {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<_> = text.split(':').collect();
        let [task, side, calls] = parts.as_slice() else {
            bail!("expected a task, a side and a number, as in `find:rules:1000`");
        };
        Ok(Self {
            task: match *task {
                "find" => Task::Find,
                "include" => Task::FindWithOwner,
                "create" => Task::Create,
                "update" => Task::Update,
                _ => bail!("expected `find`, `include`, `create` or `update`"),
            },
            side: match *side {
                "hand" => Side::ByHand,
                "rules" => Side::UnderRules,
                _ => bail!("expected `hand` or `rules`"),
            },
            calls: calls.parse().context("expected a number of calls")?,
        })
    }
}
