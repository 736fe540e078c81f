//! What flows call: charges an attempt to everybody it counts for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::key::LimitKeys;
use super::{
    LimitKey, LimitRules, LimitedAction, Limiter, MemoryLimiter, Quota, Settlement, Spent, Subject,
};
use crate::adapter::{AdapterError, StoreId};
use crate::client::{Client, ClientNetwork};
use crate::environment::Clock;
use crate::error::Error;
use crate::secrets::Secrets;
use crate::visit::Visit;

/// The limits of an installation: rules, and the store that counts.
pub(crate) struct Limits {
    rules: LimitRules,
    keys: LimitKeys,
    clock: Arc<dyn Clock>,
    /// Absent where the process counts for itself.
    shared: Option<Arc<dyn Limiter>>,
    /// Counts alone, or while the shared store is away.
    local: MemoryLimiter,
    warned_of_proxy: AtomicBool,
}

/// An attempt that was counted.
#[derive(Debug)]
#[must_use = "an attempt that succeeds must give back what it took"]
pub(crate) struct Charge {
    taken: Vec<(Subject, LimitKey)>,
}

impl Charge {
    fn settlement(&self, at: jiff::Timestamp) -> Settlement {
        let of = |is_client: bool| {
            let taken = self.taken.iter();
            let those = taken.filter(move |(subject, _)| is_of_clients(*subject) == is_client);
            those.map(|(_, key)| key.clone()).collect()
        };
        Settlement {
            give_back: of(true),
            forget: of(false),
            at,
        }
    }
}

impl Limits {
    pub(crate) fn new(
        rules: LimitRules,
        secrets: &Secrets,
        clock: Arc<dyn Clock>,
        shared: Option<Arc<dyn Limiter>>,
    ) -> Self {
        Self {
            rules,
            keys: LimitKeys::derive(secrets),
            clock,
            shared,
            local: MemoryLimiter::new(),
            warned_of_proxy: AtomicBool::new(false),
        }
    }

    /// Counts an attempt, for the client of the visit and for an address (or the id of an account) as it was normalised.
    ///
    /// Call it before the check or the mail that it guards, and before looking whether the address is known.
    pub(crate) async fn charge(
        &self,
        action: LimitedAction,
        visit: &Visit<'_>,
        address: Option<&str>,
    ) -> Result<Charge, Error> {
        self.charge_for(action, visit, Subject::ALL, address).await
    }

    /// Counts an attempt for an address, where the client was charged before the address could be read.
    pub(crate) async fn charge_address(
        &self,
        action: LimitedAction,
        visit: &Visit<'_>,
        address: &str,
    ) -> Result<Charge, Error> {
        let subjects = [Subject::AddressAndClient, Subject::Address];
        self.charge_for(action, visit, &subjects, Some(address))
            .await
    }

    async fn charge_for(
        &self,
        action: LimitedAction,
        visit: &Visit<'_>,
        subjects: &[Subject],
        address: Option<&str>,
    ) -> Result<Charge, Error> {
        let client = visit.client();
        self.warn_of_proxy(client);
        let client = client.network().map(|client| client.to_string());
        let mut subjects_of = Vec::new();
        let mut takes = Vec::new();
        for subject in subjects.iter().copied() {
            let Some(parts) = parts(subject, client.as_deref(), address) else {
                continue;
            };
            for quota in self.rules.quotas(action, subject) {
                let key = self.keys.key((action, subject), *quota, &parts);
                subjects_of.push(subject);
                takes.push((key, *quota));
            }
        }
        if let Some(spent) = self.take_all(&takes).await {
            let subject = subjects_of.get(spent.index).copied();
            return Err(refused(action, subject, spent.retry_after));
        }
        let keys = takes.into_iter().map(|(key, _)| key);
        Ok(Charge {
            taken: subjects_of.into_iter().zip(keys).collect(),
        })
    }

    /// The attempt succeeded: earlier failures at this address are forgotten, and the client gets its own one back.
    ///
    /// SECURITY: a client's other attempts stay counted; else whoever has one account could guess at others without end.
    pub(crate) async fn succeeded(&self, charge: Charge) {
        let settlement = charge.settlement(self.clock.now());
        self.settle_here(&settlement);
        if let Some(shared) = &self.shared
            && !charge.taken.is_empty()
            && let Err(error) = shared.settle(&settlement).await
        {
            log_away(&error);
        }
    }

