//! How much the rules of a schema may grow into: rules are checked anew for each model that inherits them.

use crate::diagnostic::Mistake;
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
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            nodes: MAX_NODES,
            text: MAX_TEXT,
        }
    }
}

impl Budget {
    /// Takes one node of an expression.
    pub(super) fn take_node(&mut self, span: Span) -> Result<(), Mistake> {
        take(&mut self.nodes, 1, span)
    }

    /// Takes the text of a rule.
    pub(super) fn take_text(&mut self, span: Span) -> Result<(), Mistake> {
        take(&mut self.text, span.end.saturating_sub(span.start), span)
    }

    /// Whether nothing is left, so that checking on is of no use.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes == 0 || self.text == 0
    }
}

fn take(left: &mut usize, count: usize, span: Span) -> Result<(), Mistake> {
    match left.checked_sub(count) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => {
            *left = 0;
            let message = "the rules of the schema grow too large with this one";
            Err(Mistake::at(span, message)
                .help("rules are checked again for each model that inherits them"))
        }
    }
}
