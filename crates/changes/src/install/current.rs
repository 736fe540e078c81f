//! What is tracked at this moment, held against what that needs by now: tables and their foreign keys may be others than when the
//! triggers were made.

use hallpass_db::Connection;
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::Model;

use super::plan::{self, Plan};
use super::{Changes, Done, Standing, begin, end, schemas, status};
use crate::capture;
use crate::error::ChangesError;
use crate::tracking::{SESSIONS, Tracking};
use crate::words::is_mysql;

impl Changes {
    /// What is tracked at this moment, and what the schema says is to be, as it would be tracked today; nothing where no table is.
    ///
    /// # Errors
    /// As [`tracking`](Self::tracking).
    pub async fn current(&self, schema: &Schema) -> Result<Option<Tracking>, ChangesError> {
        let found = capture::found(&mut (&self.database).into()).await?;
        if found.is_empty() {
            return Ok(None);
        }
        let is_captured = |name: &str| {
            let mut found = found.iter();
            found.any(|one| one.table.name.eq_ignore_ascii_case(name))
        };
        let models = schema.models.iter();
        let captured = models.filter(|model: &&Model| is_captured(&model.table));
        let named: Vec<String> = captured.map(|model| model.name.clone()).collect();
        let catalog = self.database.catalog_of(&schemas(schema)).await?;
        let dialect = self.database.dialect();
        let tracking = Tracking::choose(schema, &catalog, dialect, &named)?;
        Ok(Some(if is_captured(SESSIONS) {
            tracking.with_sessions(&catalog)?
        } else {
            tracking
        }))
    }

    /// The tables whose triggers are not those that they need by now, those for foreign keys included:
    /// [`install`](Self::install) mends it. Nothing where no table is tracked.
    ///
    /// # Errors
    /// As [`current`](Self::current).
    pub async fn amiss(&self, schema: &Schema) -> Result<Vec<String>, ChangesError> {
        let Some(tracking) = self.current(schema).await? else {
            return Ok(Vec::new());
        };
        let tables = status::tables(&self.database, &tracking).await?;
        let tables = tables.into_iter().map(|one| (one.table, one.standing));
        let keys = status::keys(&self.database, &tracking).await?;
        let keys = keys.into_iter().map(|one| (one.table, one.standing));
        // A table that is tracked beyond the schema does no harm.
        let tables = tables.filter(|(_, standing)| *standing != Standing::Stray);
        let all = tables.chain(keys);
        let amiss = all.filter(|(_, standing)| *standing != Standing::Tracked);
        let mut amiss: Vec<String> = amiss.map(|(table, _)| table).collect();
        amiss.sort();
        amiss.dedup();
        Ok(amiss)
    }

    /// Follows the foreign keys that there are now, for what is tracked already: for whoever has just made one. Does nothing
    /// where no table is tracked, or where the database fires triggers for what keys do.
    ///
    /// # Errors
    /// As [`install`](Self::install).
    pub async fn follow_keys(&self, schema: &Schema) -> Result<Done, ChangesError> {
        if !is_mysql(self.database.dialect()) {
            return Ok(Done::default());
        }
        let Some(tracking) = self.current(schema).await? else {
            return Ok(Done::default());
        };
        let mut connection: Connection<'_> = (&self.database).into();
        if plan::cascades(&mut connection, &tracking).await?.is_empty() {
            return Ok(Done::default());
        }
        let mut tx = begin(&self.database).await?;
        let steps = plan::cascades(&mut (&mut tx).into(), &tracking).await;
        end(tx, steps.map(|steps| Plan { steps })).await
    }
}
