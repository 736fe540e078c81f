//! The REST style: resources, as JSON:API 1.1 has them.
//!
//! `resources` says what can be spoken of, `route` what a path is about; `query`, `filter`, `sort`, `page` and `reading`
//! turn what a query says into the arguments of [`Client::call`], `body` and `write` what a body says; `document` writes
//! the answer. A request is one call, two where a list is longer than its page.
//!
//! Source: contract zenstack §4.4.

mod arguments;
mod body;
mod charset;
mod document;
mod filter;
mod id;
mod nested;
mod options;
mod page;
mod problem;
mod query;
mod read;
mod reading;
mod relationship;
mod resources;
mod route;
mod sort;
mod value;
mod write;

use bytes::Bytes;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, Model, Relation};
use http::{Method, Response, StatusCode};

use super::errors::{Fault, FaultKind, respond};
use super::request::Request;
use super::rpc::procedures;
use super::service::Inner;
use crate::args::ArgValue;
use crate::args::parse::fields;
use crate::client::Client;
use crate::operation::{Operation, Reply};
use crate::policy::DialectVersion;
use crate::record::Record;
use body::Body;
use id::Ids;
use nested::Within;
use problem::{Code, Failure, Problem};
use query::Query;
use reading::Reading;
use relationship::Verb;
use route::{One, Route};

pub(crate) use filter::operators;
pub use options::{PageSize, RestOptions, RestOptionsError};
pub(crate) use resources::{Relationship, Resource, Resources, uncapitalized};

/// Answers a request, whatever it holds.
pub(super) async fn answer(
    service: &Inner,
    client: &Client,
    request: &Request<'_>,
) -> Response<Bytes> {
    let open = service.showing_open(client);
    let api = Api::new(service, &open, client);
    match api.run(request).await {
        Ok(answer) => respond(answer.status, answer.body.into()),
        Err(Failure::Problem(problem)) => refuse(&problem),
        Err(Failure::Data(error)) => {
            let fault = Fault::of(error, service.options.errors);
            let problem = told(&fault, api.version);
            fault.answer(problem.status(), &problem.body())
        }
    }
}

fn refuse(problem: &Problem) -> Response<Bytes> {
    respond(problem.status(), problem.body().to_string().into())
}

/// A fault as this style tells it.
///
/// Source: contract zenstack §4.4, the table of errors.
fn told(fault: &Fault, version: DialectVersion) -> Problem {
    let because = |code: Code| code.because(fault.message.clone());
    let problem = match &fault.kind {
        FaultKind::Request => because(Code::InvalidPayload),
        FaultKind::Input(_) => because(Code::ValidationError),
        FaultKind::NotFound(_) => because(Code::NotFound),
        FaultKind::Rejected(rejection) => {
            let reason = match version {
                DialectVersion::Three => rejection.reason(),
                DialectVersion::Two => super::errors::older_reason(*rejection),
            };
            because(Code::Forbidden).with("reason", reason)
        }
        FaultKind::Database { code, .. } => {
            let problem = because(Code::QueryError);
            match code {
                Some(code) => problem.with("dbErrorCode", code.clone()),
                None => problem,
            }
        }
        FaultKind::Engine(_) => because(Code::QueryError),
        FaultKind::TooLarge | FaultKind::TooLong => {
            because(Code::InvalidPayload).with_status(fault.status())
        }
        FaultKind::Unavailable { .. } | FaultKind::Internal => {
            because(Code::UnknownError).with_status(fault.status())
        }
    };
    match (version, fault.older_code()) {
        (DialectVersion::Two, Some(code)) => problem.with("prismaCode", code),
        _ => problem,
    }
}

/// An answer with data.
struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

impl Answer {
    fn ok(body: Vec<u8>) -> Self {
        let status = StatusCode::OK;
        Self { status, body }
    }

    fn created(body: Vec<u8>) -> Self {
        let status = StatusCode::CREATED;
        Self { status, body }
    }
}

