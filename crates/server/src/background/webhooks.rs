//! Tells one server of others what happens to users, as `hallpass::changes::webhooks` queues it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hallpass::auth::environment::{Clock as _, Random as _};
use hallpass::auth::outgoing::HttpClient;
use hallpass::changes::webhooks::{Answer, Delivery, State, Webhook};
use hallpass::changes::{Changes, ChangesError, Log, Turn};
use hallpass::data::zmodel::Schema;
use hallpass::system::{SystemClock, SystemRandom};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::run::Duty;
use crate::config;
use crate::webhooks::post;

/// Messages on their way at the same time to one endpoint.
const AT_ONCE: usize = 16;
/// How often what is old is removed.
const CLEANING: Duration = Duration::from_secs(600);
/// The longest that one answer can keep all messages from an endpoint; its own message waits as long as it asked.
const LONGEST_QUIET: Duration = Duration::from_secs(3_600);

/// An endpoint that is told.
pub(super) struct Telling {
    log: Log,
    schema: Arc<Schema>,
    endpoint: Arc<config::Webhook>,
    http: Arc<dyn HttpClient>,
    webhook: Option<Webhook>,
    /// What was answered and is not written down yet: the database may be away at that moment.
    answered: Vec<(Delivery, Answer)>,
    /// Until when the endpoint asked to be left alone.
    quiet_until: Option<Instant>,
    /// Whether it wants to be told no more.
    is_disabled: bool,
    cleaned: Option<Instant>,
    /// Whether the last message was refused.
    is_refusing: bool,
}

impl Telling {
    pub(super) fn new(
        changes: &Changes,
        schema: &Arc<Schema>,
        endpoint: &config::Webhook,
        http: &Arc<dyn HttpClient>,
    ) -> Self {
        Self {
            log: changes.log(),
            schema: Arc::clone(schema),
            endpoint: Arc::new(endpoint.clone()),
            http: Arc::clone(http),
            webhook: None,
            answered: Vec::new(),
            quiet_until: None,
            is_disabled: false,
            cleaned: None,
            is_refusing: false,
        }
    }

    async fn work(&mut self) -> Result<Turn, ChangesError> {
        let webhook = self.webhook().await?;
        self.settle(&webhook).await?;
        if self.is_disabled && webhook.is_disabled().await? {
            let is_more = webhook.pass_over().await?;
            return Ok(if is_more { Turn::More } else { Turn::Rest });
        }
        self.is_disabled = false;
        let is_more = webhook.gather().await?;
        let claimed = if self.is_quiet() {
            Vec::new()
        } else {
            webhook.claim(AT_ONCE).await?
        };
        let is_idle = claimed.is_empty() && !is_more;
        self.send(&webhook, claimed).await?;
        let is_time = self.cleaned.is_none_or(|at| at.elapsed() > CLEANING);
        if is_idle && is_time {
            webhook.clean().await?;
            self.cleaned = Some(Instant::now());
        }
        Ok(if is_idle { Turn::Rest } else { Turn::More })
    }

    async fn webhook(&mut self) -> Result<Webhook, ChangesError> {
        if let Some(webhook) = &self.webhook {
            return Ok(webhook.clone());
        }
        let (name, events) = (&self.endpoint.name, &self.endpoint.events);
        let webhook = Webhook::open(&self.log, &self.schema, name, events).await?;
        self.is_disabled = webhook.is_disabled().await?;
        self.webhook = Some(webhook.clone());
        Ok(webhook)
    }

    fn is_quiet(&self) -> bool {
        self.quiet_until.is_some_and(|until| Instant::now() < until)
    }

    /// Each of another user, so that no order is between them.
    async fn send(
        &mut self,
        webhook: &Webhook,
        claimed: Vec<Delivery>,
    ) -> Result<(), ChangesError> {
        let mut sending = JoinSet::new();
        for delivery in claimed {
            let (endpoint, http) = (Arc::clone(&self.endpoint), Arc::clone(&self.http));
            sending.spawn(async move {
                let (id, body) = (&delivery.message, &delivery.payload);
                let answer = post(&*http, &endpoint, id, body, SystemClock.now()).await;
                (delivery, answer)
            });
        }
        let mut settled = Ok(());
        while let Some(sent) = sending.join_next().await {
            // One that panicked is due again in a minute.
            let Ok(sent) = sent else {
                continue;
            };
            self.answered.push(sent);
            // Where the database is away, the others are heard out all the same: they were told.
            if settled.is_ok() {
                settled = self.settle(webhook).await;
            }
        }
        settled
    }

    /// Writes down what was answered.
    async fn settle(&mut self, webhook: &Webhook) -> Result<(), ChangesError> {
        while let Some((delivery, answer)) = self.answered.last() {
            let mut random = [0];
            SystemRandom.fill(&mut random);
            let state = webhook.settle(delivery, answer, random[0]).await?;
            if let Some((delivery, answer)) = self.answered.pop() {
                self.heed(&answer);
                self.say(&delivery, &answer, state);
            }
        }
        Ok(())
    }

    /// What an answer says of the endpoint as a whole.
    fn heed(&mut self, answer: &Answer) {
        match answer {
            Answer::Later(_, asked) => {
                let until = Instant::now() + (*asked).min(LONGEST_QUIET);
                self.quiet_until = self.quiet_until.max(Some(until));
            }
            Answer::Gone(_) => self.is_disabled = true,
            Answer::Taken(_) | Answer::Refused(_) => {}
        }
    }

    /// Logs that the endpoint begins and ends to refuse, and what is given up.
    fn say(&mut self, delivery: &Delivery, answer: &Answer, state: State) {
        let (name, message) = (&self.endpoint.name, &delivery.message);
        let is_refused = match answer {
            Answer::Taken(_) => false,
            Answer::Gone(_) => {
                tracing::warn!(
                    webhook = name,
                    "the endpoint answered that it is gone, and is told no more: `hallpass webhooks enable {name}` tells it again"
                );
                true
            }
            Answer::Refused(why) | Answer::Later(why, _) => {
                if !self.is_refusing {
                    tracing::warn!(
                        webhook = name,
                        "messages are refused and tried again: {why}"
                    );
                }
                true
            }
        };
        if self.is_refusing && !is_refused {
            tracing::info!(webhook = name, "messages are taken again");
        }
        self.is_refusing = is_refused;
        if state == State::Dead {
            tracing::warn!(
                webhook = name,
                message,
                "a message was refused for three days and is given up: `hallpass webhooks replay` sends it again"
            );
        }
    }
}

#[async_trait]
impl Duty for Telling {
    fn name(&self) -> String {
        Webhook::work_name(&self.endpoint.name)
    }

    async fn turn(&mut self) -> Result<Turn, ChangesError> {
        let turn = self.work().await;
        if turn.is_err() {
            // Tables may have other columns by now.
            self.webhook = None;
        }
        turn
    }
}
