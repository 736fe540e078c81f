//! Rows 6.3: somebody has shown a key.

use serde_json::Map;

use super::Linked;
use super::account::{ShownAccount, by_oauth};
use super::here::Here;
use crate::adapter::{Account, AccountType, User};
use crate::context::Context;
use crate::error::Error;
use crate::passkey::Passkey;
use crate::providers::oauth::LinkByEmail;
use crate::visit::Visit;

impl ShownAccount {
    /// A key that somebody has shown, or has made (`passkey`).
    pub(crate) fn by_key(
        provider: &str,
        user: User,
        account_id: &str,
        passkey: Option<Passkey>,
    ) -> Self {
        Self {
            account: Account {
                user_id: user.id.clone(),
                kind: AccountType::WebAuthn,
                provider: provider.to_owned(),
                provider_account_id: account_id.to_owned(),
                extra: Map::new(),
            },
            user,
            passkey,
            // SECURITY: a key says nothing about an address.
            link_by_email: LinkByEmail::Never,
            email_is_verified: false,
        }
    }
}

/// Rows 6.3: those of 6.1 with no way to join by an address. `None` when something is not as it was read by now.
pub(crate) async fn by_passkey(
    ctx: &Context,
    visit: &Visit<'_>,
    shown: &ShownAccount,
    owner: Option<User>,
    here: Option<Here>,
) -> Result<Option<Linked>, Error> {
    match by_oauth(ctx, visit, shown, owner, here).await {
        Err(Error::NotLinked { .. }) => Err(Error::PasskeyNotLinked),
        linked => linked,
    }
}
