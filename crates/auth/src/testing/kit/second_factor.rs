//! Rules about second factors.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{Verdict, hold, later, long_ago, malformed, second};
use crate::adapter::{AdapterError, UserId};
use crate::directory::SessionKey;
use crate::second_factor::{
    DeviceRecord, Factor, Factors, ProofRecord, SecondFactorStore, TotpRecord, WaitingRecord,
};
use crate::secret::{SessionToken, TokenHash};

fn user(name: &str) -> UserId {
    UserId(format!("second-{name}"))
}

fn app(name: &str, id: &str) -> TotpRecord {
    TotpRecord {
        user_id: user(name),
        id: id.to_owned(),
        // As long as ours are, and longer.
        sealed: "eyJ.".repeat(150),
        last_step: 5,
        created: long_ago(),
    }
}

fn codes(name: &str, count: usize) -> Vec<TokenHash> {
    let codes = (0..count).map(|number| TokenHash::new(format!("{name}-code-{number}")));
    codes.collect()
}

fn waiting(name: &str, expires: Timestamp) -> WaitingRecord {
    WaitingRecord {
        hash: TokenHash::new(format!("{name}-waiting")),
        user_id: user(name),
        sealed: "sealed ".repeat(6_000),
        expires,
    }
}

fn device(name: &str, number: i64) -> DeviceRecord {
    DeviceRecord {
        hash: TokenHash::new(format!("{name}-device-{number}")),
        id: format!("{name}-id-{number}"),
        user_id: user(name),
        client: (number > 0).then(|| "Firefox on Linux".to_owned()),
        created: second(1_000_000_000 + number),
        expires: later(),
    }
}

fn proof(name: &str, second: Option<Factor>) -> ProofRecord {
    ProofRecord {
        key: SessionKey::of_token(&SessionToken::new(format!("{name}-session"))),
        user_id: user(name),
        first: Factor::Password,
        second,
        at: long_ago(),
        expires: later(),
    }
}

async fn add(
    store: &dyn SecondFactorStore,
    name: &str,
    id: &str,
    replaces: Option<&str>,
) -> Result<bool, AdapterError> {
    let codes = codes(&format!("{name}-{id}"), 3);
    store.add_totp(app(name, id), &codes, replaces).await
}

async fn use_code(
    store: &dyn SecondFactorStore,
    name: &str,
    code: &str,
) -> Result<bool, AdapterError> {
    let code = TokenHash::new(code);
    store.use_recovery_code(&user(name), &code).await
}

/// What a user has is what was added, and nobody else has it.
pub async fn app_comes_back_as_written(store: &dyn SecondFactorStore) -> Verdict {
    let nothing = store.factors(&user("written")).await?;
    hold(nothing == Factors::default(), "there was something")?;
    hold(add(store, "written", "a", None).await?, "it was not added")?;
    let found = store.factors(&user("written")).await?;
    let expected = Factors {
        totp: Some(app("written", "a")),
        recovery_codes: 3,
    };
    hold(found == expected, "something else came back")?;
    let other = store.factors(&user("WRITTEN")).await?;
    hold(other == Factors::default(), "another user has it")
}

/// CVE-2026-94218, CVE-2025-3910: whoever only proved the first factor cannot put an app of their own in the place of the
/// one that is there.
pub async fn second_app_is_refused_unless_it_replaces_the_first(
    store: &dyn SecondFactorStore,
) -> Verdict {
    let gone = add(store, "replaced", "b", Some("a")).await?;
    hold(!gone, "it replaced what was not there")?;
    hold(add(store, "replaced", "a", None).await?, "it was not added")?;
    store.remember(device("replaced", 1)).await?;
    for other in [None, Some("x"), Some("A"), Some("a ")] {
        let added = add(store, "replaced", "b", other).await?;
        hold(!added, "it replaced another")?;
    }
    let kept = use_code(store, "replaced", "replaced-a-code-0");
    hold(kept.await?, "the codes are gone")?;
    let devices = store.devices(&user("replaced"), long_ago()).await?;
    hold(devices.len() == 1, "the device is gone")?;
    hold(
        add(store, "replaced", "b", Some("a")).await?,
        "it was not replaced",
    )?;
    let found = store.factors(&user("replaced")).await?;
    hold(
        found.totp == Some(app("replaced", "b")) && found.recovery_codes == 3,
        "the new one is not there",
    )?;
    let old = use_code(store, "replaced", "replaced-a-code-1");
    hold(!old.await?, "an old code works")?;
    let devices = store.devices(&user("replaced"), long_ago()).await?;
    hold(devices.is_empty(), "the device is still remembered")
}

