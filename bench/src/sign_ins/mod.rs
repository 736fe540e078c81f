//! Sign-ins by password a second, beside the hash alone; and what becomes of session reads meanwhile.
//!
//! The hash alone runs on all cores without a server, a database or a generator. A server shares the cores with both,
//! so that what is lost between the two rates is all that a sign-in does besides hashing, on either side.

mod forms;
mod hash;
mod load;
mod report;

use std::path::Path;

use anyhow::{Context, Result};

use self::forms::Forms;
use self::load::Pace;
use self::report::{Report, Round};
use crate::options::Options;
use crate::people::{Member, person};
use crate::process::Server;
use crate::questions::{Mix, Question};
use crate::server::{self, Place, SESSION_PATH};
use crate::stores::Stores;

/// How many people sign in.
const MEMBERS: usize = 200;
/// Connections that sign in: what one busy site may have at a time.
const SIGNING_IN: usize = 16;
/// Connections of a storm: as many as two hashing threads keep waiting.
const STORMING: usize = 64;
/// Far from what the machine can do: what a read waits for is then not other reads.
const PACE: Pace = Pace {
    connections: 16,
    per_second: 1000,
};

/// A server that runs.
struct Contestant {
    place: Place,
    server: Server,
    forms: Forms,
    mix: Mix,
}

/// Measures the places that were chosen; gives the report.
pub(crate) async fn measure(options: &Options, stores: &Stores, folder: &Path) -> Result<String> {
    let members = hash::members(options.used().take(MEMBERS).map(person).collect())?;
    let mut contestants = Vec::new();
    for place in [Place::Sqlite, Place::Postgres] {
        if options.measures(place) {
            stores.set_passwords(place, &members).await?;
            let contestant = start(options, stores, folder, place, &members).await?;
            contestants.push(contestant);
        }
    }
    let mut report = Report::new(options, PACE, STORMING);
    for round in 1..=options.rounds {
        let alone = hash::rate(&members, options.duration())?;
        eprintln!("round {round}, the hash alone: {alone:.1}/s");
        for contestant in &contestants {
            let seen = contestant.round(options, alone).await;
            let seen = seen.with_context(|| contestant.place.name())?;
            eprintln!("round {round}, {}: {seen}", contestant.place.name());
            report.add(contestant.place, seen);
        }
    }
    Ok(report.to_string())
}

async fn start(
    options: &Options,
    stores: &Stores,
    folder: &Path,
    place: Place,
    members: &[Member],
) -> Result<Contestant> {
    let port = server::free_port()?;
    let mut command = server::serve(options, stores.url(place), port, place)?;
    command
        .env("HALLPASS_PASSWORD", "true")
        .env("HALLPASS_TRUSTED_PROXIES", "127.0.0.1")
        .current_dir(folder);
    let log = server::log(folder, port);
    let server = Server::start(command, port, SESSION_PATH, &log).await?;
    let forms = Forms::new(port, members).await?;
    forms.verify().await.with_context(|| place.name())?;
    let question = |person: crate::people::Person| Question::new(&person.token.clone(), person);
    let mix = Mix::new(options.used().map(person).map(question).collect())?;
    mix.verify(port).await.with_context(|| place.name())?;
    eprintln!("every sign-in and session of {} is right", place.name());
    Ok(Contestant {
        place,
        server,
        forms,
        mix,
    })
}

impl Contestant {
    /// Sign-ins alone, reads alone, and both at once.
    async fn round(&self, options: &Options, hashes_per_second: f64) -> Result<Round> {
        let (port, duration) = (self.server.port, options.duration());
        let sign_ins = load::storm(&self.forms, SIGNING_IN, duration).await?;
        // Once unmeasured: what the sign-ins left in caches is no concern of the reads.
        load::read(port, &self.mix, PACE, options.warm_up(1)).await?;
        let quiet = load::read(port, &self.mix, PACE, duration).await?;
        let reading = (port, &self.mix, PACE);
        let (stormy, storm) =
            load::read_in_storm(reading, (&self.forms, STORMING), duration).await?;
        Ok(Round {
            hashes_per_second,
            sign_ins,
            quiet,
            stormy,
            storm,
        })
    }
}
