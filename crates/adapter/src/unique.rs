//! Keys that the tables themselves do not keep unique.
//!
//! SECURITY: the tables of pg-adapter admit several users of one address, several accounts of one person at a provider
//! and several sessions of one token. Rows that contradict each other belong to nobody: whoever asks for them gets an
//! error, everybody else is served. New ones are not made: a writer first waits for others that write the same key.

use hallpass_auth::adapter::{AdapterError, User, UserId};
use hallpass_data::{Client, Error, Record, field};

use crate::convert;
use crate::layout::{ACCOUNT, LayoutError, SESSION, USER};
use crate::recognise::is_unique;
use crate::store::{DataAdapter, related_user, text};

/// Which keys the tables keep unique.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// The address of a user.
    pub(crate) address: bool,
    /// Provider and id of an account.
    pub(crate) account: bool,
    /// The token of a session.
    pub(crate) session: bool,
}

impl Kept {
    pub(crate) fn of(client: &Client) -> Result<Self, LayoutError> {
        let keeps = |model: &'static str, fields: &'static [&'static str]| {
            if is_unique(client, model, fields) {
                return Ok(true);
            }
            if client.can_hold() {
                return Ok(false);
            }
            Err(LayoutError::NotUnique { model, fields })
        };
        Ok(Self {
            address: keeps(USER, &["email"])?,
            account: keeps(ACCOUNT, &["provider", "providerAccountId"])?,
            session: is_unique(client, SESSION, &["sessionToken"]),
        })
    }
}

/// Several rows where there may be one.
#[derive(Debug, thiserror::Error)]
#[error("several rows of `{model}` have the same {key}, of users {}; merge them, or remove all but one", users.join(", "))]
struct Ambiguous {
    model: &'static str,
    key: &'static str,
    /// Their ids.
    users: Vec<String>,
}

/// A key that is taken, where the table would have admitted it again.
#[derive(Debug, thiserror::Error)]
#[error("a row of `{model}` has this key already{}", of(users))]
struct Taken {
    model: &'static str,
    /// Whose it is, as far as that is known: their ids. A user who is gone may have left it.
    users: Vec<String>,
}

fn of(users: &[String]) -> String {
    match users {
        [] => String::new(),
        users => format!(", of user {}", users.join(", ")),
    }
}

/// The first of rows that are all of one user; none when there is none.
pub(crate) fn only<T>(
    model: &'static str,
    key: &'static str,
    rows: Vec<T>,
    owner: impl Fn(&T) -> &UserId,
) -> Result<Option<T>, AdapterError> {
    let mut users: Vec<String> = Vec::new();
    for row in &rows {
        let id = owner(row).as_str();
        if !users.iter().any(|known| known == id) {
            users.push(id.to_owned());
        }
    }
    if users.len() > 1 {
        let ambiguous = Ambiguous { model, key, users };
        return Err(AdapterError::Other(Box::new(ambiguous)));
    }
    Ok(rows.into_iter().next())
}

impl DataAdapter {
    /// The user of this address, as `client` sees it.
    pub(crate) async fn user_of_address(
        &self,
        client: &Client,
        email: &str,
    ) -> Result<Option<User>, AdapterError> {
        let statement = &self.statements.user_by_email;
        let users = statement.run(&self.addresses, client, email).await?;
        let users: Result<Vec<_>, _> = users.iter().map(convert::user).collect();
        only(USER, "address", users?, |user| &user.id)
    }

    /// The user of this account, as `client` sees it. Accounts whose user is gone are nobody's.
    pub(crate) async fn user_of_account(
        &self,
        client: &Client,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<User>, AdapterError> {
        let accounts = self.accounts(client, provider, provider_account_id).await?;
        let relation = &self.layout.account_user;
        let users: Result<Vec<_>, _> = accounts
            .iter()
            .map(|account| related_user(account, relation))
            .collect();
        let users = users?.into_iter().flatten().collect();
        only(ACCOUNT, "provider and id", users, |user: &User| &user.id)
    }

    async fn accounts(
        &self,
        client: &Client,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Vec<Record>, AdapterError> {
        let arguments = [text(provider), text(provider_account_id)];
        let statement = &self.statements.user_by_account;
        let found = statement.run(client, &arguments).await;
        found.map_err(convert::error)
    }

    /// Sees to it that nobody but `owner` has the address when the transaction ends.
    pub(crate) async fn claim_address(
        &self,
        tx: &Client,
        email: Option<&str>,
        owner: Option<&UserId>,
    ) -> Result<(), AdapterError> {
        let Some(email) = email.filter(|_| !self.kept.address) else {
            return Ok(());
        };
        let held = tx.hold(&format!("hallpass address {email}")).await;
        held.map_err(convert::error)?;
        let statement = &self.statements.user_by_email;
        for user in statement.run(&self.addresses, tx, email).await? {
            let known = convert::user(&user)?.id;
            if Some(&known) != owner {
                return Err(taken(USER, vec![known.0]));
            }
        }
        Ok(())
    }

    /// Sees to it that nobody has the account when the transaction ends but who gets it in it.
    pub(crate) async fn claim_account(
        &self,
        tx: &Client,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<(), AdapterError> {
        if self.kept.account {
            return Ok(());
        }
        let name = format!("hallpass account {provider} {provider_account_id}");
        tx.hold(&name).await.map_err(convert::error)?;
        let accounts = self.accounts(tx, provider, provider_account_id).await?;
        if accounts.is_empty() {
            return Ok(());
        }
        let users: Result<Vec<_>, _> = accounts
            .iter()
            .map(|account| convert::user_id(account, "userId").map(|id| id.0))
            .collect();
        Err(taken(ACCOUNT, users?))
    }

    /// Sees to it that no session has the token, as it stands in the table. Without a lock: two writers never have the same random token, and if
    /// one is written twice after all, it is nobody's.
    pub(crate) async fn claim_token(
        &self,
        client: &Client,
        stored: &str,
    ) -> Result<(), AdapterError> {
        if self.kept.session {
            return Ok(());
        }
        let same = field("sessionToken").exactly(stored);
        let taken_already = client.count(SESSION).filter(same).run().await;
        if taken_already.map_err(convert::error)? == 0 {
            Ok(())
        } else {
            Err(taken(SESSION, Vec::new()))
        }
    }

    /// Runs `work` as it is where the table keeps its key, else in a transaction, so that it can claim the key.
    // Not `AsyncFn`: nothing could say that its future is `Send`.
    pub(crate) async fn claiming<T, F, W>(&self, is_kept: bool, work: F) -> Result<T, AdapterError>
    where
        F: Fn(Client) -> W,
        W: Future<Output = Result<T, AdapterError>>,
    {
        if is_kept {
            return work(self.client.clone()).await;
        }
        let in_transaction = |tx| {
            let writing = work(tx);
            async move { writing.await.map_err(Refused) }
        };
        let result = self.client.transaction(in_transaction).await;
        result.map_err(|Refused(error)| error)
    }
}

fn taken(model: &'static str, users: Vec<String>) -> AdapterError {
    AdapterError::Conflict(Box::new(Taken { model, users }))
}

/// An error that ends a transaction.
struct Refused(AdapterError);

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(convert::error(error))
    }
}