/// Of many at once one is added, with its own codes.
pub async fn app_added_twenty_times_at_once_is_one(store: &dyn SecondFactorStore) -> Verdict {
    let ids: Vec<String> = (0..20).map(|number| format!("r{number}")).collect();
    let adds = ids.iter().map(|id| add(store, "raced-app", id, None));
    let mut added = Vec::new();
    for (id, result) in ids.iter().zip(join_all(adds).await) {
        if result? {
            added.push(id);
        }
    }
    let [id] = added[..] else {
        return hold(false, "not exactly one was added");
    };
    let found = store.factors(&user("raced-app")).await?;
    let own = found.totp.is_some_and(|app| app.id == *id);
    hold(own && found.recovery_codes == 3, "another one is kept")?;
    let code = TokenHash::new(format!("raced-app-{id}-code-0"));
    let works = store.use_recovery_code(&user("raced-app"), &code).await?;
    hold(works, "the codes are another's")
}

/// RFC 6238 section 5.2: a code is good once, and so is none before it.
pub async fn totp_step_counts_once_and_never_goes_back(store: &dyn SecondFactorStore) -> Verdict {
    add(store, "steps", "a", None).await?;
    for (step, id, counts) in [
        (5, "a", false),
        (4, "a", false),
        (7, "b", false),
        (7, "a", true),
        (7, "a", false),
        (6, "a", false),
        (60_000_000, "a", true),
        (7, "a", false),
    ] {
        let used = store.use_totp_step(&user("steps"), id, step).await?;
        hold(used == counts, "a step counts wrongly")?;
    }
    let other = store
        .use_totp_step(&user("nobody"), "a", 70_000_000)
        .await?;
    hold(!other, "it counts for another user")
}

/// CVE-2024-4629: parallel requests are no way around.
pub async fn totp_step_raced_a_hundred_times_counts_once(store: &dyn SecondFactorStore) -> Verdict {
    add(store, "raced-step", "a", None).await?;
    let user = user("raced-step");
    let uses = (0..100).map(|_| store.use_totp_step(&user, "a", 9));
    let mut counted = 0;
    for used in join_all(uses).await {
        counted += usize::from(used?);
    }
    hold(counted == 1, "a step counted more than once, or never")
}

/// A code works for its user, once.
pub async fn recovery_code_works_once(store: &dyn SecondFactorStore) -> Verdict {
    add(store, "code", "a", None).await?;
    let code = TokenHash::new("code-a-code-1");
    let other = store.use_recovery_code(&user("other"), &code).await?;
    hold(!other, "it works for another user")?;
    let first = store.use_recovery_code(&user("code"), &code).await?;
    let again = store.use_recovery_code(&user("code"), &code).await?;
    hold(first && !again, "it did not work exactly once")?;
    let left = store.factors(&user("code")).await?.recovery_codes;
    hold(left == 2, "the count is wrong")
}

/// Of many at once exactly one wins.
pub async fn recovery_code_raced_a_hundred_times_works_once(
    store: &dyn SecondFactorStore,
) -> Verdict {
    add(store, "raced-code", "a", None).await?;
    let (user, code) = (user("raced-code"), TokenHash::new("raced-code-a-code-0"));
    let uses = (0..100).map(|_| store.use_recovery_code(&user, &code));
    let mut worked = 0;
    for used in join_all(uses).await {
        worked += usize::from(used?);
    }
    hold(worked == 1, "a code worked more than once, or never")
}

