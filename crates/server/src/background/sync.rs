//! Tells one other database of the users.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use hallpass::changes::{Changes, ChangesError, Deletion, Kept, Turn};
use hallpass::data::zmodel::Schema;

use super::run::Duty;
use crate::config::Target;

/// A target that is followed.
pub(super) struct Following {
    name: String,
    kept: Kept,
}

impl Following {
    pub(super) fn new(
        changes: &Changes,
        schema: &Arc<Schema>,
        target: &Target,
        deletion: Deletion,
    ) -> Self {
        let (name, address) = (target.name.as_str(), target.url.expose());
        Self {
            name: Kept::work_name(name),
            kept: Kept::new(&changes.users(), schema, name, address, deletion),
        }
    }
}

#[async_trait]
impl Duty for Following {
    fn name(&self) -> String {
        self.name.clone()
    }

    async fn turn(&mut self) -> Result<Turn, ChangesError> {
        let turn = self.kept.turn().await;
        for one in self.kept.newly_refused() {
            let (work, user, code) = (&self.name, &one.user, &one.code);
            let text = one.why.text();
            tracing::warn!(
                work,
                user,
                code,
                "a user is not told of, others are: {text}"
            );
        }
        turn
    }

    async fn close(&mut self) {
        self.kept.close().await;
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Following")
            .field(&self.name)
            .finish()
    }
}
