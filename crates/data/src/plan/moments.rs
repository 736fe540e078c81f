//! Tests of moments in columns whose rows are not all in one form.
//!
//! SECURITY: in SQLite every number is less than every text, so a plain comparison would take every session that
//! another program wrote in numbers for expired, or for eternal.

use hallpass_sql::{Comparison, Expr, Value};

use super::Planner;
use super::filter::Subject;
use super::slot::Purpose;
use crate::args::{Input, Test};
use crate::error::InvalidInput;
use crate::moments::Form;

/// The forms of texts that mean the same moment.
const TEXTS: [Form; 2] = [Form::Zulu, Form::Offset];

impl Planner<'_> {
    /// The condition, where the subject's column needs one of its own.
    pub(super) fn moment_test(
        &mut self,
        subject: &Subject<'_, '_>,
        test: &Test,
    ) -> Result<Option<Expr>, InvalidInput> {
        let Some(moments) = subject.codec.moments() else {
            return Ok(None);
        };
        if !moments.mixed && matches!(moments.form, Form::Native | Form::Number) {
            return Ok(None);
        }
        let numbers = moments.mixed;
        let condition = match test {
            Test::Equals(Input::Value(Value::Null)) | Test::Not(Input::Value(Value::Null)) => {
                return Ok(None);
            }
            Test::Equals(input) | Test::Exactly(input) => {
                self.is_one_of(subject, std::slice::from_ref(input), numbers)?
            }
            Test::In(inputs) => self.is_one_of(subject, inputs, numbers)?,
            Test::Not(input) => {
                let inputs = std::slice::from_ref(input);
                Expr::Not(Box::new(self.is_one_of(subject, inputs, numbers)?))
            }
            Test::NotIn(inputs) => Expr::Not(Box::new(self.is_one_of(subject, inputs, numbers)?)),
            Test::Less(input) => {
                self.ordered(subject, Comparison::Less, Form::Prefix, input, numbers)?
            }
            Test::LessOrEqual(input) => {
                self.ordered(subject, Comparison::LessOrEqual, Form::Zulu, input, numbers)?
            }
            Test::Greater(input) => {
                self.ordered(subject, Comparison::Greater, Form::Zulu, input, numbers)?
            }
            Test::GreaterOrEqual(input) => {
                let comparison = Comparison::GreaterOrEqual;
                self.ordered(subject, comparison, Form::Prefix, input, numbers)?
            }
            Test::Contains(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::AnyCase(_)
            | Test::Json(..)
            | Test::Inside(_)
            | Test::Words { .. }
            | Test::Alike { .. }
            | Test::Has(_)
            | Test::HasEvery(_)
            | Test::HasSome(_)
            | Test::IsEmpty(_) => return Ok(None),
        };
        Ok(Some(condition))
    }

    fn is_one_of(
        &mut self,
        subject: &Subject<'_, '_>,
        inputs: &[Input],
        numbers: bool,
    ) -> Result<Expr, InvalidInput> {
        let mut list = Vec::new();
        for input in inputs {
            for form in TEXTS.into_iter().chain(numbers.then_some(Form::Number)) {
                list.push(self.in_form(subject, input, form)?);
            }
        }
        Ok(Expr::In(Box::new(subject.column()), list))
    }

    /// `bound` is the text that stands on the right side of all texts of the same moment, for this comparison.
    fn ordered(
        &mut self,
        subject: &Subject<'_, '_>,
        comparison: Comparison,
        bound: Form,
        input: &Input,
        numbers: bool,
    ) -> Result<Expr, InvalidInput> {
        let compare = |comparison, with| {
            let column = Box::new(subject.column());
            Expr::Compare(column, comparison, Box::new(with))
        };
        let text = self.in_form(subject, input, bound)?;
        if !numbers {
            return Ok(compare(comparison, text));
        }
        let number = self.in_form(subject, input, Form::Number)?;
        // Every text is at least the empty one, and every number less.
        let (side, guarded, other) = match comparison {
            Comparison::Less | Comparison::LessOrEqual => {
                (Comparison::GreaterOrEqual, text, number)
            }
            _ => (Comparison::Less, number, text),
        };
        let is_of_side = compare(side, Expr::Value(Value::Text(String::new())));
        Ok(Expr::Or(vec![
            Expr::And(vec![is_of_side, compare(comparison, guarded)]),
            compare(comparison, other),
        ]))
    }

    fn in_form(
        &mut self,
        subject: &Subject<'_, '_>,
        input: &Input,
        form: Form,
    ) -> Result<Expr, InvalidInput> {
        let codec = subject.codec.in_form(form);
        self.operand_of(subject, &codec, input, Purpose::Compared)
    }
}
