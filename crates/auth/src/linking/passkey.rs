//! Rows 6.3: somebody has shown a key.

use super::Linked;
use super::account::{ShownAccount, by_oauth};
use super::here::Here;
use crate::adapter::User;
use crate::context::Context;
use crate::error::Error;
use crate::visit::Visit;

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
