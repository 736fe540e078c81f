//! The contract's route table (§1.4), and that every row of it is spoken about.

use super::SETUPS;
use super::script;
use super::step::Step;

/// What stands behind a provider's id in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Provider {
    /// There is none in the path.
    Absent,
    Credentials,
    Email,
    /// OAuth 2 or OpenID Connect.
    Service,
    /// The same, and it posts its answer.
    PostingService,
    Key,
    /// One that nobody knows.
    Unknown,
}

/// A row: method, action, provider.
type Row = (&'static str, &'static str, Provider);

/// SPEC: contract §1.4, in its order; a row of several methods or providers is several here.
const ROWS: &[Row] = &[
    ("GET", "csrf", Provider::Absent),
    ("GET", "providers", Provider::Absent),
    ("GET", "session", Provider::Absent),
    ("POST", "session", Provider::Absent),
    ("GET", "signin", Provider::Absent),
    ("GET", "signin", Provider::Email),
    ("GET", "signin", Provider::Credentials),
    ("GET", "signin", Provider::Service),
    ("GET", "signin", Provider::Key),
    ("GET", "signin", Provider::Unknown),
    ("POST", "signin", Provider::Absent),
    ("POST", "signin", Provider::Service),
    ("POST", "signin", Provider::Email),
    ("POST", "signin", Provider::Credentials),
    ("POST", "signin", Provider::Key),
    ("POST", "signin", Provider::Unknown),
    ("GET", "callback", Provider::Service),
    ("POST", "callback", Provider::Service),
    ("GET", "callback", Provider::PostingService),
    ("POST", "callback", Provider::PostingService),
    ("GET", "callback", Provider::Email),
    ("POST", "callback", Provider::Email),
    ("POST", "callback", Provider::Credentials),
    ("GET", "callback", Provider::Credentials),
    ("POST", "callback", Provider::Key),
    ("GET", "callback", Provider::Key),
    ("GET", "callback", Provider::Absent),
    ("POST", "callback", Provider::Absent),
    ("GET", "callback", Provider::Unknown),
    ("POST", "callback", Provider::Unknown),
    ("GET", "signout", Provider::Absent),
    ("POST", "signout", Provider::Absent),
    ("GET", "error", Provider::Absent),
    ("GET", "verify-request", Provider::Absent),
    ("GET", "webauthn-options", Provider::Key),
    ("GET", "webauthn-options", Provider::Service),
    ("GET", "webauthn-options", Provider::Email),
    ("GET", "webauthn-options", Provider::Absent),
    // Any other pair of method and action.
    ("POST", "csrf", Provider::Absent),
    ("POST", "providers", Provider::Absent),
    ("POST", "error", Provider::Absent),
    ("POST", "verify-request", Provider::Absent),
    ("POST", "webauthn-options", Provider::Key),
];

/// The row of a request. Links and answers that servers and services make are those of their callbacks.
fn row(step: &Step, before: &mut Provider) -> Option<(&'static str, String, Provider)> {
    if step.target.starts_with("{link}") {
        return Some((step.method, "callback".to_owned(), Provider::Email));
    }
    if step.target.starts_with("{back}") {
        return Some((step.method, "callback".to_owned(), *before));
    }
    let path = step.target.strip_prefix("{base}/")?;
    let path = path.split('?').next().unwrap_or_default();
    let (action, id) = path.split_once('/').unwrap_or((path, ""));
    let provider = match id {
        "" => Provider::Absent,
        "credentials" => Provider::Credentials,
        "email" => Provider::Email,
        "posting" => Provider::PostingService,
        "oidc" | "oauth" | "linking" | "default" | "unasked" => Provider::Service,
        "passkey" | "webauthn" => Provider::Key,
        "nobody" => Provider::Unknown,
        _ => return None,
    };
    if step.visits {
        *before = provider;
    }
    Some((step.method, action.to_owned(), provider))
}

#[test]
fn every_row_of_the_route_table_has_a_request() {
    let mut spoken = Vec::new();
    for scene in SETUPS.iter().flat_map(script::scenes) {
        let mut before = Provider::Absent;
        spoken.extend(scene.steps.iter().filter_map(|step| row(step, &mut before)));
    }
    let missing: Vec<&Row> = ROWS
        .iter()
        .filter(|(method, action, provider)| {
            let row = (*method, (*action).to_owned(), *provider);
            !spoken.contains(&row)
        })
        .collect();
    assert!(missing.is_empty(), "no request for {missing:?}");
}
