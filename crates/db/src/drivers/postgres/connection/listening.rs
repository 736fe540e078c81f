//! A connection that only listens.

use std::future::poll_fn;

use tokio_postgres::AsyncMessage;

use super::Connector;
use crate::drivers::postgres::errors;
use crate::error::Error;
use crate::listener::{Hearing, Listener};

impl Connector {
    /// Listens on a channel whose name is a plain word.
    pub(in crate::drivers::postgres) async fn listen(
        &self,
        channel: &str,
    ) -> Result<Listener, Error> {
        let connected = self.settings.config.connect(self.tls.clone()).await;
        let (client, mut connection) = connected.map_err(|error| errors::of_connecting(&error))?;
        let (hearing, listener) = Hearing::pair();
        let driver = tokio::spawn(async move {
            while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
                match message {
                    Ok(AsyncMessage::Notification(told)) => hearing.hear(told.payload()),
                    Ok(_) => {}
                    Err(error) => {
                        let error = errors::of_text(&error);
                        tracing::debug!(%error, "the connection that listens to PostgreSQL ended");
                        break;
                    }
                }
            }
        });
        // Without its client a connection ends, so that of a refusal nothing is left.
        let begun = client.batch_execute(&format!("LISTEN {channel}")).await;
        begun.map_err(|error| errors::of_text(&error))?;
        Ok(listener(driver.abort_handle(), Box::new(client)))
    }
}
