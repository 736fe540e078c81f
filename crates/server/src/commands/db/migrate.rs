//! `hallpass db migrate`

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use hallpass::data::ClientOptions;
use hallpass::data::migrate::{Developed, Development, Migrator, Resolution, Status};
use hallpass::system::{SystemClock, SystemRandom};

use super::{WAITS, consent, line, place, schema};
use crate::cli::db::{Migrate, MigrateCommand, MigrateDev, MigratePlace, Resolve};
use crate::config::Environment;
use crate::failure::Failure;

pub(super) async fn run(options: &Migrate, environment: &Environment) -> Result<ExitCode, Failure> {
    match &options.command {
        MigrateCommand::Dev(options) => develop(options, environment).await,
        MigrateCommand::Deploy(options) => deploy(options, environment).await,
        MigrateCommand::Status(options) => status(options, environment).await,
        MigrateCommand::Resolve(options) => resolve(options, environment).await,
    }
}

async fn migrator(
    options: &MigratePlace,
    environment: &Environment,
) -> Result<(Migrator, PathBuf), Failure> {
    let (database, path) = place(&options.place, environment)?;
    let beside = || path.parent().unwrap_or(Path::new("")).join("migrations");
    let folder = options.migrations.clone().unwrap_or_else(beside);
    let world = ClientOptions::new(SystemClock, SystemRandom);
    let migrator = Migrator::connect(database.url.expose(), folder, world).await?;
    Ok((migrator, path))
}

async fn develop(options: &MigrateDev, environment: &Environment) -> Result<ExitCode, Failure> {
    let (migrator, path) = migrator(&options.place, environment).await?;
    let wish = Development {
        name: options.name.clone(),
        consent: consent(&options.agreement),
        create_only: options.create_only,
    };
    let (database, _) = place(&options.place.place, environment)?;
    let schema = schema(&path)?;
    let develop = async { Ok::<_, Failure>(migrator.develop(&schema, &wish).await?) };
    let done = hallpass::making_tables(database.url.expose(), &schema, Box::pin(develop)).await?;
    print_developed(&done, &mut io::stdout().lock()).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn print_developed(done: &Developed, out: &mut impl Write) -> io::Result<()> {
    for path in &done.written {
        writeln!(out, "Wrote {}", path.display())?;
    }
    for step in &done.plan.steps {
        writeln!(out, "{}", line(step))?;
    }
    print_applied(&done.applied, out)?;
    if done.plan.is_empty() {
        writeln!(out, "The migrations make what the schema says.")?;
    }
    Ok(())
}

async fn deploy(options: &MigratePlace, environment: &Environment) -> Result<ExitCode, Failure> {
    let (migrator, path) = migrator(options, environment).await?;
    let (database, _) = place(&options.place, environment)?;
    let deploy = Box::pin(async { Ok::<_, Failure>(migrator.deploy().await?) });
    // Migrations run where the schema is not, too.
    let applied = match schema(&path) {
        Ok(schema) => hallpass::making_tables(database.url.expose(), &schema, deploy).await?,
        Err(_) => deploy.await?,
    };
    let mut out = io::stdout().lock();
    let printed = if applied.is_empty() {
        writeln!(out, "Every migration has run.")
    } else {
        print_applied(&applied, &mut out)
    };
    printed.map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn print_applied(applied: &[String], out: &mut impl Write) -> io::Result<()> {
    for name in applied {
        writeln!(out, "Ran {name}")?;
    }
    Ok(())
}

async fn status(options: &MigratePlace, environment: &Environment) -> Result<ExitCode, Failure> {
    let (migrator, _) = migrator(options, environment).await?;
    let status = migrator.status().await?;
    print_status(&status, &mut io::stdout().lock()).map_err(Failure::Output)?;
    let is_done =
        status.pending.is_empty() && status.unfinished.is_empty() && status.changed.is_empty();
    Ok(if is_done {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WAITS)
    })
}

fn print_status(status: &Status, out: &mut impl Write) -> io::Result<()> {
    let groups: [(&str, &[String]); 4] = [
        ("has run", &status.applied),
        ("waits", &status.pending),
        ("was changed after it had run", &status.changed),
        ("has run and is not in the folder", &status.unknown),
    ];
    for (words, names) in groups {
        for name in names {
            writeln!(out, "{name}: {words}")?;
        }
    }
    for (name, logs) in &status.unfinished {
        writeln!(out, "{name}: did not run to its end")?;
        if let Some(logs) = logs {
            writeln!(out, "  {logs}")?;
        }
    }
    if *status == Status::default() {
        writeln!(out, "There are no migrations.")?;
    }
    Ok(())
}

async fn resolve(options: &Resolve, environment: &Environment) -> Result<ExitCode, Failure> {
    let (migrator, _) = migrator(&options.place, environment).await?;
    let (how, words) = if options.applied {
        (Resolution::Applied, "counts as run")
    } else {
        (Resolution::RolledBack, "will run again")
    };
    migrator.resolve(&options.name, how).await?;
    writeln!(io::stdout().lock(), "{} {words}.", options.name).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}
