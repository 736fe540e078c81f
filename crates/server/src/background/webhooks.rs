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

/// An endpoint that is told.
pub(super) struct Telling {
    log: Log,
    schema: Arc<Schema>,
    endpoint: Arc<config::Webhook>,
    http: Arc<dyn HttpClient>,
    webhook: Option<Webhook>,
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
            cleaned: None,
            is_refusing: false,
        }
    }

    async fn work(&mut self) -> Result<Turn, ChangesError> {
        let webhook = match self.webhook.take() {
            Some(webhook) => webhook,
            None => {
                let (name, events) = (&self.endpoint.name, &self.endpoint.events);
                Webhook::open(&self.log, &self.schema, name, events).await?
            }
        };
        self.webhook = Some(webhook.clone());
        let is_more = webhook.gather().await?;
        let claimed = webhook.claim(AT_ONCE).await?;
        let is_idle = claimed.is_empty() && !is_more;
        self.send(&webhook, claimed).await?;
        let is_time = self.cleaned.is_none_or(|at| at.elapsed() > CLEANING);
        if is_idle && is_time {
            webhook.clean().await?;
            self.cleaned = Some(Instant::now());
        }
        Ok(if is_idle { Turn::Rest } else { Turn::More })
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
        while let Some(sent) = sending.join_next().await {
            // One that panicked is due again in a minute.
            let Ok((delivery, answer)) = sent else {
                continue;
            };
            let mut random = [0];
            SystemRandom.fill(&mut random);
            let state = webhook.settle(&delivery, &answer, random[0]).await?;
            self.say(&delivery, &answer, state);
        }
        Ok(())
    }

    /// Logs that the endpoint begins and ends to refuse, and what is given up.
    fn say(&mut self, delivery: &Delivery, answer: &Answer, state: State) {
        let (name, message) = (&self.endpoint.name, &delivery.message);
        let is_refused = match answer {
            Answer::Taken(_) => false,
            Answer::Refused(why) => {
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
