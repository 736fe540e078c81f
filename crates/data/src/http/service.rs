use std::sync::Arc;

use bytes::Bytes;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Model;
use http::Response;

use super::errors::Fault;
use super::exposed::{Exposed, ExposureError};
use super::options::{HttpLimits, HttpOptions};
use super::request::Request;
use super::rest::{self, Resources, RestOptionsError};
use super::rpc;
use crate::args::ArgValue;
use crate::client::Client;
use crate::error::Error;

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
}

/// What all clones share.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) client: Client,
    pub(crate) options: HttpOptions,
    pub(crate) exposed: Exposed,
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
        let exposed = options.exposure.of(client.schema())?;
        let rest = Resources::new(client.engine(), &options.rest, |model| exposed.has(model))?;
        let inner = Inner {
            client,
            options,
            exposed,
            rest,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
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

    /// The same with a client of the caller's choosing, of the same schema: one in a transaction, or with full access.
    ///
    /// SECURITY: the rights of that client are all that hold whoever asks back.
    pub async fn rpc_with(&self, client: &Client, request: Request<'_>) -> Response<Bytes> {
        rpc::answer(&self.inner, client, &request).await
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// How much one request may ask for.
    pub fn limits(&self) -> &HttpLimits {
        &self.inner.options.limits
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

    /// The same with a client of the caller's choosing, of the same schema: one in a transaction, or with full access.
    ///
    /// SECURITY: the rights of that client are all that hold whoever asks back.
    pub async fn rest_with(&self, client: &Client, request: Request<'_>) -> Response<Bytes> {
        rest::answer(&self.inner, client, &request).await
    }
}

impl Inner {
    /// The model of a name as clients say it, where it is there for them.
    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        let model = self.client.model_called(name).ok();
        model.filter(|model| self.exposed.has(model))
    }
}
