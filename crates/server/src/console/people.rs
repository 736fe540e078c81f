//! Whose eyes are borrowed: one of the people that the rules of the schema know as `auth()`.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use hallpass::data::zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};
use hallpass::data::{ArgValue, Error, Filter, Record, Test, any, asc, field};

use super::notice::Trouble;
use super::page::{self, Frame};
use super::query::{AS, href};
use super::visit::{Visit, people_path, rows_path};
use super::{Console, PATH, key, visible};

/// How many people a page lists.
const LISTED: u32 = 25;

/// How long what is looked for may be, in characters: no address is longer.
const LONGEST: usize = 254;

/// By what people are called, where the model has it.
const LABELS: [&str; 2] = ["email", "name"];

/// The people of the schema.
pub(super) struct People<'c> {
    console: &'c Console,
    model: &'c Model,
    /// The field that is the id.
    id: &'c str,
    /// Those of [`LABELS`] that are there, and no secrets.
    labels: Vec<&'c str>,
}

/// Somebody.
pub(super) struct Person {
    pub(super) id: String,
    email: Option<String>,
    name: Option<String>,
}

/// Somebody, and all that rules look at.
pub(super) struct Found {
    pub(super) person: Person,
    pub(super) object: ArgValue,
}

impl Person {
    /// What the person is called: by the address, the name, or the id.
    pub(super) fn label(&self) -> &str {
        let names = [&self.email, &self.name].into_iter();
        let mut names = names.flatten().filter(|name| !name.is_empty());
        names.next().unwrap_or(&self.id)
    }

    /// The name, where the person is called by the address.
    fn other_name(&self) -> Option<&str> {
        let name = self.name.as_deref().filter(|name| !name.is_empty());
        name.filter(|name| *name != self.label())
    }
}

impl<'c> People<'c> {
    /// `None` where `auth()` is no table, or has no id of one field.
    pub(super) fn of(console: &'c Console) -> Option<Self> {
        let schema = console.schema();
        let model = schema.model(schema.auth.as_deref()?)?;
        let [id] = model.id.as_slice() else {
            return None;
        };
        let labels = LABELS.into_iter().filter(|name| {
            let password = console.0.password_field.as_deref();
            let field = visible::columns(schema, model, password).find(|field| field.name == *name);
            field.is_some_and(is_text)
        });
        key::is_named(model).then(|| Self {
            console,
            model,
            id,
            labels: labels.collect(),
        })
    }

    /// The person of an id, or else of an address.
    ///
    /// # Errors
    /// [`Trouble`] where there is none, or more than one.
    pub(super) async fn find(&self, asked: &str) -> Result<Found, Trouble> {
        let asked: String = asked.chars().take(LONGEST).collect();
        let person = match self.by_id(&asked).await? {
            Some(person) => Some(person),
            None => self.by_address(&asked).await?,
        };
        let nobody = || Trouble::NoPerson {
            people: people_path(),
        };
        let person = person.ok_or_else(nobody)?;
        // An object would be read as another key.
        if person.id.trim_start().starts_with('{') {
            return Err(nobody());
        }
        let object = self.console.client().find_person(&person.id).await;
        let object = object?.ok_or_else(nobody)?;
        Ok(Found { person, object })
    }

    async fn by_id(&self, asked: &str) -> Result<Option<Person>, Trouble> {
        let Some(filter) = self.is(asked) else {
            return Ok(None);
        };
        let client = self.console.client();
        let find = client.find_unique(&self.model.name).filter(filter);
        let found = find.select(self.fields()).run().await;
        let found = found?;
        Ok(found.and_then(|record| self.read(&record)))
    }

    async fn by_address(&self, asked: &str) -> Result<Option<Person>, Trouble> {
        if !self.labels.contains(&"email") || !asked.contains('@') {
            return Ok(None);
        }
        let spellings = [asked.to_owned(), asked.to_lowercase()];
        let filter = field("email").one_of(spellings);
        let mut found = self.list(Some(filter), 2).await?;
        let first = found.pop();
        if found.is_empty() {
            return Ok(first);
        }
        let looked_for = [("q".to_owned(), asked.to_owned())];
        Err(Trouble::SeveralPeople {
            people: href(&people_path(), &looked_for),
        })
    }