/// What answering a request needs.
struct Api<'s> {
    service: &'s Inner,
    resources: &'s Resources,
    /// To which only what is open is there.
    client: &'s Client,
    /// To which everything is there.
    asker: &'s Client,
    version: DialectVersion,
}

impl<'s> Api<'s> {
    fn new(service: &'s Inner, client: &'s Client, asker: &'s Client) -> Self {
        Self {
            service,
            resources: &service.rest,
            client,
            asker,
            version: client.engine.dialect_version,
        }
    }

    /// The same inside of a transaction.
    fn inside<'t>(&'t self, client: &'t Client) -> Api<'t> {
        Api {
            service: self.service,
            resources: self.resources,
            client,
            asker: self.asker,
            version: self.version,
        }
    }

    async fn run(&self, request: &Request<'_>) -> Result<Answer, Failure> {
        if let Err(fault) = request.check(&self.service.options.limits) {
            return Err(told(&fault, self.version).into());
        }
        let query = Query::read(request.query)?;
        let route = self.resources.route(request.path)?;
        let body = request.body;
        match (request.method, &route) {
            (_, Route::Procedure(name)) => {
                let reply = procedures::call(self.service, self.asker, request, name).await;
                let reply = reply.map_err(|fault| told(&fault, self.version))?;
                Ok(Answer::ok(document::of_procedure(self, &reply)))
            }
            (&Method::GET | &Method::HEAD, _) => self.read(&route, &query).await,
            (&Method::POST, Route::Collection(resource)) => {
                write::create(self, resource, Body::read(body)?, &query).await
            }
            (&Method::PUT | &Method::PATCH, Route::Single(one)) => {
                write::update(self, one, Body::read(body)?, &query).await
            }
            (&Method::DELETE, Route::Single(one)) => write::delete(self, one).await,
            (method, Route::Relationship(one, relationship)) => {
                let verb = verb(method)?;
                relationship::write(self, one, relationship, verb, body).await
            }
            (method, route) => self.write_within(method, route, body, &query).await,
        }
    }

    async fn read(&self, route: &Route<'s>, query: &Query) -> Result<Answer, Failure> {
        match route {
            Route::Collection(resource) => read::list(self, resource, query).await,
            Route::Single(one) => read::single(self, one, query).await,
            Route::Related(one, relationship) => {
                read::related(self, one, relationship, query).await
            }
            Route::Relationship(one, relationship) => {
                read::relationship(self, one, relationship, query).await
            }
            Route::Child(one, relationship, id) => {
                self.within(one, relationship)?
                    .single(self, id, query)
                    .await
            }
            Route::Procedure(_) => Err(Code::InvalidPath.bare().into()),
        }
    }

    /// Writes of resources within others, where they have paths of their own.
    async fn write_within(
        &self,
        method: &Method,
        route: &Route<'s>,
        body: &[u8],
        query: &Query,
    ) -> Result<Answer, Failure> {
        match (method, route) {
            _ if !self.resources.nested_routes => Err(Code::InvalidPath.bare().into()),
            (&Method::POST, Route::Related(one, relationship)) => {
                let within = self.within(one, relationship)?;
                within.create(self, Body::read(body)?, query).await
            }
            (&Method::PUT | &Method::PATCH, Route::Related(one, relationship)) => {
                let within = self.within(one, relationship)?;
                within.update_only(self, Body::read(body)?, query).await
            }
            (&Method::PUT | &Method::PATCH, Route::Child(one, relationship, id)) => {
                let within = self.within(one, relationship)?;
                within.update(self, id, Body::read(body)?, query).await
            }
            (&Method::DELETE, Route::Child(one, relationship, id)) => {
                self.within(one, relationship)?.delete(self, id).await
            }
            _ => Err(Code::InvalidPath.bare().into()),
        }
    }

