//! Rules about leases.

use futures_util::future::join_all;

use super::{Verdict, hold, second};
use crate::adapter::AdapterError;
use crate::linked::{Lease, LeaseStore};

/// When all leases of these rules begin.
const NOW: i64 = 1_700_000_000;

fn lease(key: &str, holder: &str, expires: i64) -> Lease {
    Lease {
        key: format!("kit:{key}"),
        holder: holder.to_owned(),
        expires: second(expires),
    }
}

/// Of a hundred that want it at once, one gets it.
pub async fn lease_taken_a_hundred_times_at_once_is_taken_once(store: &dyn LeaseStore) -> Verdict {
    let wanted: Vec<Lease> = (0..100)
        .map(|holder| lease("race", &format!("holder-{holder}"), NOW + 60))
        .collect();
    let calls = wanted.iter().map(|one| store.take_lease(one, second(NOW)));
    let outcomes: Result<Vec<bool>, AdapterError> = join_all(calls).await.into_iter().collect();
    let taken = outcomes?.into_iter().filter(|taken| *taken).count();
    hold(taken == 1, "there was not exactly one holder")
}

/// Another can take it when it was given back, or when its time is over; never before.
pub async fn lease_is_free_when_it_is_over_or_given_back(store: &dyn LeaseStore) -> Verdict {
    let first = lease("turns", "first", NOW + 60);
    let other = lease("turns", "other", NOW + 90);
    hold(
        store.take_lease(&first, second(NOW)).await?,
        "a free one was not taken",
    )?;
    for moment in [NOW, NOW + 59] {
        let taken = store.take_lease(&other, second(moment)).await?;
        hold(!taken, "it was taken from its holder")?;
    }
    let taken = store.take_lease(&other, second(NOW + 60)).await?;
    hold(taken, "it is not free when its time is over")?;
    store.end_lease(&first).await?;
    let taken = store.take_lease(&first, second(NOW + 61)).await?;
    hold(!taken, "who lost it gave it back for another")?;
    store.end_lease(&other).await?;
    store.end_lease(&other).await?;
    let taken = store.take_lease(&first, second(NOW + 61)).await?;
    hold(taken, "it is not free though it was given back")
}

/// Each is for itself.
pub async fn leases_are_independent(store: &dyn LeaseStore) -> Verdict {
    for key in ["one", "two", "one-more"] {
        let one = lease(key, "holder", NOW + 60);
        hold(
            store.take_lease(&one, second(NOW)).await?,
            "a key is another's",
        )?;
    }
    Ok(())
}

/// Who waits for one that is free, or is given back, goes on.
pub async fn lease_can_be_waited_for(store: &dyn LeaseStore) -> Verdict {
    let held = lease("waited-for", "held", NOW + 60);
    store.await_lease(&held).await?;
    hold(
        store.take_lease(&held, second(NOW)).await?,
        "it was not taken",
    )?;
    let wanted = lease("waited-for", "wanted", NOW + 60);
    let waits = async {
        while !store.take_lease(&wanted, second(NOW)).await? {
            store.await_lease(&wanted).await?;
        }
        Ok::<_, AdapterError>(())
    };
    let (waited, ended) = futures_util::future::join(waits, store.end_lease(&held)).await;
    waited?;
    ended?;
    Ok(())
}
