//! The session with which a browser goes on where all others end.
//!
//! SECURITY: CVE-2026-7507: always with another secret than before.

use super::Step;
use crate::adapter::{SessionRecord, User};
use crate::callbacks::Claims;
use crate::cookies::Cookie;
use crate::directory::family::Family;
use crate::directory::observe::{self, Sighting};
use crate::directory::{Kept, SessionKey};
use crate::jwe::Lifetime;
use crate::second_factor::proof;
use crate::session::Strategy;

/// A session about to begin.
pub(in crate::flows) enum Fresh {
    /// In the store.
    Row(SessionRecord),
    /// In the cookie: the claims of the one at hand, as another session.
    Token {
        /// Absent when the one at hand has ended meanwhile.
        claims: Option<Claims>,
        family: Family,
    },
}

pub(in crate::flows) fn prepare(step: &Step<'_>, user: &User) -> Fresh {
    let (ctx, visit) = (step.ctx, step.visit);
    match ctx.settings.session.strategy {
        Strategy::Database => Fresh::Row(SessionRecord {
            session_token: ctx.new_session_token(),
            user_id: user.id.clone(),
            expires: ctx.settings.session.expires(ctx.now()),
        }),
        Strategy::Jwt => {
            let cookie = visit.session_cookie(Strategy::Jwt);
            let claims = cookie.value().and_then(|token| {
                let keys = &visit.cookies.session_keys;
                keys.decode(token, ctx.now()).ok()
            });
            Fresh::Token {
                claims,
                family: Family::begin(ctx.now(), &*ctx.random),
            }
        }
    }
}

impl Fresh {
    /// The row, where sessions are kept in the store.
    pub(in crate::flows) fn row(&self) -> Option<SessionRecord> {
        match self {
            Self::Row(row) => Some(row.clone()),
            Self::Token { .. } => None,
        }
    }

    pub(in crate::flows) fn key(&self) -> Option<SessionKey> {
        Some(match self {
            Self::Row(row) => SessionKey::of_token(&row.session_token),
            Self::Token { family, .. } => family.key(),
        })
    }

    /// As the one that goes on.
    pub(in crate::flows) fn kept(&self) -> Kept {
        match self {
            Self::Row(row) => Kept::of_key(SessionKey::of_token(&row.session_token)),
            Self::Token { family, .. } => family.kept(),
        }
    }
}

/// Begins it: after the row is written, and after the others ended.
pub(in crate::flows) async fn begin(step: &Step<'_>, user: &User, fresh: Fresh) -> Vec<Cookie> {
    let (ctx, visit) = (step.ctx, step.visit);
    let expires = ctx.settings.session.expires(ctx.now());
    if let Some(key) = fresh.key() {
        let sighting = Sighting {
            key,
            user: &user.id,
            expires,
            headers: visit.intake.headers,
            extensions: visit.intake.extensions,
        };
        // What goes on after such a change began here, whatever the session before it began with.
        observe::begun(ctx, sighting, None).await;
        proof::carry(ctx, visit, &user.id, key).await;
    }
    match fresh {
        Fresh::Row(row) => {
            let cookie = visit.session_cookie(Strategy::Database);
            cookie.write(row.session_token.expose(), row.expires)
        }
        Fresh::Token { claims: None, .. } => visit.session_cookie(Strategy::Jwt).clear(),
        Fresh::Token {
            claims: Some(mut claims),
            family,
        } => {
            if ctx.directory.is_some() {
                family.write(&mut claims);
            }
            let lifetime = Lifetime {
                now: ctx.now(),
                max_age: ctx.settings.token_max_age,
            };
            let keys = &visit.cookies.session_keys;
            let token = keys.encode(claims, lifetime, &*ctx.random);
            visit.session_cookie(Strategy::Jwt).write(&token, expires)
        }
    }
}
