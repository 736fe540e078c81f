//! Sums and averages, the same of every database.
//!
//! Databases sum whole numbers as whole or exact ones, exact numbers as exact or floating ones, and cut averages after
//! four digits or sixteen. Here a sum is exact as long as its numbers are, and an average is the quotient of sum and
//! number, worked out digit by digit.
//!
//! Source: contract zenstack §3.5, sums of `Decimal` are plain numbers.

use hallpass_sql::Value;
use hallpass_zmodel::schema::Scalar;

use crate::decimal;

/// How a sum or an average comes out of columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    /// What is summed.
    pub(crate) scalar: Scalar,
    /// Where the sum stands; where there are two, that of upper and that of lower halves.
    pub(crate) sums: Vec<usize>,
    /// Where the number of values stands, for an average.
    pub(crate) count: Option<usize>,
    /// Whether the database sums exact numbers exactly.
    pub(crate) exact: bool,
}

/// Digits of a floating number that are the same whichever way it was calculated.
const DIGITS: usize = 15;

impl Measured {
    /// What the upper half of a whole number counts.
    pub(crate) const HALF: i64 = 1 << 32;

    /// Whether its whole numbers may be larger than those of clients are exact.
    #[cfg(feature = "http")]
    pub(crate) fn is_big(&self) -> bool {
        self.scalar == Scalar::BigInt
    }

    /// The value; `None` when the columns hold no numbers.
    pub(crate) fn value(&self, row: &[Value]) -> Option<Value> {
        let sums = self.sums.iter().map(|position| row.get(*position));
        let sums = sums.collect::<Option<Vec<_>>>()?;
        if sums.contains(&&Value::Null) {
            return Some(Value::Null);
        }
        let count = match self.count {
            None => None,
            Some(position) => match row.get(position)? {
                Value::Int(count) => Some(u64::try_from(*count).ok()?),
                _ => return None,
            },
        };
        if self.scalar == Scalar::Float {
            return floating(sums.first()?, count).map(Value::Float);
        }
        let sum = self.sum(&sums)?;
        match (count, self.scalar) {
            (Some(count), _) => decimal::quotient(&sum, count).map(Value::Float),
            (None, Scalar::BigInt) => Some(Value::Decimal(sum)),
            (None, Scalar::Int) => match sum.parse() {
                Ok(whole) => Some(Value::Int(whole)),
                Err(_) => sum.parse().ok().map(Value::Float),
            },
            (None, _) => sum.parse().ok().map(Value::Float),
        }
    }

    /// The digits of the sum.
    fn sum(&self, sums: &[&Value]) -> Option<String> {
        match sums {
            [Value::Int(upper), Value::Int(lower)] => {
                let sum = i128::from(*upper) * i128::from(Self::HALF) + i128::from(*lower);
                Some(sum.to_string())
            }
            [Value::Int(sum)] => Some(sum.to_string()),
            [Value::Decimal(sum)] => decimal::normalise(sum),
            // A floating sum of numbers that were meant exactly: what they differ in is an accident of calculation.
            [Value::Float(sum)] if !self.exact => {
                decimal::read(&format!("{sum:.precision$e}", precision = DIGITS - 1))
            }
            [Value::Float(sum)] => decimal::read(&sum.to_string()),
            _ => None,
        }
    }
}

fn floating(sum: &Value, count: Option<u64>) -> Option<f64> {
    let sum = match sum {
        Value::Float(sum) => *sum,
        Value::Int(sum) => sum.to_string().parse().ok()?,
        Value::Decimal(sum) => sum.parse().ok()?,
        _ => return None,
    };
    match count {
        None => Some(sum),
        Some(count) => Some(sum / count.to_string().parse::<f64>().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scalar: Scalar, exact: bool, sums: &[Value], count: Option<i64>) -> Option<Value> {
        let mut row = sums.to_vec();
        row.extend(count.map(Value::Int));
        let measured = Measured {
            scalar,
            sums: (0..sums.len()).collect(),
            count: count.map(|_| sums.len()),
            exact,
        };
        measured.value(&row)
    }

    fn decimal(text: &str) -> Value {
        Value::Decimal(text.to_owned())
    }

    #[test]
    fn sums_are_the_same_whichever_way_a_database_says_them() {
        for (scalar, exact, sums, expected) in [
            (Scalar::Int, true, vec![Value::Int(6)], Value::Int(6)),
            (Scalar::Int, true, vec![decimal("6")], Value::Int(6)),
            (
                Scalar::BigInt,
                true,
                vec![decimal("18446744073709551614")],
                decimal("18446744073709551614"),
            ),
            (Scalar::BigInt, true, vec![Value::Int(6)], decimal("6")),
            // Twice the largest number, in halves.
            (
                Scalar::BigInt,
                false,
                vec![Value::Int(4_294_967_294), Value::Int(8_589_934_590)],
                decimal("18446744073709551614"),
            ),
            (
                Scalar::BigInt,
                false,
                vec![Value::Int(-1), Value::Int(-1)],
                decimal("-4294967297"),
            ),
            (
                Scalar::Decimal,
                true,
                vec![decimal("0.300")],
                Value::Float(0.3),
            ),
            (
                Scalar::Decimal,
                false,
                vec![Value::Float(0.1 + 0.2)],
                Value::Float(0.3),
            ),
            (
                Scalar::Decimal,
                false,
                vec![Value::Float(-1.5e300)],
                Value::Float(-1.5e300),
            ),
            (
                Scalar::Float,
                true,
                vec![Value::Float(0.1 + 0.2)],
                Value::Float(0.1 + 0.2),
            ),
            (Scalar::Float, false, vec![Value::Int(3)], Value::Float(3.0)),
            (Scalar::Int, true, vec![Value::Null], Value::Null),
            (
                Scalar::BigInt,
                false,
                vec![Value::Null, Value::Null],
                Value::Null,
            ),
        ] {
            assert_eq!(
                of(scalar, exact, &sums, None),
                Some(expected),
                "{scalar:?} {sums:?}"
            );
        }
        assert_eq!(of(Scalar::Int, true, &["x".into()], None), None);
    }

    #[test]
    fn averages_are_worked_out_to_the_last_digit() {
        for (scalar, sum, count, expected) in [
            (Scalar::Int, Value::Int(5), 3, 5.0 / 3.0),
            (Scalar::Int, Value::Int(-7), 2, -3.5),
            (
                Scalar::BigInt,
                decimal("18446744073709551614"),
                2,
                9_223_372_036_854_775_807.0,
            ),
            (Scalar::Decimal, decimal("0.6"), 3, 0.2),
            (
                Scalar::Decimal,
                decimal("0.000000000000000000001"),
                1000,
                1e-24,
            ),
            (Scalar::Float, Value::Float(0.6), 3, 0.6 / 3.0),
        ] {
            let average = of(scalar, true, std::slice::from_ref(&sum), Some(count));
            assert_eq!(average, Some(Value::Float(expected)), "{scalar:?} {sum:?}");
        }
        assert_eq!(
            of(Scalar::Int, true, &[Value::Null], Some(0)),
            Some(Value::Null)
        );
    }
}
