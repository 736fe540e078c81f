//! Rules about counters of limits.
//!
//! They pass the moment in, so the store's own clock does not count; keys are of their own for every rule.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{Verdict, hold};
use crate::adapter::AdapterError;
use crate::limit::{LimitKey, Limiter, Quota, Settlement, Spent, Taken};

const MINUTE: Duration = Duration::from_secs(60);

fn key(rule: &str, number: u8) -> LimitKey {
    let mut subject = [number; 16];
    let bytes = subject.iter_mut().zip(rule.bytes());
    bytes.for_each(|(to, byte)| *to ^= byte);
    LimitKey::new(&format!("kit.{rule}.60"), &subject)
}

/// So many milliseconds after a fixed moment of 2029.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_861_920_000_000 + millis).unwrap_or(Timestamp::UNIX_EPOCH)
}

async fn allowed(
    limiter: &dyn Limiter,
    key: &LimitKey,
    quota: Quota,
    now: Timestamp,
) -> Result<bool, AdapterError> {
    Ok(limiter.take(key, quota, now).await? == Taken::Allowed)
}

/// Of a hundred at the same time as many pass as the quota has.
pub async fn limit_taken_a_hundred_times_at_once_allows_its_quota(
    limiter: &dyn Limiter,
) -> Verdict {
    let quota = Quota::new(10, MINUTE);
    for round in 0..3 {
        let key = key("race", round);
        let takes = (0..100).map(|_| allowed(limiter, &key, quota, at(0)));
        let outcomes: Result<Vec<bool>, AdapterError> = join_all(takes).await.into_iter().collect();
        let passed = outcomes?.into_iter().filter(|allowed| *allowed).count();
        hold(passed == 10, "not exactly the quota was allowed")?;
    }
    Ok(())
}

/// The window begins with the first; the last of it counts, the moment of its end does not.
pub async fn limit_begins_anew_when_its_window_is_over(limiter: &dyn Limiter) -> Verdict {
    let (key, quota) = (key("window", 0), Quota::new(2, MINUTE));
    for round in 0..3 {
        let begin = 60_000 * round;
        for millis in [begin, begin + 30_000] {
            let passed = allowed(limiter, &key, quota, at(millis)).await?;
            hold(passed, "it was refused within its quota")?;
        }
        for millis in [begin + 30_000, begin + 59_999] {
            let passed = allowed(limiter, &key, quota, at(millis)).await?;
            hold(!passed, "it was allowed beyond its quota")?;
        }
    }
    Ok(())
}

/// Races over the end of a window lose nothing either.
pub async fn limit_raced_over_the_end_of_its_window_allows_its_quota(
    limiter: &dyn Limiter,
) -> Verdict {
    let (key, quota) = (key("anew", 0), Quota::new(5, MINUTE));
    for _ in 0..5 {
        allowed(limiter, &key, quota, at(0)).await?;
    }
    let takes = (0..50).map(|_| allowed(limiter, &key, quota, at(60_000)));
    let outcomes: Result<Vec<bool>, AdapterError> = join_all(takes).await.into_iter().collect();
    let passed = outcomes?.into_iter().filter(|allowed| *allowed).count();
    hold(passed == 5, "not exactly the quota was allowed")
}

/// What is used up for one key is there for every other.
pub async fn limit_keys_are_independent(limiter: &dyn Limiter) -> Verdict {
    let quota = Quota::new(1, MINUTE);
    let keys = [key("one", 1), key("one", 2), key("two", 1)];
    for key in &keys {
        let passed = allowed(limiter, key, quota, at(0)).await?;
        hold(passed, "another key used it up")?;
    }
    for key in &keys {
        let passed = allowed(limiter, key, quota, at(0)).await?;
        hold(!passed, "the key was forgotten")?;
    }
    Ok(())
}

/// A refusal says when the window ends, to the millisecond.
pub async fn limit_refusal_says_how_long_to_wait(limiter: &dyn Limiter) -> Verdict {
    let (key, quota) = (key("wait", 0), Quota::new(1, MINUTE));
    allowed(limiter, &key, quota, at(0)).await?;
    for (now, wait) in [(0, 60_000), (1, 59_999), (45_000, 15_000), (59_999, 1)] {
        let taken = limiter.take(&key, quota, at(now)).await?;
        let retry_after = Duration::from_millis(wait);
        hold(taken == Taken::Refused { retry_after }, "the wait is wrong")?;
    }
    Ok(())
}

