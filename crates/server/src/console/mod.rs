//! `/console`: the models of the schema, their rows as somebody sees them, and why.
//!
//! For administrators alone, whose right is asked for at every request (`entry`). It changes nothing. Rows are always read
//! on behalf of somebody ([`Client::for_user`]), never with full access: administrators choose who looks, and see what that
//! person sees. With full access are read only people, to choose among, whether whoever asks is an administrator, and the audit trail.
//!
//! SECURITY: no statement of these pages asks for what `visible` keeps out of sight, and none takes longer, or gives more, than
//! [`LIMITS`] say. Why so, in docs/design/console.md.
//!
//! To add a page: a file with its handler and its template, its route below.

mod administrators;
mod audit;
mod entry;
mod key;
mod models;
mod notice;
mod page;
mod people;
mod query;
mod row;
mod rows;
mod rules;
mod value;
mod visible;
mod visit;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use hallpass::data::Limits;
use hallpass::data::zmodel::Schema;
use hallpass::{Auth, Client};

use crate::audit::Auditing;
use crate::config;
use crate::data::DataApi;
use crate::failure::Failure;
use crate::http::site::is_below;
use administrators::Administrators;

pub(crate) use administrators::RoleError;

/// Where it is.
const PATH: &str = "/console";

/// How much one page may ask the database for.
const LIMITS: Limits = Limits {
    rows: 100,
    all_rows: 100,
    statement_time: Some(Duration::from_secs(5)),
    call_time: Some(Duration::from_secs(10)),
    ..Limits::PERSON
};

/// What the pages need. Cheap to clone.
#[derive(Clone)]
struct Console(Arc<Parts>);

struct Parts {
    /// With full access, within [`LIMITS`].
    client: Client,
    administrators: Administrators,
    /// The field of users that holds their passwords, where the settings name one.
    password_field: Option<String>,
    /// Where one signs out.
    sign_out: String,
    /// The audit trail, where one is kept: it is shown, and says who looked.
    auditing: Option<Auditing>,
    /// Says where a request comes from.
    auth: Auth,
}

impl Console {
    fn client(&self) -> &Client {
        &self.0.client
    }

    fn schema(&self) -> &Schema {
        self.0.client.schema()
    }
}

/// The pages, for those whom the settings name.
///
/// # Errors
/// [`Failure::ConsoleRole`] when the schema has no such field for roles, [`Failure::ConsoleOpen`] when people may write what decides who enters, [`Failure::ConsolePath`] when something else has the
/// path.
pub(crate) fn routes(
    settings: &config::Console,
    password_field: Option<String>,
    client: &Client,
    (auth, data, auditing): (&Auth, Option<&DataApi>, Option<Auditing>),
) -> Result<Router, Failure> {
    let is_taken = is_below(PATH, auth.base_path()) || is_below(auth.base_path(), PATH);
    if is_taken || data.is_some_and(|data| data.takes(PATH)) {
        return Err(Failure::ConsolePath);
    }
    let administrators = Administrators::of(settings, client.schema())?;
    // SECURITY: nobody makes themselves an administrator by what the data API lets them write.
    if data.is_some_and(|data| data.opens(visible::USER))
        && let Some((field, operation)) = administrators.open_fields(client.schema()).first()
    {
        return Err(Failure::ConsoleOpen {
            field: (*field).to_owned(),
            operation: operation.name(),
        });
    }
    let console = Console(Arc::new(Parts {
        administrators,
        client: client.with_limits(LIMITS),
        password_field,
        sign_out: format!("{}/signout", auth.base_path()),
        auditing,
        auth: auth.clone(),
    }));
    let pages = Router::new()
        .route("/console", get(models::page))
        .route("/console/", get(models::page))
        .route("/console/audit", get(audit::page))
        .route("/console/audit.json", get(audit::json))
        .route("/console/people", get(people::page))
        .route("/console/models/{model}", get(rows::page))
        .route("/console/models/{model}/row", get(row::page))
        .route("/console/{*rest}", get(notice::missing))
        .layer(from_fn_with_state(console.clone(), entry::check))
        // Whoever is refused reads a page, too.
        .route("/console/style.css", get(page::style));
    Ok(pages.with_state(console).layer(hallpass::layer(auth)))
}
