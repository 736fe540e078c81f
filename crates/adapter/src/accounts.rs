//! Accounts of other services: found, given other tokens, unlinked.

use hallpass_auth::adapter::{
    Account, AccountChange, AccountType, AdapterError, Unlink, Unlinked, UserId,
};
use hallpass_data::{Client, Error, Filter, Record, asc, field, kept};
use serde_json::Value as Json;

use crate::convert::{self, ACCOUNT_FIELDS};
use crate::layout::{ACCOUNT, USER};
use crate::own::{Undone, remove_passkey};
use crate::store::{DataAdapter, fields, is_user};
use crate::unique::only;

/// How many accounts of one user are read.
const AT_MOST: u32 = 200;

impl DataAdapter {
    pub(crate) async fn list_accounts(
        &self,
        client: &Client,
        user: &UserId,
    ) -> Result<Vec<Account>, AdapterError> {
        let found = client
            .find_many(ACCOUNT)
            .filter(is_user("userId", user))
            .order_by(asc("provider"))
            .order_by(asc("providerAccountId"))
            .take(AT_MOST);
        accounts(&found.run().await.map_err(convert::error)?)
    }

    pub(crate) async fn find_account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<Account>, AdapterError> {
        let found = self
            .client
            .find_many(ACCOUNT)
            .filter(is_account(provider, provider_account_id))
            .take(crate::statements::SEVERAL);
        let found = accounts(&found.run().await.map_err(convert::error)?)?;
        only(ACCOUNT, "provider and id", found, |account| {
            &account.user_id
        })
    }

    /// One statement, so that of several writers one finds what it expects.
    pub(crate) async fn change_account(&self, change: AccountChange) -> Result<bool, AdapterError> {
        let Some(expected) = self.expected(&change) else {
            return Ok(false);
        };
        let columns = fields(&self.client, ACCOUNT);
        let mut members = convert::known(columns, ACCOUNT_FIELDS, change.members).peekable();
        if members.peek().is_none() {
            let there = self.client.count(ACCOUNT).filter(expected).run().await;
            return Ok(there.map_err(convert::error)? > 0);
        }
        let mut update = self.client.update_many(ACCOUNT).filter(expected);
        for (name, value) in members {
            update = update.set(name, value);
        }
        Ok(update.run().await.map_err(convert::error)? > 0)
    }

    /// The account with the expected members; none where it cannot have them, because the table has no such column.
    fn expected(&self, change: &AccountChange) -> Option<Filter> {
        let own = is_user("userId", &change.user_id);
        let mut filter = own.and(is_account(&change.provider, &change.provider_account_id));
        let columns = fields(&self.client, ACCOUNT);
        for (name, json) in &change.expected {
            let column = columns.iter().find(|column| column.name == *name);
            let Some(column) = column.filter(|_| !ACCOUNT_FIELDS.contains(&name.as_str())) else {
                if json.is_null() {
                    continue;
                }
                return None;
            };
            let is_same = match json {
                Json::Null => field(name).is_null(),
                // SECURITY: `exactly`, because some databases think that `A` equals `a`.
                json => field(name).exactly(convert::value(&column.kind, json.clone())?),
            };
            filter = filter.and(is_same);
        }
        Some(filter)
    }

    pub(crate) async fn unlink(&self, unlink: &Unlink) -> Result<Unlinked, AdapterError> {
        let work = self.client.transaction(async |tx| {
            let tx = tx.attributed_to(unlink.user_id.as_str());
            let judged = self.unlink_within(&tx, unlink).await;
            judged.map_err(Undone)
        });
        work.await.map_err(|Undone(error)| error)
    }

    /// INVARIANT: the row of the user is written (and so locked) before anything is read, so that two of these for one
    /// user follow each other, and the second sees what the first did.
    async fn unlink_within(&self, tx: &Client, unlink: &Unlink) -> Result<Unlinked, AdapterError> {
        let id = &unlink.user_id;
        let lock = tx.update_many(USER).filter(is_user("id", id));
        let lock = lock.set("name", kept()).run().await;
        lock.map_err(convert::error)?;
        let user = self.user_within(tx, id).await?;
        let has_password = unlink.ways_in.password && self.has_password(tx, id).await?;
        let accounts = self.list_accounts(tx, id).await?;
        let account = match unlink.judge(user.as_ref(), has_password, &accounts) {
            Ok(account) => account,
            Err(refused) => return Ok(refused),
        };
        self.remove_account(tx, &account)
            .await
            .map_err(convert::error)?;
        Ok(Unlinked::Done(Box::new(account)))
    }

    async fn remove_account(&self, tx: &Client, account: &Account) -> Result<(), Error> {
        let own = || is_user("userId", &account.user_id);
        let id = &account.provider_account_id;
        let rows = own().and(is_account(&account.provider, id));
        tx.delete_many(ACCOUNT).filter(rows).run().await?;
        if account.kind == AccountType::WebAuthn {
            remove_passkey(tx, &account.user_id, id).await?;
        }
        Ok(())
    }
}

fn is_account(provider: &str, provider_account_id: &str) -> Filter {
    let is_provider = field("provider").exactly(provider);
    is_provider.and(field("providerAccountId").exactly(provider_account_id))
}

/// The rows of a kind that is known.
fn accounts(records: &[Record]) -> Result<Vec<Account>, AdapterError> {
    let accounts = records.iter().map(convert::account);
    let mut accounts: Vec<Account> = accounts
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    // Databases sort texts each in its own way.
    let key = |one: &Account| (one.provider.clone(), one.provider_account_id.clone());
    accounts.sort_by_key(key);
    Ok(accounts)
}
