use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass_sql::{Expr, Insert, Select, Statement, Value};
use hallpass_zmodel::schema::{Arity, DefaultValue, Field, FieldKind, Literal, Model, Scalar};

use super::slot::Slot;
use super::{Plan, Planner, Scene, Work, emit, unfit, unique_keys};
use crate::args::parse::{self, Call};
use crate::args::{ArgValue, CreateArgs, Input};
use crate::client::Client;
use crate::codec::{Codec, Mismatch};
use crate::error::{Error, InvalidInput};
use crate::generate::Generator;
use crate::limits::Limits;
use crate::operation::Operation;
use crate::policy::Access;

/// A new row.
pub(crate) fn create(client: &Client, args: &CreateArgs) -> Result<Plan, Error> {
    client.access.require_full()?;
    let mut planner = Planner::new(client);
    let model = planner.model(&args.model)?;
    planner.require_one_table(model)?;
    let plain = args
        .data
        .iter()
        .filter(|(name, value)| *value != Input::Value(Value::Null) && !args.hashes.contains(name));
    Planner::refuse_hashed(model, plain.map(|(name, _)| name))?;
    let data = planner.row(model, &args.data)?;
    let (shape, columns) = planner.flat(model, &args.selection)?;
    let mut insert = insert(model, &data);
    if planner.engine.capability().insert_returning {
        insert.returning = columns;
        let query = emit(&planner, &Statement::Insert(insert))?;
        return Ok(planner.finish(model, Work::Rows { query, shape }));
    }
    let mut select = Select::from(Planner::source(model, None), columns);
    select.filter = Some(planner.key_of_new(model, &data)?);
    let work = Work::InsertThenRead {
        insert: emit(&planner, &Statement::Insert(insert))?,
        read: emit(&planner, &Statement::Select(select))?,
        shape,
    };
    Ok(planner.finish(model, work))
}

pub(super) fn insert(model: &Model, data: &[(&Field, Expr)]) -> Insert {
    Insert {
        table: Planner::table(model),
        columns: data.iter().map(|(field, _)| field.column.clone()).collect(),
        rows: vec![data.iter().map(|(_, value)| value.clone()).collect()],
        unless: None,
        conflict: None,
        returning: Vec::new(),
    }
}

impl<'e> Planner<'e> {
    /// The columns that get a value, in the order of the schema.
    pub(super) fn row(
        &mut self,
        model: &'e Model,
        data: &[(String, Input)],
    ) -> Result<Vec<(&'e Field, Expr)>, Error> {
        self.check_names(model, data.iter().map(|(name, _)| name.as_str()))?;
        let mut row = Vec::new();
        for field in model.fields.iter().filter(|field| field.has_column()) {
            let given = data.iter().find(|(name, _)| *name == field.name);
            let value = match given {
                Some((name, input)) => {
                    let (field, codec) = self.column(model, name)?;
                    Some(self.assignment(model, field, codec, input)?)
                }
                None => self.default(model, field)?,
            };
            row.extend(value.map(|value| (field, value)));
        }
        Ok(row)
    }

