//! Moments beside columns that keep less than milliseconds, and beside those whose rows are not all in one form; see
//! `plan/moments.rs`, which says why.

use hallpass_sql::{Comparison, Expr, Value};
use jiff::Timestamp;

use super::Truth;
use crate::moments::{Form, Moments};

/// The comparison of a column with a moment; `None` for years that have no text.
pub(super) fn compared(
    column: &Expr,
    moments: Moments,
    comparison: Comparison,
    moment: Timestamp,
) -> Option<Truth> {
    let kept = moments.cut(moment);
    let comparison = match comparison {
        same if kept == moment => same,
        // What no row can hold lies between the last that one can and the next.
        Comparison::Equal => return Some(Truth::Never),
        Comparison::NotEqual => {
            let any = Expr::IsNotNull(Box::new(column.clone()));
            return Some(Truth::When(any));
        }
        Comparison::Less | Comparison::LessOrEqual => Comparison::LessOrEqual,
        Comparison::Greater | Comparison::GreaterOrEqual => Comparison::Greater,
    };
    in_form(column, moments, comparison, kept).map(Truth::When)
}

fn in_form(
    column: &Expr,
    moments: Moments,
    comparison: Comparison,
    moment: Timestamp,
) -> Option<Expr> {
    let written = |form: Form| moments.as_form(form).write(moment).map(Expr::Value);
    let compare =
        |comparison, with| Expr::Compare(Box::new(column.clone()), comparison, Box::new(with));
    if !moments.mixed && matches!(moments.form, Form::Native | Form::Number) {
        return written(moments.form).map(|value| compare(comparison, value));
    }
    let mut forms = vec![Form::Zulu, Form::Offset];
    if moments.mixed {
        forms.push(Form::Number);
    }
    let all = || {
        forms
            .iter()
            .map(|form| written(*form))
            .collect::<Option<Vec<_>>>()
    };
    let bound = match comparison {
        Comparison::Equal => return Some(Expr::In(Box::new(column.clone()), all()?)),
        Comparison::NotEqual => return Some(Expr::NotIn(Box::new(column.clone()), all()?)),
        Comparison::Less | Comparison::GreaterOrEqual => Form::Prefix,
        Comparison::LessOrEqual | Comparison::Greater => Form::Zulu,
    };
    let text = written(bound)?;
    if !moments.mixed {
        return Some(compare(comparison, text));
    }
    let number = written(Form::Number)?;
    // Every text is at least the empty one, and every number less.
    let (side, guarded, other) = match comparison {
        Comparison::Less | Comparison::LessOrEqual => (Comparison::GreaterOrEqual, text, number),
        _ => (Comparison::Less, number, text),
    };
    let is_of_side = compare(side, Expr::Value(Value::Text(String::new())));
    Some(Expr::Or(vec![
        Expr::And(vec![is_of_side, compare(comparison, guarded)]),
        compare(comparison, other),
    ]))
}
