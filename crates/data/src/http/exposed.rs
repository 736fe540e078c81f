//! Which models are there for clients.
//!
//! Rules say which rows somebody may see; this says which models can be asked for at all, so that a table is not open to
//! the world for want of a thought.

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Effect, Model};

/// Models of the layouts of sign-in tables, by their names there.
///
/// Source: contract authjs §6, the models of the adapters.
const SIGN_IN: [&str; 5] = [
    "User",
    "Account",
    "Session",
    "VerificationToken",
    "Authenticator",
];

/// What tables that Hallpass keeps for itself begin with.
const OWN: &str = "hallpass_";

/// Which models clients can ask for over HTTP. Models are named as in the schema.
///
/// By default those that an access rule opens to somebody, but for the tables of sign-in: these are there only when they
/// are named in `open`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// Models that are there, whatever else is said; but for those of `closed`.
    pub open: Vec<String>,
    /// Models that are not.
    pub closed: Vec<String>,
    /// Models that keep what sign-in needs: users, their accounts and sessions. A name that the schema does not have
    /// means nothing.
    pub sign_in: Vec<String>,
    /// What holds of all others.
    pub otherwise: Otherwise,
}

/// What holds of models that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Otherwise {
    /// They are there when they have an `@@allow`, and keep no sign-in data.
    #[default]
    Ruled,
    /// They are not there.
    Closed,
    /// They are there. For tests and trusted networks.
    Open,
}

/// The settings name a model that the schema does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{model}`, which is to be opened or closed, is no model of the schema{}", did_you_mean(near.as_deref()))]
pub struct ExposureError {
    /// The name.
    pub model: String,
    /// The model that has nearly this name.
    pub near: Option<String>,
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"))
}

impl Default for Exposure {
    fn default() -> Self {
        Self {
            open: Vec::new(),
            closed: Vec::new(),
            sign_in: SIGN_IN.map(str::to_owned).into(),
            otherwise: Otherwise::default(),
        }
    }
}

impl Exposure {
    /// Every model.
    pub fn everything() -> Self {
        Self {
            otherwise: Otherwise::Open,
            ..Self::default()
        }
    }

    /// The names of the models of a schema that are there.
    pub(crate) fn of(&self, schema: &Schema) -> Result<Vec<String>, ExposureError> {
        for name in self.open.iter().chain(&self.closed) {
            if schema.model(name).is_none() {
                let known = schema.models.iter().map(|model| model.name.as_str());
                return Err(ExposureError {
                    model: name.clone(),
                    near: hallpass_zmodel::nearest(name, known).map(str::to_owned),
                });
            }
        }
        let open = schema.models.iter().filter(|model| self.opens(model));
        Ok(open.map(|model| model.name.clone()).collect())
    }

    fn opens(&self, model: &Model) -> bool {
        if model.ignored || self.closed.contains(&model.name) {
            return false;
        }
        if self.open.contains(&model.name) {
            return true;
        }
        match self.otherwise {
            Otherwise::Open => true,
            Otherwise::Closed => false,
            Otherwise::Ruled => has_rule(model) && !self.keeps_sign_in(model),
        }
    }

    fn keeps_sign_in(&self, model: &Model) -> bool {
        self.sign_in.contains(&model.name) || model.table.starts_with(OWN)
    }
}

/// Whether somebody may do something with it.
fn has_rule(model: &Model) -> bool {
    model
        .policies
        .iter()
        .any(|policy| policy.effect == Effect::Allow)
}

#[cfg(test)]
mod tests {
    use hallpass_zmodel::{Source, load};

    use super::*;

    const SCHEMA: &str = r#"
        model User {
          id    Int @id
          posts Post[]
          @@allow('all', auth() == this)
        }
        model Session {
          id Int @id
          @@allow('read', true)
        }
        model Post {
          id      Int  @id
          owner   User @relation(fields: [ownerId], references: [id])
          ownerId Int
          @@allow('read', true)
        }
        model Bare { id Int @id }
        model Refused {
          id Int @id
          @@deny('all', true)
        }
        model Secret {
          id Int @id
          @@allow('read', true)
          @@map("hallpass_secret")
        }
    "#;

    fn schema(text: &str) -> Schema {
        let source = Source {
            name: "test.zmodel",
            text,
        };
        load(&[source]).unwrap()
    }

    fn open(exposure: &Exposure) -> Vec<String> {
        let schema = schema(SCHEMA);
        exposure.of(&schema).unwrap()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn without_a_word_only_ruled_models_of_the_application_are_there() {
        assert_eq!(open(&Exposure::default()), ["Post"]);
    }

    #[test]
    fn names_open_and_close() {
        for (opened, closed, otherwise, expected) in [
            (
                &["User"][..],
                &[][..],
                Otherwise::Ruled,
                &["User", "Post"][..],
            ),
            (&["User"], &["Post"], Otherwise::Ruled, &["User"]),
            (&["User"], &["User"], Otherwise::Ruled, &["Post"]),
            (&["Bare"], &[], Otherwise::Closed, &["Bare"]),
            (
                &[],
                &["Secret"],
                Otherwise::Open,
                &["User", "Session", "Post", "Bare", "Refused"],
            ),
        ] {
            let exposure = Exposure {
                open: names(opened),
                closed: names(closed),
                otherwise,
                ..Exposure::default()
            };
            assert_eq!(open(&exposure), expected, "{exposure:?}");
        }
    }

    #[test]
    fn a_name_that_means_nothing_is_a_mistake() {
        let exposure = Exposure {
            closed: names(&["Posts"]),
            ..Exposure::default()
        };
        let error = exposure.of(&schema(SCHEMA)).map(|_| ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Posts`, which is to be opened or closed, is no model of the schema, did you mean `Post`?"
        );
    }
}
