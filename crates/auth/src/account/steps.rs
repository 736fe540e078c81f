//! The steps themselves, for routes and for applications: send a link, take a link, tell whom it concerns.

use jiff::Timestamp;

use super::letters::{self, MailKind};
use super::{Accounts, Effect, Opener, PasswordChange, Redeemed, Refusal};
use crate::adapter::{AdapterError, SessionRecord, User, UserChanges, UserId};
use crate::context::Context;
use crate::directory::{DirectoryError, Kept, manage};
use crate::error::{Error, ErrorType, as_strangers_see, log_only};
use crate::events::Event;
use crate::identifier::Email;
use crate::limit::LimitedAction;
use crate::linked::revoke::{self, End};
use crate::one_time::{OneTimeRecord, OneTimeToken, Purpose};
use crate::origin::Origin;
use crate::password::{Password, PasswordHash, Weakness};
use crate::secret::LinkUrl;
use crate::session::Strategy;
use crate::time::after;
use crate::witness::{self, Attempt};

/// A link that is under way.
pub(crate) struct Sent {
    pub(crate) token: OneTimeToken,
    pub(crate) expires: Timestamp,
}

/// Where the links of a purpose lead.
fn path(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::VerifyEmail => "verify-email",
        Purpose::ResetPassword => "reset-password",
        Purpose::ChangeEmail => "account/email",
    }
}

/// A page of ours.
pub(crate) fn own_url(ctx: &Context, origin: &Origin, path: &str) -> String {
    format!("{origin}{}/{path}", ctx.settings.base_path)
}

/// Keeps a token for a user and a mailbox.
async fn keep(
    ctx: &Context,
    accounts: &Accounts,
    purpose: Purpose,
    user: &UserId,
    email: &str,
) -> Result<Sent, Error> {
    let token = OneTimeToken::generate(purpose, &*ctx.random);
    let expires = after(ctx.now(), accounts.lifetime(purpose));
    let record = OneTimeRecord {
        purpose,
        hash: ctx.one_time_keys.hash(&token),
        user_id: user.clone(),
        email: email.to_owned(),
        expires,
    };
    accounts.store.put(record).await?;
    Ok(Sent { token, expires })
}

fn link(ctx: &Context, origin: &Origin, token: &OneTimeToken) -> LinkUrl {
    let page = own_url(ctx, origin, path(token.purpose()));
    LinkUrl::new(format!("{page}?token={}", token.to_text().expose()))
}

/// Keeps a token, then mails its link: a mail whose link cannot work is worse than none.
pub(crate) async fn send_verification(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    user: &User,
) -> Result<Sent, Error> {
    let email = user.email.as_deref().ok_or(Refusal::NoAddress)?;
    let sent = keep(ctx, accounts, Purpose::VerifyEmail, &user.id, email).await?;
    let url = link(ctx, origin, &sent.token);
    mail(
        ctx,
        accounts,
        origin,
        email,
        (MailKind::VerifyEmail, url.expose()),
    )
    .await?;
    tracing::info!(user.id = %user.id, "a link that proves an address was sent");
    Ok(sent)
}

/// Mails the owner of an address that somebody registered with, though it has an account.
///
/// SECURITY: the same calls as for a new user. The token of nobody is never sent, and would be worth nothing.
pub(crate) async fn send_already_registered(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    email: &Email,
) -> Result<Sent, Error> {
    let nobody = UserId(ctx.random.uuid());
    let sent = keep(ctx, accounts, Purpose::VerifyEmail, &nobody, email.as_str()).await?;
    let letter = (MailKind::AlreadyRegistered, own_url(ctx, origin, "signin"));
    let (kind, url) = (letter.0, letter.1.as_str());
    mail(ctx, accounts, origin, email.as_str(), (kind, url)).await?;
    tracing::info!("a mail about an account that is there already was sent");
    Ok(sent)
}

/// Mails the link that proves an address to its owner, when somebody registers again who may have lost the first one.
///
/// SECURITY: CVE-2026-53516: anybody may ask, so the browser does not count as the one that asked: what it is given is a token that
/// nobody keeps, as where the address is proven. Whoever opens the link keeps no password but the one that they type there.
pub(crate) async fn send_verification_again(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    user: &User,
) -> Result<Sent, Error> {
    let purpose = Purpose::VerifyEmail;
    let email = user.email.as_deref().ok_or(Refusal::NoAddress)?;
    let kept = keep(ctx, accounts, purpose, &user.id, email).await?;
    let url = link(ctx, origin, &kept.token);
    let letter = (MailKind::RegisteredAgain, url.expose());
    mail(ctx, accounts, origin, email, letter).await?;
    tracing::info!(user.id = %user.id, "a link that proves an address was sent again");
    let token = OneTimeToken::generate(purpose, &*ctx.random);
    Ok(Sent { token, ..kept })
}

