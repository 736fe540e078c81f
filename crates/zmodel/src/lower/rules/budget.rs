//! How much the rules of a schema may grow into: rules are checked anew for each model that inherits them.

use crate::diagnostic::{Mistake, Mistakes};
use crate::source::Span;

/// How many nodes the expressions of all rules may have together.
const MAX_NODES: usize = 1_000_000;

/// How many bytes of text all rules may have together.
const MAX_TEXT: usize = 64 << 20;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    nodes: usize,
    text: usize,
    is_spent: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            nodes: MAX_NODES,
            text: MAX_TEXT,
            is_spent: false,
        }
    }
}

impl Budget {
    /// Takes one node of an expression, and says whether there may be one more.
    pub(super) fn take_node(&mut self, span: Span, mistakes: &mut Mistakes) -> bool {
        match self.nodes.checked_sub(1) {
            Some(rest) => self.nodes = rest,
            None => self.spend(span, mistakes),
        }
        !self.is_spent
    }

    /// Takes the text of a rule, and says whether there may be so much.
    pub(super) fn take_text(&mut self, span: Span, mistakes: &mut Mistakes) -> bool {
        match self.text.checked_sub(span.end.saturating_sub(span.start)) {
            Some(rest) => self.text = rest,
            None => self.spend(span, mistakes),
        }
        !self.is_spent
    }

    /// Whether nothing is left, so that checking on is of no use.
    pub(super) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Said once.
    fn spend(&mut self, span: Span, mistakes: &mut Mistakes) {
        if self.is_spent {
            return;
        }
        self.is_spent = true;
        let mistake = Mistake::at(span, "the rules of the schema grow too large with this one");
        mistakes.push(mistake.help("rules are checked again for each model that inherits them"));
    }
}
