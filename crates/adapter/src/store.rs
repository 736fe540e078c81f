use std::sync::Arc;

use async_trait::async_trait;
use hallpass_auth::adapter::{
    Account, AccountChange, Adapter, AdapterError, Beside, NewUser, Removed, SessionRecord, SignIn,
    SignInOutcome, StoreId, TokensAtRest, Unlink, Unlinked, User, UserChanges, UserId,
    VerificationToken,
};
use hallpass_auth::password::PasswordHash;
use hallpass_auth::secret::{SessionToken, TokenHash};
use hallpass_data::{Client, Create, Filter, Record, Unique, Update, Value, field};
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Scalar};
use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::addresses::Addresses;
use crate::at_rest::{AtRest, Tokens};
use crate::at_rest_accounts::{AccountTokens, AccountTokensAtRest};
use crate::convert::{self, ACCOUNT_FIELDS, USER_FIELDS};
use crate::layout::{
    ACCOUNT, Layout, LayoutError, SESSION, USER, VERIFICATION_TOKEN, check_tables,
};
use crate::own::{self, Own, Passwords};
use crate::statements::Statements;
use crate::unique::Kept;

/// The store of the sign-in engine, over the engine of the data. Cheap to clone.
///
/// Judged by the adapter test kit of `auth` on every database and layout.
#[derive(Debug, Clone)]
pub struct DataAdapter {
    pub(crate) client: Client,
    pub(crate) layout: Arc<Layout>,
    pub(crate) own: Arc<Own>,
    pub(crate) statements: Arc<Statements>,
    /// Whether the tables make ids themselves (or the engine does), so that a proposed one is not needed.
    makes_user_ids: bool,
    /// Where passwords are kept, if anywhere.
    pub(crate) passwords: Option<Arc<Passwords>>,
    /// Which keys the tables keep unique.
    pub(crate) kept: Kept,
    /// Fields of a user that nobody outside may see or choose.
    pub(crate) hidden: Arc<[String]>,
    /// How addresses stand in the table.
    pub(crate) addresses: Addresses,
    /// Those of them that no row may lack, and nothing but us fills.
    needed: Arc<[String]>,
    /// How tokens of sessions stand in the table.
    pub(crate) tokens: Tokens,
    /// How tokens of other services stand in the table of accounts.
    account_tokens: AccountTokens,
    /// All that a clone keeps, this one does.
    pub(crate) id: StoreId,
}

impl DataAdapter {
    /// Over the sign-in models of the client's schema.
    ///
    /// # Errors
    /// [`LayoutError`] names the model or field that sign-in needs and the schema lacks.
    pub fn new(client: &Client) -> Result<Self, LayoutError> {
        Self::over(client, own::PASSWORD_FIELD)
    }

    fn over(client: &Client, password_field: &str) -> Result<Self, LayoutError> {
        let layout = Layout::of(client.schema())?;
        check_tables(client)?;
        let hidden = hidden(client, password_field);
        Ok(Self {
            statements: Arc::new(Statements::plan(client, &layout, &hidden)?),
            passwords: Passwords::of(client, password_field)?.map(Arc::new),
            needed: needed(client, &hidden).into(),
            hidden: hidden.into(),
            kept: Kept::of(client)?,
            addresses: Addresses::default(),
            tokens: Tokens::default(),
            account_tokens: AccountTokens::of(client),
            makes_user_ids: fields(client, USER)
                .iter()
                .any(|field| field.name == "id" && field.default.is_some()),
            layout: Arc::new(layout),
            own: Arc::new(Own::plan(client)?),
            id: StoreId::new(),
            client: client.clone(),
        })
    }

    pub(crate) fn with_password_field(&self, name: &str) -> Result<Self, LayoutError> {
        Ok(Self {
            addresses: self.addresses.clone(),
            tokens: self.tokens.clone(),
            account_tokens: self.account_tokens.clone(),
            ..Self::over(&self.client, name)?
        })
    }