/// A new set replaces the old one, for whoever has an app.
pub async fn new_recovery_codes_replace_the_old(store: &dyn SecondFactorStore) -> Verdict {
    let fresh = codes("fresh", 10);
    let nobody = store.replace_recovery_codes(&user("codes"), &fresh).await?;
    let factors = store.factors(&user("codes")).await?;
    hold(
        !nobody && factors.recovery_codes == 0,
        "codes without an app",
    )?;
    add(store, "codes", "a", None).await?;
    let replaced = store.replace_recovery_codes(&user("codes"), &fresh).await?;
    hold(replaced, "they were not replaced")?;
    let old = use_code(store, "codes", "codes-a-code-0");
    hold(!old.await?, "an old code works")?;
    for code in &fresh {
        let works = store.use_recovery_code(&user("codes"), code).await?;
        hold(works, "a new code does not work")?;
    }
    Ok(())
}

/// Supabase #2607: nothing is worth two factors after one is gone.
pub async fn removed_factors_are_gone_with_all_that_follows(
    store: &dyn SecondFactorStore,
) -> Verdict {
    for name in ["removed", "stays"] {
        add(store, name, "a", None).await?;
        store.remember(device(name, 1)).await?;
        store.wait(waiting(name, later())).await?;
        store.put_proof(proof(name, Some(Factor::Totp))).await?;
    }
    let removed = store.remove_factors(&user("removed")).await?;
    let again = store.remove_factors(&user("removed")).await?;
    hold(removed && !again, "it was not removed exactly once")?;
    for (name, stays) in [("removed", false), ("stays", true)] {
        let factors = store.factors(&user(name)).await?;
        hold(factors.totp.is_some() == stays, "the app")?;
        hold((factors.recovery_codes > 0) == stays, "the codes")?;
        let device = store.device(&user(name), &device(name, 1).hash).await?;
        hold(device.is_some() == stays, "the device")?;
        let waits = store.waiting(&waiting(name, later()).hash).await?;
        hold(waits.is_some() == stays, "what waits")?;
        let kept = proof(name, stays.then_some(Factor::Totp));
        let proof = store.proof(&kept.key).await?;
        hold(proof == Some(kept), "the proof")?;
    }
    Ok(())
}

/// What waits can be looked at, and taken by one; expired ones are given back too.
pub async fn waiting_sign_in_is_taken_once(store: &dyn SecondFactorStore) -> Verdict {
    let record = waiting("taken", long_ago());
    store.wait(record.clone()).await?;
    let again = store.wait(record.clone()).await;
    hold(
        matches!(again, Err(AdapterError::Conflict(_))),
        "a second one of the same hash is no conflict",
    )?;
    for _ in 0..2 {
        let seen = store.waiting(&record.hash).await?;
        hold(seen.as_ref() == Some(&record), "it did not stay as written")?;
    }
    let takes = (0..50).map(|_| store.take_waiting(&record.hash));
    let mut taken = Vec::new();
    for one in join_all(takes).await {
        taken.extend(one?);
    }
    hold(taken == [record.clone()], "not exactly one got it")?;
    let gone = store.waiting(&record.hash).await?;
    hold(gone.is_none(), "it is still there")
}

/// A browser is remembered for one user, listed the newest first, and forgotten by its owner alone.
pub async fn device_belongs_to_its_user(store: &dyn SecondFactorStore) -> Verdict {
    let records: Vec<DeviceRecord> = (0..3).map(|number| device("owner", number)).collect();
    for record in &records {
        store.remember(record.clone()).await?;
    }
    let [oldest, .., newest] = &records[..] else {
        return hold(false, "there are three");
    };
    let found = store.device(&user("owner"), &newest.hash).await?;
    hold(found.as_ref() == Some(newest), "it is not as written")?;
    let other = store.device(&user("other"), &newest.hash).await?;
    hold(other.is_none(), "another user has it")?;
    let listed = store.devices(&user("owner"), long_ago()).await?;
    let backwards: Vec<DeviceRecord> = records.iter().rev().cloned().collect();
    hold(listed == backwards, "the list is another")?;
    let over = store.devices(&user("owner"), second(1_900_000_000)).await?;
    hold(over.is_empty(), "expired ones are listed")?;
    let stranger = store.forget_device(&user("other"), &oldest.id).await?;
    hold(!stranger, "another user forgot it")?;
    let forgotten = store.forget_device(&user("owner"), &oldest.id).await?;
    let again = store.forget_device(&user("owner"), &oldest.id).await?;
    hold(forgotten && !again, "it was not forgotten once")?;
    let left = store.devices(&user("owner"), long_ago()).await?;
    hold(left.len() == 2, "others were forgotten")
}

