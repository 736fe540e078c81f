use hallpass_sql::{Comparison, Expr, Likeness, Value, WordSearch};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, Model, Scalar};

use super::documents::Document;
use super::nested::fill;
use super::slot::{Match, Purpose, Slot};
use super::{Planner, Scene, null, unfit, unique_keys};
use crate::args::{Filter, Input, Test};
use crate::codec::{Codec, Mismatch};
use crate::decimal;
use crate::error::InvalidInput;

/// A field under test.
pub(super) struct Subject<'e, 'a> {
    scene: Scene<'e, 'a>,
    field: &'e Field,
    /// Its value, as far as it may be seen.
    column: Expr,
    pub(super) codec: Codec,
    /// Whether letters count whatever their case.
    any_case: bool,
    /// Whether the database has words for that.
    knows_case: bool,
    /// Inside a `NOT`, where "no row can hold it" may not be said by null.
    negated: bool,
}

impl<'e> Planner<'e> {
    pub(crate) fn filter(
        &mut self,
        scene: Scene<'e, '_>,
        filter: Option<&Filter>,
    ) -> Result<Option<Expr>, InvalidInput> {
        filter
            .map(|filter| self.condition(scene, filter, false))
            .transpose()
    }

    pub(super) fn condition(
        &mut self,
        scene: Scene<'e, '_>,
        filter: &Filter,
        negated: bool,
    ) -> Result<Expr, InvalidInput> {
        match filter {
            Filter::All(parts) => Ok(Expr::And(self.conditions(scene, parts, negated)?)),
            Filter::Any(parts) => Ok(Expr::Or(self.conditions(scene, parts, negated)?)),
            Filter::Not(inner) => Ok(Expr::Not(Box::new(self.condition(scene, inner, true)?))),
            Filter::Field(name, test) => {
                let (field, codec) = self.column(scene.model, name)?;
                let subject = Subject {
                    scene,
                    field,
                    column: self.visible(scene, field)?,
                    codec,
                    any_case: false,
                    knows_case: self.engine.capability().has_any_case(),
                    negated,
                };
                self.test(subject, test)
            }
            Filter::Relation(name, related) => self.relation_condition(scene, name, related),
            Filter::Unlinked(name) => self.unlinked(scene, name),
        }
    }

    fn conditions(
        &mut self,
        scene: Scene<'e, '_>,
        parts: &[Filter],
        negated: bool,
    ) -> Result<Vec<Expr>, InvalidInput> {
        parts
            .iter()
            .map(|part| self.condition(scene, part, negated))
            .collect()
    }

    fn test(&mut self, subject: Subject<'_, '_>, test: &Test) -> Result<Expr, InvalidInput> {
        match test {
            Test::AnyCase(test) => {
                let any_case = Subject {
                    any_case: true,
                    ..subject
                };
                self.plain_test(&any_case, test)
            }
            test => self.plain_test(&subject, test),
        }
    }

