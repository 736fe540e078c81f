//! Makes hashes and compares with them, on threads of its own.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;

use super::hash::{self, Algorithm, HashFault, Work};
use super::pool::{Pool, PoolError};
use super::{Password, PasswordHash};
use crate::environment::{self, Random};

/// How hashes are made.
#[derive(Clone)]
pub struct HasherOptions {
    /// What new hashes are made with.
    pub algorithm: Algorithm,
    /// How many threads hash: as many as there are cores, by default.
    pub threads: NonZeroUsize,
    /// How many jobs may wait; more are refused with [`HasherError::Busy`]. 32 for each thread, by default: about half
    /// a second of waiting.
    pub waiting: NonZeroUsize,
    /// Runs once on each thread before its first job: to make it yield to others, say.
    pub on_thread_start: Arc<dyn Fn() + Send + Sync>,
}

impl Default for HasherOptions {
    fn default() -> Self {
        const WAITING_FOR_EACH: NonZeroUsize = NonZeroUsize::new(32).unwrap();
        let threads = available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self {
            algorithm: Algorithm::default(),
            threads,
            waiting: threads.saturating_mul(WAITING_FOR_EACH),
            on_thread_start: Arc::new(|| {}),
        }
    }
}

impl fmt::Debug for HasherOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HasherOptions")
            .field("algorithm", &self.algorithm)
            .field("threads", &self.threads)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Match {
        /// Whether the hash was made otherwise than new ones are.
        rehash: bool,
    },
    /// It is not, or there is none.
    NoMatch,
    /// There is something that no password can be compared with. To the visitor it is `NoMatch`; the operator should
    /// learn whose row it is.
    Unusable(HashFault),
}

impl Verdict {
    /// Whether it is the password.
    pub fn is_match(self) -> bool {
        matches!(self, Self::Match { .. })
    }
}

/// Why nothing was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HasherError {
    /// Too many wait already. The same call may work in a moment.
    #[error("too many passwords are being checked")]
    Busy,
    /// The work came to no end.
    #[error("a password could not be hashed")]
    Failed,
}

impl From<PoolError> for HasherError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Busy => Self::Busy,
            PoolError::Lost => Self::Failed,
        }
    }
}

/// Makes hashes and compares with them. Clones are cheap and share the threads.
#[derive(Clone)]
pub struct Hasher {
    inner: Arc<Inner>,
}

struct Inner {
    algorithm: Algorithm,
    random: Arc<dyn Random>,
    pool: Pool,
    /// What the last comparison with a stored hash cost, of those that came to their end.
    last: Mutex<Work>,
}

impl Hasher {
    /// Starts the threads.
    pub fn new(options: &HasherOptions, random: Arc<dyn Random>) -> Self {
        let HasherOptions {
            algorithm,
            threads,
            waiting,
            on_thread_start,
        } = options;
        Self {
            inner: Arc::new(Inner {
                algorithm: *algorithm,
                random,
                pool: Pool::new(*threads, *waiting, on_thread_start),
                last: Mutex::new(Work::of(*algorithm)),
            }),
        }
    }