    /// How tokens of sessions stand in the table; [`AtRest::Auto`] by default. Sessions go on when it changes.
    #[must_use]
    pub fn session_tokens_at_rest(self, setting: AtRest) -> Self {
        Self {
            tokens: Tokens::new(setting),
            ..self
        }
    }

    /// How tokens of other services stand in the table of accounts; [`AccountTokensAtRest::Auto`] by default. Those that
    /// are there are read in either form.
    ///
    /// # Errors
    /// [`LayoutError::NarrowTokens`] when they are to be sealed and a column has no room for it.
    pub fn account_tokens_at_rest(self, setting: AccountTokensAtRest) -> Result<Self, LayoutError> {
        let account_tokens = self.account_tokens.clone().set(setting)?;
        Ok(Self {
            account_tokens,
            ..self
        })
    }

    /// The row of a new user without a password, about to be written.
    fn creation<'c>(&self, client: &'c Client, user: NewUser) -> Create<'c> {
        let mut create = self.person(client, user);
        for password in &*self.needed {
            create = create.set_hash(password, own::NO_HASH);
        }
        create
    }

    /// The row of a new user with a password in this field, about to be written.
    pub(crate) fn creation_with_hash<'c>(
        &self,
        client: &'c Client,
        user: NewUser,
        field: &str,
        hash: &PasswordHash,
    ) -> Create<'c> {
        let mut create = self.person(client, user).set_hash(field, hash.expose());
        for password in self.needed.iter().filter(|name| *name != field) {
            create = create.set_hash(password, own::NO_HASH);
        }
        create
    }

    /// What of a new user's row has nothing to do with passwords.
    fn person<'c>(&self, client: &'c Client, user: NewUser) -> Create<'c> {
        let mut create = client
            .create(USER)
            .omit(&*self.hidden)
            .set("name", user.name)
            .set("email", user.email)
            .set("emailVerified", user.email_verified)
            .set("image", user.image);
        if !self.makes_user_ids {
            create = create.set("id", user.proposed_id.0);
        }
        for (name, value) in self.members(user.extra) {
            create = create.set(name, value);
        }
        create
    }

    /// A change of a user, about to be written.
    fn change<'c>(
        &self,
        client: &'c Client,
        id: &UserId,
        changes: UserChanges,
    ) -> Update<'c, Unique> {
        let mut update = client
            .update(USER)
            .omit(&*self.hidden)
            .filter(is_user("id", id));
        let members = [
            ("name", changes.name),
            ("email", changes.email),
            ("image", changes.image),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                update = update.set(name, value);
            }
        }
        if let Some(moment) = changes.email_verified {
            update = update.set("emailVerified", moment);
        }
        for (name, value) in self.members(changes.extra) {
            update = update.set(name, value);
        }
        update
    }

    /// The members that the application's own columns of a user take.
    fn members(&self, extra: Map<String, Json>) -> impl Iterator<Item = (String, Value)> {
        let members = convert::known(fields(&self.client, USER), USER_FIELDS, extra);
        members.filter(|(name, _)| !self.hidden.contains(name))
    }

    pub(crate) async fn add_user(
        &self,
        client: &Client,
        user: NewUser,
    ) -> Result<User, AdapterError> {
        self.claim_address(client, user.email.as_deref(), None)
            .await?;
        let created = self.creation(client, user).run().await;
        convert::user(&created.map_err(convert::error)?)
    }

    /// The user of this id, as `client` sees it.
    pub(crate) async fn user_within(
        &self,
        client: &Client,
        id: &UserId,
    ) -> Result<Option<User>, AdapterError> {
        let arguments = [text(id.as_str())];
        let found = self.statements.user.run(client, &arguments).await;
        let found = found.map_err(convert::error)?;
        found.as_ref().map(convert::user).transpose()
    }

    pub(crate) async fn add_account(
        &self,
        client: &Client,
        account: Account,
    ) -> Result<(), AdapterError> {
        self.claim_account(client, &account.provider, &account.provider_account_id)
            .await?;
        let mut create = client
            .create(ACCOUNT)
            .set("userId", account.user_id.0)
            .set("type", convert::word(account.kind))
            .set("provider", account.provider)
            .set("providerAccountId", account.provider_account_id);
        for (name, value) in convert::known(fields(client, ACCOUNT), ACCOUNT_FIELDS, account.extra)
        {
            create = create.set(name, value);
        }
        create.run().await.map_err(convert::error)?;
        Ok(())
    }
}

