//! The page on which people see their passkeys, name, add and remove them.

use askama::Template;
use jiff::Timestamp;

use super::{Moment, Site, render};
use crate::passkey::{DeviceType, Passkey};

/// Shows the passkeys of one person.
#[derive(Clone, Copy, Debug)]
pub struct PasskeysPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// The passkeys, in order.
    pub passkeys: &'a [PasskeyItem],
    /// How to add one.
    pub add: Option<AddPasskey<'a>>,
    /// Where the form posts that names one.
    pub rename_url: &'a str,
    /// Where the form posts that removes one.
    pub remove_url: &'a str,
    /// The page of the account, where there is one.
    pub account_url: Option<&'a str>,
    /// What came of the last request.
    pub notice: Option<PasskeysNotice>,
}

/// What the script needs to add a passkey.
#[derive(Clone, Copy, Debug)]
pub struct AddPasskey<'a> {
    /// The provider's id.
    pub id: &'a str,
    /// Where what came of the ceremony is posted.
    pub action: &'a str,
    /// Where the ceremony begins.
    pub options_url: &'a str,
    /// Where to go from there.
    pub back_url: &'a str,
}

/// One passkey, as it is shown.
#[derive(Clone, Debug)]
pub struct PasskeyItem {
    /// Names it in forms.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created: Option<Moment>,
    /// When it was used last.
    pub last_used: Option<Moment>,
    /// Whether copies of it may be on other devices.
    pub is_synced: bool,
}

impl PasskeyItem {
    /// Of a stored one.
    pub fn of(passkey: &Passkey, now: Timestamp) -> Self {
        let Passkey {
            authenticator,
            notes,
        } = passkey;
        Self {
            id: authenticator.credential_id.digest(),
            name: notes.name.clone().unwrap_or_else(|| "Passkey".to_owned()),
            created: notes.created.map(|moment| Moment::of(moment, now)),
            last_used: notes.last_used.map(|moment| Moment::of(moment, now)),
            is_synced: authenticator.device_type == DeviceType::MultiDevice,
        }
    }
}

/// What came of a request about passkeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasskeysNotice {
    /// One was added.
    Added,
    /// One has another name.
    Renamed,
    /// One is gone.
    Removed,
    /// There is no such passkey.
    Unknown,
    /// Nothing else would let the person in.
    LastWayIn,
    /// The name cannot be used.
    Name,
}

impl PasskeysNotice {
    /// Reads the query's `notice`: a closed set.
    pub fn from_query(text: &str) -> Option<Self> {
        match text {
            "added" => Some(Self::Added),
            "renamed" => Some(Self::Renamed),
            "removed" => Some(Self::Removed),
            _ => None,
        }
    }

    /// The sentence on the page.
    pub fn text(self) -> &'static str {
        match self {
            Self::Added => "The passkey is added.",
            Self::Renamed => "The passkey has another name.",
            Self::Removed => "The passkey is removed. Remove it from your device too.",
            Self::Unknown => "There is no such passkey. It may be removed already.",
            Self::LastWayIn => {
                "This is the only way for you to sign in. Add another passkey or another way before you remove it."
            }
            Self::Name => "Use at most 60 ordinary characters.",
        }
    }

    /// The name in JSON answers.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Renamed => "Renamed",
            Self::Removed => "Removed",
            Self::Unknown => "UnknownPasskey",
            Self::LastWayIn => "LastWayIn",
            Self::Name => "Name",
        }
    }

    fn is_error(self) -> bool {
        matches!(self, Self::Unknown | Self::LastWayIn | Self::Name)
    }
}

/// The page with somebody's passkeys.
pub fn passkeys(page: &PasskeysPage<'_>) -> String {
    render(&PasskeysTemplate {
        page,
        site: page.site,
    })
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysTemplate<'a> {
    page: &'a PasskeysPage<'a>,
    site: Site<'a>,
}
