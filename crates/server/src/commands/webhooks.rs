//! `hallpass webhooks`: says how endpoints stand, sends again, and makes secrets.

use std::io::{self, Write as _};
use std::process::ExitCode;

use hallpass::auth::environment::{Clock as _, Random as _};
use hallpass::auth::outgoing::ReqwestClient;
use hallpass::changes::webhooks::{
    Answer, Counts, Disabled, EventKind, Listed, Replay, SigningSecret, State, Webhook as Work,
};
use hallpass::changes::{Beginning, Changes, ReaderStatus, WorkerStatus};
use hallpass::system::{SystemClock, SystemRandom};
use serde_json::json;

use crate::cli::webhooks::{Place, WebhooksCommand};
use crate::config::{self, Database, Environment, Webhook};
use crate::failure::Failure;
use crate::webhooks::post;

/// Something waits for a person. 1 means that the command failed.
const WAITS: u8 = 2;

/// Bytes of a new secret.
const SECRET_BYTES: usize = 32;

/// Does what was typed.
///
/// # Errors
/// [`Failure`] says why it could not.
pub(crate) async fn run(
    command: &WebhooksCommand,
    environment: &Environment,
) -> Result<ExitCode, Failure> {
    match command {
        WebhooksCommand::List { place, json } => list(place, environment, *json).await,
        WebhooksCommand::Deliveries {
            place,
            name,
            state,
            most,
        } => {
            let database = settings(place, environment)?;
            let name = &find(&database, name)?.name;
            let state = state.as_deref().and_then(State::of);
            let deliveries = connect(&database).await?.deliveries();
            let listed = deliveries.list(name, state, *most).await?;
            deliveries_of(&listed).map_err(Failure::Output)?;
            Ok(ExitCode::SUCCESS)
        }
        WebhooksCommand::Replay {
            place,
            name,
            message,
            ..
        } => {
            let database = settings(place, environment)?;
            let name = &find(&database, name)?.name;
            let what = match message {
                Some(id) => Replay::Message(id.clone()),
                None => Replay::Dead,
            };
            let changes = connect(&database).await?;
            let count = changes.deliveries().replay(name, &what).await?;
            say(&format!(
                "{count} messages are sent again, by `hallpass serve` while it runs."
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        WebhooksCommand::Restart { place, name } => {
            let database = settings(place, environment)?;
            let name = &find(&database, name)?.name;
            let log = connect(&database).await?.log();
            log.restart(&Work::work_name(name), Beginning::Now).await?;
            say(&format!(
                "`{name}` is told of what happens from now on; what lay before it, it was not."
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        WebhooksCommand::Enable { place, name } => {
            let database = settings(place, environment)?;
            let name = &find(&database, name)?.name;
            let was_disabled = connect(&database).await?.deliveries().enable(name).await?;
            say(&if was_disabled {
                format!("`{name}` is told what waits, and of what happens from now on.")
            } else {
                format!("`{name}` was told all the time.")
            })?;
            Ok(ExitCode::SUCCESS)
        }
        WebhooksCommand::Test { place, name } => {
            let database = settings(place, environment)?;
            test(find(&database, name)?).await
        }
        WebhooksCommand::Rotate => rotate(),
    }
}

fn settings(place: &Place, environment: &Environment) -> Result<Database, Failure> {
    Ok(config::database(place.config.as_deref(), environment)?)
}

async fn connect(database: &Database) -> Result<Changes, Failure> {
    Ok(Changes::connect(database.url.expose()).await?)
}

fn find<'d>(database: &'d Database, name: &str) -> Result<&'d Webhook, Failure> {
    let mut webhooks = database.webhooks.iter();
    let found = webhooks.find(|one| one.name == name);
    found.ok_or_else(|| Failure::NoWebhook {
        name: name.to_owned(),
    })
}

/// How an endpoint stands.
struct Standing<'d> {
    webhook: &'d Webhook,
    reader: Option<ReaderStatus>,
    worker: Option<WorkerStatus>,
    counts: Option<Counts>,
    /// Where it wants to be told no more.
    disabled: Option<Disabled>,
}

async fn list(
    place: &Place,
    environment: &Environment,
    as_json: bool,
) -> Result<ExitCode, Failure> {
    let database = settings(place, environment)?;
    let changes = connect(&database).await?;
    let readers = changes.readers().await?;
    let workers = changes.workers().await?;
    let counts = changes.deliveries().counts().await?;
    let disabled = changes.deliveries().disabled().await?;
    let standings: Vec<Standing<'_>> = database
        .webhooks
        .iter()
        .map(|webhook| {
            let work = Work::work_name(&webhook.name);
            Standing {
                webhook,
                reader: readers.iter().find(|one| one.name == work).cloned(),
                worker: workers.iter().find(|one| one.name == work).cloned(),
                counts: counts
                    .iter()
                    .find(|one| one.endpoint == webhook.name)
                    .cloned(),
                disabled: disabled
                    .iter()
                    .find(|one| one.endpoint == webhook.name)
                    .cloned(),
            }
        })
        .collect();
    let is_sound = standings.iter().all(Standing::is_sound);
    if as_json {
        let all: Vec<_> = standings.iter().map(Standing::machine).collect();
        say(&json!({ "sound": is_sound, "webhooks": all }).to_string())?;
    } else if standings.is_empty() {
        say("There are no webhooks; `[webhooks.NAME]` in hallpass.toml makes one.")?;
    } else {
        for standing in &standings {
            say(&standing.text())?;
        }
    }
    Ok(if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(WAITS)
    })
}

impl Standing<'_> {
    fn is_sound(&self) -> bool {
        let works = |worker: &WorkerStatus| worker.is_held && worker.failing.is_none();
        self.worker.as_ref().is_some_and(works) && self.dead() == 0 && self.disabled.is_none()
    }

    fn dead(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.dead)
    }

    fn waiting(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.waiting)
    }

    /// SECURITY: never the address: receivers like to put secrets there.
    fn machine(&self) -> serde_json::Value {
        let failing = self.worker.as_ref().and_then(|worker| worker.failing);
        json!({
            "name": self.webhook.name,
            "sound": self.is_sound(),
            "events": self.webhook.events.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
            "secrets": self.webhook.secrets.len(),
            "waiting": self.waiting(),
            "dead": self.dead(),
            "behind": self.reader.as_ref().map(|reader| reader.behind),
            "disabled": self.disabled.as_ref().map(|disabled| disabled.since.to_string()),
            "failing": failing.map(|(since, why)| json!({ "since": since.to_string(), "why": why.name() })),
        })
    }

    fn text(&self) -> String {
        let Webhook { name, events, .. } = self.webhook;
        let told = if events.len() == EventKind::all().count() {
            "everything".to_owned()
        } else {
            let names: Vec<_> = events.iter().map(|kind| kind.name()).collect();
            names.join(", ")
        };
        if let Some(Disabled { since, .. }) = &self.disabled {
            return format!(
                "Webhook {name}: DISABLED since {since:.0}: it answered that it is gone; {} wait, {} given up; `hallpass \
                 webhooks enable {name}` tells it again",
                self.waiting(),
                self.dead()
            );
        }
        let state = match &self.worker {
            None => "not begun; `hallpass serve` tells it while it runs".to_owned(),
            Some(WorkerStatus {
                failing: Some((since, why)),
                ..
            }) => format!("STANDS STILL since {since:.0}: {}", why.text()),
            Some(worker) if worker.is_held => "told".to_owned(),
            Some(_) => "told by nobody; `hallpass serve` does while it runs".to_owned(),
        };
        format!(
            "Webhook {name}: {state}; {} wait, {} given up; it is told of {told}",
            self.waiting(),
            self.dead()
        )
    }
}

