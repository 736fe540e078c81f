use async_trait::async_trait;
use hallpass_auth::adapter::{AdapterError, UserId};
use hallpass_auth::one_time::{OneTimeRecord, OneTimeStore, Purpose};
use hallpass_auth::secret::TokenHash;
use hallpass_data::{Client, Error, Prepared, Record, Value, field, parameter};

use super::needed;
use crate::convert;
use crate::store::{DataAdapter, text};

pub(super) const MODEL: &str = "HallpassOneTimeToken";

#[derive(Debug)]
pub(super) struct Statements {
    /// purpose, hash, userId, email, expires
    put: Prepared<Record>,
    /// purpose, hash
    peek: Prepared<Option<Record>>,
    /// purpose, hash
    take: Prepared<Vec<Record>>,
    /// userId, purpose
    remove_all_of: Prepared<u64>,
}

impl Statements {
    pub(super) fn plan(client: &Client) -> Result<Self, Error> {
        // SECURITY: `exactly`, because some databases think that `A` equals `a`.
        let is = |name: &str, number| field(name).exactly(parameter(number));
        Ok(Self {
            put: client
                .create(MODEL)
                .set("purpose", parameter(0))
                .set("hash", parameter(1))
                .set("userId", parameter(2))
                .set("email", parameter(3))
                .set("expires", parameter(4))
                .prepare()?,
            peek: client
                .find_first(MODEL)
                .filter(is("purpose", 0).and(is("hash", 1)))
                .prepare()?,
            take: client
                .delete_many(MODEL)
                .filter(is("purpose", 0).and(is("hash", 1)))
                .prepare_rows()?,
            remove_all_of: client
                .delete_many(MODEL)
                .filter(is("userId", 0).and(is("purpose", 1)))
                .prepare()?,
        })
    }
}

impl DataAdapter {
    fn one_time(&self) -> Result<&Statements, AdapterError> {
        needed(&self.own.one_time, MODEL)
    }
}

#[async_trait]
impl OneTimeStore for DataAdapter {
    fn ready(&self) -> Result<(), AdapterError> {
        self.one_time().map(|_| ())
    }

    async fn put(&self, record: OneTimeRecord) -> Result<(), AdapterError> {
        let arguments = [
            text(record.purpose.name()),
            text(record.hash.expose()),
            Value::Text(record.user_id.0),
            Value::Text(record.email),
            Value::Timestamp(record.expires),
        ];
        let put = self.one_time()?.put.run(&self.client, &arguments).await;
        put.map_err(convert::error)?;
        Ok(())
    }

    async fn peek(
        &self,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<Option<OneTimeRecord>, AdapterError> {
        let arguments = [text(purpose.name()), text(hash.expose())];
        let found = self.one_time()?.peek.run(&self.client, &arguments).await;
        let found = found.map_err(convert::error)?;
        found.as_ref().map(|row| record(purpose, row)).transpose()
    }

    async fn take(
        &self,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<Option<OneTimeRecord>, AdapterError> {
        let arguments = [text(purpose.name()), text(hash.expose())];
        let taken = self.one_time()?.take.run(&self.client, &arguments).await;
        let taken = taken.map_err(convert::error)?;
        taken.first().map(|row| record(purpose, row)).transpose()
    }

    async fn remove_all_of(&self, user: &UserId, purpose: Purpose) -> Result<u64, AdapterError> {
        let arguments = [text(user.as_str()), text(purpose.name())];
        let statement = &self.one_time()?.remove_all_of;
        let removed = statement.run(&self.client, &arguments).await;
        removed.map_err(convert::error)
    }
}

/// The row was found by its purpose, so that is not read again.
fn record(purpose: Purpose, row: &Record) -> Result<OneTimeRecord, AdapterError> {
    Ok(OneTimeRecord {
        purpose,
        hash: TokenHash::new(convert::get::<String>(row, "hash")?),
        user_id: UserId(convert::get(row, "userId")?),
        email: convert::get(row, "email")?,
        expires: convert::get(row, "expires")?,
    })
}
