//! The adapter test kit: every promise of [`Adapter`], one function a promise, for any store.
//!
//! ```no_run
//! # async fn example() {
//! use hallpass_auth::testing::{kit, memory::MemoryAdapter};
//!
//! kit::run(kit::RULES, async || MemoryAdapter::new()).await.unwrap();
//! # }
//! ```
//!
//! The kit needs no runtime of its own; it runs where the adapter runs. Every rule is given an adapter by the
//! function. Its store must be empty before the first rule; the rules use keys of their own, so all may share it.
//! Moments are whole seconds of the years 2001 to 2037, which every database can keep.
//!
//! To add a rule: one function in the file of its subject, one line in [`RULES`].

mod account_sign_ins;
mod account_steps;
mod accounts;
mod directory;
mod expired;
mod leases;
mod limits;
mod one_time;
mod passkeys;
mod password_sign_ins;
mod passwords;
mod second_factor;
mod sessions;
mod sign_ins;
mod tokens;
mod users;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;
use serde_json::Map;

pub use account_sign_ins::*;
pub use account_steps::*;
pub use accounts::*;
pub use directory::*;
pub use expired::*;
pub use leases::*;
pub use limits::*;
pub use one_time::*;
pub use passkeys::*;
pub use passwords::{PASSWORD_RULES, PasswordAdapter, PasswordRule, run_password_rules};
pub use second_factor::*;
pub use sessions::*;
pub use sign_ins::*;
pub use tokens::*;
pub use users::*;

use crate::account::AccountStore;
use crate::adapter::{Adapter, AdapterError, NewUser, User, UserId};
use crate::limit::Limiter;
use crate::linked::LeaseStore;
use crate::one_time::OneTimeStore;
use crate::passkey::PasskeyStore;
use crate::second_factor::SecondFactorStore;

/// One promise, of the store or of another trait `S` that it implements.
#[derive(Debug)]
pub struct Rule<S: ?Sized + 'static = dyn Adapter> {
    /// The name of its function.
    pub name: &'static str,
    /// Tries it.
    pub check: for<'a> fn(&'a S) -> Checking<'a>,
}

impl<S: ?Sized + 'static> Clone for Rule<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: ?Sized + 'static> Copy for Rule<S> {}

/// A rule at work.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>;

/// What a rule says.
pub type Verdict = Result<(), Broken>;

/// How a promise was broken.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The store did something else.
    #[error("{0}")]
    Differs(&'static str),
    /// The store failed where it must not.
    #[error("the call failed: {0}: {cause}", cause = root(.0))]
    Failed(#[from] AdapterError),
}

/// All broken promises of a run.
#[derive(thiserror::Error)]
pub struct Failures(Vec<(&'static str, Broken)>);

impl Failures {
    fn unless_empty(failures: Vec<(&'static str, Broken)>) -> Result<(), Self> {
        if failures.is_empty() {
            Ok(())
        } else {
            Err(Self(failures))
        }
    }

    /// The names of the rules, in order.
    pub fn rules(&self) -> Vec<&'static str> {
        self.0.iter().map(|(rule, _)| *rule).collect()
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} rules are broken", self.0.len())?;
        self.0
            .iter()
            .try_for_each(|(rule, broken)| write!(formatter, "\n  {rule}: {broken}"))
    }
}

// `unwrap` in a test prints this.
impl fmt::Debug for Failures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        &[$(Rule { name: stringify!($name), check: |store| Box::pin($name(store)) }),*]
    };
}

