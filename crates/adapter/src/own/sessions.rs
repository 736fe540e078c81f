//! The session directory: what is known of sessions, and those that count no longer.

mod revocations;
mod stored;

use async_trait::async_trait;
use hallpass_auth::adapter::{AdapterError, StoreId, UserId};
use hallpass_auth::directory::{
    ClientDetails, Page, Revocation, ServiceSession, SessionDirectory, SessionEntry, SessionId,
    SessionKey, Subject, Which,
};
use hallpass_auth::session::Strategy;
use hallpass_data::{
    Client, Error, Prepared, Record, Value, any, asc, desc, field, not, parameter,
};
use jiff::Timestamp;

use super::needed;
use crate::convert::{self, get};
use crate::store::{DataAdapter, is_user, text};

pub(super) const MODEL: &str = "HallpassSession";
pub(super) const REVOCATION: &str = "HallpassRevocation";

/// How many rows one statement handles.
const BATCH: u32 = 200;

#[derive(Debug)]
pub(super) struct Statements {
    /// key, publicId, userId, strategy, created, lastSeen, expires, client, userAgent, network, country, provider,
    /// serviceSession
    add: Prepared<Record>,
    /// key, unless since, lastSeen, expires, client, userAgent, network, country
    touch: Prepared<u64>,
    /// key
    entry: Prepared<Option<Record>>,
    /// key
    forget: Prepared<u64>,
}

impl Statements {
    pub(super) fn plan(client: &Client) -> Result<Self, Error> {
        // SECURITY: `exactly`, because some databases think that `A` equals `a`.
        let is_key = || field("key").exactly(parameter(0));
        let seen_before = any([
            field("lastSeen").is_null(),
            field("lastSeen").lte(parameter(1)),
        ]);
        let members = [
            "key",
            "publicId",
            "userId",
            "strategy",
            "created",
            "lastSeen",
            "expires",
            "client",
            "userAgent",
            "network",
            "country",
            "provider",
            "serviceSession",
        ];
        let mut add = client.create(MODEL);
        for (number, member) in members.into_iter().enumerate() {
            add = add.set(member, parameter(number));
        }
        let moved = [
            "lastSeen",
            "expires",
            "client",
            "userAgent",
            "network",
            "country",
        ];
        let mut touch = client.update_many(MODEL).filter(is_key().and(seen_before));
        for (number, member) in moved.into_iter().enumerate() {
            touch = touch.set(member, parameter(number + 2));
        }
        Ok(Self {
            add: add.prepare()?,
            touch: touch.prepare()?,
            entry: client.find_first(MODEL).filter(is_key()).prepare()?,
            forget: client.delete_many(MODEL).filter(is_key()).prepare()?,
        })
    }
}

fn word(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Database => "database",
        Strategy::Jwt => "jwt",
    }
}

fn optional_text(value: Option<String>) -> Value {
    value.map_or(Value::Null, Value::Text)
}

fn optional_moment(value: Option<Timestamp>) -> Value {
    value.map_or(Value::Null, Value::Timestamp)
}

/// When, how long, and with what: what every sighting brings anew.
fn moving(entry: &SessionEntry) -> [Value; 6] {
    let client = entry.client.clone();
    [
        optional_moment(entry.last_seen),
        Value::Timestamp(entry.expires),
        optional_text(client.name),
        optional_text(client.user_agent),
        optional_text(client.network),
        optional_text(client.country),
    ]
}

fn row_of(entry: &SessionEntry) -> Vec<Value> {
    let fixed = [
        Value::Text(entry.key.to_hex()),
        text(entry.id.as_str()),
        text(entry.user_id.as_str()),
        text(word(entry.strategy)),
        optional_moment(entry.created),
    ];
    let service = entry.service.as_ref();
    let began_with = [
        optional_text(service.map(|service| service.provider.clone())),
        optional_text(service.and_then(|service| Some(service.key?.to_hex()))),
    ];
    let members = fixed.into_iter().chain(moving(entry));
    members.chain(began_with).collect()
}

