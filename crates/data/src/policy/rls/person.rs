//! The person as a JSON document: what rules look at in it, read from its row by the id.
//!
//! Source: contract zenstack §2.4: what `auth()` is, the program says. Here nobody else is there to say it.

use hallpass_sql::{Expr as Sql, Select, TableName, Value};
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Relation, Scalar};

use crate::codec::Codec;
use crate::error::{Error, InvalidInput};
use crate::plan::{Planner, Scene, key_fields};
use crate::policy::Looked;
use crate::policy::compile::Rules;

/// The table of the person; what relations lead to is numbered.
const ALIAS: &str = "person";
/// Members that one function of the database takes, by two arguments each.
const MEMBERS: usize = 50;

/// Reads the person; `None` where `auth()` is no model, and the claims are what it is.
pub(super) fn select(planner: &Planner<'_>) -> Result<Option<Select>, Error> {
    let schema = &planner.engine.schema;
    let name = schema.auth.as_deref().unwrap_or("User");
    let Some(model) = schema.model(name) else {
        return Ok(None);
    };
    let keys = key_fields(model)?;
    let [key] = keys.as_slice() else {
        return Err(Error::NotSupported(format!(
            "`{name}` has no single id, by which row-level security could find the person"
        )));
    };
    let mut reader = Reader { planner, tables: 0 };
    let object = reader.object(model, ALIAS, &planner.engine.looked)?;
    let mut select = Select::from(Planner::source(model, Some(ALIAS)), vec![object]);
    let said = Rules::UserId.call(Vec::new());
    let codec = codec(planner, model, key)?;
    let read = match codec.scalar() {
        _ if codec.is_uuid() => Rules::Uuid,
        Some(Scalar::Int | Scalar::BigInt) => Rules::Whole,
        _ => Rules::Text,
    };
    let column = planner.at(scene(model, ALIAS), key)?;
    select.filter = Some(column.equals(Sql::Once(Box::new(read.call(vec![said])))));
    Ok(Some(select))
}

struct Reader<'e, 'p> {
    planner: &'p Planner<'e>,
    tables: usize,
}