    fn within<'r>(
        &'r self,
        parent: &'r One<'r>,
        relationship: &'r Relationship,
    ) -> Result<Within<'r>, Problem> {
        Ok(Within {
            parent,
            relationship,
            target: self.target(relationship)?,
        })
    }

    fn schema(&self) -> &'s Schema {
        &self.client.engine.schema
    }

    fn model(&self, resource: &Resource) -> Option<&'s Model> {
        self.schema().model(&resource.model)
    }

    /// What a field of this name relates to, where clients see it.
    fn relation(&self, resource: &Resource, name: &str) -> Option<&'s Relation> {
        fields::visible(self.client.engine(), self.model(resource)?, name)?.relation()
    }

    /// A field of this name that clients see and that is no relation.
    fn attribute(&self, resource: &Resource, name: &str) -> Option<&'s Field> {
        let field = fields::visible(self.client.engine(), self.model(resource)?, name);
        field.filter(|field| field.relation().is_none())
    }

    fn ids<'r>(&'r self, resource: &'r Resource) -> Ids<'r> {
        Ids {
            schema: self.schema(),
            resource,
            divider: &self.resources.divider,
        }
    }

    fn target(&self, relationship: &Relationship) -> Result<&'s Resource, Problem> {
        let target = self.resources.target(relationship);
        target.ok_or_else(|| Code::UnsupportedRelationship.bare())
    }

    /// Whether a body may call a resource so: by its own type, or by one that extends it.
    fn is_named(&self, resource: &Resource, name: &str) -> bool {
        let named = self
            .resources
            .named(name)
            .and_then(|named| self.model(named));
        let schema = self.schema();
        named.is_some_and(|model| schema.lineage(model).any(|one| one.name == resource.model))
    }

    /// How many identifiers a relationship to many names: one fewer than the asker may take, to know whether there are
    /// more. `None` where the asker may take none.
    fn linkage(&self) -> Option<u64> {
        let most = self.client.limits().nested_rows.checked_sub(1)?;
        Some(u64::from(self.resources.linkage).min(most))
    }

    /// Whether filters can ask for text in any case.
    fn has_any_case(&self) -> bool {
        self.client.engine.capability().has_any_case()
    }

    /// Where all resources of a kind are.
    fn address(&self, resource: &Resource) -> String {
        format!("{}/{}", self.resources.endpoint, resource.segment)
    }

    /// Where a resource is that a path is about.
    fn address_of(&self, one: &One<'_>) -> String {
        let id = self.resources.charset.encode(&one.id);
        format!("{}/{id}", self.address(one.resource))
    }

    /// Where the resource of a row is; nowhere, where the row does not tell its id, or the id is the empty text, which no path
    /// can hold.
    fn place(&self, resource: &Resource, row: &Record) -> Option<String> {
        let id = self.ids(resource).text(row);
        let id = id.filter(|id| !id.is_empty())?;
        let id = self.resources.charset.encode(&id);
        Some(format!("{}/{id}", self.address(resource)))
    }

    async fn call(
        &self,
        resource: &Resource,
        operation: Operation,
        arguments: Vec<(String, ArgValue)>,
    ) -> Result<Reply, Failure> {
        let arguments = ArgValue::Object(arguments);
        Ok(self
            .client
            .call(&resource.model, operation, &arguments)
            .await?)
    }

    /// A write that gives the row that was written, as it is asked for.
    async fn write(
        &self,
        resource: &Resource,
        operation: Operation,
        mut arguments: Vec<(String, ArgValue)>,
        reading: &Reading<'_>,
    ) -> Result<Record, Failure> {
        arguments.extend(reading.arguments(self));
        let row = self
            .call(resource, operation, arguments)
            .await?
            .into_record();
        Ok(row.ok_or_else(|| Code::NotFound.bare())?)
    }
}

fn verb(method: &Method) -> Result<Verb, Problem> {
    match *method {
        Method::POST => Ok(Verb::Add),
        Method::PUT | Method::PATCH => Ok(Verb::Replace),
        Method::DELETE => Ok(Verb::Remove),
        _ => Err(Code::InvalidVerb.bare()),
    }
}
