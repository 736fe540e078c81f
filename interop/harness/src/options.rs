//! Settings of clients, as suites write them.

use hallpass_data::zmodel::Schema;
use hallpass_data::{ClientOptions, OmitOverride, Omitted};
use jiff::Timestamp;
use serde_json::Value as Json;

/// The settings of a client: those of the namespace, and over them those of the request.
pub(crate) fn of(
    schema: &Schema,
    namespace: &Json,
    request: &Json,
) -> Result<ClientOptions, String> {
    let said = |name: &str| {
        let found = request.get(name).or_else(|| namespace.get(name));
        found.filter(|value| !value.is_null())
    };
    let mut options = ClientOptions::new(now, fill);
    if let Some(omit) = said("omit") {
        options.fields.omitted = omitted(schema, omit)?;
    }
    if said("allowQueryTimeOmitOverride") == Some(&Json::Bool(false)) {
        let omitted = std::mem::take(&mut options.fields.omitted);
        options.fields.omitted = omitted.by_query(OmitOverride::Refused);
    }
    Ok(options)
}

/// `{model: {field: bool}}`
fn omitted(schema: &Schema, json: &Json) -> Result<Omitted, String> {
    let mut omitted = Omitted::default();
    for (name, fields) in json.as_object().ok_or("`omit` is no object")? {
        let mut models = schema.models.iter();
        let model = models.find(|model| model.name.eq_ignore_ascii_case(name));
        let model = model.ok_or_else(|| format!("`omit` names no model: `{name}`"))?;
        for (field, is_omitted) in fields.as_object().into_iter().flatten() {
            let is_omitted = is_omitted.as_bool().unwrap_or_default();
            omitted = omitted.field(&model.name, field, is_omitted);
        }
    }
    Ok(omitted)
}

#[expect(clippy::disallowed_methods, reason = "this is the program's clock")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the program's randomness"
)]
#[expect(
    clippy::expect_used,
    reason = "a test program without randomness can only end"
)]
fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system gives random bytes");
}