/// What every store must hold.
pub const RULES: &[Rule] = rules![
    created_user_is_found_by_id_and_by_address,
    user_comes_back_as_written,
    unknown_user_is_none,
    ids_that_cannot_exist_are_none,
    ids_are_compared_exactly,
    addresses_are_compared_exactly,
    update_changes_only_what_is_given,
    update_of_an_unknown_user_is_none,
    deleted_user_takes_accounts_and_sessions_along,
    account_leads_to_its_user,
    accounts_are_compared_exactly,
    second_account_of_the_same_key_is_a_conflict,
    unlinked_account_leads_nowhere,
    accounts_come_back_as_written,
    tokens_are_changed_where_they_are_as_expected,
    tokens_renewed_fifty_times_at_once_are_written_once,
    last_way_in_stays,
    accounts_unlinked_at_once_leave_one,
    session_comes_with_its_user,
    session_of_an_unknown_token_is_none,
    session_tokens_are_compared_exactly,
    expired_session_is_given_back,
    extended_session_ends_later,
    deleted_session_is_given_back_once,
    sessions_of_one_user_are_independent,
    link_token_works_once,
    link_token_needs_identifier_and_hash,
    link_tokens_are_compared_exactly,
    expired_link_token_is_given_back_and_removed,
    link_tokens_of_one_address_are_independent,
    link_token_used_fifty_times_at_once_works_once,
    link_token_that_is_read_stays,
    sign_in_of_a_new_user_writes_all,
    sign_in_proves_the_address,
    sign_in_ends_one_session,
    sign_in_without_its_link_writes_nothing,
    sign_in_with_a_taken_session_token_writes_nothing,
    sign_in_with_a_taken_account_writes_nothing,
    sign_in_of_a_user_who_changed_writes_nothing,
    first_proof_removes_what_was_there_before,
    first_proof_keeps_accounts_that_were_checked,
    sign_in_that_rests_on_an_unproven_address_is_told_of_the_proof,
    no_session_slips_past_the_first_proof,
    link_that_signs_in_twenty_times_at_once_signs_in_once,
    only_what_expired_before_is_removed,
    expired_rows_are_removed_in_batches,
    expired_rows_are_removed_once_by_many,
];

/// What every store must hold of sign-ins that bring an account of another service.
pub const ACCOUNT_SIGN_IN_RULES: &[Rule] = rules![
    account_is_added_without_a_session,
    account_that_cannot_be_added_writes_nothing,
    account_that_comes_twenty_times_at_once_is_one_users,
    account_that_two_users_add_at_once_is_one_users,
    no_account_slips_past_the_first_proof,
    account_that_proves_the_address_outlives_what_was_before,
];

/// What a store must hold where its layout admits users without an address. Prisma's on PostgreSQL does not.
pub const OPTIONAL_ADDRESS_RULES: &[Rule] = rules![users_without_an_address_are_several];

/// What a store must hold that keeps addresses unique: by its tables, or by itself.
pub const UNIQUE_ADDRESS_RULES: &[Rule] = rules![
    second_user_of_an_address_is_a_conflict,
    address_taken_by_update_is_a_conflict,
    address_created_twenty_times_at_once_is_one_user,
    sign_in_of_a_taken_address_keeps_its_link,
];

/// What a directory of sessions must hold.
pub const DIRECTORY_RULES: &[Rule<dyn ListedStore>] = rules![
    session_entry_comes_back_as_written,
    second_entry_of_a_session_is_a_conflict,
    sighting_is_taken_down_once_in_a_while,
    sighting_adds_a_missing_entry,
    public_id_leads_to_its_owners_session,
    stored_sessions_are_listed,
    token_sessions_are_listed,
    sessions_of_a_service_are_found,
    sessions_are_listed_in_parts,
    one_stored_session_is_ended,
    all_other_stored_sessions_are_ended,
    one_token_session_is_revoked,
    all_token_sessions_are_revoked,
    hundreds_of_token_sessions_are_revoked,
    newer_revocation_stays,
    ended_session_is_never_kept,
    revocations_are_read_from_a_moment_on,
    entries_go_with_their_user,
    forgotten_entry_is_gone,
];