fn deliveries_of(listed: &[Listed]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for one in listed {
        let answer = one.answer.as_deref().unwrap_or("-");
        writeln!(
            out,
            "{}  {:<9}  {:<16}  tries {}  last answer {answer}  due {:.0}  user {}",
            one.message,
            one.state,
            one.kind,
            one.attempts,
            one.due,
            one.subject.escape_debug()
        )?;
    }
    Ok(())
}

async fn test(webhook: &Webhook) -> Result<ExitCode, Failure> {
    let http = ReqwestClient::new()?;
    let now = SystemClock.now();
    let body = json!({ "type": "webhook.test", "timestamp": now.to_string(), "data": {} });
    let id = format!("msg_{}", SystemRandom.uuid().replace('-', ""));
    match post(&http, webhook, &id, &body.to_string(), now).await {
        Answer::Taken(status) => {
            say(&format!("`{}` has taken it: {status}.", webhook.name))?;
            Ok(ExitCode::SUCCESS)
        }
        Answer::Refused(why) | Answer::Later(why, _) | Answer::Gone(why) => {
            say(&format!("`{}` has not taken it: {why}.", webhook.name))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

fn rotate() -> Result<ExitCode, Failure> {
    let mut bytes = vec![0; SECRET_BYTES];
    SystemRandom.fill(&mut bytes);
    // invariant: 32 bytes are a secret.
    let Ok(secret) = SigningSecret::of(bytes) else {
        return Ok(ExitCode::FAILURE);
    };
    say(&format!(
        "{}\n\n\
         1. Write it before the old one, and restart: secrets = [\"the new one\", \"the old one\"]\n   \
         (or in HALLPASS_WEBHOOK_NAME_SECRETS, with blanks between). Messages are signed with both.\n\
         2. Give it to the receiver.\n\
         3. Take the old one away, and restart.",
        secret.reveal()
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn say(text: &str) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{text}").map_err(Failure::Output)
}
