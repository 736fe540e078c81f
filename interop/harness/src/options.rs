//! Settings of clients, as suites write them.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use hallpass_data::http::{PageSize, RestOptions};
use hallpass_data::zmodel::Schema;
use hallpass_data::{ClientOptions, InputValidation, Limits, OmitOverride, Omitted, Slicing};
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
    // A suite asks for no more than a program may.
    options.person_limits = Limits::PROGRAM;
    if let Some(omit) = said("omit") {
        options.fields.omitted = omitted(schema, omit)?;
    }
    if said("allowQueryTimeOmitOverride") == Some(&Json::Bool(false)) {
        let omitted = std::mem::take(&mut options.fields.omitted);
        options.fields.omitted = omitted.by_query(OmitOverride::Refused);
    }
    if said("validateInput") == Some(&Json::Bool(false)) {
        options.input_validation = InputValidation::Off;
    }
    if let Some(slicing) = said("slicing") {
        let read = Slicing::from_json(slicing, schema);
        options.slicing = read.map_err(|error| error.to_string())?;
    }
    Ok(options)
}

/// The settings of the REST style. A number of rows that JSON cannot say is none.
pub(crate) fn rest(said: Option<&Json>) -> RestOptions {
    let mut options = RestOptions::default();
    for (name, value) in said.and_then(Json::as_object).into_iter().flatten() {
        let text = || value.as_str().map(str::to_owned);
        match name.as_str() {
            "endpoint" => set(&mut options.endpoint, text()),
            "pageSize" => set(&mut options.page_size, Some(page_size(value))),
            "idDivider" => set(&mut options.id_divider, text()),
            "urlSegmentCharset" => set(&mut options.url_segment_charset, text()),
            "modelNameMapping" => options.model_name_mapping = names(value),
            "externalIdMapping" => options.external_id_mapping = names(value),
            "nestedRoutes" => set(&mut options.nested_routes, value.as_bool()),
            _ => {}
        }
    }
    options
}

fn set<T>(option: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *option = value;
    }
}

fn page_size(value: &Json) -> PageSize {
    let rows = value.as_u64().and_then(|rows| u32::try_from(rows).ok());
    rows.and_then(NonZeroU32::new)
        .map_or(PageSize::Unlimited, PageSize::Rows)
}

fn names(value: &Json) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    members
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
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