/// Refusals neither lengthen the wait nor count.
pub async fn limit_refusals_change_nothing(limiter: &dyn Limiter) -> Verdict {
    let (key, quota) = (key("refused", 0), Quota::new(1, MINUTE));
    allowed(limiter, &key, quota, at(0)).await?;
    for _ in 0..20 {
        let passed = allowed(limiter, &key, quota, at(59_000)).await?;
        hold(!passed, "it was allowed beyond its quota")?;
    }
    limiter.give_back(&key, at(59_000)).await?;
    let passed = allowed(limiter, &key, quota, at(59_000)).await?;
    hold(passed, "a refusal was counted")?;
    let passed = allowed(limiter, &key, quota, at(60_000)).await?;
    hold(passed, "a refusal moved the end of the window")
}

/// A quota of none refuses the first, and the wait is its window.
pub async fn limit_of_none_refuses_all(limiter: &dyn Limiter) -> Verdict {
    let (key, quota) = (key("none", 0), Quota::new(0, MINUTE));
    for _ in 0..2 {
        let taken = limiter.take(&key, quota, at(0)).await?;
        let retry_after = MINUTE;
        hold(taken == Taken::Refused { retry_after }, "one was allowed")?;
    }
    Ok(())
}

/// A quota that was changed counts from the next take on.
pub async fn limit_of_a_running_window_may_change(limiter: &dyn Limiter) -> Verdict {
    let key = key("changed", 0);
    for count in [1, 2, 3] {
        let quota = Quota::new(count, MINUTE);
        let passed = allowed(limiter, &key, quota, at(0)).await?;
        hold(passed, "the larger quota was not used")?;
    }
    let passed = allowed(limiter, &key, Quota::new(2, MINUTE), at(0)).await?;
    hold(!passed, "the smaller quota was not used")
}

/// Several at once: up to the first that has none left, which is named with its wait; what comes after it is left alone.
pub async fn limit_of_several_stops_at_the_first_that_is_spent(limiter: &dyn Limiter) -> Verdict {
    let quotas = [3, 2, 5].map(|count| Quota::new(count, MINUTE));
    let mut keys = (1..=3).map(|number| key("several", number));
    let takes: Vec<_> = keys.by_ref().zip(quotas).collect();
    for round in 0..2 {
        let spent = limiter.take_all(&takes, at(round)).await?;
        hold(spent.is_none(), "it was refused within its quotas")?;
    }
    let spent = limiter.take_all(&takes, at(10_000)).await?;
    let expected = Spent {
        index: 1,
        retry_after: Duration::from_secs(50),
    };
    hold(spent == Some(expected), "not the spent one was named")?;
    for ((key, quota), left) in takes.iter().zip([0, 0, 3]) {
        for _ in 0..left {
            let passed = allowed(limiter, key, *quota, at(20_000)).await?;
            hold(passed, "one that comes after the spent one was taken")?;
        }
        let passed = allowed(limiter, key, *quota, at(20_000)).await?;
        hold(!passed, "one that comes before the spent one was not taken")?;
    }
    let spent = limiter.take_all(&takes, at(60_000)).await?;
    hold(spent.is_none(), "a new window was refused")?;
    let none = [(key("several", 4), Quota::new(0, MINUTE))];
    let spent = limiter.take_all(&none, at(0)).await?;
    hold(spent.is_some(), "a quota of none was allowed")?;
    let spent = limiter.take_all(&[], at(0)).await?;
    hold(spent.is_none(), "nothing was refused")
}

/// Several at once, by many at once: as many pass as the smallest quota has.
pub async fn limits_of_several_taken_at_once_allow_the_smallest(limiter: &dyn Limiter) -> Verdict {
    for round in 0..3 {
        let takes: Vec<_> = [20, 7, 30]
            .into_iter()
            .zip(0_u8..)
            .map(|(count, part)| {
                (
                    key("several at once", 3 * round + part),
                    Quota::new(count, MINUTE),
                )
            })
            .collect();
        let attempts = (0..50).map(|_| limiter.take_all(&takes, at(0)));
        let outcomes: Result<Vec<_>, AdapterError> = join_all(attempts).await.into_iter().collect();
        let passed = outcomes?.iter().filter(|spent| spent.is_none()).count();
        hold(passed == 7, "not exactly the smallest quota was allowed")?;
    }
    Ok(())
}

