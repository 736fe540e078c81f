//! `hallpass db …`: the tables of a database.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const DB_EXAMPLES: &str = "\
Reads DATABASE_URL, or `database_url` from hallpass.toml. The schema is --schema, else HALLPASS_SCHEMA, else ./schema.zmodel;
migrations stand in the folder `migrations` beside it.

Two ways to bring tables to where the schema is:
  hallpass db push              for a database that can be thrown away: compares, and changes what is agreed to
  hallpass db migrate …         for one that cannot: files of SQL, read by people, run once on every database

Examples:
  hallpass db pull --out schema.zmodel     begin with the tables that are there
  hallpass db push --dry-run               see what would change
  hallpass db migrate dev --name add-posts
  hallpass db migrate deploy";

const PUSH_EXAMPLES: &str = "\
Each step has a name, and says what it does to what is there:
  adds          nothing that is there changes; always done
  loosens       takes away a key, an index or a default; done with --accept loosening
  may fail      rows may not allow it, and then nothing happens; done with --accept may-fail
  LOSES DATA    what stands in rows may be gone; done only when it is named: --accept drop-column:Post.title

Everything happens or nothing; on MySQL and MariaDB, which cannot undo changes of tables, up to the step that failed. Ends
with 0 when nothing is left to do, with 2 when steps wait to be agreed to.

Examples:
  hallpass db push --dry-run
  hallpass db push --accept may-fail --accept drop-table:Draft";

pub(super) const PULL_EXAMPLES: &str = "\
Prints a schema of the tables that are there: models, enums and relations, with the names of the database in `@map`. What
the language has no word for becomes Unsupported(\"…\"). Pushed again it leaves nothing to do.

The four tables of sign-in are known by their columns and become User, Account, Session and VerificationToken, so that
`hallpass serve` takes the schema as it is (HALLPASS_SCHEMA).

Examples:
  hallpass db pull > schema.zmodel
  hallpass db pull --out schema.zmodel";

const MIGRATE_EXAMPLES: &str = "\
Migrations are files of SQL, laid out as Prisma does: migrations/20260131120000_add_posts/migration.sql. What has run stands
in the table _prisma_migrations, so that a project moves between Prisma and Hallpass with folder and database as they are.

  hallpass db migrate dev --name add-posts   write what changed in the schema as a new migration, and run it
  hallpass db migrate deploy                 run what has not run yet: in production, at every start
  hallpass db migrate status                 see what has run, what waits and what stands in the way
  hallpass db migrate resolve NAME --rolled-back   say how one that stopped halfway stands

A file that was changed after it had run is refused by its name; one that stopped halfway is never run again by itself.";

/// Options of `hallpass db`.
#[derive(Debug, Args)]
#[command(after_help = DB_EXAMPLES)]
pub(crate) struct Db {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

/// What can be done with the tables of a database.
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Compare the tables with the schema, and change what is agreed to.
    #[command(after_help = PUSH_EXAMPLES)]
    Push(Push),
    /// Print a schema of the tables that are there.
    #[command(after_help = PULL_EXAMPLES)]
    Pull(Pull),
    /// Write and run files that change tables, each once.
    #[command(after_help = MIGRATE_EXAMPLES)]
    Migrate(Migrate),
}

/// Where database and schema are.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The schema; without it `HALLPASS_SCHEMA`, else ./schema.zmodel.
    #[arg(long, value_name = "FILE")]
    pub(crate) schema: Option<PathBuf>,
}

/// What is agreed to.
#[derive(Debug, Args)]
pub(crate) struct Agreement {
    /// Agree to a step by its name, or to a kind of them: `loosening`, `may-fail`. May be given several times.
    #[arg(long, value_name = "STEP")]
    pub(crate) accept: Vec<String>,
}

/// Options of `hallpass db push`.
#[derive(Debug, Args)]
pub(crate) struct Push {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) agreement: Agreement,
    /// Print the steps and the SQL, and change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Options of `hallpass db pull`.
#[derive(Debug, Args)]
pub(crate) struct Pull {
    /// The configuration file; without it ./hallpass.toml, if there is one.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write it to this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Options of `hallpass db migrate`.
#[derive(Debug, Args)]
pub(crate) struct Migrate {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: MigrateCommand,
}

/// What can be done with migrations.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Run what has not run yet, then write what changed in the schema as a new migration and run it.
    Dev(MigrateDev),
    /// Run what has not run yet.
    Deploy(MigratePlace),
    /// Say what has run, what waits and what stands in the way. Ends with 2 when something does.
    Status(MigratePlace),
    /// Say how a migration that stopped halfway stands.
    Resolve(Resolve),
}

/// Where database, schema and migrations are.
#[derive(Debug, Args)]
pub(crate) struct MigratePlace {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The folder of migrations; without it `migrations` beside the schema.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) migrations: Option<PathBuf>,
}

/// Options of `hallpass db migrate dev`.
#[derive(Debug, Args)]
pub(crate) struct MigrateDev {
    #[command(flatten)]
    pub(crate) place: MigratePlace,
    #[command(flatten)]
    pub(crate) agreement: Agreement,
    /// What the new migration does, in a few words.
    #[arg(long, value_name = "WORDS", default_value = "migration")]
    pub(crate) name: String,
    /// Write the new migration and do not run it: to be read and changed first.
    #[arg(long)]
    pub(crate) create_only: bool,
}

/// Options of `hallpass db migrate resolve`.
#[derive(Debug, Args)]
pub(crate) struct Resolve {
    #[command(flatten)]
    pub(crate) place: MigratePlace,
    /// The migration.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What was left of it has been done by hand.
    #[arg(
        long,
        conflicts_with = "rolled_back",
        required_unless_present = "rolled_back"
    )]
    pub(crate) applied: bool,
    /// What it had done has been undone by hand: it runs again.
    #[arg(long)]
    pub(crate) rolled_back: bool,
}
