use hallpass_zmodel::schema::{FieldKind, Model, Scalar};
use serde_json::Value as Json;

use super::Operation;
use crate::args::parse::{self, Call};
use crate::args::{ArgValue, Filter};
use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Finds the row that somebody names by text: its id as it is written, or an object of a unique key as `findUnique`
    /// takes it (`{"email": "ann@example.org"}`). For command lines.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the text is neither.
    pub fn key(&self, model: &str, text: &str) -> Result<Filter, Error> {
        let model = self.model_called(model)?;
        let call = Call::new(self.engine(), Operation::FindUnique, model, self.limits());
        let key = match serde_json::from_str(text) {
            Ok(object @ Json::Object(_)) => ArgValue::from_json(object)?,
            _ => single(model, text),
        };
        Ok(parse::unique(&call.at(&key), model)?)
    }
}

/// The one field of the id, and the text as its type is written in arguments.
fn single(model: &Model, text: &str) -> ArgValue {
    let [name] = model.id.as_slice() else {
        return ArgValue::Text(text.to_owned());
    };
    let kind = model.field(name).map(|field| &field.kind);
    let number = match kind {
        Some(FieldKind::Scalar(Scalar::Int | Scalar::Float | Scalar::Boolean)) => {
            serde_json::from_str(text).ok()
        }
        _ => None,
    };
    let value = match number {
        Some(Json::Number(number)) => ArgValue::Number(number),
        Some(Json::Bool(truth)) => ArgValue::Boolean(truth),
        _ => ArgValue::Text(text.to_owned()),
    };
    ArgValue::Object(vec![(name.clone(), value)])
}