/// Mails the link to choose a new password, or that there is no account.
///
/// SECURITY: the same calls in the same order for both, so that neither answer nor time tells which it was. The token of
/// nobody is never sent, and would be worth nothing.
pub(crate) async fn send_password_reset(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    email: &Email,
) -> Result<(), Error> {
    let found = accounts.store.user_by_email(email.as_str()).await;
    let is_broken = matches!(&found, Err(AdapterError::Other(_)));
    let user = as_strangers_see(found)?;
    let nobody = UserId(ctx.random.uuid());
    let id = user.as_ref().map_or(&nobody, |user| &user.id);
    let sent = keep(ctx, accounts, Purpose::ResetPassword, id, email.as_str()).await?;
    let url = link(ctx, origin, &sent.token);
    let sign_in = own_url(ctx, origin, "signin");
    let letter = match user {
        Some(_) => (MailKind::ResetPassword, url.expose()),
        None if is_broken => (MailKind::AccountBroken, ""),
        None => (MailKind::NoAccount, sign_in.as_str()),
    };
    mail(ctx, accounts, origin, email.as_str(), letter).await?;
    tracing::info!("a mail about a forgotten password was sent");
    Ok(())
}

/// Mails the link that makes an address the user's, or tells the owner of the address that somebody wants it.
///
/// SECURITY: as in [`send_password_reset`].
pub(crate) async fn send_email_change(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    user: &User,
    email: &Email,
) -> Result<Sent, Error> {
    if user.email.as_deref() == Some(email.as_str()) {
        return Err(Refusal::SameAddress.into());
    }
    let owner = accounts.store.user_by_email(email.as_str()).await?;
    // Who has it with capitals may have it in small letters.
    let owner = owner.filter(|owner| owner.id != user.id);
    // Only the last address that somebody asked for can become theirs.
    accounts
        .store
        .remove_all_of(&user.id, Purpose::ChangeEmail)
        .await?;
    let sent = keep(
        ctx,
        accounts,
        Purpose::ChangeEmail,
        &user.id,
        email.as_str(),
    )
    .await?;
    let url = link(ctx, origin, &sent.token);
    // To the old one first: its owner hears of it while nothing has happened yet. An address that is not proven may be
    // anybody's, and is left in peace.
    if user.email_verified.is_some() {
        let to = user.email.as_deref();
        notify(ctx, accounts, origin, to, MailKind::EmailChangeAsked).await;
    }
    let letter = match owner {
        None => (MailKind::ConfirmNewEmail, url.expose()),
        Some(_) => (MailKind::AddressInUse, ""),
    };
    mail(ctx, accounts, origin, email.as_str(), letter).await?;
    tracing::info!(user.id = %user.id, "a mail about a new address was sent");
    Ok(sent)
}

/// What a link did.
pub(crate) struct Redemption {
    pub(crate) user: User,
    pub(crate) address_before: Option<String>,
    /// Whether the user needs another way in: see [`Redeemed::Done`].
    pub(crate) removed_earlier: bool,
    /// Whether the password stays all the same.
    pub(crate) kept_password: bool,
}

/// Uses a link up for what it is for. Whatever is wrong with it is one answer.
async fn redeem(
    ctx: &Context,
    accounts: &Accounts,
    token: &OneTimeToken,
    effect: &Effect,
) -> Result<Redemption, Error> {
    for hash in ctx.one_time_keys.hashes(token) {
        let reason = match accounts.store.redeem(&hash, effect, ctx.now()).await? {
            Redeemed::Unknown => continue,
            Redeemed::Done {
                user,
                address_before,
                removed_earlier,
                kept_password,
            } => {
                return Ok(Redemption {
                    user: *user,
                    address_before,
                    removed_earlier,
                    kept_password,
                });
            }
            Redeemed::Expired => "it has expired",
            Redeemed::Stale => "it is for another address or user",
            Redeemed::Taken => "the address is another user's by now",
        };
        tracing::info!(
            purpose = token.purpose().name(),
            "a link was refused: {reason}"
        );
        witness::refused_account(ctx, Attempt::Account, Refusal::InvalidLink, None);
        return Err(Refusal::InvalidLink.into());
    }
    Err(unknown_link(ctx, token.purpose()))
}

fn unknown_link(ctx: &Context, purpose: Purpose) -> Error {
    tracing::info!(
        purpose = purpose.name(),
        "a link was refused: it is unknown"
    );
    witness::refused_account(ctx, Attempt::Account, Refusal::InvalidLink, None);
    Refusal::InvalidLink.into()
}