    /// The hash of a new password, with a salt of its own.
    ///
    /// # Errors
    ///
    /// [`HasherError::Busy`] when too many wait.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HasherError> {
        let algorithm = self.inner.algorithm;
        let salt = environment::array::<16, _>(&*self.inner.random);
        let job = move |memory: &mut _| hash::write(algorithm, &password, salt, memory);
        self.inner.pool.run(job).await?.ok_or(HasherError::Failed)
    }

    /// Compares. Without a hash, or with one that cannot be used, as much work is done as for the last real one, so
    /// that the time says nothing.
    ///
    /// # Errors
    ///
    /// [`HasherError::Busy`] when too many wait.
    pub async fn verify(
        &self,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verdict, HasherError> {
        let parsed = hash.as_ref().map(hash::read).transpose();
        let work = parsed.as_ref().ok().and_then(Option::as_ref);
        let work = work.map(|parsed| parsed.work);
        let (current, last) = (Work::of(self.inner.algorithm), *self.last());
        let job = move |memory: &mut _| {
            let found = match &parsed {
                Ok(Some(parsed)) => parsed.matches(&password, memory),
                _ => None,
            };
            if found.is_none() {
                last.pretend(&password, memory);
            }
            match (found, parsed) {
                (Some(true), _) => Verdict::Match {
                    rehash: work != Some(current),
                },
                (Some(false), _) | (None, Ok(None)) => Verdict::NoMatch,
                (None, Ok(Some(_))) => Verdict::Unusable(HashFault::Malformed),
                (None, Err(fault)) => Verdict::Unusable(fault),
            }
        };
        let verdict = self.inner.pool.run(job).await?;
        // A row whose comparison came to no end says nothing about the others.
        if let (Some(work), Verdict::Match { .. } | Verdict::NoMatch) = (work, verdict) {
            *self.last() = work;
        }
        Ok(verdict)
    }

    /// Does other slow work on the same threads.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherError> {
        Ok(self.inner.pool.run(move |_| work()).await?)
    }

    fn last(&self) -> MutexGuard<'_, Work> {
        let last = self.inner.last.lock();
        last.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hasher")
            .field("algorithm", &self.inner.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::random::SeededRandom;

    fn hasher(algorithm: Algorithm) -> Hasher {
        let options = HasherOptions {
            algorithm,
            threads: NonZeroUsize::MIN,
            ..HasherOptions::default()
        };
        Hasher::new(&options, Arc::new(SeededRandom::new(1)))
    }

    fn password(typed: &str) -> Password {
        Password::parse(typed).unwrap()
    }

    const QUICK: Algorithm = Algorithm::Argon2id {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hasher = hasher(QUICK);
        let hash = hasher.hash(password("correct horse")).await.unwrap();
        let verify = async |typed| hasher.verify(password(typed), Some(hash.clone())).await;
        assert_eq!(
            verify("correct horse").await,
            Ok(Verdict::Match { rehash: false })
        );
        assert_eq!(verify("correct hors").await, Ok(Verdict::NoMatch));
        assert_eq!(verify("").await, Ok(Verdict::NoMatch));
        assert_eq!(
            hasher.verify(password("correct horse"), None).await,
            Ok(Verdict::NoMatch)
        );
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let hasher = hasher(QUICK);
        let one = hasher.hash(password("same")).await.unwrap();
        let other = hasher.hash(password("same")).await.unwrap();
        assert_ne!(one, other);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_to_be_made_again() {
        let hash = hasher(QUICK).hash(password("x")).await.unwrap();
        let other = hasher(Algorithm::Argon2id {
            memory_kib: 32,
            passes: 2,
            lanes: 1,
        });
        assert_eq!(
            other.verify(password("x"), Some(hash)).await,
            Ok(Verdict::Match { rehash: true })
        );
    }

    /// An unknown address costs what a known one of the same table does.
    #[tokio::test]
    async fn nothing_to_compare_with_costs_what_the_last_hash_did() {
        let hash = hasher(QUICK).hash(password("x")).await.unwrap();
        let other = hasher(Algorithm::default());
        other.verify(password("y"), Some(hash)).await.unwrap();
        let last = *other.inner.last.lock().unwrap();
        assert_eq!(last, Work::of(QUICK));
    }

    /// Neither a hash that cannot be used nor a comparison that nobody waited for.
    #[tokio::test]
    async fn a_comparison_without_an_end_does_not_set_what_is_pretended() {
        let hasher = hasher(QUICK);
        let salt = "c29tZXNhbHRzb21lc2FsdA";
        for costs in ["ln=1,r=1,p=1073741823", "ln=0,r=1,p=1"] {
            let hostile = PasswordHash::new(format!("$scrypt${costs}${salt}${salt}"));
            let verdict = hasher.verify(password("x"), Some(hostile)).await.unwrap();
            assert!(matches!(verdict, Verdict::Unusable(_)), "{costs}");
            assert_eq!(*hasher.last(), Work::of(QUICK), "{costs}");
        }
        let other = PasswordHash::new(format!("$scrypt$ln=1,r=1,p=1${salt}${salt}"));
        drop(hasher.verify(password("x"), Some(other.clone())));
        assert_eq!(*hasher.last(), Work::of(QUICK));
        hasher.verify(password("x"), Some(other)).await.unwrap();
        assert_ne!(*hasher.last(), Work::of(QUICK));
    }
}
