//! `GET webauthn-options/{id}`: what a browser needs for a ceremony, and the challenge of it in a cookie.
//!
//! SECURITY: nobody learns by asking whether an address is registered, unless the operator admits newcomers: then the table
//! of the contract, which cannot hide it, is kept to the letter.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::manage::page_url;
use crate::adapter::{User, UserId};
use crate::context::Context;
use crate::cookies::sealed::SealedFor;
use crate::error::{Error, as_strangers_see};
use crate::flows::ways_in::{self, Told};
use crate::identifier::Email;
use crate::limit::LimitedAction;
use crate::linking::here::{Here, here};
use crate::passkey::{
    Challenge, MAX_KEYS, Passkey, Passkeys, Registrant, TIMEOUT_MS, descriptors, register,
};
use crate::providers::{PasskeyPreset, PasskeyProvider};
use crate::response::Reply;
use crate::visit::Visit;

/// What the answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Authenticate,
    Register,
    InvalidRequest,
    InvalidAction,
}

/// Whom the request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Whoever is signed in.
    Here,
    /// A user of the address that was typed.
    Exists,
    /// Nobody has the address that was typed.
    New,
    /// No address was typed.
    Nobody,
}

/// The table of contract §5.4. Where newcomers are refused, [`Who`] of somebody who is not signed in changes nothing.
fn decide(action: Option<&str>, who: Who, admits_newcomers: bool) -> Decision {
    let is_newcomer = who == Who::New && admits_newcomers;
    match (action, who) {
        (Some("authenticate"), _) => Decision::Authenticate,
        (Some("register"), Who::Here) => Decision::Register,
        (Some("register"), _) if is_newcomer => Decision::Register,
        (Some("register"), _) | (None, Who::Here) => Decision::InvalidRequest,
        (None, _) if is_newcomer => Decision::Register,
        (None, _) => Decision::Authenticate,
        (Some(_), _) => Decision::InvalidAction,
    }
}

/// `GET webauthn-options/{id}`.
pub(crate) async fn options(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &PasskeyProvider,
) -> Result<Reply, Error> {
    let begun = begin(ctx, visit, provider).await;
    ways_in::or_ask(ctx, visit, begun, Told::Json, &page_url(ctx, visit))
}

async fn begin(
    ctx: &Context,
    visit: &Visit<'_>,
    provider: &PasskeyProvider,
) -> Result<Reply, Error> {
    // Good ones count as well: there is nothing to guess, only work to be asked for.
    let _charge = ctx
        .limits
        .charge(LimitedAction::Passkey, visit, None)
        .await?;
    let passkeys = ctx.passkeys()?;
    let here = here(ctx, visit).await?;
    let asked = Asked::read(ctx, visit, provider, here).await?;
    let action = visit.intake.query.text("action");
    let begun = match decide(action, asked.who(), provider.admits_newcomers()) {
        Decision::InvalidAction => return Ok(invalid("Invalid action")),
        Decision::InvalidRequest => return Ok(invalid("Invalid request")),
        Decision::Authenticate => asked.authenticate(ctx, visit, provider),
        Decision::Register if asked.keys.len() >= MAX_KEYS => {
            return Ok(invalid("Invalid request"));
        }
        Decision::Register => {
            if let Some(here) = &asked.here {
                let key = here.key();
                ways_in::check_adding_passkey(ctx, &here.user.id, key.as_ref()).await?;
            }
            asked.register(ctx, visit, provider, passkeys)?
        }
    };
    Ok(begun.reply(ctx, visit, provider, passkeys, &asked))
}

fn invalid(error: &str) -> Reply {
    Reply::json(json!({ "error": error })).status(StatusCode::BAD_REQUEST)
}

/// Whom it is about, with their keys.
struct Asked {
    here: Option<Here>,
    typed: Option<Email>,
    known: Option<User>,
    keys: Vec<Passkey>,
}

impl Asked {
    /// SECURITY: reads as much for an address that nobody has as for any other: strangers learn nothing from the time.
    async fn read(
        ctx: &Context,
        visit: &Visit<'_>,
        provider: &PasskeyProvider,
        here: Option<Here>,
    ) -> Result<Self, Error> {
        let store = &ctx.passkeys()?.store;
        if let Some(here) = here {
            return Ok(Self {
                keys: store.passkeys_of(&here.user.id).await?,
                here: Some(here),
                typed: None,
                known: None,
            });
        }
        let typed = visit.intake.query.text("email").map(Email::parse);
        let typed = typed.and_then(Result::ok);
        let is_read = provider.admits_newcomers() || provider.preset() == PasskeyPreset::WebAuthn;
        let (mut known, mut keys) = (None, Vec::new());
        if let Some(email) = typed.as_ref().filter(|_| is_read) {
            known = as_strangers_see(store.user_by_email(email.as_str()).await)?;
            let nobody = UserId(String::new());
            let id = known.as_ref().map_or(&nobody, |user| &user.id);
            keys = store.passkeys_of(id).await?;
        }
        Ok(Self {
            here: None,
            typed,
            known,
            keys,
        })
    }