    fn plain_test(&mut self, subject: &Subject<'_, '_>, test: &Test) -> Result<Expr, InvalidInput> {
        if !is_null_test(test) {
            self.require_open(subject.scene.model, subject.field, &subject.codec)?;
        }
        subject.check(test)?;
        if let Some(condition) = self.moment_test(subject, test)? {
            return Ok(condition);
        }
        let column = subject.column();
        match test {
            Test::Equals(Input::Value(Value::Null)) => Ok(Expr::IsNull(Box::new(column))),
            Test::Not(Input::Value(Value::Null)) => Ok(Expr::IsNotNull(Box::new(column))),
            Test::Equals(input) | Test::Exactly(input) => {
                let Some(sought) = self.sought(subject, input)? else {
                    return Ok(Expr::Bool(false));
                };
                if matches!(test, Test::Equals(_)) || !subject.codec.is_text() {
                    return Ok(column.equals(sought));
                }
                Ok(exactly(column, sought, subject.codec.folds))
            }
            Test::In(inputs) => self.one_of(subject, inputs),
            Test::NotIn(inputs) => self.none_of(subject, inputs),
            Test::Not(input) => self.compared(subject, Comparison::NotEqual, input),
            Test::Less(input) => self.compared(subject, Comparison::Less, input),
            Test::LessOrEqual(input) => self.compared(subject, Comparison::LessOrEqual, input),
            Test::Greater(input) => self.compared(subject, Comparison::Greater, input),
            Test::GreaterOrEqual(input) => {
                self.compared(subject, Comparison::GreaterOrEqual, input)
            }
            Test::Contains(input) => self.like(subject, Match::Anywhere, input),
            Test::StartsWith(input) => self.like(subject, Match::Start, input),
            Test::EndsWith(input) => self.like(subject, Match::End, input),
            Test::AnyCase(inner) => self.plain_test(subject, inner),
            Test::Words {
                words,
                configuration,
            } => Ok(Expr::HasWords(WordSearch {
                texts: vec![subject.column.clone()],
                words: Box::new(text(words)),
                configuration: configuration.clone(),
            })),
            Test::Alike {
                text: other,
                part,
                accents,
                least,
            } => {
                let likeness = Likeness {
                    text: Box::new(subject.column.clone()),
                    other: Box::new(text(other)),
                    part: *part,
                    accents: *accents,
                };
                Ok(Expr::Alike(likeness, *least))
            }
            Test::Json(steps, test) => Ok(subject.document().at(steps, test)),
            Test::Inside(inside) => self.inside(&subject.document(), inside),
            Test::Has(input) => self.has(subject, input),
            Test::HasEvery(inputs) => self.has_each(subject, inputs).map(Expr::And),
            Test::HasSome(inputs) => self.has_each(subject, inputs).map(Expr::Or),
            Test::IsEmpty(is_empty) => {
                let length = Expr::ListLength(Box::new(subject.column()));
                let zero = Expr::Value(Value::Int(0));
                let comparison = if *is_empty {
                    Comparison::Equal
                } else {
                    Comparison::NotEqual
                };
                Ok(Expr::Compare(Box::new(length), comparison, Box::new(zero)))
            }
        }
    }

    /// Something to be equal to; `None` when no row can hold it.
    fn sought(
        &mut self,
        subject: &Subject<'_, '_>,
        input: &Input,
    ) -> Result<Option<Expr>, InvalidInput> {
        match input {
            Input::Value(value) => match subject.codec.encode(value) {
                Err(Mismatch::NoRow) => Ok(None),
                _ => self.operand(subject, input, Purpose::Compared).map(Some),
            },
            Input::Parameter(_) if subject.negated => {
                self.operand(subject, input, Purpose::Compared).map(Some)
            }
            Input::Parameter(_) => self.operand(subject, input, Purpose::Sought).map(Some),
        }
    }

    fn operand(
        &mut self,
        subject: &Subject<'_, '_>,
        input: &Input,
        purpose: Purpose,
    ) -> Result<Expr, InvalidInput> {
        let operand = self.operand_of(subject, &subject.codec, input, purpose)?;
        Ok(subject.folded(operand))
    }

    pub(super) fn operand_of(
        &mut self,
        subject: &Subject<'_, '_>,
        codec: &Codec,
        input: &Input,
        purpose: Purpose,
    ) -> Result<Expr, InvalidInput> {
        match input {
            Input::Parameter(parameter) => {
                let slot = self.slot(Slot::argument(
                    subject.scene.model,
                    subject.field,
                    codec.clone(),
                    parameter.0,
                    purpose,
                ));
                Ok(match codec.scalar() {
                    Some(Scalar::Decimal) => Expr::Exact(Box::new(slot)),
                    _ => slot,
                })
            }
            Input::Value(Value::Null) => Err(null(subject.scene.model, subject.field)),
            Input::Value(value) => match (codec.encode(value), purpose) {
                (Ok(Value::Text(text)), Purpose::Pattern(place)) => {
                    Ok(Expr::Value(Value::Text(place.pattern(&text))))
                }
                (Ok(Value::Decimal(number)), _) if !self.is_comparable(&number) => Err(unfit(
                    &subject.scene.model.name,
                    &subject.field.name,
                    codec,
                    Mismatch::Type,
                )),
                (Ok(value), _) => Ok(Expr::exact(value)),
                (Err(mismatch), _) => Err(unfit(
                    &subject.scene.model.name,
                    &subject.field.name,
                    codec,
                    mismatch,
                )),
            },
        }
    }

    fn compared(
        &mut self,
        subject: &Subject<'_, '_>,
        comparison: Comparison,
        input: &Input,
    ) -> Result<Expr, InvalidInput> {
        let operand = self.operand(subject, input, Purpose::Compared)?;
        Ok(Expr::Compare(
            Box::new(subject.column()),
            comparison,
            Box::new(operand),
        ))
    }

