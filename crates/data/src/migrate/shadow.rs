//! A database of its own in which migrations are tried, so that it is known what they make. It goes afterwards.

use hallpass_db::{Database, address_of};
use hallpass_sql::{Dialect, Statement};
use hallpass_zmodel::Schema;

use super::folder::Migration;
use super::{MigrateError, Migrator, Outcome, failed, run_inside, script};
use crate::structure::{Plan, Structure};

impl Migrator {
    /// What is left to do for a schema after these migrations.
    pub(super) async fn in_shadow(
        &self,
        migrations: &[Migration],
        schema: &Schema,
    ) -> Result<Plan, MigrateError> {
        if self.structure.dialect() == Dialect::Sqlite {
            let shadow = Structure::connect(":memory:").await?;
            return replay(&shadow, migrations, schema).await;
        }
        let name = format!("hallpass_shadow_{}", self.id().replace('-', ""));
        let create = Statement::CreateDatabase(name.clone());
        let made = run(&self.structure.database, &create).await?;
        made.map_err(MigrateError::Shadow)?;
        let plan = self.in_database(&name, migrations, schema).await;
        // Whatever came of it, the database goes.
        let dropped = run(&self.structure.database, &Statement::DropDatabase(name)).await?;
        let plan = plan?;
        dropped?;
        Ok(plan)
    }

    async fn in_database(
        &self,
        name: &str,
        migrations: &[Migration],
        schema: &Schema,
    ) -> Result<Plan, MigrateError> {
        let shadow = Structure::connect(&address_of(&self.address, name)).await?;
        let plan = replay(&shadow, migrations, schema).await;
        shadow.database.close().await;
        plan
    }
}

async fn replay(
    shadow: &Structure,
    migrations: &[Migration],
    schema: &Schema,
) -> Result<Plan, MigrateError> {
    let transactional = shadow.dialect().capability().transactional_ddl;
    for migration in migrations {
        let ran = if transactional && !script::is_outside(&migration.sql) {
            let mut tx = shadow.database.begin_change().await?;
            run_inside(&mut tx, migration).await?;
            Ok(tx.commit().await?)
        } else {
            shadow.database.script(&migration.sql).await
        };
        ran.map_err(|source| failed(migration, Outcome::Nothing, source))?;
    }
    Ok(shadow.compare(schema).await?)
}

async fn run(
    database: &Database,
    statement: &Statement,
) -> Result<Result<(), hallpass_db::Error>, MigrateError> {
    let query = hallpass_sql::emit(statement, database.dialect())?;
    Ok(database.exec(&query, &[]).await.map(drop))
}
