//! Who somebody is to the rules, read from the database.

use std::collections::BTreeMap;

use hallpass_sql::Value;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Expr, ExprKind, Field, Model};

use super::paths::{Scope, Start};
use crate::args::parse::{self, Call};
use crate::args::{ArgValue, ArgValueError, FindArgs, Listing};
use crate::client::Client;
use crate::error::{Error, InvalidInput};
use crate::live::Tables;
use crate::operation::Operation;
use crate::plan::{self, Planner};
use crate::record::{Cell, Record};

/// Members that rules look at, and those that they look at in them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Looked(BTreeMap<String, Looked>);

/// How old it is what somebody says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It was read from the database just now.
    Now,
    /// It was true once: when a token was made.
    Once,
}

impl Client {
    /// The user of this id with all that the rules of the schema look at, relations included: what
    /// [`for_user`](Self::for_user) takes. `None` where there is no such user.
    ///
    /// For tools. An application knows its person from the session, and what that lacks is null to the rules.
    ///
    /// ```no_run
    /// # async fn example(db: hallpass_data::Client) -> Result<(), hallpass_data::Error> {
    /// let ann = db.find_person("7").await?;
    /// let todos = db.for_user(ann).find_many("Todo").run().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Invalid`] where `auth()` is no model, or has no such key; else what the database says.
    pub async fn find_person(&self, id: &str) -> Result<Option<ArgValue>, Error> {
        self.access.require_full()?;
        let schema = &self.engine().schema;
        let name = schema.auth.clone().unwrap_or_else(|| "User".to_owned());
        let model = schema.model(&name);
        let model = model.ok_or(InvalidInput::UnknownModel { model: name })?;
        let looked = &self.engine().looked;
        let args = ArgValue::Object(vec![("select".to_owned(), looked.select(schema, model))]);
        let call = Call::new(self.engine(), Operation::FindUnique, model, self.limits());
        let selection = parse::selection(&call.at(&args), model)?;
        let find = FindArgs {
            model: model.name.clone(),
            rows: Listing {
                filter: Some(self.key(&model.name, id)?),
                ..Listing::default()
            },
            selection,
            asked: None,
        };
        let found = self
            .execute(&plan::find(Planner::new(self), &find, true)?, &[])
            .await?;
        let person = found.records.first().map(person).transpose();
        Ok(person?)
    }

    /// A person as the rules need it: what is said of it, and what they look at besides, read from the database by its id.
    /// Of what was said [once](Said::Once) the database's word counts, so that rights that changed count at once. `None`
    /// where there is no such user any more.
    ///
    /// Nothing is asked where the rules look at no more than the id, or at no more than is said.
    ///
    /// # Errors
    /// As [`find_person`](Self::find_person).
    pub async fn complete_person(
        &self,
        id: &str,
        person: Vec<(String, ArgValue)>,
        said: Said,
    ) -> Result<Option<ArgValue>, Error> {
        let engine = self.engine();
        if !engine.looked.exceeds(&engine.schema, &person, said) {
            return Ok(Some(ArgValue::Object(person)));
        }
        let Some(ArgValue::Object(mut found)) = self.find_person(id).await? else {
            return Ok(None);
        };
        for (name, value) in person {
            if found.iter().all(|(known, _)| *known != name) {
                found.push((name, value));
            }
        }
        Ok(Some(ArgValue::Object(found)))
    }
}

impl Looked {
    pub(crate) fn by_rules(schema: &Schema) -> Self {
        let mut looked = Self::default();
        for model in &schema.models {
            let of_fields = model.fields.iter().flat_map(|field| &field.policies);
            for policy in model.policies.iter().chain(of_fields) {
                looked.add(&mut Scope::new(schema, model), &policy.condition);
            }
        }
        looked
    }

