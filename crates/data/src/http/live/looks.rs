//! One look at a session for all streams of it that the same change has woken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::digest::{Digest, Digesting};
use crate::args::ArgValue;
use crate::client::Engine;
use crate::live::{Asked, Asking, Bell};

/// How old an answer may be that another stream was given, where nothing was written since it was asked for: as long as it takes
/// until all who were woken together have their turn.
const FRESH: Duration = Duration::from_millis(250);

/// The sessions that streams look at.
#[derive(Default)]
pub(super) struct Looks(Arc<All>);

type All = Lock<HashMap<Digest, Weak<Look>>>;

/// What was answered last, for all streams of one session.
struct Look {
    last: Mutex<Option<Answer>>,
    key: Digest,
    all: Arc<All>,
}

struct Answer {
    /// How often the bell had rung when it was asked for.
    rings: u64,
    began: Instant,
    asked: Asked,
}

impl Looks {
    /// Asks the same, once for all who are woken together. `session` tells apart whose answers differ; `whose` they are said to be.
    pub(super) fn shared(
        &self,
        engine: &Arc<Engine>,
        (session, whose): (&[u8; 32], Option<&str>),
        asking: Asking,
    ) -> Asking {
        let mut digesting = Digesting::begin();
        // Another schema may look at something else in the person.
        digesting.text(1, &Arc::as_ptr(engine).addr().to_string());
        digesting.value(&ArgValue::Bytes(session.to_vec()));
        digesting.text(u8::from(whose.is_some()), whose.unwrap_or_default());
        let look = self.of(digesting.end());
        let held = Arc::new((look, Arc::clone(&engine.bell), asking));
        Box::new(move || {
            let held = Arc::clone(&held);
            Box::pin(async move {
                let (look, bell, asking) = &*held;
                look.answer(bell, asking).await
            })
        })
    }

    fn of(&self, key: Digest) -> Arc<Look> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.get(&key).and_then(Weak::upgrade) {
            return found;
        }
        let made = Arc::new(Look {
            last: Mutex::default(),
            key,
            all: Arc::clone(&self.0),
        });
        all.insert(key, Arc::downgrade(&made));
        made
    }
}

impl Look {
    /// SECURITY: an answer holds for whoever asks only if it was asked for after the change that woke them: whose rights change is
    /// told so at the next wake, as if each looked alone.
    async fn answer(&self, bell: &Bell, asking: &Asking) -> Asked {
        let (rings, now) = (bell.rings(), Instant::now());
        let mut last = self.last.lock().await;
        let is_good = |one: &&Answer| one.rings >= rings && now < one.began + FRESH;
        if let Some(known) = last.as_ref().filter(is_good) {
            return known.asked.clone();
        }
        // Before it is asked: what happens from here on may not be in it.
        let (rings, began) = (bell.rings(), Instant::now());
        let asked = asking().await;
        *last = Some(Answer {
            rings,
            began,
            asked: asked.clone(),
        });
        asked
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        // Another stream of the session may have begun meanwhile.
        if all
            .get(&self.key)
            .is_some_and(|one| one.strong_count() == 0)
        {
            all.remove(&self.key);
        }
    }
}
