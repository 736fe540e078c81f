//! What a request says of the client: kept short, shown as text, believed by nobody.

use std::fmt;

use http::header::USER_AGENT;
use http::{HeaderMap, HeaderName};

/// With what a session is used, as far as it is known.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ClientDetails {
    /// For people: `Firefox on Linux`.
    pub name: Option<String>,
    /// What the client said of itself, cut off.
    pub user_agent: Option<String>,
    /// The network it came from: `203.0.113.0/24`.
    pub network: Option<String>,
    /// The country it came from, as two letters.
    pub country: Option<String>,
}

/// How much of a `User-Agent` is looked at and kept, in characters.
const LONGEST: usize = 256;

impl ClientDetails {
    /// What the headers say of the program.
    pub(crate) fn of_user_agent(headers: &HeaderMap) -> Self {
        let said = headers
            .get(USER_AGENT)
            .map(|value| printable(value.as_bytes()));
        let said = said.filter(|text| !text.is_empty());
        Self {
            name: said.as_deref().and_then(describe),
            user_agent: said,
            ..Self::default()
        }
    }
}

/// The country that a trusted proxy names in this header.
pub(super) fn country(headers: &HeaderMap, name: Option<&HeaderName>) -> Option<String> {
    let said = headers.get(name?)?.to_str().ok()?;
    let is_code = said.len() == 2 && said.bytes().all(|byte| byte.is_ascii_alphabetic());
    let code = is_code.then(|| said.to_ascii_uppercase())?;
    // What Cloudflare says where it does not know.
    (code != "XX").then_some(code)
}

/// The visible ASCII of a header, as far as it is kept. Whatever else stands there is not worth a column.
fn printable(bytes: &[u8]) -> String {
    let visible = bytes.iter().take(LONGEST).map(|byte| match byte {
        b' '..=b'~' => char::from(*byte),
        _ => '?',
    });
    visible.collect::<String>().trim().to_owned()
}

/// It tells of the person.
impl fmt::Debug for ClientDetails {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientDetails(..)")
    }
}

/// Programs by what only they write, before those that they imitate.
const PROGRAMS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPX/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("Electron/", "Desktop application"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome without a window"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("PostmanRuntime/", "Postman"),
    ("okhttp/", "Mobile application"),
    ("CFNetwork/", "Mobile application"),
    ("python-requests/", "Python"),
    ("Python/", "Python"),
    ("Go-http-client/", "Go"),
    ("node", "Node.js"),
    ("undici", "Node.js"),
];

/// Systems, likewise.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("iPod", "iPod"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Darwin", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Linux", "Linux"),
];

/// A `User-Agent` for people: `Firefox on Linux`. `None` when it names nothing that is known.
pub fn describe(user_agent: &str) -> Option<String> {
    let text: String = user_agent.chars().take(LONGEST).collect();
    let first = |table: &[(&str, &'static str)]| {
        let mut rows = table.iter();
        rows.find(|(mark, _)| text.contains(mark))
            .map(|(_, name)| *name)
    };
    match (first(PROGRAMS), first(SYSTEMS)) {
        (Some(program), Some(system)) => Some(format!("{program} on {system}")),
        (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn clients_are_named_as_people_name_them() {
        for (said, named) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                Some("Firefox on Linux"),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
                Some("Edge on Windows"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                Some("Safari on macOS"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1",
                Some("Chrome on iPhone"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                Some("Samsung Internet on Android"),
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                Some("Chrome on ChromeOS"),
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 OPR/112.0.0.0",
                Some("Opera on Linux"),
            ),
            ("curl/8.5.0", Some("curl")),
            ("Something (Windows)", Some("Windows")),
            ("", None),
            ("Mozilla/5.0", None),
        ] {
            assert_eq!(describe(said).as_deref(), named, "{said}");
        }
    }

    #[test]
    fn what_is_kept_is_short_and_visible() {
        let details = |bytes: &[u8]| {
            let value = HeaderValue::from_bytes(bytes).unwrap();
            ClientDetails::of_user_agent(&HeaderMap::from_iter([(USER_AGENT, value)]))
        };
        let long = details(&b"x".repeat(10_000));
        assert_eq!(long.user_agent.unwrap().len(), LONGEST);
        assert_eq!(long.name, None);
        let odd = details("Firefox/1 \u{e9}\t<b>".as_bytes());
        assert_eq!(odd.user_agent.as_deref(), Some("Firefox/1 ???<b>"));
        assert_eq!(odd.name.as_deref(), Some("Firefox"));
        assert_eq!(details(b"  "), ClientDetails::default());
        let none = ClientDetails::of_user_agent(&HeaderMap::new());
        assert_eq!(none, ClientDetails::default());
    }

    #[test]
    fn a_country_is_two_letters_of_the_header_that_is_named() {
        let name = HeaderName::from_static("cf-ipcountry");
        for (said, country_is) in [
            ("de", Some("DE")),
            ("FR", Some("FR")),
            ("XX", None),
            ("T1", None),
            ("DEU", None),
            ("", None),
            ("<b>", None),
        ] {
            let headers = HeaderMap::from_iter([(name.clone(), said.parse().unwrap())]);
            assert_eq!(country(&headers, Some(&name)).as_deref(), country_is);
            assert_eq!(country(&headers, None), None);
        }
        assert_eq!(country(&HeaderMap::new(), Some(&name)), None);
    }

    #[test]
    fn details_do_not_print() {
        let details = ClientDetails {
            user_agent: Some("planted".to_owned()),
            ..ClientDetails::default()
        };
        assert!(!format!("{details:?}").contains("planted"));
    }

    proptest! {
        #[test]
        fn no_client_makes_describing_panic(said: String) {
            if let Some(name) = describe(&said) {
                prop_assert!(name.len() < 64);
            }
        }
    }
}