fn parsed(purpose: Purpose, text: &str) -> Result<OneTimeToken, Error> {
    OneTimeToken::parse(purpose, text).ok_or_else(|| Refusal::InvalidLink.into())
}

/// The token that a link carries, without using it up.
pub(crate) async fn pending(
    ctx: &Context,
    accounts: &Accounts,
    purpose: Purpose,
    token: &str,
) -> Result<Option<OneTimeRecord>, Error> {
    let Some(token) = OneTimeToken::parse(purpose, token) else {
        return Ok(None);
    };
    for hash in ctx.one_time_keys.hashes(&token) {
        if let Some(record) = accounts.store.peek(purpose, &hash).await? {
            return Ok(Some(record));
        }
    }
    Ok(None)
}

/// Who opens a link and types this password: its owner, or anybody. The same work is done where the user has no password.
pub(crate) async fn opener_with_password(
    ctx: &Context,
    link: &OneTimeRecord,
    typed: &str,
) -> Result<Opener, Error> {
    let passwords = ctx.passwords()?;
    let Ok(typed) = Password::parse(typed) else {
        return Ok(Opener::Anybody);
    };
    let user = &link.user_id;
    let stored = passwords.store.password(user).await?;
    let proven = passwords.check(Some(user), &typed, stored).await?;
    Ok(proven.map_or(Opener::Anybody, |hash| Opener::Password(user.clone(), hash)))
}

/// The address of a user counts as proven. What was there before the first proof goes, unless who made it opens the link.
pub(crate) async fn verify_email(
    ctx: &Context,
    accounts: &Accounts,
    token: &str,
    by: Opener,
) -> Result<Redemption, Error> {
    let token = parsed(Purpose::VerifyEmail, token)?;
    let earlier = ctx.settings.before_proof.first();
    let effect = Effect::VerifyEmail { by, earlier };
    let done = redeem(ctx, accounts, &token, &effect).await?;
    let user = &done.user;
    let ended = if done.removed_earlier {
        tracing::info!(user.id = %user.id, "what was there before the first proof was removed");
        end_sessions(ctx, &user.id, None).await
    } else {
        Ok(())
    };
    tracing::info!(user.id = %user.id, "an address was proven");
    ctx.tell(|| Event::EmailVerified { user: user.clone() })
        .await;
    ended.map(|()| done)
}

/// The address that a link was sent to becomes the user's, where that user follows it; the old one hears of it.
pub(crate) async fn confirm_email_change(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    by: &UserId,
    token: &str,
) -> Result<User, Error> {
    let token = parsed(Purpose::ChangeEmail, token)?;
    let effect = Effect::ChangeEmail { by: by.clone() };
    let done = redeem(ctx, accounts, &token, &effect).await?;
    let user = done.user;
    tracing::info!(user.id = %user.id, "an address was changed");
    if let Some(before) = done
        .address_before
        .filter(|before| Some(before) != user.email.as_ref())
    {
        notify(ctx, accounts, origin, Some(&before), MailKind::EmailChanged).await;
    }
    ctx.tell(|| Event::EmailChanged { user: user.clone() })
        .await;
    Ok(user)
}

/// A user who forgot the password gets another one, and is signed out everywhere.
pub(crate) async fn reset_password(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    token: &str,
    typed: &str,
) -> Result<User, Error> {
    let purpose = Purpose::ResetPassword;
    let parsed = parsed(purpose, token)?;
    // SECURITY: judging and hashing take threads that everybody's sign-in needs: only for whoever has a link.
    if pending(ctx, accounts, purpose, token).await?.is_none() {
        return Err(unknown_link(ctx, purpose));
    }
    let new = new_password(ctx, typed, &[origin.host()]).await?;
    let effect = Effect::ResetPassword(new);
    let Redemption { user, .. } = redeem(ctx, accounts, &parsed, &effect).await?;
    let ended = end_sessions(ctx, &user.id, None).await;
    // Whoever reads the mailbox is no guesser.
    if let Some(email) = &user.email {
        ctx.limits
            .forgive(LimitedAction::Password, None, email)
            .await;
    }
    let id = user.id.as_str();
    ctx.limits
        .forgive(LimitedAction::Reauthenticate, None, id)
        .await;
    password_changed(ctx, accounts, origin, &user).await;
    ended.map(|()| user)
}

/// A user who proved who it is, by the password `expected` where there is one, gets another. All sessions end; the one
/// that is given begins. Refused when the password is another one by now.
pub(crate) async fn change_password(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    user: &User,
    change: Change<'_>,
) -> Result<(), Error> {
    let about = [
        origin.host(),
        user.email.as_deref().unwrap_or_default(),
        user.name.as_deref().unwrap_or_default(),
    ];
    let new = new_password(ctx, change.typed, &about).await?;
    let changed = accounts.store.change_password(PasswordChange {
        user_id: user.id.clone(),
        expected: change.expected,
        new,
        session: change.row,
    });
    if !changed.await? {
        return Err(Refusal::WrongPassword.into());
    }
    let ended = end_sessions(ctx, &user.id, change.keep).await;
    password_changed(ctx, accounts, origin, user).await;
    ended
}