impl<'e> Reader<'e, '_> {
    fn object(
        &mut self,
        model: &'e Model,
        alias: &str,
        looked: &Looked,
    ) -> Result<Sql, InvalidInput> {
        let mut members = Vec::new();
        for name in &model.id {
            let field = crate::plan::field(model, name)?;
            members.push((name.as_str(), self.value(model, alias, field)?));
        }
        for (name, inner) in looked.members() {
            let found = model.field(name);
            let found = found.filter(|field| !field.ignored && !field.computed && !field.encrypted);
            let Some(field) = found.filter(|field| !model.id.contains(&field.name)) else {
                continue;
            };
            let value = match field.relation() {
                Some(relation) => self.related(model, alias, field, relation, inner)?,
                None => self.value(model, alias, field)?,
            };
            members.push((name, value));
        }
        let parts = members.chunks(MEMBERS).map(|members| {
            let arguments = members.iter().flat_map(|(name, value)| {
                [Sql::Value(Value::Text((*name).to_owned())), value.clone()]
            });
            built_in("jsonb_build_object", arguments.collect())
        });
        Ok(Sql::Concat(parts.collect()))
    }

    fn value(&self, model: &'e Model, alias: &str, field: &'e Field) -> Result<Sql, InvalidInput> {
        let column = self.planner.at(scene(model, alias), field)?;
        let codec = codec(self.planner, model, field)?;
        if let Some(item) = codec.enumeration() {
            let is_plain = item.members.iter().all(|one| one.name == one.mapped_name);
            if is_plain {
                return Ok(column);
            }
            if codec.is_list() {
                return Err(unreadable(model));
            }
            let names = item.members.iter();
            let names = names.map(|one| (one.mapped_name.clone(), one.name.clone().into()));
            let names: serde_json::Map<_, serde_json::Value> = names.collect();
            let names = Sql::Value(Value::Json(Box::new(names.into())));
            return Ok(Rules::Label.call(vec![Sql::AsText(Box::new(column)), names]));
        }
        if codec.moments().is_some() && !codec.is_list() {
            return Ok(Rules::MomentOf.call(vec![column]));
        }
        Ok(match field.kind {
            // Rules of row-level security refuse to look at them.
            FieldKind::Scalar(Scalar::Bytes) | FieldKind::Unsupported(_) => Sql::Value(Value::Null),
            _ => column,
        })
    }

    fn related(
        &mut self,
        model: &'e Model,
        alias: &str,
        field: &Field,
        relation: &'e Relation,
        looked: &Looked,
    ) -> Result<Sql, InvalidInput> {
        self.tables += 1;
        let inner = format!("{ALIAS}{}", self.tables);
        let target = self.planner.model(&relation.model)?;
        let object = self.object(target, &inner, looked)?;
        let is_list = field.arity == Arity::List;
        let column = if is_list {
            built_in("jsonb_agg", vec![object])
        } else {
            object
        };
        let mut select = Select::from(Planner::source(target, Some(&inner)), vec![column]);
        select.filter = Some(self.link((model, alias), relation, (target, &inner))?);
        let found = Sql::Scalar(Box::new(select));
        Ok(if is_list {
            let none = serde_json::Value::Array(Vec::new());
            Sql::Coalesce(vec![found, Sql::Value(Value::Json(Box::new(none)))])
        } else {
            found
        })
    }

    /// Whether two rows are related.
    fn link(
        &self,
        (model, alias): (&'e Model, &str),
        relation: &'e Relation,
        (target, inner): (&'e Model, &str),
    ) -> Result<Sql, InvalidInput> {
        let at = |model: &'e Model, alias: &str, name: &str| {
            let field = crate::plan::field(model, name)?;
            self.planner.at(scene(model, alias), field)
        };
        if let Some(join) = &relation.join {
            let ([own], [other]) = (model.id.as_slice(), target.id.as_slice()) else {
                return Err(unreadable(model));
            };
            let pair = "pair";
            let source = hallpass_sql::Source::Table {
                table: self.planner.table_between(join),
                alias: Some(pair.to_owned()),
            };
            let column = Sql::of(pair, join.own.other().name());
            let mut pairs = Select::from(source, vec![column]);
            let own = at(model, alias, own)?;
            pairs.filter = Some(Sql::of(pair, join.own.name()).equals(own));
            let there = at(target, inner, other)?;
            return Ok(Sql::InQuery(vec![there], Box::new(pairs)));
        }
        let opposite = crate::plan::field(target, &relation.opposite)?.relation();
        let (own, other) = match opposite {
            _ if !relation.fields.is_empty() => (&relation.fields, &relation.references),
            Some(opposite) => (&opposite.references, &opposite.fields),
            None => return Err(unreadable(model)),
        };
        let pairs = own
            .iter()
            .zip(other)
            .map(|(own, other)| Ok(at(target, inner, other)?.equals(at(model, alias, own)?)));
        Ok(Sql::And(pairs.collect::<Result<_, InvalidInput>>()?))
    }
}

fn scene<'e, 'a>(model: &'e Model, alias: &'a str) -> Scene<'e, 'a> {
    Scene::called(model, alias).apart()
}

fn codec(planner: &Planner<'_>, model: &Model, field: &Field) -> Result<Codec, InvalidInput> {
    Codec::of(planner.engine, model, field).ok_or_else(|| unreadable(model))
}

fn unreadable(model: &Model) -> InvalidInput {
    InvalidInput::Policy {
        model: model.name.clone(),
        reason: "they ask for something of the person that the database cannot say",
    }
}

fn built_in(name: &str, arguments: Vec<Sql>) -> Sql {
    let function = TableName {
        schema: Some("pg_catalog".to_owned()),
        name: name.to_owned(),
    };
    Sql::Call(function, arguments)
}
