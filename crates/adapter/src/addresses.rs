//! Whose a mail address is, where programs beside us keep addresses with capital letters.
//!
//! `auth` asks for addresses in small letters; Auth.js writes what a provider sends. Such a user is found all the same:
//! where the column folds case, by its own comparison and index; elsewhere by the address in small letters, which reads
//! more, and so only in a database that has such rows. Which of both is decided once, so that every look-up is one
//! statement of one kind, and time tells nothing about an address.
//!
//! SECURITY: databases find more than they are asked for: `é` is `e` to some, and the Kelvin sign a `K`. What they find
//! counts only where it is the same address but for ASCII capitals, and the address itself comes first.

use std::sync::Arc;

use hallpass_auth::adapter::{AdapterError, is_address};
use hallpass_data::{Client, Error, Filter, Prepared, Record, Rule, Test, any, field, parameter};
use tokio::sync::OnceCell;

use crate::convert;
use crate::layout::USER;

/// Whether users are there whom only small letters find, once somebody has looked. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    have_capitals: Arc<OnceCell<bool>>,
}

/// A statement that finds users by their address, in both forms.
#[derive(Debug)]
pub(crate) struct ByAddress {
    /// email
    pub(crate) as_column: Prepared<Vec<Record>>,
    /// email
    in_small_letters: Prepared<Vec<Record>>,
}

impl ByAddress {
    /// `prepare` makes the statement of a filter.
    pub(crate) fn of(
        prepare: impl Fn(Filter) -> Result<Prepared<Vec<Record>>, Error>,
    ) -> Result<Self, Error> {
        let same = || field("email").eq(parameter(0));
        let lowered = Test::AnyCase(Box::new(Test::Equals(parameter(0).into())));
        let lowered = Filter::Field("email".to_owned(), lowered);
        Ok(Self {
            as_column: prepare(same())?,
            in_small_letters: prepare(any([same(), lowered]))?,
        })
    }

    /// The rows of an address: those that have it as it is, else those that have it with capitals.
    pub(crate) async fn run(
        &self,
        addresses: &Addresses,
        client: &Client,
        email: &str,
    ) -> Result<Vec<Record>, AdapterError> {
        let statement = match addresses.have_capitals(client).await? {
            true => &self.in_small_letters,
            false => &self.as_column,
        };
        let rows = statement.run(client, &[email.into()]).await;
        let rows = rows.map_err(convert::error_by("email", email))?;
        Ok(of_address(rows, email))
    }
}

impl Addresses {
    /// Looks once. A column that folds case needs no looking.
    async fn have_capitals(&self, client: &Client) -> Result<bool, AdapterError> {
        if !client.dialect().capability().exact_text_equality {
            return Ok(false);
        }
        let look = self.have_capitals.get_or_try_init(|| look(client));
        look.await.copied().map_err(convert::error)
    }
}

async fn look(client: &Client) -> Result<bool, Error> {
    let (model, field) = (USER.to_owned(), "email".to_owned());
    let tangled = Rule::DistinctInLowerCase {
        model: model.clone(),
        field: field.clone(),
    };
    let alone = Rule::LowerCase { model, field };
    let users = client.violations(&alone).await? + client.violations(&tangled).await?;
    if users > 0 {
        tracing::warn!(
            users,
            "addresses are kept with capital letters: looking for them reads the whole table where no index over \
             lower(email) helps; `hallpass doctor` shows how to write them in small letters"
        );
    }
    Ok(users > 0)
}

fn of_address(mut rows: Vec<Record>, email: &str) -> Vec<Record> {
    let address = |row: &Record| row.get::<Option<String>>("email").ok().flatten();
    let is_exact = |row: &Record| address(row).as_deref() == Some(email);
    if rows.iter().any(is_exact) {
        rows.retain(is_exact);
    } else {
        rows.retain(|row| address(row).is_some_and(|known| is_address(&known, email)));
    }
    rows
}
