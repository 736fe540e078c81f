//! Installs capture, takes it away, and says how it stands.

mod current;
mod plan;
mod status;

use hallpass_db::{Connection, Database, Transaction};
use hallpass_sql::{AdvisoryLock, Dialect, StartupLock, Statement, Value};
use hallpass_zmodel::Schema;

use crate::audit::{Audit, AuditKeys, Trail};
use crate::error::ChangesError;
use crate::log::{Log, ReaderStatus};
use crate::sync::{UserSync, target_of};
use crate::tracking::Tracking;
use crate::webhooks::Deliveries;
use crate::words::{is_mysql, query};
use crate::worker::{Worker, WorkerStatus};

pub(crate) use plan::has_table;
pub use plan::{Leave, Plan, Step};
pub use status::{KeysStatus, Standing, Status, TableStatus};

/// Processes of this library that install triggers take turns by it. The number is arbitrary.
const LOCK: AdvisoryLock = AdvisoryLock {
    key: 7_305_804_402_566_455_636,
    timeout_seconds: 20,
};
/// How long a step waits for a table that others use. While it waits, whoever comes after it waits, too: so not for long.
const PATIENCE_SECONDS: u32 = 3;

/// Capture in one database.
#[derive(Debug, Clone)]
pub struct Changes {
    database: Database,
}

/// From where to where a log goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The position of the last change.
    pub last: i64,
    /// The position up to which changes were removed. What lies between is kept.
    pub removed: i64,
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Changes {
    /// Capture in the database at `address`.
    ///
    /// # Errors
    /// [`ChangesError::Connect`] with what to check.
    pub async fn connect(address: &str) -> Result<Self, ChangesError> {
        Ok(Self::of(&crate::connect(address).await?))
    }

    /// Capture in this database.
    pub fn of(database: &Database) -> Self {
        Self {
            database: database.clone(),
        }
    }

    /// The log that capture writes.
    pub fn log(&self) -> Log {
        Log::of(&self.database)
    }

    /// The table that tells of users in this database.
    pub fn users(&self) -> UserSync {
        UserSync::of(&self.database)
    }

    /// The work of this name on this database, for a process that calls itself `holder`: see [`Worker::open`].
    ///
    /// # Errors
    /// What the database said.
    pub async fn worker(&self, name: &str, holder: &str) -> Result<Worker, ChangesError> {
        Worker::open(&self.database, name, holder).await
    }

    /// How all work on this database stands, by name; nothing where none was ever begun.
    ///
    /// # Errors
    /// What the database said.
    pub async fn workers(&self) -> Result<Vec<WorkerStatus>, ChangesError> {
        Worker::all(&self.database).await
    }

    /// Ends a reader that nobody needs any longer, so that it holds nothing in the log, and forgets how its work stood.
    ///
    /// # Errors
    /// [`ChangesError::NoReader`], and what the database said.
    pub async fn forget(&self, reader: &str) -> Result<(), ChangesError> {
        self.log().end(reader).await?;
        if let Some(target) = target_of(reader) {
            self.users().forget_refusals(target).await?;
        }
        Worker::forget(&self.database, reader).await
    }

    /// The audit trail of this database, to be read, where there is one.
    pub fn trail(&self) -> Trail {
        Trail::of(&self.database)
    }

    /// The audit trail of this database; makes it where there is none.
    ///
    /// # Errors
    /// As [`Audit::open`].
    pub async fn open_audit(&self, keys: AuditKeys) -> Result<Audit, ChangesError> {
        Audit::open(&self.database, keys).await
    }

    /// The queue of webhooks.
    pub fn deliveries(&self) -> Deliveries {
        Deliveries::of(&self.database)
    }

    /// How far all readers of the log are, by name; nothing where there is no log.
    ///
    /// # Errors
    /// What the database said.
    pub async fn readers(&self) -> Result<Vec<ReaderStatus>, ChangesError> {
        if !plan::has_log(&mut (&self.database).into()).await? {
            return Ok(Vec::new());
        }
        let log = self.log();
        log.advance().await?;
        log.readers().await
    }

    /// From where to where the log goes; nothing where there is none.
    ///
    /// # Errors
    /// What the database said.
    pub async fn extent(&self) -> Result<Option<Extent>, ChangesError> {
        if !plan::has_log(&mut (&self.database).into()).await? {
            return Ok(None);
        }
        let log = self.log();
        Ok(Some(Extent {
            last: log.last().await?,
            removed: log.removed().await?,
        }))
    }

    /// What is tracked by this schema, with tables that are named beside.
    ///
    /// # Errors
    /// [`ChangesError::Track`] for what cannot be tracked.
    pub async fn tracking(
        &self,
        schema: &Schema,
        named: &[String],
    ) -> Result<Tracking, ChangesError> {
        let catalog = self.database.catalog_of(&schemas(schema)).await?;
        Ok(Tracking::choose(
            schema,
            &catalog,
            self.database.dialect(),
            named,
        )?)
    }

    /// The same with sessions as Hallpass lists them: who, since when and until when, and never what a session is known by.
    ///
    /// # Errors
    /// [`ChangesError::Track`] where there is no such list.
    pub async fn with_sessions(&self, tracking: Tracking) -> Result<Tracking, ChangesError> {
        let catalog = self.database.catalog_of(&[]).await?;
        Ok(tracking.with_sessions(&catalog)?)
    }

    /// What would have to be done so that exactly this is tracked. Changes nothing.
    ///
    /// # Errors
    /// What the database said.
    pub async fn plan(&self, tracking: &Tracking) -> Result<Plan, ChangesError> {
        plan::install(&mut (&self.database).into(), tracking).await
    }

    /// What would have to be done so that nothing is tracked any longer. Changes nothing.
    ///
    /// # Errors
    /// What the database said.
    pub async fn plan_removal(&self, leave: Leave) -> Result<Plan, ChangesError> {
        plan::uninstall(&mut (&self.database).into(), leave).await
    }

    /// Sees to it that exactly this is tracked; does nothing where it is. All or nothing, where the database can undo changes
    /// of tables.
    ///
    /// # Errors
    /// [`ChangesError::Step`], and what the database said.
    pub async fn install(&self, tracking: &Tracking) -> Result<Done, ChangesError> {
        change(&self.database, async |connection| {
            plan::install(connection, tracking).await
        })
        .await
    }

    /// Takes all triggers away, and the log where it is not to be left.
    ///
    /// # Errors
    /// As [`install`](Self::install).
    pub async fn uninstall(&self, leave: Leave) -> Result<Done, ChangesError> {
        change(&self.database, async |connection| {
            plan::uninstall(connection, leave).await
        })
        .await
    }

    /// How capture stands.
    ///
    /// # Errors
    /// What the database said.
    pub async fn status(&self, tracking: &Tracking) -> Result<Status, ChangesError> {
        status::read(&self.database, tracking).await
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.database.close().await;
    }
}

