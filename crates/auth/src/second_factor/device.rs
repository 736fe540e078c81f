//! Browsers that are to be remembered. They spare the second factor, and never the first.

use jiff::Timestamp;

use super::{DeviceRecord, SecondFactor};
use crate::adapter::UserId;
use crate::context::Context;
use crate::cookies::Cookie;
use crate::directory::ClientDetails;
use crate::environment::{array, hex};
use crate::error::Error;
use crate::secret::LinkToken;
use crate::time::after;
use crate::visit::Visit;

/// Whether this browser is remembered for this user.
pub(super) async fn is_remembered(
    ctx: &Context,
    settings: &SecondFactor,
    visit: &Visit<'_>,
    user: &UserId,
) -> Result<bool, Error> {
    let cookie = &visit.cookies.specs.remembered_device;
    let (Some(_), Some(value)) = (settings.remember(), visit.intake.jar.get(cookie.name())) else {
        return Ok(false);
    };
    let token = LinkToken::new(value);
    for hash in settings.keys.device_hashes(user, &token) {
        let found = settings.store().device(user, &hash).await?;
        if found.is_some_and(|device| is_good(&device, user, ctx.now())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// SECURITY: CVE-2022-39263: stores have given back what was not asked for.
fn is_good(device: &DeviceRecord, user: &UserId, now: Timestamp) -> bool {
    device.user_id == *user && device.expires >= now
}

/// Remembers this browser, where the settings let it; gives the cookie that says so.
pub(crate) async fn remember(
    ctx: &Context,
    settings: &SecondFactor,
    visit: &Visit<'_>,
    user: &UserId,
) -> Result<Option<Cookie>, Error> {
    let Some(max_age) = settings.remember() else {
        return Ok(None);
    };
    let token = LinkToken::generate(&*ctx.random);
    let Some(hash) = settings.keys.device_hashes(user, &token).into_iter().next() else {
        return Ok(None);
    };
    let expires = after(ctx.now(), max_age);
    let client = ClientDetails::of_user_agent(visit.intake.headers);
    let record = DeviceRecord {
        hash,
        id: hex(&array::<16, _>(&*ctx.random)),
        user_id: user.clone(),
        client: client.name,
        created: ctx.now(),
        expires,
    };
    settings.store().remember(record).await?;
    let cookie = Cookie::new(&visit.cookies.specs.remembered_device, token.expose());
    Ok(Some(cookie.expires(expires)))
}
