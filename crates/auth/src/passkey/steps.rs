//! What happens to passkeys beside ceremonies, for routes and for applications, and who hears of it.

use super::Passkey;
use crate::account::MailKind;
use crate::account::steps::notify;
use crate::adapter::{Unlinked, User};
use crate::context::Context;
use crate::error::Error;
use crate::linked;
use crate::origin::Origin;

/// How long a name may be, in characters.
const NAME_LENGTH: usize = 60;

/// A name that shows on one line.
pub(crate) fn name_of(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = (1..=NAME_LENGTH).contains(&name.chars().count());
    (fits && !name.chars().any(char::is_control)).then_some(name)
}

/// A passkey was added to a user.
pub(crate) async fn added(ctx: &Context, origin: &Origin, user: &User) {
    tracing::info!(user.id = %user.id, "a passkey was added");
    tell(ctx, origin, user, MailKind::PasskeyAdded).await;
}

/// Removes a passkey of a user, under whichever provider it was registered. The last way in stays.
pub(crate) async fn remove(
    ctx: &Context,
    origin: Option<&Origin>,
    user: &User,
    passkey: &Passkey,
) -> Result<Unlinked, Error> {
    let account_id = &passkey.authenticator.provider_account_id;
    for provider in ctx.passkey_providers() {
        match linked::manage::unlink(ctx, &user.id, provider.id(), account_id).await? {
            Unlinked::Unknown => {}
            Unlinked::Done(account) => {
                tracing::info!(user.id = %user.id, "a passkey was removed");
                if let Some(origin) = origin {
                    tell(ctx, origin, user, MailKind::PasskeyRemoved).await;
                }
                return Ok(Unlinked::Done(account));
            }
            Unlinked::LastWayIn => return Ok(Unlinked::LastWayIn),
        }
    }
    Ok(Unlinked::Unknown)
}

/// The owner, where mails about accounts are sent.
async fn tell(ctx: &Context, origin: &Origin, user: &User, kind: MailKind) {
    if let Some(accounts) = &ctx.accounts {
        notify(ctx, accounts, origin, user.email.as_deref(), kind).await;
    }
}
