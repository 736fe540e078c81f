//! Cookies: what they are called, how they are read and written, and what is kept in them.
//!
//! Invariant: names and attributes come from [`CookieSpec`] alone, so no `Set-Cookie` header of ours can be broken
//! by a value. A cookie that is sealed is sealed with its own full name as salt, so that none can stand for
//! another.
//!
//! To add a cookie: a member and a row in `names`; where its content must not be forged, a
//! [`SealedCookie`](sealed::SealedCookie) of it.

pub mod csrf;
mod jar;
pub(crate) mod link_requests;
mod names;
pub mod sealed;
pub mod session;
mod set_cookie;

pub use jar::Jar;
pub(crate) use jar::decode_component;
pub(crate) use names::POSTED_LIFETIME;
pub use names::{
    CookieOverride, CookieOverrides, CookieSecurity, CookieSettingsError, CookieSpec, Cookies,
};
pub(crate) use set_cookie::COMPONENT;
pub use set_cookie::{Cookie, Priority, SameSite};
