use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Follower;
use super::digest::{Digest, of_person};
use super::event::{comment, named, retry};
use super::results::{Failure, Question, Shared};
use super::state::{Id, State};
use crate::http::errors::Fault;
use crate::live::{Asked, Asking, Live, Seat};

/// The first and the longest pause after which a query is tried again that could not be asked.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// The events of a live query, for one client. Nothing happens in it but while somebody waits for [`next`](Self::next), so that a
/// client who is slow costs one event, and gets the newest state with its next.
pub struct LiveStream {
    live: Live,
    question: Question,
    asking: Asking,
    shared: Arc<Shared>,
    person: Digest,
    wakes: watch::Receiver<u64>,
    closed: watch::Receiver<bool>,
    /// What the client has.
    told: Option<Id>,
    /// What is to be said next, the last first.
    waiting: Vec<Bytes>,
    /// When it was last made sure who asks and what there is.
    looked: Instant,
    /// When something was said last.
    spoken: Instant,
    /// How often in a row it could not be looked, and since when.
    failing: Option<(u32, Instant)>,
    is_over: bool,
    _seat: Seat,
}

/// What a stream is made of.
pub(super) struct Opening {
    pub(super) live: Live,
    pub(super) seat: Seat,
    pub(super) question: Question,
    pub(super) follower: Follower,
    /// The state that the client says it has.
    pub(super) known: Option<Vec<u8>>,
}

/// What a look gave.
enum Look {
    State(Arc<State>),
    /// It cannot be told now.
    Away,
    /// Over, for this reason.
    Over(&'static str),
}

impl LiveStream {
    /// Reads for the first time.
    pub(super) async fn open(opening: Opening) -> Result<Self, Fault> {
        let Opening {
            live,
            seat,
            question,
            follower,
            known,
        } = opening;
        let now = Instant::now();
        let person = of_person(follower.person.as_ref());
        let shared = live
            .results()
            .shared(live.bell(), &question, (follower.person, &person));
        let wakes = shared.wakes();
        let wake = *wakes.borrow();
        let state = Box::pin(live.results().state(&shared, wake, now)).await;
        let state = state.map_err(|failure: Failure| Fault::clone(&failure.0))?;
        let first = match known {
            Some(known) if state.id.is(&known) => named("ready", Some(&state.id), b"{}").into(),
            _ => state.whole.clone(),
        };
        Ok(Self {
            closed: live.bell().closed(),
            waiting: vec![first, retry(live.options().retry)],
            told: Some(state.id),
            live,
            question,
            asking: follower.asking,
            shared,
            person,
            wakes,
            looked: now,
            spoken: now,
            failing: None,
            is_over: false,
            _seat: seat,
        })
    }

    /// The text of what comes next; `None` when the stream is over.
    pub async fn next(&mut self) -> Option<Bytes> {
        let text = match self.waiting.pop() {
            Some(text) => text,
            None => self.another().await?,
        };
        self.spoken = Instant::now();
        Some(text)
    }

    async fn another(&mut self) -> Option<Bytes> {
        loop {
            if self.is_over {
                return None;
            }
            match self.wait().await {
                Woken::Closed => return None,
                Woken::Silence => return Some(comment("")),
                Woken::Look => {}
            }
            // In a box, and only while it lasts: a stream that waits is to be small.
            let said = match Box::pin(self.look()).await {
                Look::State(state) => self.tell(&state),
                Look::Away => self.away(),
                Look::Over(reason) => Some(self.end(reason)),
            };
            if said.is_some() {
                return said;
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        let options = *self.live.options();
        let silence = sleep_until(self.spoken + options.heartbeat);
        let is_failing = self.failing.is_some();
        let look = match self.failing {
            Some((times, at)) => at + pause(times),
            None => self.looked + options.look_again,
        };
        tokio::select! {
            // Those who stop are not kept waiting.
            biased;
            _ = self.closed.wait_for(|closed| *closed) => Woken::Closed,
            _ = self.wakes.changed(), if !is_failing => Woken::Look,
            () = sleep_until(look) => Woken::Look,
            () = silence => Woken::Silence,
        }
    }

    /// Asks anew who follows, and reads what there is for it.
    async fn look(&mut self) -> Look {
        let began = Instant::now();
        match (self.asking)().await {
            Asked::Over => return Look::Over("session"),
            Asked::Unknown => return Look::Away,
            Asked::Person(person) => {
                let digest = of_person(person.as_ref());
                if digest != self.person {
                    let who = (person, &digest);
                    let results = self.live.results();
                    self.shared = results.shared(self.live.bell(), &self.question, who);
                    self.wakes = self.shared.wakes();
                    self.person = digest;
                }
            }
        }
        let wake = *self.wakes.borrow_and_update();
        let not_before = match self.failing {
            // Nobody told of what happened meanwhile.
            Some((_, since)) => since,
            None => began
                .checked_sub(self.live.options().look_again)
                .unwrap_or(began),
        };
        let state = self
            .live
            .results()
            .state(&self.shared, wake, not_before)
            .await;
        match state {
            Ok(state) => {
                self.looked = began;
                Look::State(state)
            }
            Err(failure) if failure.may_pass() => Look::Away,
            Err(_) => Look::Over("refused"),
        }
    }

    fn tell(&mut self, state: &State) -> Option<Bytes> {
        let was_failing = self.failing.take().is_some();
        let told = self.told.replace(state.id);
        if told == Some(state.id) {
            return was_failing.then(|| comment("back"));
        }
        match &state.change {
            Some((after, change)) if told == Some(*after) => Some(change.clone()),
            _ => Some(state.whole.clone()),
        }
    }

    fn away(&mut self) -> Option<Bytes> {
        let times = self.failing.map_or(0, |(times, _)| times);
        self.failing = Some((times.saturating_add(1), Instant::now()));
        (times == 0).then(|| comment("away, tried again"))
    }

    fn end(&mut self, reason: &str) -> Bytes {
        self.is_over = true;
        let data = format!("{{\"reason\":\"{reason}\"}}");
        named("end", None, data.as_bytes()).into()
    }
}

enum Woken {
    /// Everything ends.
    Closed,
    /// Nothing was said for a while.
    Silence,
    /// Something may be different.
    Look,
}

/// How long to wait after so many failures in a row: twice as long each time.
fn pause(times: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1)));
    doubled.min(LONGEST_PAUSE)
}

/// SECURITY: who follows what does not belong into logs.
impl fmt::Debug for LiveStream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LiveStream(..)")
    }
}
