//! Columns of whole numbers beside numbers that they cannot hold: with a fraction, or too large.

use hallpass_sql::{Expr as Sql, Value};
use hallpass_zmodel::schema::Comparison;

use super::Truth;
use super::compare::sql;
use super::term::Column;

pub(super) fn beside_whole(column: &Column, comparison: Comparison, number: &str) -> Truth {
    let any = || Truth::When(Sql::IsNotNull(Box::new(column.expr.clone())));
    let comparison = match comparison {
        Comparison::Equal => return Truth::Never,
        Comparison::NotEqual => return any(),
        Comparison::Less | Comparison::LessOrEqual => Comparison::LessOrEqual,
        Comparison::Greater | Comparison::GreaterOrEqual => Comparison::GreaterOrEqual,
    };
    let is_upwards = comparison == Comparison::LessOrEqual;
    match floor(number) {
        Some(floor) => {
            let bound = if is_upwards {
                Some(floor)
            } else {
                floor.checked_add(1)
            };
            let fits = bound
                .map(Value::Int)
                .map(|bound| column.codec.encode(&bound));
            if let Some(Ok(bound)) = fits {
                let (left, right) = (column.expr.clone(), Sql::Value(bound));
                let compared = Sql::Compare(Box::new(left), sql(comparison), Box::new(right));
                return Truth::When(compared);
            }
            let is_large = floor >= 0;
            if is_large == is_upwards {
                any()
            } else {
                Truth::Never
            }
        }
        None if number.starts_with('-') == is_upwards => Truth::Never,
        None => any(),
    }
}

fn floor(number: &str) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_below = number.starts_with('-') && !fraction.is_empty();
    let whole: i64 = if whole == "-" { 0 } else { whole.parse().ok()? };
    if is_below {
        whole.checked_sub(1)
    } else {
        Some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::floor;

    #[test]
    fn numbers_with_a_fraction_have_a_whole_one_below() {
        for (number, expected) in [
            ("1.5", Some(1)),
            ("-1.5", Some(-2)),
            ("-0.5", Some(-1)),
            ("0.5", Some(0)),
            ("3", Some(3)),
            ("92233720368547758070", None),
        ] {
            assert_eq!(floor(number), expected, "{number}");
        }
    }
}
