//! Slicing as ZenStack's settings write it.

use hallpass_zmodel::Schema;
use serde_json::{Map, Value as Json};

use super::{Choice, FilterKind, ModelSlicing, Slicing};
use crate::operation::Operation;

/// The member that speaks of whatever has no member of its own.
const OTHERS: &str = "$all";

/// Why settings are no slicing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlicingError {
    /// Something else stands there.
    #[error("`{place}` is not {expected}")]
    Type {
        /// Where.
        place: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// A member, an operation or a kind of filter that there is not.
    #[error("`{name}` is unknown at `{place}`")]
    Unknown {
        /// Where.
        place: String,
        /// What stands there.
        name: String,
    },
}

impl Slicing {
    /// The slicing that `{"includedModels": […], "models": {"user": {"excludedOperations": […]}}}` says. Models may begin
    /// with a small letter where options are said of them.
    ///
    /// # Errors
    /// [`SlicingError`] with the place of what is wrong. Whether names are in the schema is told when a client is opened.
    pub fn from_json(json: &Json, schema: &Schema) -> Result<Self, SlicingError> {
        let all = object(json, "slicing")?;
        only(
            all,
            "slicing",
            &[
                "includedModels",
                "excludedModels",
                "includedProcedures",
                "excludedProcedures",
                "models",
            ],
        )?;
        let name = |text: &str| Some(text.to_owned());
        let mut slicing = Self {
            models: choice(all, "slicing", "Models", name)?,
            procedures: choice(all, "slicing", "Procedures", name)?,
            ..Self::default()
        };
        let Some(models) = all.get("models") else {
            return Ok(slicing);
        };
        for (name, said) in object(models, "slicing.models")? {
            let place = format!("slicing.models.{name}");
            let of_model = model(said, &place)?;
            if name == OTHERS {
                slicing.of_others = Some(of_model);
            } else {
                slicing.of_models.insert(declared(schema, name), of_model);
            }
        }
        Ok(slicing)
    }
}

/// The model's name as the schema has it.
fn declared(schema: &Schema, name: &str) -> String {
    let is_called = |model: &&hallpass_zmodel::schema::Model| {
        crate::operation::uncapitalized_is(&model.name, name)
    };
    let found = schema
        .model(name)
        .or_else(|| schema.models.iter().find(is_called));
    found.map_or_else(|| name.to_owned(), |model| model.name.clone())
}

fn model(json: &Json, place: &str) -> Result<ModelSlicing, SlicingError> {
    let all = object(json, place)?;
    only(
        all,
        place,
        &["includedOperations", "excludedOperations", "fields"],
    )?;
    let has_operations = all.keys().any(|name| name.ends_with("Operations"));
    let operations = choice(all, place, "Operations", Operation::from_name)?;
    let mut slicing = ModelSlicing {
        operations: has_operations.then_some(operations),
        ..ModelSlicing::default()
    };
    let Some(fields) = all.get("fields") else {
        return Ok(slicing);
    };
    for (name, said) in object(fields, &format!("{place}.fields"))? {
        let place = format!("{place}.fields.{name}");
        let said = object(said, &place)?;
        only(
            said,
            &place,
            &["includedFilterKinds", "excludedFilterKinds"],
        )?;
        let kind = |text: &str| FilterKind::ALL.into_iter().find(|kind| kind.name() == text);
        let filters = choice(said, &place, "FilterKinds", kind)?;
        if name == OTHERS {
            slicing.other_fields = Some(filters);
        } else {
            slicing.fields.insert(name.clone(), filters);
        }
    }
    Ok(slicing)
}

/// `includedX` and `excludedX`
fn choice<T>(
    all: &Map<String, Json>,
    place: &str,
    what: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Choice<T>, SlicingError> {
    let list = |name: String| -> Result<Option<Vec<T>>, SlicingError> {
        let Some(json) = all.get(&name) else {
            return Ok(None);
        };
        let place = format!("{place}.{name}");
        let mistyped = || SlicingError::Type {
            place: place.clone(),
            expected: "a list of names",
        };
        let items = json.as_array().ok_or_else(mistyped)?;
        let items = items.iter().map(|item| {
            let text = item.as_str().ok_or_else(mistyped)?;
            read(text).ok_or_else(|| SlicingError::Unknown {
                place: place.clone(),
                name: text.to_owned(),
            })
        });
        items.collect::<Result<_, _>>().map(Some)
    };
    Ok(Choice {
        only: list(format!("included{what}"))?,
        never: list(format!("excluded{what}"))?.unwrap_or_default(),
    })
}

fn object<'j>(json: &'j Json, place: &str) -> Result<&'j Map<String, Json>, SlicingError> {
    json.as_object().ok_or_else(|| SlicingError::Type {
        place: place.to_owned(),
        expected: "an object",
    })
}

fn only(all: &Map<String, Json>, place: &str, known: &[&str]) -> Result<(), SlicingError> {
    match all.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(SlicingError::Unknown {
            place: place.to_owned(),
            name: name.clone(),
        }),
        None => Ok(()),
    }
}