/// Another password, and the session that goes on.
pub(crate) struct Change<'a> {
    /// The hash that was proven.
    pub(crate) expected: Option<PasswordHash>,
    /// The new password.
    pub(crate) typed: &'a str,
    /// The session that begins, where sessions are kept in the store.
    pub(crate) row: Option<SessionRecord>,
    /// Which session that is.
    pub(crate) keep: Option<Kept>,
}

/// Tells the application and the owner of a new password.
async fn password_changed(ctx: &Context, accounts: &Accounts, origin: &Origin, user: &User) {
    tracing::info!(user.id = %user.id, "a password was changed");
    let to = user.email.as_deref();
    notify(ctx, accounts, origin, to, MailKind::PasswordChanged).await;
    ctx.tell(|| Event::PasswordChanged {
        user_id: user.id.clone(),
    })
    .await;
}

/// Sets the name of a user, or removes it; `None` when the user is gone.
pub(crate) async fn change_name(
    ctx: &Context,
    accounts: &Accounts,
    user: &UserId,
    name: Option<String>,
) -> Result<Option<User>, Error> {
    let changes = UserChanges {
        name: Some(name),
        ..UserChanges::default()
    };
    let changed = accounts.acting(user).update_user(user, changes).await?;
    if let Some(user) = &changed {
        tracing::info!(user.id = %user.id, "a name was changed");
        ctx.tell(|| Event::UpdateUser { user: user.clone() }).await;
    }
    Ok(changed)
}

/// Removes a user with all that belongs to it.
pub(crate) async fn delete(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    user: User,
) -> Result<(), Error> {
    // Before what is known of them goes with the user, and while nothing has happened that cannot be undone.
    let known = manage::known_tokens(ctx, &user.id).await?;
    manage::end_known_tokens(ctx, &user.id, &known).await?;
    let linked = revoke::about_to_go(ctx, &user.id).await;
    accounts.acting(&user.id).delete_user(&user.id).await?;
    // After the row, so that no token that is made meanwhile outlives it.
    let ended = end_sessions(ctx, &user.id, None).await;
    tracing::info!(user.id = %user.id, "an account was deleted");
    let to = user.email.as_deref();
    notify(ctx, accounts, origin, to, MailKind::AccountDeleted).await;
    ctx.tell(|| Event::UserDeleted { user }).await;
    revoke::give_back(ctx, &linked, End::Removed).await;
    ended
}

/// The hash of a new password that passes the rules; `about` are texts about the person and the site.
async fn new_password(ctx: &Context, typed: &str, about: &[&str]) -> Result<PasswordHash, Error> {
    let passwords = ctx.passwords()?;
    let most = passwords.rules().max_length;
    let too_long = |_| Refusal::WeakPassword(Weakness::TooLong { most });
    let password = Password::parse(typed).map_err(too_long)?;
    let judged = passwords.judge(&password, about).await?;
    judged.map_err(Refusal::WeakPassword)?;
    passwords.hash(&password).await
}

/// Ends what the directory knows of. The step itself has happened.
///
/// SECURITY: sessions in cookies go on when this fails, so whoever asked is told. What is kept in the store has ended
/// already, so there a failure is only logged.
async fn end_sessions(ctx: &Context, user: &UserId, keep: Option<Kept>) -> Result<(), Error> {
    let in_cookies = ctx.settings.session.strategy == Strategy::Jwt;
    match manage::revoke_all_surely(ctx, user, keep).await {
        // The builder lets no sessions in cookies be without it.
        Ok(()) | Err(DirectoryError::NotConfigured) => Ok(()),
        Err(DirectoryError::Store(cause)) if in_cookies => Err(Error::SessionsGoOn(cause)),
        Err(error) => {
            log_only(ErrorType::AdapterError, &error);
            Ok(())
        }
    }
}

/// Mails what cannot be undone by failing: a failure is logged.
pub(crate) async fn notify(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    to: Option<&str>,
    kind: MailKind,
) {
    let Some(to) = to else {
        return;
    };
    let url = own_url(ctx, origin, "account");
    if let Err(error) = mail(ctx, accounts, origin, to, (kind, &url)).await {
        error.log();
    }
}

async fn mail(
    ctx: &Context,
    accounts: &Accounts,
    origin: &Origin,
    to: &str,
    letter: (MailKind, &str),
) -> Result<(), Error> {
    letters::send(accounts, &ctx.settings.theme, origin, to, letter).await
}
