//! A server that is ready: it greets, serves until asked to stop, and closes the database.

use std::time::Duration;

use hallpass::changes::live::Feed;
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::app::Application;
use crate::background::{Background, Work};
use crate::http::connections;
use crate::http::hosts::Hosts;
use crate::http::site::Site;
use crate::metrics::Metrics;
use crate::revocations::Refreshing;
use crate::shutdown::Stop;
use crate::store::Store;
use crate::{attribution, cleanup, http, live, terminal};

/// How long the database may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// Everything a command made ready.
#[derive(Debug)]
pub(crate) struct Server {
    /// Where connections come in.
    pub(crate) listener: TcpListener,
    /// What answers.
    pub(crate) application: Application,
    /// How often expired rows are removed, if ever.
    pub(crate) cleanup: Option<Duration>,
    /// By which names it is called.
    pub(crate) hosts: Hosts,
    /// Where the data is.
    pub(crate) store: Store,
    /// What is done beside answering, if anything.
    pub(crate) work: Option<Work>,
    /// What tells live queries of other programs, if there may be any.
    pub(crate) feed: Option<Feed>,
    /// Where measurements are read, if anywhere.
    pub(crate) metrics: Option<Metrics>,
    /// Said when all is ready.
    pub(crate) greeting: String,
}

impl Server {
    /// Serves until asked to stop.
    pub(crate) async fn run(self, stop: Stop) {
        attribution::look(self.store.client()).await;
        let store = self.store.clone();
        let health = http::health::routes(move || {
            let store = store.clone();
            async move { store.is_ready().await }
        });
        let auth = self.application.auth.clone();
        let refreshing = Refreshing::begin(&auth);
        let background = self.work.map(|work| Background::begin(work, &stop));
        let site = Site::new(self.application, self.hosts, health);
        let metrics = self
            .metrics
            .map(|metrics| tokio::spawn(metrics.serve(stop.clone())));
        let live = tokio::spawn(live::end(self.store.clone(), stop.clone()));
        let feed = self.feed.map(|feed| tokio::spawn(feed.run()));
        terminal::say(&self.greeting);
        tokio::select! {
            () = connections::serve(self.listener, site, stop) => {}
            () = cleanup::forever(&auth, self.cleanup) => {}
            () = attribution::forever(self.store.client()) => {}
        }
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        live.abort();
        if let Some(feed) = feed {
            feed.abort();
        }
        drop(refreshing);
        if let Some(background) = background {
            background.end().await;
        }
        if timeout(CLOSE_TIMEOUT, self.store.close()).await.is_err() {
            tracing::warn!("the database did not close in time");
        }
    }
}