    fn like(
        &mut self,
        subject: &Subject<'_, '_>,
        place: Match,
        input: &Input,
    ) -> Result<Expr, InvalidInput> {
        let pattern = self.operand_of(subject, &subject.codec, input, Purpose::Pattern(place))?;
        let (column, pattern) = (Box::new(subject.column.clone()), Box::new(pattern));
        Ok(if subject.any_case {
            Expr::LikeAnyCase(column, pattern)
        } else {
            Expr::Like(column, pattern)
        })
    }

    /// Whether a list has a value.
    fn has(&mut self, subject: &Subject<'_, '_>, input: &Input) -> Result<Expr, InvalidInput> {
        let element = subject.codec.element();
        let value = self.operand_of(subject, &element, input, Purpose::Compared)?;
        Ok(Expr::ListHas(Box::new(subject.column()), Box::new(value)))
    }

    fn has_each(
        &mut self,
        subject: &Subject<'_, '_>,
        inputs: &[Input],
    ) -> Result<Vec<Expr>, InvalidInput> {
        let has = inputs.iter().map(|input| self.has(subject, input));
        has.collect()
    }

    fn one_of(
        &mut self,
        subject: &Subject<'_, '_>,
        inputs: &[Input],
    ) -> Result<Expr, InvalidInput> {
        let mut list = Vec::with_capacity(inputs.len());
        for input in inputs {
            list.extend(self.sought(subject, input)?);
        }
        fill_long(&mut list);
        Ok(Expr::In(Box::new(subject.column()), list))
    }

    fn none_of(
        &mut self,
        subject: &Subject<'_, '_>,
        inputs: &[Input],
    ) -> Result<Expr, InvalidInput> {
        let list = inputs
            .iter()
            .map(|input| self.operand(subject, input, Purpose::Compared));
        let mut list = list.collect::<Result<_, _>>()?;
        fill_long(&mut list);
        Ok(Expr::NotIn(Box::new(subject.column()), list))
    }
}

impl Planner<'_> {
    /// Whether the database can compare an exact number without losing a digit of it.
    pub(crate) fn is_comparable(&self, number: &str) -> bool {
        match self.engine.capability().exact_digits {
            Some([all, behind_the_point]) => decimal::has_at_most(number, all, behind_the_point),
            None => true,
        }
    }
}

impl Subject<'_, '_> {
    pub(super) fn column(&self) -> Expr {
        self.folded(self.column.clone())
    }

    fn document(&self) -> Document {
        Document {
            expr: self.column.clone(),
            any_case: self.any_case,
            knows_case: self.knows_case,
        }
    }

    fn folded(&self, text: Expr) -> Expr {
        if self.any_case && self.codec.is_text() {
            Expr::Lower(Box::new(text))
        } else {
            text
        }
    }

    /// Source: contract zenstack §3.2, the operators of each type.
    fn check(&self, test: &Test) -> Result<(), InvalidInput> {
        let scalar = self.codec.scalar();
        if is_null_test(test) {
            return if self.codec.optional {
                Ok(())
            } else {
                Err(null(self.scene.model, self.field))
            };
        }
        let of_list = matches!(
            test,
            Test::Has(_) | Test::HasEvery(_) | Test::HasSome(_) | Test::IsEmpty(_)
        );
        let able = match test {
            _ if of_list => self.codec.is_list(),
            Test::Json(..) | Test::Inside(_) => {
                scalar == Some(Scalar::Json) && !self.codec.is_list()
            }
            _ if self.codec.is_list() => matches!(test, Test::Equals(_)),
            Test::Equals(_) | Test::Not(_) | Test::Exactly(_) => scalar != Some(Scalar::Json),
            Test::In(_) | Test::NotIn(_) => !matches!(scalar, Some(Scalar::Json | Scalar::Boolean)),
            Test::Less(_) | Test::LessOrEqual(_) | Test::Greater(_) | Test::GreaterOrEqual(_) => {
                !matches!(
                    scalar,
                    None | Some(Scalar::Json | Scalar::Boolean | Scalar::Bytes)
                )
            }
            Test::Contains(_)
            | Test::StartsWith(_)
            | Test::EndsWith(_)
            | Test::AnyCase(_)
            | Test::Words { .. }
            | Test::Alike { .. } => self.codec.is_text(),
            Test::Has(_) | Test::HasEvery(_) | Test::HasSome(_) | Test::IsEmpty(_) => false,
        };
        if able {
            return Ok(());
        }
        Err(InvalidInput::Test {
            model: self.scene.model.name.clone(),
            field: self.field.name.clone(),
            test: test_name(test),
        })
    }
}

