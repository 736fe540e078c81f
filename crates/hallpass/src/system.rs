//! The real clock, random source and tasks, for whoever runs an application.

use std::cell::RefCell;

use hallpass_auth::environment::Task;
use jiff::Timestamp;

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The random source of the operating system.
///
/// Asked for several keys at a time: every session read of a client without cookies takes one, and each call of the
/// system costs more than the bytes. What was handed out is overwritten at once.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

/// Tasks of tokio's runtime, where one runs.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTasks;

impl hallpass_auth::environment::Tasks for SystemTasks {
    fn begin(&self, task: Task) -> Result<(), Task> {
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(task);
                Ok(())
            }
            Err(_) => Err(task),
        }
    }
}

impl hallpass_auth::environment::Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

impl hallpass_data::Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

impl hallpass_auth::environment::Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

impl hallpass_data::Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        fill(bytes);
    }
}

/// From now on this thread works only while others have nothing to do, where the system has a word for it: for threads
/// that hash passwords ([`HasherOptions::on_thread_start`]).
///
/// On Linux it gets the policy `SCHED_IDLE`, which gives way at once to whoever wakes; a high nice value alone still lets
/// it end its slice. Where that is refused, the nice value stays.
///
/// [`HasherOptions::on_thread_start`]: hallpass_auth::password::HasherOptions::on_thread_start
pub fn yield_to_others() {
    #[cfg(target_os = "linux")]
    {
        use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy};
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        let this = thread_priority::thread_native_id();
        let set = thread_priority::set_thread_priority_and_policy(this, ThreadPriority::Min, idle);
        if let Err(error) = set {
            tracing::debug!(%error, "a thread keeps its scheduling policy");
        }
        // Last: the call above sets the nice value, too.
        if let Err(error) = rustix::process::nice(19) {
            tracing::debug!(%error, "a thread keeps its nice value");
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock that everything else asks"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// Random bytes asked for at a time.
const SUPPLY: usize = 512;

thread_local! {
    static STORE: RefCell<Supply> = const { RefCell::new(Supply::empty()) };
}

/// Random bytes that nobody has got yet.
struct Supply {
    bytes: [u8; SUPPLY],
    /// INVARIANT: what lies before was handed out, and is zero now.
    used: usize,
}

impl Supply {
    const fn empty() -> Self {
        Self {
            bytes: [0; SUPPLY],
            used: SUPPLY,
        }
    }

    fn hand_out(&mut self, wanted: &mut [u8]) {
        if SUPPLY - self.used < wanted.len() {
            ask(&mut self.bytes);
            self.used = 0;
        }
        let rest = self.bytes.get_mut(self.used..).unwrap_or_default();
        for (wanted, given) in wanted.iter_mut().zip(rest) {
            *wanted = std::mem::take(given);
        }
        self.used += wanted.len();
    }
}

fn fill(bytes: &mut [u8]) {
    if bytes.len() > SUPPLY / 4 {
        ask(bytes);
        return;
    }
    let handed = STORE.try_with(|store| store.borrow_mut().hand_out(bytes));
    if handed.is_err() {
        // The thread is ending.
        ask(bytes);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the randomness that everything else asks for"
)]
fn ask(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        // SECURITY: going on with predictable bytes would hand out sessions that can be guessed.
        tracing::error!(%error, "the system gives no randomness; stopping");
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use hallpass_auth::environment::Random as _;

    use super::*;

    #[test]
    fn random_tokens_are_long_and_differ() {
        let (one, other) = (SystemRandom.hex_token(), SystemRandom.hex_token());
        assert_eq!(one.len(), 64);
        assert_ne!(one, other);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_yields_is_idle_for_the_scheduler_and_no_other_is() {
        use thread_priority::{
            NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_schedule_policy,
        };
        let yielding = std::thread::spawn(|| {
            yield_to_others();
            let nice = rustix::process::getpriority_process(None).unwrap();
            (thread_schedule_policy().unwrap(), nice)
        });
        let normal = ThreadSchedulePolicy::Normal;
        let idle = normal(NormalThreadSchedulePolicy::Idle);
        assert_eq!(yielding.join().unwrap(), (idle, 19));
        let other = normal(NormalThreadSchedulePolicy::Other);
        assert_eq!(thread_schedule_policy().unwrap(), other);
    }

    #[test]
    fn no_bytes_are_handed_out_twice_on_any_thread() {
        let tokens = || (0..200).map(|_| SystemRandom.uuid()).collect::<Vec<_>>();
        let other = std::thread::spawn(tokens);
        let mut all = tokens();
        all.extend(other.join().unwrap());
        all.sort();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_supply_forgets_what_it_handed_out_and_never_runs_dry() {
        let mut supply = Supply::empty();
        for length in [1, 32, 128, 7, 128, 128, 128, 128, 0, 64] {
            let mut bytes = vec![0; length];
            supply.hand_out(&mut bytes);
            let is_random = length < 16 || bytes.iter().any(|byte| *byte != 0);
            assert!(is_random, "{length}");
            assert!(supply.bytes[..supply.used].iter().all(|byte| *byte == 0));
            assert!(supply.used >= length);
        }
    }
}
