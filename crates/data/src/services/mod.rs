//! What happens to values of single fields between a caller and a column: `@password`, `@encrypted`, `@omit`.
//!
//! Source: contract zenstack §2.9.

mod encryption;
mod omit;
mod password;
mod workers;

use std::sync::Arc;

use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Field, FieldKind, Scalar};

use crate::client::OpenError;

pub use encryption::Encryption;
pub(crate) use encryption::Sealer;
pub use omit::{OmitOverride, Omitted};
pub use password::PasswordForm;
pub use workers::{Busy, Job, Threads, ThreadsOptions, Workers};

/// Settings of what fields may ask for. The default does for every schema without `@encrypted`.
#[derive(Debug, Clone, Default)]
pub struct FieldServices {
    /// The keys of `@encrypted` fields.
    pub encryption: Option<Encryption>,
    /// What `@password` fields become.
    pub password: PasswordForm,
    /// Where passwords are hashed; threads of the client's own without.
    pub workers: Option<Arc<dyn Workers>>,
    /// Which fields stay out of results unless asked for, beside what the schema says.
    pub omitted: Omitted,
}

/// The same, with what a client made of it.
#[derive(Debug, Clone)]
pub(crate) struct Services {
    pub(crate) sealer: Option<Arc<Sealer>>,
    password: PasswordForm,
    workers: Arc<dyn Workers>,
    pub(crate) omitted: Omitted,
}

impl Services {
    /// Refuses a schema that asks for what the settings lack.
    pub(crate) fn new(
        schema: &Schema,
        settings: FieldServices,
        random: &Arc<dyn crate::environment::Random>,
    ) -> Result<Self, OpenError> {
        check(schema, &settings)?;
        let sealer = settings
            .encryption
            .map(|encryption| Arc::new(Sealer::new(encryption, Arc::clone(random))));
        Ok(Self {
            sealer,
            password: settings.password,
            workers: settings
                .workers
                .unwrap_or_else(|| Arc::new(Threads::default())),
            omitted: settings.omitted,
        })
    }
}

fn check(schema: &Schema, settings: &FieldServices) -> Result<(), OpenError> {
    settings.omitted.check(schema)?;
    for model in &schema.models {
        for field in &model.fields {
            let item = || format!("{}.{}", model.name, field.name);
            if (field.encrypted || field.password.is_some()) && !is_text(field) {
                let what = "`@encrypted` or `@password` on something else than text";
                return Err(OpenError::Unenforced { item: item(), what });
            }
            if field.encrypted && settings.encryption.is_none() {
                return Err(OpenError::NoKey { item: item() });
            }
            if let Some(password) = &field.password
                && !password::is_possible(password)
            {
                let what = "a salt or a cost that bcrypt does not have";
                return Err(OpenError::Unenforced { item: item(), what });
            }
        }
    }
    Ok(())
}

fn is_text(field: &Field) -> bool {
    field.kind == FieldKind::Scalar(Scalar::String)
        && field.arity != hallpass_zmodel::schema::Arity::List
}