/// Another password: what spares the second factor is gone, the factor stays.
pub async fn distrust_forgets_devices_and_what_waits(store: &dyn SecondFactorStore) -> Verdict {
    for name in ["distrusted", "trusted"] {
        add(store, name, "a", None).await?;
        store.remember(device(name, 1)).await?;
        store.wait(waiting(name, later())).await?;
    }
    store.distrust(&user("distrusted")).await?;
    for (name, stays) in [("distrusted", false), ("trusted", true)] {
        let device = store.device(&user(name), &device(name, 1).hash).await?;
        let waits = store.waiting(&waiting(name, later()).hash).await?;
        hold(device.is_some() == stays, "the device")?;
        hold(waits.is_some() == stays, "what waits")?;
        let factors = store.factors(&user(name)).await?;
        hold(
            factors.totp.is_some() && factors.recovery_codes == 3,
            "the factor is gone",
        )?;
    }
    Ok(())
}

/// Supabase #2607: what a factor proved goes with it, of its user and of nobody else, and nothing that others proved.
pub async fn proofs_by_a_factor_are_forgotten(store: &dyn SecondFactorStore) -> Verdict {
    let of = |name: &str, first, second| ProofRecord {
        user_id: user("forgets"),
        first,
        ..proof(name, second)
    };
    let passkey = Some(Factor::Passkey);
    let rows = [
        (of("forget-first", Factor::Passkey, None), false),
        (of("forget-second", Factor::Password, passkey), false),
        (of("keep-app", Factor::Password, Some(Factor::Totp)), true),
        (of("keep-one", Factor::Mail, None), true),
        (proof("keep-others", passkey), true),
    ];
    for (row, _) in &rows {
        store.put_proof(row.clone()).await?;
    }
    store
        .forget_proofs(&user("forgets"), Factor::Passkey)
        .await?;
    for (row, stays) in rows {
        let found = store.proof(&row.key).await?;
        hold(found == stays.then_some(row), "another row than expected")?;
    }
    Ok(())
}

/// The last proof of a session is the one that is kept.
pub async fn proof_is_replaced(store: &dyn SecondFactorStore) -> Verdict {
    let key = proof("proof", None).key;
    hold(store.proof(&key).await?.is_none(), "there was one")?;
    let later_one = ProofRecord {
        at: second(1_200_000_000),
        ..proof("proof", Some(Factor::RecoveryCode))
    };
    for record in [proof("proof", None), later_one] {
        store.put_proof(record.clone()).await?;
        hold(
            store.proof(&key).await? == Some(record),
            "it is not as written",
        )?;
    }
    Ok(())
}

/// Other spellings of ids and hashes are others; those that cannot exist are no error.
pub async fn second_factor_keys_are_compared_exactly(store: &dyn SecondFactorStore) -> Verdict {
    add(store, "exact", "a", None).await?;
    store.wait(waiting("exact", later())).await?;
    store.remember(device("exact", 1)).await?;
    let mut others = malformed();
    others.extend(["EXACT-WAITING", "exact-waiting ", "éxact-waiting"].map(str::to_owned));
    others.extend(["EXACT-DEVICE-1", "exact-a-code-0 ", "EXACT-A-CODE-0"].map(str::to_owned));
    for text in others {
        let (hash, own) = (TokenHash::new(&*text), user("exact"));
        let code = store.use_recovery_code(&own, &hash).await?;
        let waits = store.take_waiting(&hash).await?.is_some();
        let device = store.device(&own, &hash).await?.is_some();
        let forgotten = store.forget_device(&own, &text).await?;
        let nobody = UserId(text);
        let factors = store.factors(&nobody).await?;
        hold(
            !code && !waits && !device && !forgotten && factors == Factors::default(),
            "another spelling was taken for it",
        )?;
    }
    let factors = store.factors(&user("exact")).await?;
    hold(factors.recovery_codes == 3, "something is gone")
}
