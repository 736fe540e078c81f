//! The writes of a sign-in, in one transaction.
//!
//! INVARIANT: the row of the user is written (and so locked) before anything that belongs to the user is removed or
//! added, so that a sign-in and the proof that removes what it rests on cannot pass each other.

use hallpass_auth::adapter::{
    AdapterError, Beside, Earlier, Person, SessionRecord, SignIn, SignInOutcome, SignedIn, User,
    UserId,
};
use hallpass_data::{Client, Error, Filter, Record, Value, field, not};
use hallpass_zmodel::schema::Arity;
use jiff::Timestamp;

use crate::convert;
use crate::layout::{ACCOUNT, SESSION, USER};
use crate::own;
use crate::store::{DataAdapter, fields, is_user, text};

/// Why nothing is written.
enum Stop {
    Outcome(SignInOutcome),
    Failed(AdapterError),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(convert::error(error))
    }
}

impl From<AdapterError> for Stop {
    fn from(error: AdapterError) -> Self {
        Self::Failed(error)
    }
}

impl DataAdapter {
    /// Gives what is left of what was to be written beside it.
    pub(crate) async fn write_sign_in(
        &self,
        sign_in: SignIn,
        beside: Beside,
    ) -> Result<(SignInOutcome, Beside), AdapterError> {
        // Asked for before the transaction: inside, a second connection would be needed.
        self.tokens.form(&self.client).await?;
        if !beside.is_empty() {
            match self.write_at_once(&sign_in, &beside).await {
                Ok(SignInOutcome::Done(done)) => {
                    return Ok((SignInOutcome::Done(done), Beside::default()));
                }
                // A list that cannot be written keeps nobody out.
                Err(error) if !matches!(error, AdapterError::Unavailable(_)) => {}
                outcome => return Ok((outcome?, beside)),
            }
        }
        let alone = self.write_at_once(&sign_in, &Beside::default()).await?;
        Ok((alone, beside))
    }

