use std::sync::Arc;

use bytes::Bytes;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Model;
use http::Response;

use super::decline::Style;
use super::errors::Fault;
use super::exposed::ExposureError;
use super::options::{HttpLimits, HttpOptions};
use super::request::Request;
use super::rest::{self, Resources, RestOptionsError};
use super::rpc;
use crate::args::ArgValue;
use crate::args::parse::is_seen;
use crate::client::Client;
use crate::error::Error;
use crate::live::Live;

/// Answers requests for data. Cheap to clone.
///
/// ```no_run
/// # async fn example(db: hallpass_data::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use hallpass_data::http::{DataService, HttpOptions, Request};
/// use http::Method;
///
/// let service = DataService::new(db, HttpOptions::default())?;
/// let request = Request {
///     method: &Method::GET,
///     path: "/todo/findMany",
///     query: "q=%7B%22take%22%3A20%7D",
///     body: b"",
/// };
/// let nobody = None;
/// let response = service.rpc(nobody, request).await;
/// assert_eq!(response.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct DataService {
    inner: Arc<Inner>,
    /// Live queries, where there are any.
    pub(super) live: Option<Live>,
}

/// What all clones share.
#[derive(Debug)]
pub(crate) struct Inner {
    /// To which everything is there that the program did not leave out.
    pub(crate) client: Client,
    /// To which only the models are there that are open.
    pub(crate) open: Client,
    pub(crate) options: HttpOptions,
    /// What the REST style speaks of.
    pub(crate) rest: Resources,
}

/// Why data cannot be served with these settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// They open or close a model that the schema does not have.
    #[error(transparent)]
    Exposure(#[from] ExposureError),
    /// Those of the REST style do not go with the schema.
    #[error(transparent)]
    Rest(#[from] RestOptionsError),
}

impl DataService {
    /// Serves the models of a client.
    ///
    /// # Errors
    /// [`ServiceError`] when the settings do not go with the schema.
    pub fn new(client: Client, options: HttpOptions) -> Result<Self, ServiceError> {
        let open = client.showing(options.exposure.of(client.schema())?);
        let rest = Resources::new(open.engine(), &options.rest)?;
        let inner = Inner {
            client,
            open,
            options,
            rest,
        };
        Ok(Self {
            inner: Arc::new(inner),
            live: None,
        })
    }

    /// The same service, which answers `{model}/live` as well: see [`follow`](Self::follow).
    #[must_use]
    pub fn with_live(self, live: &Live) -> Self {
        Self {
            live: Some(live.clone()),
            ..self
        }
    }

    /// Answers a request in the RPC style, in the name of a person, or of nobody.
    ///
    /// `person` is what `auth()` is in the rules, see [`Client::for_user`].
    ///
    /// Source: contract zenstack §4.1.
    pub async fn rpc(&self, person: Option<ArgValue>, request: Request<'_>) -> Response<Bytes> {
        let client = self.inner.client.for_user(person);
        self.rpc_with(&client, request).await
    }

    /// The same with a client of the caller's choosing, of the same schema: one in a transaction, or with full access. What
    /// is closed is closed to it too.
    ///
    /// SECURITY: the rights of that client are all that hold whoever asks back.
    pub async fn rpc_with(&self, client: &Client, request: Request<'_>) -> Response<Bytes> {
        rpc::answer(&self.inner, client, &request).await
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// The client whose models it serves, to which everything is there.
    pub fn client(&self) -> &Client {
        &self.inner.client
    }

    /// Answers a request of a style, in the name of a person, or of nobody.
    pub async fn answer(
        &self,
        style: Style,
        person: Option<ArgValue>,
        request: Request<'_>,
    ) -> Response<Bytes> {
        match style {
            Style::Rpc => self.rpc(person, request).await,
            Style::Rest => self.rest(person, request).await,
        }
    }

    /// How much one request may ask for.
    pub fn limits(&self) -> &HttpLimits {
        &self.inner.options.limits
    }

    /// The models that are there for clients, in the order of the schema.
    pub fn models(&self) -> impl Iterator<Item = &Model> {
        self.inner.models()
    }

    /// The schema whose models it serves.
    pub fn schema(&self) -> &Schema {
        self.inner.client.schema()
    }

    /// The answer to an error of the engine in the RPC style, for what a server does beside it.
    ///
    /// Source: contract zenstack §4.2.
    pub fn refuse(&self, error: Error) -> Response<Bytes> {
        let version = self.inner.client.engine.dialect_version;
        Fault::of(error, self.inner.options.errors).rpc(version)
    }

    /// Answers a request in the REST style, in the name of a person, or of nobody.
    ///
    /// `person` is what `auth()` is in the rules, see [`Client::for_user`].
    ///
    /// Source: contract zenstack §4.4.
    pub async fn rest(&self, person: Option<ArgValue>, request: Request<'_>) -> Response<Bytes> {
        let client = self.inner.client.for_user(person);
        self.rest_with(&client, request).await
    }

    /// The same with a client of the caller's choosing, of the same schema: one in a transaction, or with full access. What
    /// is closed is closed to it too.
    ///
    /// SECURITY: the rights of that client are all that hold whoever asks back.
    pub async fn rest_with(&self, client: &Client, request: Request<'_>) -> Response<Bytes> {
        rest::answer(&self.inner, client, &request).await
    }
}

impl Inner {
    /// The client, to which only the models are there that are open. Not for procedures: what the program does there may look
    /// at whatever the rules admit.
    pub(crate) fn showing_open(&self, client: &Client) -> Client {
        if Arc::ptr_eq(&client.engine, &self.client.engine) {
            client.over(Arc::clone(&self.open.engine))
        } else {
            client.showing(self.models().map(|model| model.name.clone()).collect())
        }
    }

    /// The models that are open.
    fn models(&self) -> impl Iterator<Item = &Model> {
        let models = self.open.schema().models.iter();
        models.filter(|model| is_seen(self.open.engine(), model))
    }

    /// The model of a name as clients say it, where it is there for them.
    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.open.model_called(name).ok()
    }
}