/// What a store of one-time tokens must hold.
pub const ONE_TIME_RULES: &[Rule<dyn OneTimeStore>] = rules![
    one_time_token_works_once,
    one_time_token_is_looked_at_without_using_it,
    one_time_token_needs_its_purpose,
    one_time_hashes_are_compared_exactly,
    second_one_time_token_of_a_key_is_a_conflict,
    expired_one_time_token_is_given_back_and_removed,
    one_time_tokens_of_a_user_go_together,
    one_time_token_taken_a_hundred_times_at_once_is_given_once,
];

/// What a store of accounts must hold. Needs a store that keeps passwords.
pub const ACCOUNT_RULES: &[Rule<dyn AccountStore>] = rules![
    verifying_link_proves_the_address,
    verifying_link_removes_what_a_stranger_made,
    verifying_link_keeps_the_password_of_whoever_knows_it,
    verifying_link_keeps_accounts_that_were_checked,
    resetting_link_sets_the_password_and_ends_everything,
    account_linked_before_the_proof_goes_with_a_reset,
    changing_link_moves_the_address,
    changing_link_is_for_the_user_who_asked,
    taken_address_stays_with_its_owner,
    outdated_link_does_nothing,
    link_redeemed_twenty_times_at_once_works_once,
    password_change_keeps_one_session,
];

/// What a store of leases must hold.
pub const LEASE_RULES: &[Rule<dyn LeaseStore>] = rules![
    lease_taken_a_hundred_times_at_once_is_taken_once,
    lease_is_free_when_it_is_over_or_given_back,
    leases_are_independent,
    lease_can_be_waited_for,
];

/// What a store of second factors must hold.
pub const SECOND_FACTOR_RULES: &[Rule<dyn SecondFactorStore>] = rules![
    app_comes_back_as_written,
    second_app_is_refused_unless_it_replaces_the_first,
    app_added_twenty_times_at_once_is_one,
    totp_step_counts_once_and_never_goes_back,
    totp_step_raced_a_hundred_times_counts_once,
    recovery_code_works_once,
    recovery_code_raced_a_hundred_times_works_once,
    new_recovery_codes_replace_the_old,
    removed_factors_are_gone_with_all_that_follows,
    waiting_sign_in_is_taken_once,
    device_belongs_to_its_user,
    distrust_forgets_devices_and_what_waits,
    proof_is_replaced,
    proofs_by_a_factor_are_forgotten,
    second_factor_keys_are_compared_exactly,
];

/// What a store of passkeys must hold.
pub const PASSKEY_RULES: &[Rule<dyn PasskeyStore>] = rules![
    registered_passkey_comes_back_as_written,
    passkey_without_notes_comes_back,
    passkeys_are_compared_exactly,
    second_passkey_of_an_id_writes_nothing,
    keys_of_a_user_are_listed_up_to_the_bound,
    use_of_a_passkey_is_counted,
    passkey_that_does_not_count_is_used_again,
    one_counter_used_twenty_times_at_once_counts_once,
    passkey_is_named_by_its_owner,
    passkeys_go_with_their_user,
    first_proof_removes_earlier_passkeys,
    challenge_is_spent_once,
];

/// What a store of counters must hold.
pub const LIMIT_RULES: &[Rule<dyn Limiter>] = rules![
    limit_taken_a_hundred_times_at_once_allows_its_quota,
    limit_begins_anew_when_its_window_is_over,
    limit_raced_over_the_end_of_its_window_allows_its_quota,
    limit_keys_are_independent,
    limit_refusal_says_how_long_to_wait,
    limit_refusals_change_nothing,
    limit_of_none_refuses_all,
    limit_of_a_running_window_may_change,
    limit_of_several_stops_at_the_first_that_is_spent,
    limits_of_several_taken_at_once_allow_the_smallest,
    limit_given_back_can_be_taken_again,
    limit_forgotten_begins_anew,
    limit_settled_is_given_back_or_begins_anew,
    limit_of_a_year_lasts_a_year,
];