fn text(text: &str) -> Expr {
    Expr::Value(Value::Text(text.to_owned()))
}

/// Lists of a few values stay as they are.
fn fill_long(list: &mut Vec<Expr>) {
    const FEW: usize = 8;
    if list.len() > FEW {
        fill(list);
    }
}

/// Whether it only asks whether there is a value.
fn is_null_test(test: &Test) -> bool {
    matches!(
        test,
        Test::Equals(Input::Value(Value::Null)) | Test::Not(Input::Value(Value::Null))
    )
}

/// Where the type itself folds texts, the first comparison finds the row by its index and the second refuses others.
pub(crate) fn exactly(column: Expr, sought: Expr, folds: bool) -> Expr {
    if !folds {
        return Expr::Exactly(Box::new(column), Box::new(sought));
    }
    let bytes = |expr: &Expr| Expr::Bytewise(Box::new(expr.clone()));
    let same = bytes(&column).equals(bytes(&sought));
    Expr::And(vec![column.equals(sought), same])
}

fn test_name(test: &Test) -> &'static str {
    match test {
        Test::Equals(_) => "equals",
        Test::Exactly(_) => "exactly",
        Test::Not(_) => "not",
        Test::In(_) => "in",
        Test::NotIn(_) => "notIn",
        Test::Less(_) => "lt",
        Test::LessOrEqual(_) => "lte",
        Test::Greater(_) => "gt",
        Test::GreaterOrEqual(_) => "gte",
        Test::Contains(_) => "contains",
        Test::StartsWith(_) => "startsWith",
        Test::EndsWith(_) => "endsWith",
        Test::AnyCase(inner) => test_name(inner),
        Test::Words { .. } => "fts",
        Test::Alike { .. } => "fuzzy",
        Test::Json(..) | Test::Inside(_) => "path",
        Test::Has(_) => "has",
        Test::HasEvery(_) => "hasEvery",
        Test::HasSome(_) => "hasSome",
        Test::IsEmpty(_) => "isEmpty",
    }
}

/// Whether a filter can pass one row at most, because it fixes every field of a unique key.
pub(crate) fn require_unique(
    schema: &Schema,
    model: &Model,
    filter: Option<&Filter>,
) -> Result<(), InvalidInput> {
    let mut fixed = Vec::new();
    if let Some(filter) = filter {
        collect_fixed(filter, &mut fixed);
    }
    let is_fixed = |key: &[String]| key.iter().all(|field| fixed.contains(&field.as_str()));
    if unique_keys(schema, model).any(is_fixed) {
        return Ok(());
    }
    Err(InvalidInput::NotUnique {
        model: model.name.clone(),
    })
}

/// Whether a filter fixes a unique key and says nothing else, so that it asks for no other field.
pub(crate) fn require_key_alone(
    schema: &Schema,
    model: &Model,
    filter: &Filter,
) -> Result<(), InvalidInput> {
    require_unique(schema, model, Some(filter))?;
    let mut tested = Vec::new();
    let is_plain = collect_tested(filter, &mut tested);
    let is_alone = |key: &[String]| {
        tested
            .iter()
            .all(|field| key.iter().any(|one| one == field))
    };
    if is_plain && unique_keys(schema, model).any(is_alone) {
        return Ok(());
    }
    Err(InvalidInput::NotUnique {
        model: model.name.clone(),
    })
}

/// The fields of plain tests that must all hold; whether there is nothing else.
fn collect_tested<'f>(filter: &'f Filter, tested: &mut Vec<&'f str>) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| collect_tested(part, tested)),
        Filter::Field(name, Test::Equals(_) | Test::Exactly(_)) => {
            tested.push(name);
            true
        }
        _ => false,
    }
}

fn collect_fixed<'f>(filter: &'f Filter, fixed: &mut Vec<&'f str>) {
    match filter {
        Filter::All(parts) => {
            for part in parts {
                collect_fixed(part, fixed);
            }
        }
        // Null fixes nothing: any number of rows may have it in a unique column.
        Filter::Field(_, Test::Equals(Input::Value(Value::Null))) => {}
        Filter::Field(name, Test::Equals(_) | Test::Exactly(_)) => fixed.push(name),
        Filter::Field(..)
        | Filter::Any(_)
        | Filter::Not(_)
        | Filter::Relation(..)
        | Filter::Unlinked(_) => {}
    }
}