    /// What [`succeeded`](Self::succeeded) would write, where this store is the one that counts. Whoever has written it says
    /// so with [`settle_here`](Self::settle_here).
    pub(crate) fn settlement_in(&self, store: &StoreId, charge: &Charge) -> Option<Settlement> {
        let shared = self.shared.as_ref()?;
        let is_there = shared.store_id().as_ref() == Some(store) && !charge.taken.is_empty();
        is_there.then(|| charge.settlement(self.clock.now()))
    }

    /// Settles what was counted here, while the shared store was away.
    pub(crate) fn settle_here(&self, settlement: &Settlement) {
        for key in &settlement.give_back {
            self.local.give_back_now(key, settlement.at);
        }
        self.local.forget_now(&settlement.forget);
    }

    /// Forgets the failures of an address (or account) that was proven in another way, such as by mail: those of
    /// everybody together, and where the client is known, its own.
    pub(crate) async fn forgive(
        &self,
        action: LimitedAction,
        client: Option<ClientNetwork>,
        address: &str,
    ) {
        let client = client.map(|client| client.to_string());
        let mut keys = Vec::new();
        for subject in [Subject::Address, Subject::AddressAndClient] {
            for quota in self.rules.quotas(action, subject) {
                let parts = parts(subject, client.as_deref(), Some(address));
                let parts = parts.unwrap_or_default();
                keys.push(self.keys.key((action, subject), *quota, &parts));
            }
        }
        self.forget(&keys).await;
    }

    /// Says once what an operator should know.
    fn warn_of_proxy(&self, client: Client) {
        let is_new = client == Client::BehindUnknownProxy
            && !self.warned_of_proxy.swap(true, Ordering::Relaxed);
        if is_new {
            tracing::warn!(
                "requests come through a proxy that is not among the trusted proxies, so clients are not told apart and \
                 only addresses are limited: name the proxy's address"
            );
        }
    }

    /// Of a shared store that fails nothing is lost but the sharing: this process counts for itself.
    async fn take_all(&self, takes: &[(LimitKey, Quota)]) -> Option<Spent> {
        let now = self.clock.now();
        if takes.is_empty() {
            return None;
        }
        if let Some(shared) = &self.shared {
            match shared.take_all(takes, now).await {
                Ok(spent) => return spent,
                Err(error) => log_away(&error),
            }
        }
        self.local.take_all_now(takes, now)
    }

    async fn forget(&self, keys: &[LimitKey]) {
        if keys.is_empty() {
            return;
        }
        self.local.forget_now(keys);
        if let Some(shared) = &self.shared
            && let Err(error) = shared.forget(keys).await
        {
            log_away(&error);
        }
    }
}

/// Whether what is counted is what clients try, whomever they try it at.
fn is_of_clients(subject: Subject) -> bool {
    matches!(subject, Subject::Client | Subject::UnknownClients)
}

/// Whom an attempt is counted for, as text; `None` where that is not known.
fn parts<'a>(
    subject: Subject,
    client: Option<&'a str>,
    address: Option<&'a str>,
) -> Option<Vec<&'a str>> {
    match subject {
        Subject::Client => client.map(|client| vec![client]),
        Subject::UnknownClients => client.is_none().then(Vec::new),
        Subject::Address => address.map(|address| vec![address]),
        Subject::AddressAndClient => address.map(|address| vec![address, client.unwrap_or("")]),
    }
}

fn refused(action: LimitedAction, subject: Option<Subject>, retry_after: Duration) -> Error {
    tracing::info!(
        action = action.name(),
        subject = subject.map(Subject::name),
        retry_after_seconds = retry_after.as_secs(),
        "an attempt was refused by a limit"
    );
    Error::TooMany { retry_after }
}

fn log_away(error: &AdapterError) {
    tracing::error!(
        "the store of limits failed, so this process counts for itself: {}",
        crate::error::Causes(error)
    );
}

impl fmt::Debug for Limits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Limits")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
