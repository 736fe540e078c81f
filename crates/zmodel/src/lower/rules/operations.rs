//! What a policy is about: `'create,read'`.

use crate::ast::Name;
use crate::diagnostic::{Mistake, Mistakes};
use crate::schema::{Operation, Operations};
use crate::suggest;

/// All operations but `post-update`.
const ALL: [Operation; 4] = [
    Operation::Create,
    Operation::Read,
    Operation::Update,
    Operation::Delete,
];

/// The operations that field rules may be about.
const OF_FIELDS: [Operation; 2] = [Operation::Read, Operation::Update];

/// The operations of a rule of a model. Nothing where there is a mistake.
pub(super) fn of_model(written: &Name, mistakes: &mut Mistakes) -> Option<Operations> {
    parse(written, &Operation::ALL, &ALL, mistakes)
}

/// The operations of a rule of a field. Nothing where there is a mistake.
pub(super) fn of_field(written: &Name, mistakes: &mut Mistakes) -> Option<Operations> {
    parse(written, &OF_FIELDS, &OF_FIELDS, mistakes)
}

/// `known` are the words that may stand there besides `all`, which is `all`.
fn parse(
    written: &Name,
    known: &[Operation],
    all: &[Operation],
    mistakes: &mut Mistakes,
) -> Option<Operations> {
    let mut operations = Operations::default();
    for word in written.text.split(',').map(str::trim) {
        if word == "all" {
            operations = all.iter().copied().fold(operations, Operations::with);
            continue;
        }
        let Some(operation) = known.iter().find(|operation| operation.name() == word) else {
            mistakes.push(unknown(written, word, known));
            return None;
        };
        operations = operations.with(*operation);
    }
    Some(operations)
}

fn unknown(written: &Name, word: &str, known: &[Operation]) -> Mistake {
    let names: Vec<_> = known.iter().map(|operation| operation.name()).collect();
    let near = suggest::did_you_mean(word, names.iter().copied().chain(["all"]));
    let help = near.unwrap_or_else(|| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        format!("this rule may be for {} or `all`", names.join(", "))
    });
    let message = match word {
        "" => "a word is missing between the operations".to_owned(),
        _ => format!("no rule is for `{word}` here"),
    };
    Mistake::at(written.span, message).help(help)
}