/// SECURITY: `password` also where passwords are kept elsewhere, or nowhere: an application that shares the table keeps
/// its own there.
fn hidden(client: &Client, password_field: &str) -> Vec<String> {
    let names = [own::PASSWORD_FIELD, password_field];
    let is_hidden = |field: &&Field| names.contains(&&*field.name) && field.relation().is_none();
    let hidden = fields(client, USER).iter().filter(is_hidden);
    hidden.map(|field| field.name.clone()).collect()
}

/// Of the hidden fields those that every row needs, without a default of the schema.
fn needed(client: &Client, hidden: &[String]) -> Vec<String> {
    let is_needed = |field: &&Field| {
        hidden.contains(&field.name)
            && field.arity == Arity::Required
            && field.default.is_none()
            && matches!(field.kind, FieldKind::Scalar(Scalar::String))
    };
    let needed = fields(client, USER).iter().filter(is_needed);
    needed.map(|field| field.name.clone()).collect()
}

pub(crate) fn fields<'a>(client: &'a Client, model: &str) -> &'a [Field] {
    client
        .schema()
        .model(model)
        .map_or(&[], |model| model.fields.as_slice())
}

/// SECURITY: `exactly`, because some databases think that `A` equals `a`.
pub(crate) fn is_user(name: &str, id: &UserId) -> Filter {
    field(name).exactly(id.as_str())
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

#[async_trait]
impl Adapter for DataAdapter {
    async fn create_user(&self, user: NewUser) -> Result<User, AdapterError> {
        // Boxed, because the futures of writes are large.
        let added = self.claiming(self.kept.address, async |client| {
            self.add_user(&client, user.clone()).await
        });
        Box::pin(added).await
    }

    async fn user(&self, id: &UserId) -> Result<Option<User>, AdapterError> {
        self.user_within(&self.client, id).await
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>, AdapterError> {
        self.user_of_address(&self.client, email).await
    }

    async fn user_by_account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<User>, AdapterError> {
        self.user_of_account(&self.client, provider, provider_account_id)
            .await
    }

    async fn update_user(
        &self,
        id: &UserId,
        changes: UserChanges,
    ) -> Result<Option<User>, AdapterError> {
        let moves_to = changes.email.clone().flatten();
        self.claiming(self.kept.address || moves_to.is_none(), async |client| {
            self.claim_address(&client, moves_to.as_deref(), Some(id))
                .await?;
            let update = self.change(&client, id, changes.clone());
            let changed = update.run().await.map_err(convert::error)?;
            changed.as_ref().map(convert::user).transpose()
        })
        .await
    }

    async fn delete_user(&self, id: &UserId) -> Result<(), AdapterError> {
        self.client
            .transaction(async |tx| {
                let user = tx.find_unique(USER).filter(is_user("id", id));
                let Some(user) = user.run().await? else {
                    return Ok(());
                };
                // SECURITY: GHSA-2vg6-77g8-24mp: nothing that signs in outlives its user. Written out because not every
                // layout has foreign keys that cascade.
                if let Some(email) = user.get::<Option<&str>>("email")? {
                    // Links are sent to the address in small letters.
                    let lowered = email.to_ascii_lowercase();
                    let to = |address: &str| field("identifier").exactly(address);
                    tx.delete_many(VERIFICATION_TOKEN)
                        .filter(to(email).or(to(&lowered)))
                        .run()
                        .await?;
                }
                let sessions = tx.delete_many(SESSION).filter(is_user("userId", id));
                sessions.run().await?;
                let accounts = tx.delete_many(ACCOUNT).filter(is_user("userId", id));
                accounts.run().await?;
                tx.delete_many(USER).filter(is_user("id", id)).run().await?;
                own::remove_user(&tx, id).await?;
                Ok(())
            })
            .await
            .map_err(convert::error)
    }

    async fn link_account(&self, account: Account) -> Result<(), AdapterError> {
        self.claiming(self.kept.account, async |client| {
            self.add_account(&client, account.clone()).await
        })
        .await
    }

    async fn unlink_account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<(), AdapterError> {
        let arguments = [text(provider), text(provider_account_id)];
        let removed = self
            .statements
            .unlink_account
            .run(&self.client, &arguments)
            .await;
        removed.map_err(convert::error)?;
        Ok(())
    }

    async fn accounts_of(&self, user: &UserId) -> Result<Vec<Account>, AdapterError> {
        self.list_accounts(&self.client, user).await
    }

    async fn account(
        &self,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Option<Account>, AdapterError> {
        self.find_account(provider, provider_account_id).await
    }

    async fn update_account(&self, change: AccountChange) -> Result<bool, AdapterError> {
        self.change_account(change).await
    }

    async fn unlink_unless_last(&self, unlink: Unlink) -> Result<Unlinked, AdapterError> {
        self.unlink(&unlink).await
    }

    async fn tokens_at_rest(&self) -> Result<TokensAtRest, AdapterError> {
        self.account_tokens.form(&self.tokens, &self.client).await
    }

    async fn create_session(&self, session: SessionRecord) -> Result<(), AdapterError> {
        self.add_session(&self.client, &session).await
    }

    async fn session_and_user(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(SessionRecord, User)>, AdapterError> {
        self.find_session(token).await
    }

    async fn extend_session(
        &self,
        token: &SessionToken,
        expires: Timestamp,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        self.move_session(token, expires).await
    }

    async fn delete_session(
        &self,
        token: &SessionToken,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        self.remove_session(&self.client, token).await
    }

    async fn create_verification_token(
        &self,
        token: VerificationToken,
    ) -> Result<(), AdapterError> {
        let arguments = [
            Value::Text(token.identifier),
            text(token.token.expose()),
            Value::Timestamp(token.expires),
        ];
        let created = self
            .statements
            .create_verification_token
            .run(&self.client, &arguments)
            .await;
        created.map_err(convert::error)?;
        Ok(())
    }

    async fn verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError> {
        let arguments = [text(identifier), text(token.expose())];
        let found = self
            .statements
            .verification_token
            .run(&self.client, &arguments)
            .await;
        found
            .map_err(convert::error)?
            .as_ref()
            .map(convert::verification_token)
            .transpose()
    }

    async fn use_verification_token(
        &self,
        identifier: &str,
        token: &TokenHash,
    ) -> Result<Option<VerificationToken>, AdapterError> {
        let arguments = [text(identifier), text(token.expose())];
        let removed = self
            .statements
            .use_verification_token
            .run(&self.client, &arguments)
            .await;
        removed
            .map_err(convert::error)?
            .first()
            .map(convert::verification_token)
            .transpose()
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<SignInOutcome, AdapterError> {
        let (outcome, _) = self.sign_in_beside(sign_in, Beside::default()).await?;
        Ok(outcome)
    }

    async fn sign_in_beside(
        &self,
        sign_in: SignIn,
        beside: Beside,
    ) -> Result<(SignInOutcome, Beside), AdapterError> {
        self.write_sign_in(sign_in, beside).await
    }

    fn store_id(&self) -> Option<StoreId> {
        Some(self.id.clone())
    }

    async fn remove_expired(
        &self,
        before: Timestamp,
        at_most: usize,
    ) -> Result<Removed, AdapterError> {
        self.remove_all_expired(before, at_most).await
    }
}

/// The user of an account or a session; none when it is gone.
pub(crate) fn related_user(record: &Record, relation: &str) -> Result<Option<User>, AdapterError> {
    record
        .related(relation)
        .map_err(|error| AdapterError::Other(Box::new(error)))?
        .map(convert::user)
        .transpose()
}