    /// Those whose id is this, or whose address or name begins so; without a text the first ones.
    async fn search(&self, text: Option<&str>) -> Result<Vec<Person>, Error> {
        let text: Option<String> = text.map(|text| text.chars().take(LONGEST).collect());
        let filter = text.map(|text| {
            let begins = self.labels.iter().map(|name| {
                let begins = Test::StartsWith(text.as_str().into());
                Filter::Field((*name).to_owned(), Test::AnyCase(Box::new(begins)))
            });
            any(begins.chain(self.is(&text)))
        });
        self.list(filter, LISTED + 1).await
    }

    async fn list(&self, filter: Option<Filter>, most: u32) -> Result<Vec<Person>, Error> {
        let client = self.console.client();
        let mut find = client
            .find_many(&self.model.name)
            .select(self.fields())
            .order_by(asc(self.id))
            .take(most);
        if let Some(filter) = filter {
            find = find.filter(filter);
        }
        let records = find.run().await?;
        Ok(records.iter().filter_map(|one| self.read(one)).collect())
    }

    /// The filter of an id; `None` where the text cannot be one.
    fn is(&self, id: &str) -> Option<Filter> {
        let key = key::single(self.model, self.id, id).to_string();
        self.console.client().key(&self.model.name, &key).ok()
    }

    fn fields(&self) -> Vec<&'c str> {
        let mut fields = self.labels.clone();
        if !fields.contains(&self.id) {
            fields.push(self.id);
        }
        fields
    }

    fn read(&self, record: &Record) -> Option<Person> {
        let text = |name| record.get::<Option<String>>(name).ok().flatten();
        Some(Person {
            id: record.value(self.id).and_then(key::text)?,
            email: text("email"),
            name: text("name"),
        })
    }
}

fn is_text(field: &Field) -> bool {
    field.arity != Arity::List && field.kind == FieldKind::Scalar(Scalar::String)
}

#[derive(Template)]
#[template(path = "console/people.html")]
struct PeoplePage {
    frame: Frame,
    looked_for: String,
    /// What people can be looked for by.
    by: String,
    /// The model that is gone back to.
    back: Option<String>,
    people: Vec<PersonRow>,
    is_cut: bool,
}

struct PersonRow {
    person: Person,
    href: String,
}

/// People to choose among.
pub(super) async fn page(
    State(console): State<Console>,
    parts: Parts,
) -> Result<Response, Trouble> {
    let visit = Visit::begin(&console, &parts).await?;
    let people = People::of(&console).ok_or(Trouble::NoPeople)?;
    visit.note("people", Some(people.model));
    let back = visit.query.text("model");
    let back = back.and_then(|name| visible::model(console.schema(), name));
    let goal = back.map_or_else(|| PATH.to_owned(), rows_path);
    let looked_for = visit.query.text("q");
    let found = people.search(looked_for).await?;
    let listed = usize::try_from(LISTED).unwrap_or(usize::MAX);
    let is_cut = found.len() > listed;
    let rows = found.into_iter().take(listed).map(|person| PersonRow {
        href: href(&goal, &[(AS.to_owned(), person.id.clone())]),
        person,
    });
    let labels = people.labels.iter().map(|name| match *name {
        "email" => "address",
        name => name,
    });
    let page = PeoplePage {
        frame: visit.frame(back, Vec::new()),
        looked_for: looked_for.unwrap_or_default().to_owned(),
        by: labels.chain(["id"]).collect::<Vec<_>>().join(", "),
        back: back.map(|model| model.name.clone()),
        people: rows.collect(),
        is_cut,
    };
    Ok(page::render(StatusCode::OK, &page))
}
