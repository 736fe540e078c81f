//! New rows. Each field that must be given is a type parameter: the name of the field until it is given.

use hallpass_zmodel::schema::{Arity, Field, Model, Relation};

use super::facts::{Facts, Incoming, link, link_of, said};
use super::text::{docs, say};
use crate::names::{camel, snake};

/// A model's new row in the making.
struct NewRow<'a> {
    facts: &'a Facts<'a>,
    model: &'a Model,
    required: Vec<&'a Field>,
}

pub(super) fn write(code: &mut String, facts: &Facts<'_>, model: &Model) {
    let row = NewRow {
        facts,
        model,
        required: facts.required(model),
    };
    row.declare(code);
    row.required(code);
    row.others(code);
    row.complete(code);
    for incoming in facts.incoming(model) {
        row.belongs(code, &incoming);
    }
}

impl NewRow<'_> {
    fn declare(&self, code: &mut String) {
        let defaults = self.required.iter().enumerate();
        let defaults: Vec<_> = defaults
            .map(|(number, field)| format!("F{number} = named::{}", snake(&field.name)))
            .collect();
        let defaults = list(&defaults);
        let all = self.all();
        let tuple = self
            .parameters()
            .iter()
            .fold(String::new(), |tuple, one| tuple + one + ",");
        say!(
            code,
            "/// A new row of [`{model}`](super::{model}). Its parameters say which required fields are given.
            #[derive(Debug, Clone)] #[must_use = \"a new row does nothing by itself\"]
            pub struct New{defaults} {{ data: __t::Data, given: ::std::marker::PhantomData<fn() -> ({tuple})> }}
            impl New {{ pub(super) fn begin() -> Self {{ Self::__of(__t::Data::of::<super::{model}>()) }} }}
            impl{all} New{all} {{
                fn __of(data: __t::Data) -> Self {{ Self {{ data, given: ::std::marker::PhantomData }} }}
            }}",
            model = camel(&self.model.name),
        );
    }

    fn parameters(&self) -> Vec<String> {
        (0..self.required.len())
            .map(|number| format!("F{number}"))
            .collect()
    }

    /// All parameters.
    fn all(&self) -> String {
        list(&self.parameters())
    }

    /// All parameters, but what is said of some of them.
    fn but(&self, said: impl Fn(&Field) -> Option<String>) -> String {
        let parameters = self.required.iter().enumerate();
        let parameters: Vec<_> = parameters
            .map(|(number, field)| said(field).unwrap_or_else(|| format!("F{number}")))
            .collect();
        list(&parameters)
    }

    /// The methods of the required fields: each can be called once.
    fn required(&self, code: &mut String) {
        for field in &self.required {
            let others = self.required.iter().enumerate();
            let others: Vec<_> = others
                .filter(|(_, other)| other.name != field.name)
                .map(|(number, _)| format!("F{number}"))
                .collect();
            let is_it = |other: &Field| other.name == field.name;
            let missing = format!("named::{}", snake(&field.name));
            say!(
                code,
                "impl{} New{} {{",
                list(&others),
                self.but(|other| is_it(other).then(|| missing.clone()))
            );
            let given = self.but(|other| is_it(other).then(|| "__t::Set".to_owned()));
            self.value(code, field, &given);
            code.push('}');
        }
    }

    /// The methods of all others, and of relations.
    fn others(&self, code: &mut String) {
        say!(code, "impl{all} New{all} {{", all = self.all());
        let is_required = |field: &Field| self.required.iter().any(|one| one.name == field.name);
        let fields = self.facts.values(self.model);
        for field in
            fields.filter(|field| self.facts.is_set(self.model, field) && !is_required(field))
        {
            self.value(code, field, &self.all());
        }
        for (field, relation) in self.facts.relations(self.model) {
            if self.facts.is_set(self.model, field) {
                self.relation(code, field, relation);
            }
        }
        code.push('}');
    }

    fn value(&self, code: &mut String, field: &Field, given: &str) {
        docs(code, field.doc.as_deref(), &said(field));
        say!(
            code,
            "pub fn {name}(self, value: impl __t::ValueOf<named::{name}, {}>) -> New{given} {{
                New::__of(self.data.value({:?}, value.into_value()))
            }}",
            self.facts.set(field, "super::"),
            field.name,
            name = snake(&field.name),
        );
    }

    /// A relation gives the fields of its key.
    fn relation(&self, code: &mut String, field: &Field, relation: &Relation) {
        let is_key = |other: &Field| relation.fields.contains(&other.name);
        let given = self.but(|other| is_key(other).then(|| "__t::Set".to_owned()));
        docs(code, field.doc.as_deref(), &said(field));
        let (name, link) = (snake(&field.name), link(field));
        if field.arity == Arity::List {
            say!(
                code,
                "pub fn {name}<A: __t::Attach<{link}>>(self, rows: impl ::std::iter::IntoIterator<Item = A>) -> New{given} {{
                    New::__of(self.data.attach_all::<{link}>(rows))
                }}"
            );
        } else {
            say!(
                code,
                "pub fn {name}(self, row: impl __t::Attach<{link}>) -> New{given} {{
                    New::__of(self.data.attach::<{link}>(row))
                }}"
            );
        }
    }

    fn complete(&self, code: &mut String) {
        let bounds: Vec<_> = self
            .parameters()
            .iter()
            .map(|one| format!("{one}: __t::Given"))
            .collect();
        say!(
            code,
            "impl{} __t::Complete<super::{}> for New{} {{ fn into_data(self) -> __t::Data {{ self.data }} }}",
            list(&bounds),
            camel(&self.model.name),
            self.all()
        );
    }

    /// Beside the row that it belongs to, it need not say the key of that row.
    fn belongs(&self, code: &mut String, incoming: &Incoming<'_>) {
        let back = self
            .model
            .field(&incoming.relation.opposite)
            .and_then(Field::relation);
        let keys = back
            .map(|relation| relation.fields.as_slice())
            .unwrap_or_default();
        let bounds = self.required.iter().enumerate().map(|(number, field)| {
            if keys.contains(&field.name) {
                format!("F{number}")
            } else {
                format!("F{number}: __t::Given")
            }
        });
        let (bounds, all) = (list(&bounds.collect::<Vec<_>>()), self.all());
        let link = link_of(incoming.from, incoming.field);
        say!(
            code,
            "impl{bounds} __t::NewFor<{link}> for New{all} {{ fn into_data(self) -> __t::Data {{ self.data }} }}
            impl{bounds} __t::Attach<{link}> for New{all} {{
                fn attached(self) -> __t::Attached {{ __t::Attached::new(self.data) }}
            }}"
        );
    }
}

/// Parameters in their brackets; nothing for none.
fn list(parameters: &[String]) -> String {
    if parameters.is_empty() {
        String::new()
    } else {
        format!("<{}>", parameters.join(", "))
    }
}
