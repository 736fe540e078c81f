//! Second factors. What must count once is one statement; what belongs together is one transaction.

use async_trait::async_trait;
use hallpass_auth::adapter::{AdapterError, StoreId, UserId};
use hallpass_auth::directory::SessionKey;
use hallpass_auth::second_factor::{
    DeviceRecord, Factor, Factors, ProofRecord, SecondFactorStore, TotpRecord, WaitingRecord,
};
use hallpass_auth::secret::TokenHash;
use hallpass_data::{Client, Error, Prepared, Record, Value, asc, desc, field, parameter};
use jiff::Timestamp;

use super::needed;
use crate::convert::{self, get};
use crate::store::{DataAdapter, is_user, text};

pub(super) const TOTP: &str = "HallpassTotp";
pub(super) const RECOVERY_CODE: &str = "HallpassRecoveryCode";
pub(super) const DEVICE: &str = "HallpassDevice";
pub(super) const WAITING: &str = "HallpassWaitingSignIn";
pub(super) const PROOF: &str = "HallpassProof";

/// How many browsers are listed.
const LISTED: u32 = 100;

#[derive(Debug)]
pub(super) struct Statements {
    /// userId, appId, the step
    use_step: Prepared<u64>,
    /// userId, hash
    use_code: Prepared<u64>,
    /// hash
    waiting: Prepared<Option<Record>>,
    /// hash
    take_waiting: Prepared<Vec<Record>>,
    /// hash, userId
    device: Prepared<Option<Record>>,
    /// key, userId, first, second, at, expires
    put_proof: Prepared<u64>,
    /// key
    proof: Prepared<Option<Record>>,
}

impl Statements {
    pub(super) fn plan(client: &Client) -> Result<Self, Error> {
        // SECURITY: `exactly`, because some databases think that `A` equals `a`.
        let is = |name: &str, number| field(name).exactly(parameter(number));
        let members = ["key", "userId", "first", "second", "at", "expires"];
        let mut put_proof = client.upsert(PROOF);
        for (number, member) in members.into_iter().enumerate() {
            put_proof = put_proof.create(member, parameter(number));
            if member != "key" {
                put_proof = put_proof.change(member, parameter(number));
            }
        }
        Ok(Self {
            use_step: client
                .update_many(TOTP)
                .filter(is("userId", 0).and(is("appId", 1)))
                .filter(field("lastStep").lt(parameter(2)))
                .set("lastStep", parameter(2))
                .prepare()?,
            use_code: client
                .delete_many(RECOVERY_CODE)
                .filter(is("userId", 0).and(is("hash", 1)))
                .prepare()?,
            waiting: client.find_first(WAITING).filter(is("hash", 0)).prepare()?,
            take_waiting: client
                .delete_many(WAITING)
                .filter(is("hash", 0))
                .prepare_rows()?,
            device: client
                .find_first(DEVICE)
                .filter(is("hash", 0).and(is("userId", 1)))
                .prepare()?,
            put_proof: put_proof.prepare()?,
            proof: client.find_first(PROOF).filter(is("key", 0)).prepare()?,
        })
    }
}

/// Ends a transaction whose condition does not hold.
enum Stop {
    Refused,
    Failed(AdapterError),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(convert::error(error))
    }
}

fn settled(result: Result<(), Stop>) -> Result<bool, AdapterError> {
    match result {
        Ok(()) => Ok(true),
        Err(Stop::Refused) => Ok(false),
        Err(Stop::Failed(error)) => Err(error),
    }
}

impl DataAdapter {
    fn second_factor(&self) -> Result<&Statements, AdapterError> {
        needed(&self.own.second_factor, TOTP)
    }

    /// Whether the schema has the models for second factors.
    pub fn keeps_second_factors(&self) -> bool {
        self.own.second_factor.is_some()
    }
}

/// The rows of a user in one table.
async fn remove_of(tx: &Client, model: &str, user: &UserId) -> Result<u64, Error> {
    let rows = tx.delete_many(model).filter(is_user("userId", user));
    rows.run().await
}

async fn set_codes(tx: &Client, user: &UserId, codes: &[TokenHash]) -> Result<(), Error> {
    remove_of(tx, RECOVERY_CODE, user).await?;
    for code in codes {
        let row = tx.create(RECOVERY_CODE).set("userId", user.as_str());
        row.set("hash", code.expose()).run().await?;
    }
    Ok(())
}

/// Adds the row, where there is none, or where exactly the one to replace went.
async fn put_app(tx: &Client, record: &TotpRecord, replaces: Option<&str>) -> Result<(), Stop> {
    if let Some(id) = replaces {
        let old = is_user("userId", &record.user_id).and(field("appId").exactly(id));
        if tx.delete_many(TOTP).filter(old).run().await? == 0 {
            return Err(Stop::Refused);
        }
    }
    let added = tx
        .create(TOTP)
        .set("userId", record.user_id.as_str())
        .set("appId", &*record.id)
        .set("secret", &*record.sealed)
        .set("lastStep", record.last_step)
        .set("created", record.created);
    match added.run().await.map_err(convert::error) {
        Ok(_) => Ok(()),
        Err(AdapterError::Conflict(_)) => Err(Stop::Refused),
        Err(error) => Err(Stop::Failed(error)),
    }
}

