//! Rules about link tokens.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::{Verdict, hold, later, long_ago, malformed};
use crate::adapter::{Adapter, AdapterError, VerificationToken};
use crate::secret::TokenHash;

fn token(identifier: &str, hash: &str, expires: Timestamp) -> VerificationToken {
    VerificationToken {
        identifier: identifier.to_owned(),
        token: TokenHash::new(hash),
        expires,
    }
}

async fn keep(store: &dyn Adapter, identifier: &str, hash: &str) -> Result<(), AdapterError> {
    store
        .create_verification_token(token(identifier, hash, later()))
        .await
}

async fn works(store: &dyn Adapter, identifier: &str, hash: &str) -> Result<bool, AdapterError> {
    let hash = TokenHash::new(hash);
    let used = store.use_verification_token(identifier, &hash).await?;
    Ok(used.is_some())
}

/// The first use gives the token back as written, the second `None`.
pub async fn link_token_works_once(store: &dyn Adapter) -> Verdict {
    let written = token("ünï.愛@tokens.test", &"ab".repeat(32), later());
    store.create_verification_token(written.clone()).await?;
    let used = store
        .use_verification_token(&written.identifier, &written.token)
        .await?;
    hold(
        used.as_ref() == Some(&written),
        "what came back is not what was written",
    )?;
    let again = works(store, &written.identifier, written.token.expose()).await?;
    hold(!again, "it worked twice")
}

/// CVE-2022-39263, CVE-2021-21310: neither the address alone nor the hash alone uses a token.
pub async fn link_token_needs_identifier_and_hash(store: &dyn Adapter) -> Verdict {
    keep(store, "victim@tokens.test", "hash-of-the-victim").await?;
    keep(store, "thief@tokens.test", "hash-of-the-thief").await?;
    let crossed = [
        ("victim@tokens.test", "hash-of-the-thief"),
        ("thief@tokens.test", "hash-of-the-victim"),
        ("victim@tokens.test", ""),
        ("", "hash-of-the-victim"),
    ];
    for (identifier, hash) in crossed {
        hold(
            !works(store, identifier, hash).await?,
            "half of the key was enough",
        )?;
    }
    hold(
        works(store, "victim@tokens.test", "hash-of-the-victim").await?,
        "a wrong try removed the token",
    )
}

/// Addresses and hashes differ in case and blanks; those that cannot exist are `None` and no error.
pub async fn link_tokens_are_compared_exactly(store: &dyn Adapter) -> Verdict {
    keep(store, "exact@tokens.test", "exact-hash").await?;
    for text in malformed() {
        let found = works(store, &text, "exact-hash").await?
            || works(store, "exact@tokens.test", &text).await?;
        hold(!found, "another key used the token")?;
    }
    for (identifier, hash) in [
        ("EXACT@tokens.test", "exact-hash"),
        ("exact@tokens.test ", "exact-hash"),
        ("éxact@tokens.test", "exact-hash"),
        ("exact@tokens.test", "EXACT-HASH"),
        ("exact@tokens.test", "exact-hash "),
    ] {
        hold(
            !works(store, identifier, hash).await?,
            "another spelling used the token",
        )?;
    }
    hold(
        works(store, "exact@tokens.test", "exact-hash").await?,
        "the token is gone",
    )
}

/// The store does not judge: an expired token is given back, and removed.
pub async fn expired_link_token_is_given_back_and_removed(store: &dyn Adapter) -> Verdict {
    let expired = token("expired@tokens.test", "expired-hash", long_ago());
    store.create_verification_token(expired.clone()).await?;
    let used = store
        .use_verification_token(&expired.identifier, &expired.token)
        .await?;
    hold(used == Some(expired), "the expired token was kept back")?;
    hold(
        !works(store, "expired@tokens.test", "expired-hash").await?,
        "the expired token is still there",
    )
}

/// Asking twice gives two links; using one leaves the other.
pub async fn link_tokens_of_one_address_are_independent(store: &dyn Adapter) -> Verdict {
    keep(store, "several@tokens.test", "several-1").await?;
    keep(store, "several@tokens.test", "several-2").await?;
    for hash in ["several-2", "several-1"] {
        hold(
            works(store, "several@tokens.test", hash).await?,
            "one link took the other along",
        )?;
    }
    Ok(())
}

/// Of fifty uses at once exactly one gets the token, and none fails.
pub async fn link_token_used_fifty_times_at_once_works_once(store: &dyn Adapter) -> Verdict {
    for round in 0..5 {
        let hash = format!("race-{round}");
        keep(store, "race@tokens.test", &hash).await?;
        let uses = (0..50).map(|_| works(store, "race@tokens.test", &hash));
        let outcomes: Result<Vec<bool>, AdapterError> = join_all(uses).await.into_iter().collect();
        let winners = outcomes?.into_iter().filter(|won| *won).count();
        hold(winners == 1, "there was not exactly one winner")?;
    }
    Ok(())
}
