//! One request of an administrator: who asks, and on whose behalf rows are read.

use axum::http::request::Parts;
use hallpass::Client;
use hallpass::audit::Recorder;
use hallpass::auth::witness::Whence;
use hallpass::changes::audit::Draft;
use hallpass::data::zmodel::schema::Model;

use super::entry::Administrator;
use super::notice::Trouble;
use super::page::{Frame, PersonPart};
use super::people::{Found, People, Person};
use super::query::{AS, Pairs, Query, href};
use super::{Console, PATH, visible};

/// A request.
pub(super) struct Visit<'c> {
    pub(super) console: &'c Console,
    pub(super) query: Query,
    administrator: Administrator,
    whence: Whence,
    path: String,
    person: Option<Person>,
    /// Sees what the chosen person sees.
    pub(super) eyes: Client,
}

impl<'c> Visit<'c> {
    /// Reads who asks, and who was chosen.
    ///
    /// # Errors
    /// [`Trouble`] where there is no such person.
    pub(super) async fn begin(console: &'c Console, parts: &Parts) -> Result<Self, Trouble> {
        // invariant: the door lets nobody pass without.
        let administrator = parts.extensions.get::<Administrator>();
        let administrator = administrator.cloned().ok_or(Trouble::Missing)?;
        let query = Query::of(parts.uri.query().unwrap_or_default());
        let (person, object) = match query.text(AS) {
            None => (None, None),
            Some(asked) => {
                let found = chosen(console, asked).await?;
                (Some(found.person), Some(found.object))
            }
        };
        Ok(Self {
            eyes: console.client().for_user(object),
            console,
            whence: console.0.auth.whence(parts),
            query,
            administrator,
            path: parts.uri.path().to_owned(),
            person,
        })
    }

    /// The model of this name.
    ///
    /// # Errors
    /// [`Trouble::Missing`] where it is not shown.
    pub(super) fn model(&self, name: &str) -> Result<&'c Model, Trouble> {
        visible::model(self.console.schema(), name).ok_or(Trouble::Missing)
    }

    /// Through whose eyes rows are seen.
    pub(super) fn seer(&self) -> &str {
        match &self.person {
            Some(person) => person.label(),
            // "Nobody" would read as if there were nobody who sees.
            None => "a visitor",
        }
    }

    /// What every link carries on.
    pub(super) fn chosen(&self) -> Pairs {
        let person = self.person.iter();
        person
            .map(|person| (AS.to_owned(), person.id.clone()))
            .collect()
    }

    /// A link to another page, for the same person.
    pub(super) fn link(&self, path: &str, further: &[(String, String)]) -> String {
        href(path, &[&self.chosen(), further].concat())
    }

    /// What stands around a page that needs to know this besides the person.
    pub(super) fn frame(&self, model: Option<&Model>, kept: Pairs) -> Frame {
        let back = model.map(|model| ("model".to_owned(), model.name.clone()));
        let back: Pairs = back.into_iter().collect();
        let person = self.person.as_ref().map(|person| PersonPart {
            id: person.id.clone(),
            label: person.label().to_owned(),
        });
        Frame {
            administrator: self.administrator.name.clone(),
            sign_out: self.console.0.sign_out.clone(),
            home: self.link(PATH, &[]),
            audit: self
                .console
                .0
                .auditing
                .as_ref()
                .map(|_| self.link(&audit_path(), &[])),
            person,
            path: self.path.clone(),
            visitor: href(&self.path, &kept),
            kept,
            people: href(&people_path(), &back),
        }
    }

    /// Notes who looked at what, and through whose eyes, in the log and in the audit trail. Ids of rows stay out: one may be a mail
    /// address.
    pub(super) fn note(&self, page: &'static str, model: Option<&Model>) {
        self.log(page, model);
        if let Some(auditing) = &self.console.0.auditing {
            let draft = self.looked(&auditing.recorder, page, model);
            auditing.recorder.note(draft);
        }
    }

    /// The same in the log alone.
    pub(super) fn log(&self, page: &'static str, model: Option<&Model>) {
        let person = self.person.as_ref().map(|person| person.id.as_str());
        tracing::info!(
            administrator.id = ?self.administrator.id.as_str(),
            person.id = ?person.unwrap_or("nobody"),
            model = model.map(|model| model.name.as_str()),
            page,
            "an administrator looked at the console"
        );
    }

    fn looked(&self, recorder: &Recorder, page: &'static str, model: Option<&Model>) -> Draft {
        let draft = recorder.draft("console.looked", &self.whence);
        let draft = draft.actor(self.administrator.id.as_str());
        let draft = match &self.person {
            Some(person) => draft.subject("user", &person.id),
            None => draft,
        };
        let details = [
            ("page", Some(page)),
            ("model", model.map(|model| model.name.as_str())),
        ];
        let said = details
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
        draft.details(&said.collect())
    }
}

/// Where the audit trail is.
pub(super) fn audit_path() -> String {
    format!("{PATH}/audit")
}

/// Where people are looked for.
pub(super) fn people_path() -> String {
    format!("{PATH}/people")
}

/// Where the rows of a model are.
pub(super) fn rows_path(model: &Model) -> String {
    format!("{PATH}/models/{}", model.name)
}

async fn chosen(console: &Console, asked: &str) -> Result<Found, Trouble> {
    let people = People::of(console).ok_or(Trouble::NoPeople)?;
    people.find(asked).await
}