/// Runs rules, each against an adapter of its own from `make`.
///
/// # Errors
///
/// [`Failures`] with every rule that is broken, once all have run.
pub async fn run<A: Adapter>(rules: &[Rule], make: impl AsyncFn() -> A) -> Result<(), Failures> {
    run_on(rules, async || Box::new(make().await) as Box<dyn Adapter>).await
}

/// Runs the rules of a trait `S`, each against a store of its own from `make`.
///
/// # Errors
///
/// As [`run`].
pub async fn run_on<S: ?Sized>(
    rules: &[Rule<S>],
    make: impl AsyncFn() -> Box<S>,
) -> Result<(), Failures> {
    let mut failures = Vec::new();
    for rule in rules {
        let store = make().await;
        if let Err(broken) = (rule.check)(&*store).await {
            failures.push((rule.name, broken));
        }
    }
    Failures::unless_empty(failures)
}

/// The innermost error: what the database said.
fn root(error: &AdapterError) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn hold(holds: bool, otherwise: &'static str) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(Broken::Differs(otherwise))
    }
}

/// A moment, in whole seconds.
fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// 2030-01-01: in the future of every test run.
fn later() -> Timestamp {
    second(1_893_456_000)
}

/// 2001-09-09: long past.
fn long_ago() -> Timestamp {
    second(1_000_000_000)
}

/// A user of this address with nothing else.
fn new_user(email: &str) -> NewUser {
    NewUser {
        proposed_id: UserId(format!("id-of-{email}")),
        name: None,
        email: Some(email.to_owned()),
        email_verified: None,
        image: None,
        extra: Map::new(),
    }
}

async fn add_user(store: &dyn Adapter, email: &str) -> Result<User, AdapterError> {
    store.create_user(new_user(email)).await
}

/// Texts that are no id, token or address anywhere, some of which databases refuse to look at.
fn malformed() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "0",
        "-1",
        "99999999999999999999999999",
        "1.5",
        "undefined",
        "' OR '1'='1",
        "\u{0}",
        "a\u{0}b",
        "%",
        "_",
        "\u{1F680}",
        "\u{FFFF}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(5_000));
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule that stands in no list would never run.
    #[test]
    fn every_rule_is_listed_once() {
        let sources = [
            include_str!("account_steps.rs"),
            include_str!("accounts.rs"),
            include_str!("expired.rs"),
            include_str!("leases.rs"),
            include_str!("limits.rs"),
            include_str!("directory.rs"),
            include_str!("one_time.rs"),
            include_str!("second_factor.rs"),
            include_str!("passkeys.rs"),
            include_str!("sessions.rs"),
            include_str!("sign_ins.rs"),
            include_str!("tokens.rs"),
            include_str!("users.rs"),
        ];
        let mut written: Vec<&str> = sources
            .iter()
            .flat_map(|source| source.split("\npub async fn ").skip(1))
            .filter_map(|rest| rest.split('(').next())
            .collect();
        let rules = RULES
            .iter()
            .chain(UNIQUE_ADDRESS_RULES)
            .chain(OPTIONAL_ADDRESS_RULES);
        let mut listed: Vec<&str> = rules.map(|rule| rule.name).collect();
        listed.extend(LEASE_RULES.iter().map(|rule| rule.name));
        listed.extend(LIMIT_RULES.iter().map(|rule| rule.name));
        listed.extend(ONE_TIME_RULES.iter().map(|rule| rule.name));
        listed.extend(ACCOUNT_RULES.iter().map(|rule| rule.name));
        listed.extend(PASSKEY_RULES.iter().map(|rule| rule.name));
        listed.extend(DIRECTORY_RULES.iter().map(|rule| rule.name));
        listed.extend(SECOND_FACTOR_RULES.iter().map(|rule| rule.name));
        written.sort_unstable();
        listed.sort_unstable();
        assert_eq!(listed, written);
    }
}
