//! The test kit itself: the memory adapter passes, and stores that break a promise are found out.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use hallpass_auth::adapter::{
    Account, AccountChange, Adapter, AdapterError, NewUser, Removed, SessionRecord, SignIn,
    SignInOutcome, TokensAtRest, Unlink, Unlinked, User, UserChanges, UserId, VerificationToken,
};
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_auth::testing::kit;
use hallpass_auth::testing::memory::MemoryAdapter;
use jiff::Timestamp;

#[tokio::test]
async fn memory_adapter_keeps_every_promise() {
    kit::run(kit::RULES, async || MemoryAdapter::new())
        .await
        .unwrap();
    kit::run(kit::UNIQUE_ADDRESS_RULES, async || MemoryAdapter::new())
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_adapter_keeps_every_promise_about_passwords() {
    kit::run_password_rules(async || MemoryAdapter::new())
        .await
        .unwrap();
    let store = MemoryAdapter::new();
    kit::run_password_rules(async || store.clone())
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_adapter_keeps_every_promise_of_accounts() {
    let store = MemoryAdapter::new();
    kit::run_on(kit::ACCOUNT_RULES, async || Box::new(store.clone()) as _)
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_adapter_keeps_every_promise_of_one_time_tokens() {
    let store = MemoryAdapter::new();
    kit::run_on(kit::ONE_TIME_RULES, async || Box::new(store.clone()) as _)
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_adapter_keeps_every_promise_of_passkeys() {
    let store = MemoryAdapter::new();
    kit::run_on(kit::PASSKEY_RULES, async || Box::new(store.clone()) as _)
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_adapter_keeps_every_promise_of_the_session_directory() {
    let store = MemoryAdapter::new();
    kit::run_on(kit::DIRECTORY_RULES, async || Box::new(store.clone()) as _)
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_adapter_keeps_every_promise_of_leases() {
    let store = MemoryAdapter::new();
    kit::run_on(kit::LEASE_RULES, async || Box::new(store.clone()) as _)
        .await
        .unwrap();
}

#[tokio::test]
async fn memory_adapter_keeps_every_promise_of_second_factors() {
    let store = MemoryAdapter::new();
    let make = async || Box::new(store.clone()) as _;
    kit::run_on(kit::SECOND_FACTOR_RULES, make).await.unwrap();
}

#[tokio::test]
async fn rules_may_share_one_store() {
    let store = MemoryAdapter::new();
    let all = [
        kit::RULES,
        kit::UNIQUE_ADDRESS_RULES,
        kit::OPTIONAL_ADDRESS_RULES,
        kit::ACCOUNT_SIGN_IN_RULES,
    ]
    .concat();
    kit::run(&all, async || store.clone()).await.unwrap();
}

/// Which promise a store breaks.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    TokenByHashAlone,
    TokenReadThenDeleted,
    CaseFolded,
    IdsTrimmed,
    ExpiredHidden,
    CascadeMissing,
    SignInInPieces,
    TokensOverwritten,
    LastWayJudgedBefore,
}

struct Faulty {
    inner: MemoryAdapter,
    fault: Fault,
    tokens: Mutex<HashMap<String, VerificationToken>>,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self {
            inner: MemoryAdapter::new(),
            fault,
            tokens: Mutex::default(),
        }
    }
}

#[async_trait]
impl Adapter for Faulty {
    async fn create_user(&self, user: NewUser) -> Result<User, AdapterError> {
        self.inner.create_user(user).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, AdapterError> {
        match self.fault {
            Fault::IdsTrimmed => {
                self.inner
                    .user(&UserId(id.as_str().trim().to_owned()))
                    .await
            }
            _ => self.inner.user(id).await,
        }
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>, AdapterError> {
        match self.fault {
            Fault::CaseFolded => self.inner.user_by_email(&email.to_lowercase()).await,
            _ => self.inner.user_by_email(email).await,
        }
    }

    async fn user_by_account(
        &self,
        provider: &str,
        id: &str,
    ) -> Result<Option<User>, AdapterError> {
        self.inner.user_by_account(provider, id).await
    }

    async fn update_user(
        &self,
        id: &UserId,
        changes: UserChanges,
    ) -> Result<Option<User>, AdapterError> {
        self.inner.update_user(id, changes).await
    }

    async fn delete_user(&self, id: &UserId) -> Result<(), AdapterError> {
        match self.fault {
            Fault::CascadeMissing => Ok(()),
            _ => self.inner.delete_user(id).await,
        }
    }

    async fn link_account(&self, account: Account) -> Result<(), AdapterError> {
        self.inner.link_account(account).await
    }

    async fn unlink_account(&self, provider: &str, id: &str) -> Result<(), AdapterError> {
        self.inner.unlink_account(provider, id).await
    }

    async fn accounts_of(&self, user: &UserId) -> Result<Vec<Account>, AdapterError> {
        self.inner.accounts_of(user).await
    }

    async fn account(&self, provider: &str, id: &str) -> Result<Option<Account>, AdapterError> {
        self.inner.account(provider, id).await
    }

    async fn update_account(&self, change: AccountChange) -> Result<bool, AdapterError> {
        match self.fault {
            Fault::TokensOverwritten => {
                let expected = serde_json::Map::new();
                let change = AccountChange { expected, ..change };
                self.inner.update_account(change).await
            }
            _ => self.inner.update_account(change).await,
        }
    }

    async fn unlink_unless_last(&self, unlink: Unlink) -> Result<Unlinked, AdapterError> {
        if self.fault != Fault::LastWayJudgedBefore {
            return self.inner.unlink_unless_last(unlink).await;
        }
        let user = self.inner.user(&unlink.user_id).await?;
        let accounts = self.inner.accounts_of(&unlink.user_id).await?;
        tokio::task::yield_now().await;
        match unlink.judge(user.as_ref(), false, &accounts) {
            Ok(account) => {
                let (provider, id) = (&unlink.provider, &unlink.provider_account_id);
                self.inner.unlink_account(provider, id).await?;
                Ok(Unlinked::Done(Box::new(account)))
            }
            Err(refused) => Ok(refused),
        }
    }

    async fn tokens_at_rest(&self) -> Result<TokensAtRest, AdapterError> {
        self.inner.tokens_at_rest().await
    }

    async fn create_session(&self, session: SessionRecord) -> Result<(), AdapterError> {
        self.inner.create_session(session).await
    }

    async fn session_and_user(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(SessionRecord, User)>, AdapterError> {
        let found = self.inner.session_and_user(token).await?;
        let hidden = |session: &SessionRecord| {
            self.fault == Fault::ExpiredHidden && session.expires.as_second() < 1_500_000_000
        };
        Ok(found.filter(|(session, _)| !hidden(session)))
    }

    async fn extend_session(
        &self,
        token: &SessionToken,
        expires: Timestamp,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        self.inner.extend_session(token, expires).await
    }

    async fn delete_session(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        self.inner.delete_session(token).await
    }

    async fn create_verification_token(
        &self,
        token: VerificationToken,
    ) -> Result<(), AdapterError> {
        let key = token.token.expose().to_owned();
        self.tokens.lock().unwrap().insert(key, token.clone());
        self.inner.create_verification_token(token).await
    }

    async fn verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError> {
        self.inner.verification_token(identifier, token).await
    }

    async fn use_verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError> {
        match self.fault {
            Fault::TokenByHashAlone => Ok(self.tokens.lock().unwrap().remove(token.expose())),
            Fault::TokenReadThenDeleted => {
                let read = self.tokens.lock().unwrap().get(token.expose()).cloned();
                tokio::task::yield_now().await;
                self.tokens.lock().unwrap().remove(token.expose());
                Ok(read.filter(|row| row.identifier == identifier))
            }
            _ => self.inner.use_verification_token(identifier, token).await,
        }
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<SignInOutcome, AdapterError> {
        if let (Fault::SignInInPieces, Some(link)) = (self.fault, &sign_in.link) {
            let used = self
                .inner
                .use_verification_token(&link.identifier, &link.token);
            if used.await?.is_none() {
                return Ok(SignInOutcome::LinkGone);
            }
            let rest = SignIn {
                link: None,
                ..sign_in
            };
            return self.inner.sign_in(rest).await;
        }
        self.inner.sign_in(sign_in).await
    }

    async fn remove_expired(
        &self,
        before: Timestamp,
        at_most: usize,
    ) -> Result<Removed, AdapterError> {
        self.inner.remove_expired(before, at_most).await
    }
}

#[tokio::test]
async fn stores_that_break_a_promise_are_found_out() {
    for (fault, rule) in [
        (
            Fault::TokenByHashAlone,
            "link_token_needs_identifier_and_hash",
        ),
        (
            Fault::TokenReadThenDeleted,
            "link_token_used_fifty_times_at_once_works_once",
        ),
        (Fault::CaseFolded, "addresses_are_compared_exactly"),
        (Fault::IdsTrimmed, "ids_are_compared_exactly"),
        (Fault::ExpiredHidden, "expired_session_is_given_back"),
        (
            Fault::CascadeMissing,
            "deleted_user_takes_accounts_and_sessions_along",
        ),
        (
            Fault::SignInInPieces,
            "sign_in_with_a_taken_session_token_writes_nothing",
        ),
        (
            Fault::TokensOverwritten,
            "tokens_renewed_fifty_times_at_once_are_written_once",
        ),
        (
            Fault::LastWayJudgedBefore,
            "accounts_unlinked_at_once_leave_one",
        ),
    ] {
        let failures = kit::run(kit::RULES, async || Faulty::new(fault))
            .await
            .unwrap_err();
        assert!(failures.rules().contains(&rule), "{failures}");
    }
}

#[tokio::test]
async fn a_store_that_fails_is_reported_with_its_reason() {
    let away = MemoryAdapter::new();
    away.go_away();
    let failures = kit::run(&kit::RULES[..1], async || away.clone())
        .await
        .unwrap_err();
    let text = format!("{failures:?}");
    assert!(
        text.contains("created_user_is_found_by_id_and_by_address"),
        "{text}"
    );
    assert!(text.contains("switched off by a test"), "{text}");
}