    /// The members, and what is looked at in each.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.0.iter().map(|(name, inner)| (name.as_str(), inner))
    }

    /// Whether the database has to be asked for what rules look at.
    fn exceeds(&self, schema: &Schema, person: &[(String, ArgValue)], said: Said) -> bool {
        let model = schema.auth.as_deref().and_then(|name| schema.model(name));
        let Some(model) = model else {
            return false;
        };
        self.0.keys().any(|name| {
            let is_said = || person.iter().any(|(known, _)| known == name);
            let field = model.field(name).filter(|field| is_kept(field));
            let field = field.filter(|field| !model.id.contains(&field.name));
            field
                .is_some_and(|field| field.relation().is_some() || said == Said::Once || !is_said())
        })
    }

    /// Adds the tables in which that stands.
    pub(crate) fn add_tables(&self, schema: &Schema, tables: &mut Tables) {
        let model = schema.auth.as_deref().and_then(|name| schema.model(name));
        if let Some(model) = model {
            self.add_tables_of(schema, model, tables);
        }
    }

    fn add_tables_of(&self, schema: &Schema, model: &Model, tables: &mut Tables) {
        for (name, inner) in &self.0 {
            let Some(field) = model.field(name).filter(|field| is_kept(field)) else {
                continue;
            };
            if model.id.contains(name) {
                continue;
            }
            for base in schema.lineage(model) {
                tables.add(&base.table);
            }
            let Some(relation) = field.relation() else {
                continue;
            };
            if let Some(join) = &relation.join {
                tables.add(&join.table);
            }
            if let Some(target) = schema.model(&relation.model) {
                tables.add(&target.table);
                inner.add_tables_of(schema, target, tables);
            }
        }
    }

    fn add<'s>(&mut self, scope: &mut Scope<'s>, expr: &'s Expr) {
        if let Some(path) = scope.path(expr) {
            if matches!(path.start, Start::Auth) {
                let names = path.names.into_iter();
                names.fold(self, |at, name| at.0.entry(name.to_owned()).or_default());
            }
            return;
        }
        match &expr.kind {
            ExprKind::Predicate {
                collection,
                condition,
                ..
            } => {
                self.add(scope, collection);
                scope.enter(collection);
                self.add(scope, condition);
                scope.leave();
            }
            _ => expr
                .children()
                .into_iter()
                .for_each(|child| self.add(scope, child)),
        }
    }

    /// A `select` of these members and the keys, of what stands in columns.
    fn select(&self, schema: &Schema, model: &Model) -> ArgValue {
        let on = || ArgValue::Boolean(true);
        let mut selected: BTreeMap<String, ArgValue> =
            model.id.iter().map(|name| (name.clone(), on())).collect();
        for (name, inner) in &self.0 {
            let Some(field) = model.field(name).filter(|field| is_kept(field)) else {
                continue;
            };
            let target = field
                .relation()
                .and_then(|relation| schema.model(&relation.model));
            let wanted = match target {
                Some(target) => {
                    let select = inner.select(schema, target);
                    ArgValue::Object(vec![("select".to_owned(), select)])
                }
                None => on(),
            };
            selected.insert(name.clone(), wanted);
        }
        ArgValue::Object(selected.into_iter().collect())
    }
}

/// Whether the database has it, for whoever asks.
fn is_kept(field: &Field) -> bool {
    !field.ignored && !field.computed
}

fn person(record: &Record) -> Result<ArgValue, ArgValueError> {
    let mut members = Vec::with_capacity(record.cells.len());
    for (field, cell) in record.shape.fields.iter().zip(&record.cells) {
        let value = match cell {
            Cell::Value(value) => datum(value)?,
            Cell::Related(Some(record)) | Cell::Group(record) => person(record)?,
            Cell::Related(None) => ArgValue::Null,
            Cell::Many(records) => {
                let records: Result<_, _> = records.iter().map(person).collect();
                ArgValue::List(records?)
            }
        };
        members.push((field.name.clone(), value));
    }
    Ok(ArgValue::Object(members))
}

fn datum(value: &Value) -> Result<ArgValue, ArgValueError> {
    Ok(match value {
        Value::Null => ArgValue::Null,
        Value::Bool(truth) => ArgValue::Boolean(*truth),
        Value::Int(number) => ArgValue::BigInt(*number),
        Value::Float(number) => {
            let number = serde_json::Number::from_f64(*number);
            number.map_or(ArgValue::Null, ArgValue::Number)
        }
        Value::Decimal(text) => ArgValue::Decimal(text.clone()),
        Value::Text(text) => ArgValue::Text(text.clone()),
        Value::Bytes(bytes) => ArgValue::Bytes(bytes.clone()),
        Value::Timestamp(moment) => ArgValue::DateTime(*moment),
        Value::Json(document) => ArgValue::from_json((**document).clone())?,
        Value::List(items) => {
            let items: Result<_, _> = items.iter().map(datum).collect();
            ArgValue::List(items?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::support::schema;

    #[test]
    fn members_are_those_that_rules_name_and_keys() {
        let schema = schema(
            "
            model User { id Int @id role String? password String? @omit email String
              members Member[] org Org? @relation(fields: [orgId], references: [id]) orgId Int?
              @@allow('read', auth() == this && auth().role == 'ADMIN') }
            model Org { id Int @id plan String users User[] members Member[] docs Doc[] }
            model Member { a Int b Int level Int
              user User @relation(fields: [a], references: [id]) org Org @relation(fields: [b], references: [id])
              @@id([a, b]) }
            model Doc { id Int @id orgId Int org Org @relation(fields: [orgId], references: [id])
              title String @allow('read', auth().org.plan == 'paid')
              @@allow('all', auth().members?[m, m.level > 3 && m.org == this.org]) }",
        );
        let looked = Looked::by_rules(&schema);
        let select = looked.select(&schema, schema.model("User").unwrap());
        let expected = serde_json::json!({
            "id": true,
            "members": {"select": {"a": true, "b": true, "level": true, "org": {"select": {"id": true}}}},
            "org": {"select": {"id": true, "plan": true}},
            "role": true,
        });
        assert_eq!(select, ArgValue::from_json(expected).unwrap());
    }
}