/// Plans anew while nobody else changes anything, and does it.
pub(crate) async fn change(
    database: &Database,
    plan: impl AsyncFn(&mut Connection<'_>) -> Result<Plan, ChangesError>,
) -> Result<Done, ChangesError> {
    if plan(&mut database.into()).await?.steps.is_empty() {
        return Ok(Done::default());
    }
    let mut tx = begin(database).await?;
    let plan = plan(&mut (&mut tx).into()).await;
    end(tx, plan).await
}

/// Begins a transaction that changes tables, while nobody else does. It ends by [`end`].
///
/// What [`change`] does in one, for futures that have to be `Send` whatever they borrow: a closure that borrows makes the
/// compiler give up on that.
pub(crate) async fn begin(database: &Database) -> Result<Transaction, ChangesError> {
    let mut tx = database.begin().await?;
    match lock(&mut tx).await {
        Ok(()) => Ok(tx),
        Err(error) => {
            // What belongs to the connection goes with it.
            tx.close();
            Err(error)
        }
    }
}

/// Does what was planned in the transaction, all of it or nothing.
pub(crate) async fn end(
    mut tx: Transaction,
    plan: Result<Plan, ChangesError>,
) -> Result<Done, ChangesError> {
    let done = async {
        let plan = plan?;
        for step in &plan.steps {
            step.run(&mut tx).await?;
        }
        unlock(&mut tx).await?;
        Ok(plan.steps)
    };
    match done.await {
        Ok(steps) => {
            tx.commit().await?;
            Ok(Done { steps })
        }
        Err(error) => {
            tx.close();
            Err(error)
        }
    }
}

impl Step {
    async fn run(&self, tx: &mut Transaction) -> Result<(), ChangesError> {
        for statement in &self.script {
            // One by one, as text: not every server prepares statements that make triggers.
            let ran = tx.script(statement).await;
            ran.map_err(|failed| ChangesError::Step {
                step: self.name.clone(),
                source: failed.error,
            })?;
        }
        Ok(())
    }
}

async fn lock(tx: &mut Transaction) -> Result<(), ChangesError> {
    let dialect = tx.dialect();
    let kind = dialect.capability().startup_lock;
    if kind == StartupLock::Writer {
        return Ok(());
    }
    let acquire = hallpass_sql::emit(&Statement::AcquireLock(LOCK), dialect)?;
    let rows = tx.exec(&acquire, &[]).await?.rows;
    let given = rows.first().and_then(|row| row.first());
    if kind == StartupLock::Connection && given != Some(&Value::Int(1)) {
        return Err(ChangesError::Locked);
    }
    let patience = if is_mysql(dialect) {
        format!("SET SESSION lock_wait_timeout = {PATIENCE_SECONDS}")
    } else {
        format!("SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s'")
    };
    let patience = query(dialect, hallpass_sql::Access::Write, &patience);
    tx.exec(&patience, &[]).await?;
    Ok(())
}

async fn unlock(tx: &mut Transaction) -> Result<(), ChangesError> {
    let dialect: Dialect = tx.dialect();
    if dialect.capability().startup_lock != StartupLock::Connection {
        return Ok(());
    }
    let text = "SET SESSION lock_wait_timeout = DEFAULT";
    let patience = query(dialect, hallpass_sql::Access::Write, text);
    tx.exec(&patience, &[]).await?;
    let release = hallpass_sql::emit(&Statement::ReleaseLock(LOCK), dialect)?;
    tx.exec(&release, &[]).await?;
    Ok(())
}

/// The schemas of the database that a schema speaks of.
pub(crate) fn schemas(schema: &Schema) -> Vec<String> {
    let datasource = schema.datasource.as_ref();
    let said = schema.models.iter();
    let mut names: Vec<String> = said.filter_map(|one| one.database_schema.clone()).collect();
    names.extend(datasource.and_then(|block| block.default_schema.clone()));
    names.sort();
    names.dedup();
    names
}
