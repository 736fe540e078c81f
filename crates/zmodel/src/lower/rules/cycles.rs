//! `check(…)` must come to an end: no model may, by way of others, ask itself (contract zenstack §1.4).

use std::collections::HashMap;

use super::policies::Asked;
use crate::diagnostic::{Mistake, Mistakes};

/// Reports each `check(…)` that leads back to the model it stands in.
pub(super) fn check(asked: &[Asked<'_>], mistakes: &mut Mistakes) {
    let rings = rings(asked);
    let ring_of = |model: &str| rings.get(model);
    for edge in asked {
        if mistakes.is_full() {
            return;
        }
        if ring_of(edge.asking) == ring_of(&edge.asked) {
            let message = format!(
                "this `check` leads back to `{}`, and would never end",
                edge.asking
            );
            let help = "write out what the rules of the other model would say";
            mistakes.push(Mistake::at(edge.span, message).help(help));
        }
    }
}

/// The models of which each leads to each other, by number: strongly connected components, by Kosaraju's two passes. Neither
/// recurses, since a chain of models may be as long as the schema.
fn rings<'a>(asked: &'a [Asked<'_>]) -> HashMap<&'a str, usize> {
    let (mut next, mut previous): (Edges<'_>, Edges<'_>) = (HashMap::new(), HashMap::new());
    for edge in asked {
        next.entry(edge.asking).or_default().push(&edge.asked);
        previous.entry(&edge.asked).or_default().push(edge.asking);
    }
    let mut seen = HashMap::new();
    let mut finished = Vec::new();
    for edge in asked {
        walk(edge.asking, 0, &next, &mut seen, &mut finished);
    }
    let mut rings = HashMap::new();
    for (ring, model) in finished.iter().rev().enumerate() {
        walk(model, ring, &previous, &mut rings, &mut Vec::new());
    }
    rings
}

type Edges<'a> = HashMap<&'a str, Vec<&'a str>>;

/// Goes wherever it can from a model, marks what was not marked yet, and gathers it in the order in which it is left.
fn walk<'a>(
    from: &'a str,
    mark: usize,
    edges: &Edges<'a>,
    marks: &mut HashMap<&'a str, usize>,
    left: &mut Vec<&'a str>,
) {
    if marks.contains_key(from) {
        return;
    }
    marks.insert(from, mark);
    let onward = |model: &str| edges.get(model).into_iter().flatten().copied();
    let mut path = vec![(from, onward(from))];
    while let Some((model, rest)) = path.last_mut() {
        match rest.find(|other| !marks.contains_key(other)) {
            Some(other) => {
                marks.insert(other, mark);
                path.push((other, onward(other)));
            }
            None => {
                left.push(model);
                path.pop();
            }
        }
    }
}