/// `None` for a row that was not written by us.
fn entry_of(record: &Record) -> Result<Option<SessionEntry>, AdapterError> {
    let Some(key) = SessionKey::from_hex(get(record, "key")?) else {
        return Ok(None);
    };
    Ok(Some(SessionEntry {
        id: SessionId::new(get::<String>(record, "publicId")?),
        key,
        user_id: UserId(get(record, "userId")?),
        strategy: match get::<&str>(record, "strategy")? {
            "jwt" => Strategy::Jwt,
            _ => Strategy::Database,
        },
        created: get(record, "created")?,
        last_seen: get(record, "lastSeen")?,
        expires: get(record, "expires")?,
        client: ClientDetails {
            name: get(record, "client")?,
            user_agent: get(record, "userAgent")?,
            network: get(record, "network")?,
            country: get(record, "country")?,
        },
        service: service_of(record)?,
    }))
}

fn service_of(record: &Record) -> Result<Option<ServiceSession>, AdapterError> {
    let Some(provider) = get(record, "provider")? else {
        return Ok(None);
    };
    let key: Option<&str> = get(record, "serviceSession")?;
    Ok(Some(ServiceSession {
        provider,
        key: key.and_then(SessionKey::from_hex),
    }))
}

fn entries_of(records: &[Record]) -> Result<Vec<SessionEntry>, AdapterError> {
    let entries = records.iter().map(entry_of);
    entries.filter_map(Result::transpose).collect()
}

impl DataAdapter {
    /// Whether the schema has the models for the list of sessions.
    pub fn lists_sessions(&self) -> bool {
        self.own.sessions.is_some()
    }

    fn sessions(&self) -> Result<&Statements, AdapterError> {
        needed(&self.own.sessions, MODEL)
    }

    /// As [`SessionDirectory::add`], at the end of a transaction.
    pub(crate) async fn add_entry_later(
        &self,
        tx: &Client,
        entry: &SessionEntry,
    ) -> Result<(), AdapterError> {
        let add = &self.sessions()?.add;
        let added = add.run_later(tx, &row_of(entry)).await;
        added.map_err(convert::error)
    }

    /// The sessions in cookies: they are nowhere but here.
    async fn tokens_of(
        &self,
        user: &UserId,
        now: Timestamp,
        page: Page,
    ) -> Result<Vec<SessionEntry>, AdapterError> {
        let found = self
            .client
            .find_many(MODEL)
            .filter(is_user("userId", user))
            .filter(field("strategy").eq(word(Strategy::Jwt)))
            .filter(field("expires").gte(now))
            .order_by(desc("expires"))
            .order_by(asc("key"))
            .skip(page.skip)
            .take(page.take);
        entries_of(&found.run().await.map_err(convert::error)?)
    }
}

#[async_trait]
impl SessionDirectory for DataAdapter {
    fn store_id(&self) -> Option<StoreId> {
        Some(self.id.clone())
    }

    async fn add(&self, entry: SessionEntry) -> Result<(), AdapterError> {
        let add = &self.sessions()?.add;
        let added = add.run(&self.client, &row_of(&entry)).await;
        added.map_err(convert::error)?;
        Ok(())
    }

    async fn touch(
        &self,
        entry: SessionEntry,
        unless_since: Timestamp,
    ) -> Result<(), AdapterError> {
        let statements = self.sessions()?;
        let condition = [
            Value::Text(entry.key.to_hex()),
            Value::Timestamp(unless_since),
        ];
        let arguments: Vec<Value> = condition.into_iter().chain(moving(&entry)).collect();
        let touched = statements.touch.run(&self.client, &arguments).await;
        if touched.map_err(convert::error)? > 0 || self.entry(&entry.key).await?.is_some() {
            return Ok(());
        }
        match self.add(entry).await {
            // Another process was faster.
            Err(AdapterError::Conflict(_)) => Ok(()),
            added => added,
        }
    }

    async fn entry(&self, key: &SessionKey) -> Result<Option<SessionEntry>, AdapterError> {
        let arguments = [Value::Text(key.to_hex())];
        let found = self.sessions()?.entry.run(&self.client, &arguments).await;
        match found.map_err(convert::error)? {
            Some(record) => entry_of(&record),
            None => Ok(None),
        }
    }

    async fn of_service(&self, session: &SessionKey) -> Result<Vec<SessionEntry>, AdapterError> {
        self.sessions()?;
        let found = self
            .client
            .find_many(MODEL)
            .filter(field("serviceSession").eq(session.to_hex()))
            .order_by(asc("key"))
            .take(100);
        entries_of(&found.run().await.map_err(convert::error)?)
    }

