//! The content security policy under which the pages work.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{Theme, script, style};

/// The value of `Content-Security-Policy` for every page in this theme. Constant for a theme:
/// compute it once, at start.
///
/// Nothing runs but our own scripts, which ask nobody but this site, and nothing is loaded but images. `style-src` admits exactly the two inline sheets;
/// `style-src-attr` admits style attributes, which only the provider buttons carry, with a colour
/// that was checked. There is no `form-action`: browsers apply it to redirects after a post, and
/// those lead to the providers and to the application.
pub fn content_security_policy(theme: &Theme) -> String {
    let sheet = source(style::SHEET);
    let rule = style::theme_rule(theme);
    let rule = if rule.is_empty() {
        String::new()
    } else {
        format!(" {}", source(&rule))
    };
    let plain_logo = theme
        .logo
        .as_ref()
        .is_some_and(|logo| logo.as_str().starts_with("http:"));
    let images = if plain_logo {
        "'self' data: https: http:"
    } else {
        "'self' data: https:"
    };
    let scripts: Vec<_> = script::ALL.iter().map(|script| source(script)).collect();
    let scripts = scripts.join(" ");
    format!(
        "default-src 'none'; script-src {scripts}; connect-src 'self'; style-src {sheet}{rule}; style-src-attr 'unsafe-inline'; \
         img-src {images}; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn source(text: &str) -> String {
    format!(
        "'sha256-{}'",
        STANDARD.encode(Sha256::digest(text.as_bytes()))
    )
}