    /// The values of every column that gets one, in the order of the schema: what was given, as its column takes it, and
    /// what the engine fills.
    pub(crate) fn filled(
        &mut self,
        model: &'e Model,
        given: &[(&'e Field, Value)],
    ) -> Result<Vec<(&'e Field, Value)>, Error> {
        let mut row = Vec::new();
        for field in model.fields.iter().filter(|field| field.has_column()) {
            let found = given.iter().find(|(one, _)| one.name == field.name);
            let value = match found {
                Some((_, value)) => Some(value.clone()),
                None if matches!(field.kind, FieldKind::Unsupported(_)) => None,
                None => match self.default(model, field)? {
                    Some(default) => Some(self.made(default)?),
                    None => None,
                },
            };
            row.extend(value.map(|value| (field, value)));
        }
        Ok(row)
    }

    /// The value of a default, made now.
    fn made(&mut self, default: Expr) -> Result<Value, Error> {
        match default {
            Expr::Value(value) => Ok(value),
            _ => match self.slots.pop() {
                Some(slot) => slot.value(self.engine, self.access, &[]),
                None => Ok(Value::Null),
            },
        }
    }

    /// Each name is a column of the model and stands once.
    pub(super) fn check_names<'n>(
        &self,
        model: &'e Model,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<(), InvalidInput> {
        let mut seen = Vec::new();
        for name in names {
            let (field, _) = self.column(model, name)?;
            if field.computed {
                return Err(InvalidInput::NotColumn {
                    model: model.name.clone(),
                    field: name.to_owned(),
                });
            }
            if seen.contains(&name) {
                return Err(InvalidInput::Twice {
                    model: model.name.clone(),
                    field: name.to_owned(),
                });
            }
            seen.push(name);
        }
        Ok(())
    }

    /// What a field gets that was not given; `None` where the database fills it.
    ///
    /// Constants are sent although the column has them as default: tables made by others may lack it. Where somebody
    /// has looked and the column has a default, that one counts; not for a person, whose rules must see what is written.
    fn default(&mut self, model: &'e Model, field: &'e Field) -> Result<Option<Expr>, Error> {
        let is_constant = matches!(
            field.default,
            Some(DefaultValue::EnumMember(_) | DefaultValue::Literal(_))
        );
        let is_judged = matches!(self.access, Access::Person(_));
        let has_default = || {
            let facts = self.engine.facts(model, field);
            facts.is_some_and(|facts| facts.has_default)
        };
        if is_constant && !is_judged && has_default() {
            return Ok(None);
        }
        let generator = field.default.as_ref().and_then(Generator::of);
        if let Some(generator) = generator {
            return Ok(Some(self.slot(Slot::Generated(generator))));
        }
        let slot = match &field.default {
            Some(DefaultValue::Now) => self.now(model, field)?,
            Some(DefaultValue::EnumMember(name)) => {
                return self.constant(model, field, &Value::Text(name.clone()));
            }
            Some(DefaultValue::Literal(literal)) => {
                let value =
                    literal_value(field, literal).ok_or_else(|| mistyped(self, model, field))?;
                return self.constant(model, field, &value);
            }
            Some(DefaultValue::Auth(path)) => return self.of_person(model, field, path),
            // The database makes it.
            Some(_) => return Ok(None),
            None if field.updated_at => self.now(model, field)?,
            None if field.arity == Arity::Optional => return Ok(None),
            // A list that nothing is said of is empty, and never null.
            None if field.arity == Arity::List => {
                let none = if matches!(field.kind, FieldKind::Typed(_)) {
                    Value::from(serde_json::Value::Array(Vec::new()))
                } else {
                    Value::List(Vec::new())
                };
                return self.constant(model, field, &none);
            }
            None => {
                return Err(Error::Invalid(InvalidInput::Required {
                    model: model.name.clone(),
                    field: field.name.clone(),
                }));
            }
        };
        Ok(Some(self.slot(slot)))
    }

    /// A member of `auth()`, as the field's column takes it; nothing where it has none.
    ///
    /// SECURITY: of another type it is a mistake, never cast.
    ///
    /// Source: contract zenstack §2.9.
    fn of_person(
        &self,
        model: &'e Model,
        field: &'e Field,
        path: &[String],
    ) -> Result<Option<Expr>, Error> {
        let Access::Person(person) = self.access else {
            return Ok(None);
        };
        let mut found = person.object();
        for name in path {
            found = found.and_then(|object| object.member(name));
        }
        let Some(found) = found.filter(|value| **value != ArgValue::Null) else {
            return Ok(None);
        };
        // What is known of a person is no argument of a call.
        let call = Call::new(self.engine, Operation::Create, model, &Limits::PROGRAM);
        let value = parse::value(&call.at(found), model, field)?;
        self.constant(model, field, &value)
    }

    fn constant(
        &self,
        model: &'e Model,
        field: &'e Field,
        value: &Value,
    ) -> Result<Option<Expr>, Error> {
        let (_, codec) = self.column(model, &field.name)?;
        let encoded = codec.store(value);
        let value =
            encoded.map_err(|mismatch| unfit(&model.name, &field.name, &codec, mismatch))?;
        Ok(Some(Expr::Value(value)))
    }

    /// How the new row is found again where an insert gives nothing back.
    fn key_of_new(&self, model: &'e Model, data: &[(&'e Field, Expr)]) -> Result<Expr, Error> {
        let scene = Scene::alone(model);
        for key in unique_keys(&self.engine.schema, model) {
            let parts: Option<Vec<_>> = key
                .iter()
                .map(|name| self.key_part(scene, data, name))
                .collect();
            if let Some(parts) = parts {
                return Ok(Expr::And(parts));
            }
        }
        Err(Error::NotReadBack {
            model: model.name.clone(),
        })
    }

    fn key_part(
        &self,
        scene: Scene<'e, '_>,
        data: &[(&'e Field, Expr)],
        name: &str,
    ) -> Option<Expr> {
        let field = scene.model.field(name)?;
        let given = data.iter().find(|(one, _)| one.name == name);
        let value = match given {
            // An optional part may be null, which finds nothing.
            Some(_) if field.arity == Arity::Optional => return None,
            Some((_, value)) => value.clone(),
            // The id that the connection reports after the insert follows the slots.
            None if field.default == Some(DefaultValue::Autoincrement) => {
                Expr::Parameter(self.slots.len())
            }
            None => return None,
        };
        Some(self.at(scene, field).ok()?.equals(value))
    }
}

fn mistyped(planner: &Planner<'_>, model: &Model, field: &Field) -> Error {
    let codec = Codec::of(planner.engine, model, field);
    match codec {
        Some(codec) => Error::Invalid(unfit(&model.name, &field.name, &codec, Mismatch::Type)),
        None => Error::Invalid(InvalidInput::NotColumn {
            model: model.name.clone(),
            field: field.name.clone(),
        }),
    }
}

/// The value that a literal of the schema stands for.
pub(crate) fn literal_value(field: &Field, literal: &Literal) -> Option<Value> {
    match (literal, &field.kind) {
        // A document is written as text in the schema.
        (Literal::String(text), FieldKind::Scalar(Scalar::Json)) => {
            serde_json::from_str(text).ok().map(Value::Json)
        }
        (Literal::String(text), FieldKind::Scalar(Scalar::Bytes)) => {
            STANDARD.decode(text).ok().map(Value::Bytes)
        }
        (Literal::String(text), _) => Some(Value::Text(text.clone())),
        (Literal::Boolean(value), _) => Some(Value::Bool(*value)),
        (Literal::Number(text), FieldKind::Scalar(Scalar::Float)) => {
            text.parse().ok().map(Value::Float)
        }
        (Literal::Number(text), FieldKind::Scalar(Scalar::Decimal)) => {
            Some(Value::Decimal(text.clone()))
        }
        (Literal::Number(text), _) => text.parse().ok().map(Value::Int),
        (Literal::List(items), _) => {
            let values = items.iter().map(|item| literal_value(field, item));
            values.collect::<Option<_>>().map(Value::List)
        }
    }
}