    async fn write_at_once(
        &self,
        sign_in: &SignIn,
        beside: &Beside,
    ) -> Result<SignInOutcome, AdapterError> {
        let written = self
            .client
            .transaction(async |tx| {
                let signed_in = self.write(&tx, sign_in).await?;
                let tx = tx.attributed_to(signed_in.user.id.as_str());
                self.write_beside(&tx, beside).await?;
                Ok(signed_in)
            })
            .await;
        match written {
            Ok(signed_in) => Ok(SignInOutcome::Done(Box::new(signed_in))),
            Err(Stop::Outcome(outcome)) => Ok(outcome),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// Nothing of it decides anything, so nobody waits for the answers.
    async fn write_beside(&self, tx: &Client, beside: &Beside) -> Result<(), AdapterError> {
        if let Some(entry) = &beside.entry {
            self.add_entry_later(tx, entry).await?;
        }
        if let Some(proof) = &beside.proof {
            self.put_proof_later(tx, proof).await?;
        }
        if let Some(settlement) = &beside.settlement {
            self.settle_later(tx, settlement).await?;
        }
        Ok(())
    }

    async fn write(&self, tx: &Client, sign_in: &SignIn) -> Result<SignedIn, Stop> {
        if let Some(link) = &sign_in.link {
            let key = [text(&link.identifier), text(link.token.expose())];
            let used = self.statements.use_verification_token.run(tx, &key).await?;
            if used.is_empty() {
                return Err(Stop::Outcome(SignInOutcome::LinkGone));
            }
        }
        let user = self.write_person(tx, &sign_in.person).await?;
        let tx = &tx.attributed_to(user.id.as_str());
        if let Some(account) = &sign_in.account {
            let mut account = account.clone();
            account.user_id = user.id.clone();
            let added = self.add_account(tx, account).await;
            added.map_err(|error| taken(error, SignInOutcome::AccountExists))?;
        }
        if let Some(passkey) = &sign_in.passkey {
            let added = self.add_passkey(tx, passkey, &user.id).await;
            added.map_err(|error| taken(error, SignInOutcome::AccountExists))?;
        }
        if let Some(token) = &sign_in.ends {
            self.remove_session(tx, token).await?;
        }
        let session = sign_in.session.as_ref().map(|new| SessionRecord {
            session_token: new.token.clone(),
            user_id: user.id.clone(),
            expires: new.expires,
        });
        if let Some(session) = &session {
            self.add_session_later(tx, session).await?;
        }
        Ok(SignedIn { user, session })
    }

    async fn write_person(&self, tx: &Client, person: &Person) -> Result<User, Stop> {
        // Who signs up is nobody yet who could act.
        let tx = &match person {
            Person::New(_) => tx.clone(),
            Person::Proves { id, .. } | Person::Known { id, .. } => tx.attributed_to(id.as_str()),
        };
        let record = match person {
            Person::New(new) => {
                let created = self.add_user(tx, new.clone()).await;
                return created.map_err(|error| taken(error, SignInOutcome::UserExists));
            }
            Person::Proves {
                id,
                email,
                at,
                earlier: Earlier::Kept,
            } => {
                let arguments = [text(id.as_str()), text(email), Value::Timestamp(*at)];
                self.statements.prove_address.run(tx, &arguments).await?
            }
            Person::Proves {
                id,
                email,
                at,
                earlier:
                    Earlier::Removed {
                        verifying_providers,
                    },
            } => {
                self.prove_first(tx, id, email, *at, verifying_providers)
                    .await?
            }
            Person::Known {
                id,
                was_proven,
                password: Some(proven),
            } => self.hold_password(tx, id, proven, *was_proven).await?,
            Person::Known {
                id,
                was_proven: true,
                password: None,
            } => {
                let arguments = [text(id.as_str())];
                self.statements.user.run(tx, &arguments).await?
            }
            Person::Known {
                id,
                was_proven: false,
                password: None,
            } => self.hold_unproven(tx, id).await?,
        };
        let record = record.ok_or(Stop::Outcome(SignInOutcome::UserChanged))?;
        Ok(convert::user(&record)?)
    }

    /// The user, whose address is not proven before the transaction ends: to write nothing new locks the row too.
    async fn hold_unproven(&self, tx: &Client, id: &UserId) -> Result<Option<Record>, Error> {
        let update = tx.update(USER).omit(&*self.hidden).filter(is_unproven(id));
        update.set("emailVerified", Value::Null).run().await
    }

    /// SECURITY: CVE-2026-53516: what was there before the first proof may be anybody's.
    async fn prove_first(
        &self,
        tx: &Client,
        id: &UserId,
        email: &str,
        at: Timestamp,
        verifying_providers: &[String],
    ) -> Result<Option<Record>, Error> {
        let update = tx
            .update(USER)
            .omit(&*self.hidden)
            .filter(is_unproven(id).and(field("email").exactly(email)))
            .set("emailVerified", at);
        let Some(user) = update.run().await? else {
            return Ok(None);
        };
        self.remove_before_proof(tx, id, verifying_providers)
            .await?;
        Ok(Some(user))
    }

    /// Removes what anybody may have made before the first proof, once the row of the user is written.
    pub(crate) async fn remove_before_proof(
        &self,
        tx: &Client,
        id: &UserId,
        verifying_providers: &[String],
    ) -> Result<(), Error> {
        let had_password = self.remove_password(tx, id).await?;
        let sessions = tx.delete_many(SESSION).filter(is_user("userId", id));
        sessions.run().await?;
        let had_unverified = remove_unverified_accounts(tx, id, verifying_providers).await?;
        if had_password || had_unverified {
            let accounts = tx.delete_many(ACCOUNT).filter(is_user("userId", id));
            accounts.run().await?;
        }
        // Links that wait in other mailboxes among them, such as to another address for this user.
        own::remove_user(tx, id).await
    }

    /// Removes what stands where passwords are kept, by us or by the application; whether anything did.
    async fn remove_password(&self, tx: &Client, id: &UserId) -> Result<bool, Error> {
        let had_own = own::remove_password(tx, id).await?;
        if self.hidden.is_empty() {
            return Ok(had_own);
        }
        let user = tx.find_unique(USER).select(&*self.hidden);
        let user = user.filter(is_user("id", id)).run().await?;
        let nothing_there =
            |value: &Value| matches!(value, Value::Null) || *value == Value::from(own::NO_HASH);
        if user.is_none_or(|user| user.values().all(|(_, value)| nothing_there(value))) {
            return Ok(had_own);
        }
        let mut update = tx.update_many(USER).filter(is_user("id", id));
        for password in &*self.hidden {
            update = if is_required(tx, password) {
                update.set_hash(password, own::NO_HASH)
            } else {
                update.set(password, Value::Null)
            };
        }
        update.run().await?;
        Ok(true)
    }
}

/// Removes accounts that may have been made without anybody checking the address; whether there were any. A DELETE sees what
/// was written before the row of the user was locked, where a SELECT of MySQL may not.
async fn remove_unverified_accounts(
    tx: &Client,
    id: &UserId,
    verifying_providers: &[String],
) -> Result<bool, Error> {
    let mut accounts = is_user("userId", id);
    for provider in verifying_providers {
        accounts = accounts.and(not(field("provider").exactly(&**provider)));
    }
    Ok(tx.delete_many(ACCOUNT).filter(accounts).run().await? > 0)
}

/// What a key that is taken means here.
fn taken(error: AdapterError, outcome: fn(AdapterError) -> SignInOutcome) -> Stop {
    match error {
        AdapterError::Conflict(_) => Stop::Outcome(outcome(error)),
        _ => Stop::Failed(error),
    }
}

pub(crate) fn is_unproven(id: &UserId) -> Filter {
    is_user("id", id).and(field("emailVerified").is_null())
}

/// Whether every row needs something there.
fn is_required(tx: &Client, password: &str) -> bool {
    let mut fields = fields(tx, USER).iter();
    fields.any(|field| field.name == password && field.arity == Arity::Required)
}