#[async_trait]
impl SecondFactorStore for DataAdapter {
    fn store_id(&self) -> Option<StoreId> {
        Some(self.id.clone())
    }

    fn second_factors_ready(&self) -> Result<(), AdapterError> {
        self.second_factor().map(|_| ())
    }

    async fn factors(&self, user: &UserId) -> Result<Factors, AdapterError> {
        self.second_factor()?;
        let app = self.client.find_first(TOTP).filter(is_user("userId", user));
        let app = app.run().await.map_err(convert::error)?;
        let Some(app) = app else {
            // Recovery codes come with an app and go with it, so that most people cost one statement.
            return Ok(Factors::default());
        };
        let codes = self
            .client
            .find_many(RECOVERY_CODE)
            .select(["userId"])
            .filter(is_user("userId", user));
        let codes = codes.run().await.map_err(convert::error)?;
        Ok(Factors {
            totp: Some(totp(&app)?),
            recovery_codes: u64::try_from(codes.len()).unwrap_or(u64::MAX),
        })
    }

    async fn add_totp(
        &self,
        record: TotpRecord,
        codes: &[TokenHash],
        replaces: Option<&str>,
    ) -> Result<bool, AdapterError> {
        self.second_factor()?;
        let user = &record.user_id;
        let work = self.client.transaction(async |tx| {
            put_app(&tx, &record, replaces).await?;
            set_codes(&tx, user, codes).await?;
            remove_of(&tx, DEVICE, user).await?;
            Ok::<_, Stop>(())
        });
        settled(work.await)
    }

    async fn use_totp_step(
        &self,
        user: &UserId,
        id: &str,
        step: i64,
    ) -> Result<bool, AdapterError> {
        let arguments = [text(user.as_str()), text(id), Value::Int(step)];
        let statement = &self.second_factor()?.use_step;
        let used = statement.run(&self.client, &arguments).await;
        Ok(used.map_err(convert::error)? > 0)
    }

    async fn use_recovery_code(
        &self,
        user: &UserId,
        hash: &TokenHash,
    ) -> Result<bool, AdapterError> {
        let arguments = [text(user.as_str()), text(hash.expose())];
        let statement = &self.second_factor()?.use_code;
        let used = statement.run(&self.client, &arguments).await;
        Ok(used.map_err(convert::error)? > 0)
    }

    async fn replace_recovery_codes(
        &self,
        user: &UserId,
        codes: &[TokenHash],
    ) -> Result<bool, AdapterError> {
        self.second_factor()?;
        let work = self.client.transaction(async |tx| {
            let app = tx.find_first(TOTP).filter(is_user("userId", user));
            if app.run().await?.is_none() {
                return Err(Stop::Refused);
            }
            Ok(set_codes(&tx, user, codes).await?)
        });
        settled(work.await)
    }

    async fn remove_factors(&self, user: &UserId) -> Result<bool, AdapterError> {
        // A schema without our models has nothing to remove: steps of accounts ask it all the same.
        if !self.keeps_second_factors() {
            return Ok(false);
        }
        let work = self.client.transaction(async |tx| {
            let had_app = remove_of(&tx, TOTP, user).await? > 0;
            for model in [RECOVERY_CODE, DEVICE, WAITING] {
                remove_of(&tx, model, user).await?;
            }
            let proofs = tx.update_many(PROOF).filter(is_user("userId", user));
            proofs.set("second", Value::Null).run().await?;
            Ok::<_, Error>(had_app)
        });
        work.await.map_err(convert::error)
    }

    async fn wait(&self, record: WaitingRecord) -> Result<(), AdapterError> {
        self.second_factor()?;
        let row = self
            .client
            .create(WAITING)
            .set("hash", record.hash.expose())
            .set("userId", record.user_id.0)
            .set("sealed", record.sealed)
            .set("expires", record.expires);
        row.run().await.map_err(convert::error)?;
        Ok(())
    }

    async fn waiting(&self, hash: &TokenHash) -> Result<Option<WaitingRecord>, AdapterError> {
        let statement = &self.second_factor()?.waiting;
        let found = statement.run(&self.client, &[text(hash.expose())]).await;
        let found = found.map_err(convert::error)?;
        found.as_ref().map(waiting).transpose()
    }

    async fn take_waiting(&self, hash: &TokenHash) -> Result<Option<WaitingRecord>, AdapterError> {
        let statement = &self.second_factor()?.take_waiting;
        let taken = statement.run(&self.client, &[text(hash.expose())]).await;
        let taken = taken.map_err(convert::error)?;
        taken.first().map(waiting).transpose()
    }

    async fn remember(&self, record: DeviceRecord) -> Result<(), AdapterError> {
        self.second_factor()?;
        let row = self
            .client
            .create(DEVICE)
            .set("hash", record.hash.expose())
            .set("publicId", record.id)
            .set("userId", record.user_id.0)
            .set("client", record.client)
            .set("created", record.created)
            .set("expires", record.expires);
        row.run().await.map_err(convert::error)?;
        Ok(())
    }

