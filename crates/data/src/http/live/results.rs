//! One read for all who ask the same as the same person.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex as Lock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, sleep_until};

use super::digest::{Digest, Digesting};
use super::looks::Looks;
use super::state::{State, Telling, Untold};
use crate::args::ArgValue;
use crate::client::Client;
use crate::error::{Error, InvalidInput};
use crate::http::ErrorDetail;
use crate::http::errors::{Fault, FaultKind};
use crate::limits::Limits;
use crate::live::{Bell, LiveOptions, Touched, Watch};
use crate::operation::Operation;

/// How long a failure holds for all who ask the same, so that not each of them asks a database that is away.
const FAILED: Duration = Duration::from_millis(500);

/// What is asked, whoever asks.
pub(super) struct Question {
    /// With full access; to which the open models are there.
    pub(super) client: Client,
    pub(super) model: String,
    pub(super) operation: Operation,
    pub(super) args: ArgValue,
    pub(super) errors: ErrorDetail,
}

impl Question {
    fn digest(&self, person: &Digest) -> Digest {
        let mut digesting = Digesting::begin();
        // Another service may show other models.
        let engine = Arc::as_ptr(&self.client.engine).addr();
        digesting.text(1, &engine.to_string());
        digesting.text(2, &self.model);
        digesting.text(3, self.operation.name());
        digesting.value(&self.args);
        digesting.value(&ArgValue::Bytes(person.to_vec()));
        digesting.end()
    }
}

/// The results that somebody follows.
pub(crate) struct Results {
    options: LiveOptions,
    telling: Telling,
    shared: Arc<Lock<HashMap<Digest, Weak<Shared>>>>,
    looks: Looks,
}

impl Results {
    pub(crate) fn new(options: LiveOptions) -> Self {
        Self {
            telling: Telling::new(options.result_bytes, options.all_bytes),
            options,
            shared: Arc::default(),
            looks: Looks::default(),
        }
    }

    /// Who follows them, by their sessions.
    pub(super) fn looks(&self) -> &Looks {
        &self.looks
    }

    /// What a person gets who asks this; the same for all who are the same.
    pub(super) fn shared(
        &self,
        bell: &Arc<Bell>,
        question: &Question,
        (person, of_person): (Option<ArgValue>, &Digest),
    ) -> Arc<Shared> {
        let key = question.digest(of_person);
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = shared.get(&key).and_then(Weak::upgrade) {
            return found;
        }
        let limits = Limits {
            rows: self.options.rows,
            ..*question.client.limits()
        };
        let client = question.client.with_limits(limits).for_user(person);
        let made = Arc::new(Shared {
            client,
            model: question.model.clone(),
            operation: question.operation,
            args: question.args.clone(),
            errors: question.errors,
            watch: bell.watch(),
            last: Mutex::default(),
            key,
            all: Arc::clone(&self.shared),
        });
        shared.insert(key, Arc::downgrade(&made));
        made
    }

    /// The result as it is now: read after this wake and this moment, by whoever comes first.
    pub(super) async fn state(
        &self,
        shared: &Shared,
        wake: u64,
        not_before: Instant,
    ) -> Result<Arc<State>, Failure> {
        let mut last = shared.last.lock().await;
        if let Some(known) = last
            .state
            .as_ref()
            .filter(|_| last.is_good(wake, not_before))
        {
            return Ok(Arc::clone(known));
        }
        if let Some((at, failure)) = &last.failed
            && at.elapsed() < FAILED
        {
            return Err(failure.clone());
        }
        if let Some(read) = last.read {
            sleep_until(read + self.options.pace).await;
        }
        // Before the read: what is woken from here on may not be in it.
        let wake = *shared.watch.wakes().borrow();
        let began = Instant::now();
        let is_new = last
            .noted
            .is_none_or(|noted| noted.elapsed() >= self.options.look_again);
        let read = self.read(shared, is_new, last.state.as_deref()).await;
        match read {
            Ok(state) => {
                if is_new {
                    last.noted = Some(began);
                }
                let state = match last.state.take().filter(|known| known.id == state.id) {
                    // What those have who come late is still worth a step.
                    Some(known) => known,
                    None => Arc::new(state),
                };
                last.wake = wake;
                last.read = Some(began);
                last.failed = None;
                last.state = Some(Arc::clone(&state));
                Ok(state)
            }
            Err(failure) => {
                last.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    async fn read(
        &self,
        shared: &Shared,
        is_new: bool,
        before: Option<&State>,
    ) -> Result<State, Failure> {
        let touched = is_new.then(Arc::<Touched>::default);
        let client = Client {
            touched: touched.clone(),
            ..shared.client.clone()
        };
        let reply = client
            .call(&shared.model, shared.operation, &shared.args)
            .await;
        if let Some(touched) = &touched
            && reply.is_ok()
        {
            shared.watch.narrow(client.reads(touched));
        }
        let reply = reply.map_err(|error| Failure::of(error, shared.errors))?;
        let model = client.model_called(&shared.model);
        let model =
            model.map_err(|error: InvalidInput| Failure::of(error.into(), shared.errors))?;
        let version = client.engine.dialect_version;
        let state = self.telling.state(&reply, model, version, before);
        state.map_err(|untold| self.failure(untold))
    }

    fn failure(&self, untold: Untold) -> Failure {
        let fault = match untold {
            Untold::TooLarge => Fault::too_large(format!(
                "a live result may have at most {} bytes",
                self.options.result_bytes
            )),
            Untold::NoRoom => Fault::unavailable("there is no room for live results at the moment"),
        };
        Failure(Arc::new(fault))
    }
}

/// What was read last for all who ask the same as the same person.
pub(super) struct Shared {
    client: Client,
    model: String,
    operation: Operation,
    args: ArgValue,
    errors: ErrorDetail,
    watch: Watch,
    last: Mutex<Last>,
    key: Digest,
    all: Arc<Lock<HashMap<Digest, Weak<Shared>>>>,
}

#[derive(Default)]
struct Last {
    /// The last wake before it was read.
    wake: u64,
    /// When it was read.
    read: Option<Instant>,
    /// When it was noted which tables that looks at.
    noted: Option<Instant>,
    state: Option<Arc<State>>,
    failed: Option<(Instant, Failure)>,
}

impl Last {
    fn is_good(&self, wake: u64, not_before: Instant) -> bool {
        self.wake >= wake && self.read.is_some_and(|read| read >= not_before)
    }
}

impl Shared {
    /// Changes with each wake.
    pub(super) fn wakes(&self) -> watch::Receiver<u64> {
        self.watch.wakes()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have asked the same meanwhile.
        if all
            .get(&self.key)
            .is_some_and(|one| one.strong_count() == 0)
        {
            all.remove(&self.key);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shared(..)")
    }
}

/// Why there is no result.
#[derive(Debug, Clone)]
pub(super) struct Failure(pub(super) Arc<Fault>);

impl Failure {
    fn of(error: Error, detail: ErrorDetail) -> Self {
        Self(Arc::new(Fault::of(error, detail)))
    }

    /// Whether the same may work soon.
    pub(super) fn may_pass(&self) -> bool {
        matches!(
            self.0.kind,
            FaultKind::Unavailable { .. } | FaultKind::Internal
        )
    }
}
