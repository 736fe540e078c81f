//! The sign-in page's context: the forms, and which of them need a rule between them.

use askama::Template;

use super::{Color, SignInError, Site};
use crate::providers::oauth::Logo;

/// Offers every way to sign in.
///
/// Of the query only `error`, `email` and `callbackUrl` get here; Auth.js spreads the whole query
/// over its inputs, the CSRF token included.
#[derive(Clone, Copy, Debug)]
pub struct SignInPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// The query's `callbackUrl`, else the known callback URL: hidden field of the OAuth forms.
    pub callback_url: Option<&'a str>,
    /// The query's `email`: fills the mail forms.
    pub email: Option<&'a str>,
    /// What went wrong before.
    pub error: Option<SignInError>,
    /// The forms, in the order of the configuration.
    pub forms: &'a [SignInForm<'a>],
    /// What stands below them: words and where they lead.
    pub links: &'a [(&'a str, &'a str)],
}

/// One way to sign in.
#[derive(Clone, Copy, Debug)]
pub enum SignInForm<'a> {
    /// An OAuth or OpenID Connect provider: one button.
    OAuth {
        /// Shown name.
        name: &'a str,
        /// The provider's sign-in URL.
        action: &'a str,
        /// Its colour; white when absent.
        brand_color: Option<&'a Color>,
        /// Its logo; the first letter of its name when absent.
        logo: Option<&'a Logo>,
    },
    /// A link by mail: an address and a button.
    Email {
        /// The provider's id.
        id: &'a str,
        /// Shown name.
        name: &'a str,
        /// The provider's sign-in URL.
        action: &'a str,
        /// Whether passkeys are offered in its field, for a passkey form that has none.
        autofill: Autofill,
    },
    /// Fields of the application's own choice.
    Credentials {
        /// The provider's id.
        id: &'a str,
        /// Shown name.
        name: &'a str,
        /// The provider's callback URL.
        action: &'a str,
        /// The fields, in order.
        fields: &'a [Field<'a>],
    },
    /// A passkey. Shown by the script alone, where the browser knows passkeys.
    Passkey {
        /// The provider's id.
        id: &'a str,
        /// Shown name.
        name: &'a str,
        /// The provider's callback URL.
        action: &'a str,
        /// Where a ceremony begins.
        options_url: &'a str,
        /// The fields, in order.
        fields: &'a [Field<'a>],
        /// Whether keys are offered while an address is typed.
        autofill: Autofill,
        /// Whether an address that nobody has makes a user.
        admits_newcomers: bool,
    },
}

/// Whether passkeys are offered while an address is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autofill {
    /// They are.
    Offered,
    /// They are not.
    Off,
}

impl SignInForm<'_> {
    /// What can be read on a button that is filled with this colour; nothing for white, which is the button's own.
    fn text_on(color: &Color) -> Option<Color> {
        let is_white = ["#fff", "#ffffff", "white"]
            .iter()
            .any(|white| color.as_str().eq_ignore_ascii_case(white));
        color.readable_text().filter(|_| !is_white)
    }

    /// What stands for a service that has no logo here.
    fn initial(name: &str) -> String {
        let letter = name.chars().find(|sign| sign.is_alphanumeric());
        letter
            .map(|letter| letter.to_uppercase().collect())
            .unwrap_or_default()
    }

    fn is_oauth(&self) -> bool {
        matches!(self, Self::OAuth { .. })
    }
}

/// One field of a credentials form.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Name in the posted form.
    pub name: &'a str,
    /// Label; the name when absent.
    pub label: Option<&'a str>,
    /// The input's type, `text` when absent.
    pub kind: Option<&'a str>,
    /// Placeholder, empty when absent.
    pub placeholder: Option<&'a str>,
    /// Further attributes, name and value. One whose name is no plain word is left out.
    pub attributes: Attributes<'a>,
}

/// Attributes, name and value.
#[derive(Clone, Copy, Debug)]
pub enum Attributes<'a> {
    /// Known when this was written.
    Fixed(&'a [(&'a str, &'a str)]),
    /// From the configuration.
    Owned(&'a [(String, String)]),
}

impl<'a> Attributes<'a> {
    fn iter(self) -> Box<dyn Iterator<Item = (&'a str, &'a str)> + 'a> {
        match self {
            Self::Fixed(pairs) => Box::new(pairs.iter().copied()),
            Self::Owned(pairs) => Box::new(
                pairs
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
            ),
        }
    }
}

impl<'a> Field<'a> {
    fn shown_label(&self) -> &'a str {
        self.label.unwrap_or(self.name)
    }

    fn input_kind(&self) -> &'a str {
        self.kind.unwrap_or("text")
    }

    /// Which value password managers should offer, unless the settings say so themselves.
    fn autocomplete(&self) -> Option<&'static str> {
        let settled = self
            .attributes
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("autocomplete"));
        match (self.input_kind(), self.name) {
            _ if settled => None,
            ("password", _) => Some("current-password"),
            ("email", _) | (_, "email") => Some("email"),
            (_, "username") => Some("username"),
            _ => None,
        }
    }

    /// The attributes that may stand beside the ones the template writes.
    fn further_attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.attributes
            .iter()
            .filter(|(name, _)| is_further_attribute(name))
    }
}

/// A plain word that is neither written by the template already nor script or style.
fn is_further_attribute(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_word = lower.starts_with(|first: char| first.is_ascii_lowercase())
        && lower
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let written = ["id", "name", "type", "placeholder", "label", "style"];
    is_word && !lower.starts_with("on") && !written.contains(&lower.as_str())
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInTemplate<'a> {
    page: &'a SignInPage<'a>,
    site: Site<'a>,
    providers: Vec<Provider<'a>>,
}

impl<'a> SignInTemplate<'a> {
    fn has_passkeys(&self) -> bool {
        let mut forms = self.page.forms.iter();
        forms.any(|form| matches!(form, SignInForm::Passkey { .. }))
    }

    pub(super) fn new(page: &'a SignInPage<'a>) -> Self {
        Self {
            page,
            site: page.site,
            providers: providers(page.forms),
        }
    }
}

/// A form and the rules around it.
struct Provider<'a> {
    form: &'a SignInForm<'a>,
    rule_before: bool,
    rule_after: bool,
}

/// A form with fields is set off from an OAuth button before it and from whatever follows.
fn providers<'a>(forms: &'a [SignInForm<'a>]) -> Vec<Provider<'a>> {
    let previous = std::iter::once(None).chain(forms.iter().map(Some));
    let next = forms.iter().skip(1).map(Some).chain(std::iter::once(None));
    forms
        .iter()
        .zip(previous)
        .zip(next)
        .map(|((form, previous), next)| Provider {
            form,
            rule_before: !form.is_oauth() && previous.is_some_and(SignInForm::is_oauth),
            rule_after: !form.is_oauth() && next.is_some(),
        })
        .collect()
}
