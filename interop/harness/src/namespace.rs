//! A schema, a database of its own, and clients of both.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hallpass_data::Client;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Provider;
use serde_json::{Value as Json, json};

use crate::database::{Made, Servers};
use crate::loading::{Text, name_of, texts};
use crate::options;
use crate::sent::Who;
use crate::transaction::Held;

/// Where one test of a suite works.
#[derive(Debug)]
pub(crate) struct Namespace {
    provider: Provider,
    schema: Arc<Schema>,
    made: Made,
    /// Whether rules hold where a request says nothing.
    policy: bool,
    options: Json,
    transactions: Mutex<HashMap<String, Held>>,
}

impl Namespace {
    /// `{schema, files?, provider, policy, options?}`
    pub(crate) async fn create(servers: &Servers, body: &Json) -> Result<Self, Vec<String>> {
        let text = Text::of(body).map_err(|error| vec![error])?;
        let loaded = text.load().map_err(|mistakes| texts(mistakes.iter()))?;
        let provider = text.provider();
        let made = servers.make(provider, &loaded.schema).await;
        let made = made.map_err(|error| vec![format!("{error:#}")])?;
        let namespace = Self {
            provider,
            schema: Arc::new(loaded.schema),
            made,
            policy: body
                .get("policy")
                .and_then(Json::as_bool)
                .unwrap_or_default(),
            options: body.get("options").cloned().unwrap_or_default(),
            transactions: Mutex::default(),
        };
        match namespace.create_tables().await {
            Ok(()) => Ok(namespace),
            Err(error) => {
                drop(namespace.remove().await);
                Err(vec![error])
            }
        }
    }

    async fn create_tables(&self) -> Result<(), String> {
        let client = self.full(&Json::Null)?;
        let made = client.create_missing_tables().await;
        made.map(drop).map_err(|error| causes(&error))
    }

    pub(crate) fn describe(&self, id: &str) -> Json {
        let models = self.schema.models.iter().map(|model| model.name.as_str());
        json!({
            "id": id,
            "provider": name_of(self.provider),
            "models": models.collect::<Vec<_>>(),
            "authType": self.schema.auth,
        })
    }

    /// A client with full access, with the settings of a request.
    pub(crate) fn full(&self, options: &Json) -> Result<Client, String> {
        let options = options::of(&self.schema, &self.options, options)?;
        let database = self.made.database.clone();
        let client = Client::new(database, Arc::clone(&self.schema), options);
        client.map_err(|error| causes(&error))
    }

    /// The client of whoever asks, out of one with full access.
    pub(crate) fn as_said(&self, full: &Client, who: &Who) -> Client {
        if self.holds_rules(who) {
            full.for_user(who.person.clone())
        } else {
            full.clone()
        }
    }

    /// Whether the rules hold for whoever asks.
    pub(crate) fn holds_rules(&self, who: &Who) -> bool {
        who.enforced.unwrap_or(self.policy)
    }

    pub(crate) fn transactions(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.transactions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn remove(&self) -> anyhow::Result<()> {
        self.transactions().clear();
        self.made.remove().await
    }
}

/// An error and what caused it, in one line.
fn causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}