    async fn key_of(
        &self,
        user: &UserId,
        id: &SessionId,
    ) -> Result<Option<SessionKey>, AdapterError> {
        self.sessions()?;
        let found = self
            .client
            .find_first(MODEL)
            .select(["key"])
            .filter(field("publicId").exactly(id.as_str()))
            .filter(is_user("userId", user));
        let found = found.run().await.map_err(convert::error)?;
        let key = found.as_ref().map(|record| get::<&str>(record, "key"));
        Ok(key.transpose()?.and_then(SessionKey::from_hex))
    }

    async fn list(
        &self,
        user: &UserId,
        strategy: Strategy,
        now: Timestamp,
        page: Page,
    ) -> Result<Vec<SessionEntry>, AdapterError> {
        self.sessions()?;
        match strategy {
            Strategy::Jwt => self.tokens_of(user, now, page).await,
            Strategy::Database => stored::list(self, user, now, page).await,
        }
    }

    async fn end_stored(&self, user: &UserId, which: Which) -> Result<u64, AdapterError> {
        self.sessions()?;
        stored::end(self, user, which).await
    }

    async fn end_tokens(
        &self,
        user: &UserId,
        which: Which,
        at: Timestamp,
        expires: Timestamp,
    ) -> Result<Vec<Revocation>, AdapterError> {
        self.sessions()?;
        let as_of = |subject, keep| Revocation {
            subject,
            at,
            keep,
            expires,
        };
        match which {
            Which::One(key) => {
                let revocation = as_of(Subject::Session(key), None);
                revocations::keep(&self.client, &revocation).await?;
                self.forget(&key).await?;
                Ok(vec![revocation])
            }
            Which::AllBut(kept) => {
                let key = kept.map(|kept| kept.key);
                let mark = as_of(Subject::User(user.clone()), key);
                let began = kept.and_then(|kept| kept.began);
                let mark = revocations::mark(&self.client, mark, began).await?;
                let mut all = vec![mark];
                loop {
                    let keys = self.keys_of_tokens(user, key).await?;
                    if keys.is_empty() {
                        return Ok(all);
                    }
                    // First what ends them, then what is known of them: after a failure in between the rest is found
                    // again.
                    revocations::keep_all(&self.client, &keys, (at, expires)).await?;
                    self.forget_all(&keys).await?;
                    let ended = keys.into_iter().map(Subject::Session);
                    all.extend(ended.map(|subject| as_of(subject, None)));
                }
            }
        }
    }

    async fn forget(&self, key: &SessionKey) -> Result<(), AdapterError> {
        let arguments = [Value::Text(key.to_hex())];
        let forgotten = self.sessions()?.forget.run(&self.client, &arguments).await;
        forgotten.map_err(convert::error)?;
        Ok(())
    }

    async fn revoked_since(
        &self,
        since: Timestamp,
        page: Page,
    ) -> Result<Vec<Revocation>, AdapterError> {
        self.sessions()?;
        revocations::since(&self.client, since, page).await
    }

    async fn revocations_of(&self, subjects: &[Subject]) -> Result<Vec<Revocation>, AdapterError> {
        self.sessions()?;
        revocations::of(&self.client, subjects).await
    }
}

impl DataAdapter {
    async fn forget_all(&self, keys: &[SessionKey]) -> Result<(), AdapterError> {
        let keys = keys.iter().map(SessionKey::to_hex);
        let entries = self
            .client
            .delete_many(MODEL)
            .filter(field("key").one_of(keys));
        entries.run().await.map_err(convert::error)?;
        Ok(())
    }

    /// Some keys of a user's sessions in cookies.
    async fn keys_of_tokens(
        &self,
        user: &UserId,
        kept: Option<SessionKey>,
    ) -> Result<Vec<SessionKey>, AdapterError> {
        let mut found = self
            .client
            .find_many(MODEL)
            .select(["key"])
            .filter(is_user("userId", user))
            .filter(field("strategy").eq(word(Strategy::Jwt)));
        if let Some(kept) = kept {
            found = found.filter(not(field("key").eq(kept.to_hex())));
        }
        let found = found.order_by(asc("key"));
        let found = found.take(BATCH).run().await.map_err(convert::error)?;
        let keys = found.iter().map(|record| get::<&str>(record, "key"));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        Ok(keys.into_iter().filter_map(SessionKey::from_hex).collect())
    }
}