/// What is given back can be taken again, once; of a counter that is not there, or is over, nothing comes.
pub async fn limit_given_back_can_be_taken_again(limiter: &dyn Limiter) -> Verdict {
    let (key, quota) = (key("back", 0), Quota::new(1, MINUTE));
    limiter.give_back(&key, at(0)).await?;
    for _ in 0..2 {
        let passed = allowed(limiter, &key, quota, at(0)).await?;
        hold(passed, "what was given back could not be taken")?;
        let passed = allowed(limiter, &key, quota, at(0)).await?;
        hold(!passed, "more was given back than was taken")?;
        limiter.give_back(&key, at(0)).await?;
    }
    limiter.give_back(&key, at(0)).await?;
    limiter.give_back(&key, at(60_000)).await?;
    let passed = allowed(limiter, &key, quota, at(60_000)).await?;
    hold(passed, "the new window was refused")?;
    let passed = allowed(limiter, &key, quota, at(60_000)).await?;
    hold(!passed, "more was given back than was taken")
}

/// Forgotten keys begin anew; others, and the keys that were never there, do not matter.
pub async fn limit_forgotten_begins_anew(limiter: &dyn Limiter) -> Verdict {
    let quota = Quota::new(1, MINUTE);
    let keys = [1, 2, 3].map(|number| key("forget", number));
    for key in &keys {
        allowed(limiter, key, quota, at(0)).await?;
    }
    let [first, second, kept] = keys;
    limiter
        .forget(&[first.clone(), second.clone(), key("forget", 99)])
        .await?;
    limiter.forget(&[]).await?;
    for (key, is_forgotten) in [(first, true), (second, true), (kept, false)] {
        let passed = allowed(limiter, &key, quota, at(1)).await?;
        hold(passed == is_forgotten, "the wrong keys were forgotten")?;
    }
    Ok(())
}

/// All that a success gives back at once: of some one, others are forgotten, and what is not named stays.
pub async fn limit_settled_is_given_back_or_begins_anew(limiter: &dyn Limiter) -> Verdict {
    let quota = Quota::new(2, MINUTE);
    for (round, (backs, forgets)) in (0..).zip([(1, 3), (1, 1), (0, 2), (1, 0), (2, 2), (1, 8)]) {
        let number = |place: usize| 20 * round + u8::try_from(place).unwrap_or_default();
        let keys: Vec<_> = (0..backs + forgets + 1)
            .map(|place| key("settle", number(place)))
            .collect();
        for key in keys.iter().chain(&keys) {
            let passed = allowed(limiter, key, quota, at(0)).await?;
            hold(passed, "it was refused within its quota")?;
        }
        let give_back: Vec<_> = keys.iter().take(backs).cloned().collect();
        let forget: Vec<_> = keys.iter().skip(backs).take(forgets).cloned().collect();
        let settlement = Settlement {
            give_back,
            forget,
            at: at(1_000),
        };
        limiter.settle(&settlement).await?;
        for (place, key) in keys.iter().enumerate() {
            let left = match place {
                place if place < backs => 1,
                place if place < backs + forgets => 2,
                _ => 0,
            };
            for _ in 0..left {
                let passed = allowed(limiter, key, quota, at(2_000)).await?;
                hold(passed, "it was not given back")?;
            }
            let passed = allowed(limiter, key, quota, at(2_000)).await?;
            hold(!passed, "more was given back than was taken")?;
            // The window of one that was forgotten began a moment ago, that of the others is over.
            let passed = allowed(limiter, key, quota, at(61_000)).await?;
            hold(passed != (left == 2), "the window is another")?;
        }
        // Of counters that are over nothing comes.
        limiter.settle(&settlement).await?;
    }
    Ok(())
}

/// Windows of a year are kept to their end.
pub async fn limit_of_a_year_lasts_a_year(limiter: &dyn Limiter) -> Verdict {
    const DAY: i64 = 86_400_000;
    let (key, quota) = (key("year", 0), Quota::new(1, MINUTE * 60 * 24 * 365));
    allowed(limiter, &key, quota, at(0)).await?;
    let passed = allowed(limiter, &key, quota, at(364 * DAY)).await?;
    hold(!passed, "it ended too early")?;
    let passed = allowed(limiter, &key, quota, at(365 * DAY)).await?;
    hold(passed, "it did not end")
}

/// Some keys, for tests of a store's own.
pub fn limit_keys() -> [LimitKey; 2] {
    [key("keys", 0), key("keys", 1)]
}