    async fn device(
        &self,
        user: &UserId,
        hash: &TokenHash,
    ) -> Result<Option<DeviceRecord>, AdapterError> {
        let arguments = [text(hash.expose()), text(user.as_str())];
        let statement = &self.second_factor()?.device;
        let found = statement.run(&self.client, &arguments).await;
        let found = found.map_err(convert::error)?;
        found.as_ref().map(device).transpose()
    }

    async fn devices(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<DeviceRecord>, AdapterError> {
        self.second_factor()?;
        let found = self
            .client
            .find_many(DEVICE)
            .filter(is_user("userId", user))
            .filter(field("expires").gte(now))
            .order_by(desc("created"))
            .order_by(asc("publicId"))
            .take(LISTED);
        let found = found.run().await.map_err(convert::error)?;
        found.iter().map(device).collect()
    }

    async fn forget_device(&self, user: &UserId, id: &str) -> Result<bool, AdapterError> {
        self.second_factor()?;
        let one = is_user("userId", user).and(field("publicId").exactly(id));
        let forgotten = self.client.delete_many(DEVICE).filter(one).run().await;
        Ok(forgotten.map_err(convert::error)? > 0)
    }

    async fn distrust(&self, user: &UserId) -> Result<(), AdapterError> {
        if !self.keeps_second_factors() {
            return Ok(());
        }
        for model in [DEVICE, WAITING] {
            let removed = remove_of(&self.client, model, user).await;
            removed.map_err(convert::error)?;
        }
        Ok(())
    }

    async fn put_proof(&self, record: ProofRecord) -> Result<(), AdapterError> {
        let statement = &self.second_factor()?.put_proof;
        let kept = statement.run(&self.client, &row_of(&record)).await;
        kept.map_err(convert::error)?;
        Ok(())
    }

    async fn proof(&self, key: &SessionKey) -> Result<Option<ProofRecord>, AdapterError> {
        let statement = &self.second_factor()?.proof;
        let found = statement
            .run(&self.client, &[Value::Text(key.to_hex())])
            .await;
        match found.map_err(convert::error)? {
            Some(row) => proof(key, &row),
            None => Ok(None),
        }
    }

    async fn forget_proofs(&self, user: &UserId, factor: Factor) -> Result<(), AdapterError> {
        if !self.keeps_second_factors() {
            return Ok(());
        }
        let is = |member: &str| field(member).exactly(factor.name());
        let rest_on_it = self
            .client
            .delete_many(PROOF)
            .filter(is_user("userId", user))
            .filter(is("first").or(is("second")));
        rest_on_it.run().await.map_err(convert::error)?;
        Ok(())
    }
}

fn totp(row: &Record) -> Result<TotpRecord, AdapterError> {
    Ok(TotpRecord {
        user_id: UserId(get(row, "userId")?),
        id: get(row, "appId")?,
        sealed: get(row, "secret")?,
        last_step: get(row, "lastStep")?,
        created: get(row, "created")?,
    })
}

fn waiting(row: &Record) -> Result<WaitingRecord, AdapterError> {
    Ok(WaitingRecord {
        hash: TokenHash::new(get::<String>(row, "hash")?),
        user_id: UserId(get(row, "userId")?),
        sealed: get(row, "sealed")?,
        expires: get(row, "expires")?,
    })
}

fn device(row: &Record) -> Result<DeviceRecord, AdapterError> {
    Ok(DeviceRecord {
        hash: TokenHash::new(get::<String>(row, "hash")?),
        id: get(row, "publicId")?,
        user_id: UserId(get(row, "userId")?),
        client: get(row, "client")?,
        created: get(row, "created")?,
        expires: get(row, "expires")?,
    })
}

/// `None` for a row with a factor that we do not know: a newer process wrote it.
impl DataAdapter {
    /// As [`SecondFactorStore::put_proof`], at the end of a transaction.
    pub(crate) async fn put_proof_later(
        &self,
        tx: &Client,
        record: &ProofRecord,
    ) -> Result<(), AdapterError> {
        let statement = &self.second_factor()?.put_proof;
        let kept = statement.run_later(tx, &row_of(record)).await;
        kept.map_err(convert::error)
    }
}

fn row_of(record: &ProofRecord) -> [Value; 6] {
    [
        Value::Text(record.key.to_hex()),
        text(record.user_id.as_str()),
        text(record.first.name()),
        record
            .second
            .map_or(Value::Null, |second| text(second.name())),
        Value::Timestamp(record.at),
        Value::Timestamp(record.expires),
    ]
}

fn proof(key: &SessionKey, row: &Record) -> Result<Option<ProofRecord>, AdapterError> {
    let second: Option<&str> = get(row, "second")?;
    let Some(first) = Factor::of_name(get(row, "first")?) else {
        return Ok(None);
    };
    Ok(Some(ProofRecord {
        key: *key,
        user_id: UserId(get(row, "userId")?),
        first,
        second: second.and_then(Factor::of_name),
        at: get(row, "at")?,
        expires: get(row, "expires")?,
    }))
}
