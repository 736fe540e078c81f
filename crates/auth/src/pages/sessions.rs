//! The page on which people see where they are signed in, and end it.

use askama::Template;
use jiff::Timestamp;

use super::Site;
use crate::directory::SessionEntry;
use crate::time::iso_millis;

/// Shows the sessions of one person.
#[derive(Clone, Copy, Debug)]
pub struct SessionsPage<'a> {
    /// The site.
    pub site: Site<'a>,
    /// The CSRF token, in clear.
    pub csrf_token: &'a str,
    /// The sessions, in order.
    pub sessions: &'a [SessionItem],
    /// Where the form posts that ends one.
    pub revoke_url: &'a str,
    /// Where the form posts that ends all others.
    pub revoke_others_url: &'a str,
    /// Where "Sign out" leads.
    pub sign_out_url: &'a str,
    /// The part of the list before this one.
    pub newer_url: Option<&'a str>,
    /// The part behind it.
    pub older_url: Option<&'a str>,
    /// What came of the last request.
    pub notice: Option<SessionsNotice>,
}

/// What came of a request to end sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsNotice {
    /// One has ended.
    Ended,
    /// All others have ended.
    OthersEnded,
    /// There is no such session any more.
    Unknown,
}

impl SessionsNotice {
    /// Reads the query's `notice`: a closed set.
    pub fn from_query(text: &str) -> Option<Self> {
        match text {
            "ended" => Some(Self::Ended),
            "others-ended" => Some(Self::OthersEnded),
            _ => None,
        }
    }

    /// The sentence on the page.
    pub fn text(self) -> &'static str {
        match self {
            Self::Ended => "The session has ended.",
            Self::OthersEnded => "All other sessions have ended.",
            Self::Unknown => "There is no such session. It may have ended already.",
        }
    }

    fn is_error(self) -> bool {
        self == Self::Unknown
    }
}

/// One session, as it is shown.
#[derive(Clone, Debug)]
pub struct SessionItem {
    /// Its public id.
    pub id: String,
    /// With what it is used.
    pub client: String,
    /// From where.
    pub place: Option<String>,
    /// When it began.
    pub created: Option<Moment>,
    /// When it was used last.
    pub last_seen: Option<Moment>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

impl SessionItem {
    /// Of an entry of the directory.
    pub fn of(entry: &SessionEntry, now: Timestamp, is_current: bool) -> Self {
        let client = &entry.client;
        let place: Vec<&str> = [&client.country, &client.network]
            .into_iter()
            .filter_map(|part| part.as_deref())
            .collect();
        Self {
            id: entry.id.as_str().to_owned(),
            client: client
                .name
                .clone()
                .unwrap_or_else(|| "Unknown client".to_owned()),
            place: (!place.is_empty()).then(|| place.join(", ")),
            created: entry.created.map(|moment| Moment::of(moment, now)),
            last_seen: entry.last_seen.map(|moment| Moment::of(moment, now)),
            is_current,
        }
    }
}

/// A moment for people and for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// How long ago, which is the same in every time zone.
    pub ago: String,
    /// To the second, in UTC.
    pub exact: String,
    /// For machines.
    pub iso: String,
}

impl Moment {
    pub(crate) fn of(moment: Timestamp, now: Timestamp) -> Self {
        Self {
            ago: ago(moment, now),
            exact: moment.strftime("%-d %B %Y, %H:%M UTC").to_string(),
            iso: iso_millis(moment),
        }
    }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn ago(moment: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second().saturating_sub(moment.as_second());
    let (count, unit) = match seconds {
        ..MINUTE => return "just now".to_owned(),
        MINUTE..HOUR => (seconds / MINUTE, "minute"),
        HOUR..DAY => (seconds / HOUR, "hour"),
        _ => (seconds / DAY, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

#[derive(Template)]
#[template(path = "sessions.html")]
pub(super) struct SessionsTemplate<'a> {
    pub(super) page: &'a SessionsPage<'a>,
    pub(super) site: Site<'a>,
}

impl SessionsTemplate<'_> {
    fn has_others(&self) -> bool {
        let others = self.page.sessions.iter().any(|item| !item.is_current);
        others || self.page.newer_url.is_some() || self.page.older_url.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_by_how_long_ago_they_were() {
        let now = Timestamp::from_second(1_767_225_600).unwrap();
        for (seconds, words) in [
            (-5, "just now"),
            (0, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (86_400, "1 day ago"),
            (86_400 * 400, "400 days ago"),
        ] {
            let moment = Timestamp::from_second(now.as_second() - seconds).unwrap();
            assert_eq!(Moment::of(moment, now).ago, words);
        }
        let moment = Moment::of(now, now);
        assert_eq!(moment.exact, "1 January 2026, 00:00 UTC");
        assert_eq!(moment.iso, "2026-01-01T00:00:00.000Z");
    }

    #[test]
    fn notices_are_a_closed_set() {
        for text in ["", "unknown", "<b>", "Ended"] {
            assert_eq!(SessionsNotice::from_query(text), None);
        }
    }
}