    fn who(&self) -> Who {
        match (&self.here, &self.typed, &self.known) {
            (Some(_), ..) => Who::Here,
            (None, _, Some(_)) => Who::Exists,
            (None, Some(_), None) => Who::New,
            (None, None, None) => Who::Nobody,
        }
    }

    fn authenticate(&self, ctx: &Context, visit: &Visit<'_>, provider: &PasskeyProvider) -> Begun {
        let challenge = Challenge::new(None, &*ctx.random);
        let mut options = Map::new();
        options.insert("challenge".to_owned(), challenge.text.as_str().into());
        if let Some(keys) = self.allowed(ctx, provider) {
            options.insert("allowCredentials".to_owned(), keys);
        }
        options.insert("timeout".to_owned(), TIMEOUT_MS.into());
        let verification = provider.preset().verification();
        options.insert("userVerification".to_owned(), verification.into());
        let relying_party = provider.relying_party_at(visit.origin);
        options.insert("rpId".to_owned(), relying_party.into());
        Begun {
            action: "authenticate",
            challenge,
            options,
        }
    }

    /// Which keys the browser may use; `None`: any of this site.
    ///
    /// SECURITY: to strangers no list where keys know their user, and elsewhere one for every address: the keys of
    /// its user, or such as could be. Auth.js gives one for known addresses only.
    fn allowed(&self, ctx: &Context, provider: &PasskeyProvider) -> Option<Value> {
        let own = || self.keys.iter().map(|passkey| &passkey.authenticator);
        match (&self.here, &self.typed, provider.preset()) {
            (Some(_), ..) => Some(descriptors(own())),
            (None, Some(_), PasskeyPreset::WebAuthn) if !self.keys.is_empty() => {
                Some(descriptors(own()))
            }
            (None, Some(email), PasskeyPreset::WebAuthn) => {
                let passkeys = ctx.passkeys.as_ref()?;
                let pretended = passkeys.secrets.pretended(email.as_str());
                Some(descriptors(pretended.iter()))
            }
            _ => None,
        }
    }

    fn register(
        &self,
        ctx: &Context,
        visit: &Visit<'_>,
        provider: &PasskeyProvider,
        passkeys: &Passkeys,
    ) -> Result<Begun, Error> {
        let registrant = self.registrant(ctx, passkeys)?;
        let challenge = Challenge::new(Some(registrant.clone()), &*ctx.random);
        let origin = visit.origin;
        let options = register::options(provider, origin, &challenge, &registrant, &self.keys);
        Ok(Begun {
            action: "register",
            challenge,
            options,
        })
    }

    fn registrant(&self, ctx: &Context, passkeys: &Passkeys) -> Result<Registrant, Error> {
        if let Some(Here { user, .. }) = &self.here {
            return Registrant::of(user, &passkeys.secrets);
        }
        let email = self.typed.as_ref().ok_or(Error::PasskeyNeedsAddress)?;
        Ok(Registrant {
            id: None,
            email: email.as_str().to_owned(),
            name: None,
            // There is no user yet whom it could name.
            handle: ctx.random.hex_token(),
        })
    }
}

/// A ceremony that begins.
struct Begun {
    action: &'static str,
    challenge: Challenge,
    options: Map<String, Value>,
}

impl Begun {
    fn reply(
        self,
        ctx: &Context,
        visit: &Visit<'_>,
        provider: &PasskeyProvider,
        passkeys: &Passkeys,
        asked: &Asked,
    ) -> Reply {
        let sealed_for = SealedFor {
            provider: provider.id(),
            user: asked.here.as_ref().map(|here| here.user.id.as_str()),
        };
        let cookie = passkeys.remember(ctx, visit, &self.challenge, sealed_for);
        let body = json!({ "action": self.action, "options": self.options });
        // Auth.js says nothing about caches, which may keep what names somebody's keys.
        Reply::json(body).never_cached().with_cookies([cookie])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Contract authjs §5.4, all rows, and what they are where newcomers are refused.
    #[test]
    fn the_table_is_the_contracts() {
        use Decision::{Authenticate, InvalidAction, InvalidRequest, Register};
        use Who::{Exists, Here, New, Nobody};
        for (action, who, as_auth_js, refusing) in [
            (Some("authenticate"), Here, Authenticate, Authenticate),
            (Some("authenticate"), Exists, Authenticate, Authenticate),
            (Some("authenticate"), New, Authenticate, Authenticate),
            (Some("authenticate"), Nobody, Authenticate, Authenticate),
            (Some("register"), Here, Register, Register),
            (Some("register"), New, Register, InvalidRequest),
            (Some("register"), Nobody, InvalidRequest, InvalidRequest),
            (Some("register"), Exists, InvalidRequest, InvalidRequest),
            (None, Nobody, Authenticate, Authenticate),
            (None, Exists, Authenticate, Authenticate),
            (None, New, Register, Authenticate),
            (None, Here, InvalidRequest, InvalidRequest),
            (Some(""), Here, InvalidAction, InvalidAction),
            (Some("Register"), New, InvalidAction, InvalidAction),
            (Some("delete"), Nobody, InvalidAction, InvalidAction),
        ] {
            assert_eq!(decide(action, who, true), as_auth_js, "{action:?} {who:?}");
            assert_eq!(decide(action, who, false), refusing, "{action:?} {who:?}");
        }
    }
}
