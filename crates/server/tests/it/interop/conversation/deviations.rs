//! What Hallpass does otherwise, on purpose. One row each; a row that nothing needs fails the test.

mod passkeys;
mod services;

use super::difference::Difference;

/// A difference that is meant.
struct Deviation {
    /// `setup / scene / step`; a `*` stands for anything.
    places: &'static [&'static str],
    aspect: &'static str,
    /// What each says; a `*` stands for anything.
    theirs: &'static str,
    ours: &'static str,
    reason: &'static str,
}

const SAFER_HEADERS: &str =
    "the server adds what keeps browsers from framing, sniffing and leaking";

const PASSWORD_MANAGERS: &str = "the field says what it takes, so that password managers fill it";

const SESSION_IN_JSON: &str =
    "in JSON mode a success is a 200, which caches may keep; this one sets a session cookie";

const DEVIATIONS: &[Deviation] = &[
    Deviation {
        places: &["*"],
        aspect: "header content-security-policy",
        theirs: "",
        ours: "default-src 'none'*",
        reason: SAFER_HEADERS,
    },
    Deviation {
        places: &["*"],
        aspect: "header cross-origin-resource-policy",
        theirs: "",
        ours: "same-origin",
        reason: SAFER_HEADERS,
    },
    Deviation {
        places: &["*"],
        aspect: "header referrer-policy",
        theirs: "",
        ours: "same-origin",
        reason: SAFER_HEADERS,
    },
    Deviation {
        places: &["*"],
        aspect: "header x-content-type-options",
        theirs: "",
        ours: "nosniff",
        reason: SAFER_HEADERS,
    },
    Deviation {
        places: &["*"],
        aspect: "header x-frame-options",
        theirs: "",
        ours: "DENY",
        reason: SAFER_HEADERS,
    },
    Deviation {
        places: &["*"],
        aspect: "header cache-control",
        theirs: "",
        ours: "private, no-store",
        reason: "a page holds a CSRF token, and no cache may keep it",
    },
    Deviation {
        places: &["*"],
        aspect: "page",
        theirs: "input[autofocus][id=input-email-for-email-provider][name=email]*",
        ours: "",
        reason: "the field says that it takes an address, so that phones neither capitalise nor correct it",
    },
    Deviation {
        places: &["*"],
        aspect: "page",
        theirs: "",
        ours: "input[autocapitalize=none][autocomplete=email][autofocus][id=input-email-for-email-provider][inputmode=email][name=email]*",
        reason: "the field says that it takes an address, so that phones neither capitalise nor correct it",
    },
    Deviation {
        places: &["*"],
        aspect: "body",
        theirs: "{\"message\":\"There was a problem with the server configuration*",
        ours: "{\"message\":\"There was a problem with the server configuration*",
        reason: "the message is worded by each; its member is the same",
    },
    Deviation {
        places: &["* / cookies / a chunk without a number"],
        aspect: "cookies",
        theirs: "*session-token.x=; Max-Age=0;*",
        ours: "*",
        reason: "contract §2.4: only the name itself, or the name, a dot and digits, is a session cookie",
    },
    Deviation {
        places: &["* / callback URL in the body / a path with a query"],
        aspect: "header location",
        theirs: "*/here?a=1&b=\u{fffd}#part",
        ours: "*/here?a=1&b=%C3%BC#part",
        reason: "contract §7: an address outside of ASCII is percent-encoded, not sent as Latin-1",
    },
    Deviation {
        places: &["* / sign-out / GET *"],
        aspect: "page",
        theirs: "",
        ours: "a[class=site][href=*]: Stay signed in",
        reason: "who came here by mistake finds a way back",
    },
    Deviation {
        places: &["*=AccessDenied", "*=Verification"],
        aspect: "page",
        theirs: "a[class=button][href=*/error?error=*/signin]: Sign in",
        ours: "",
        reason: "contract §8.3: Auth.js appends the path to the query, which leads nowhere",
    },
    Deviation {
        places: &["*=AccessDenied", "*=Verification"],
        aspect: "page",
        theirs: "",
        ours: "a[class=button][href=*/auth/signin]: Sign in",
        reason: "contract §8.3: Auth.js appends the path to the query, which leads nowhere",
    },
    Deviation {
        places: &["*=__proto__", "*=constructor"],
        aspect: "page",
        theirs: "h1",
        ours: "",
        reason: "a name of JavaScript is an unknown code like any other",
    },
    Deviation {
        places: &["*=__proto__", "*=constructor"],
        aspect: "page",
        theirs: "",
        ours: "*",
        reason: "a name of JavaScript is an unknown code like any other",
    },
    Deviation {
        places: &["* / sign-in page / GET /signin?csrfToken=planted"],
        aspect: "page",
        theirs: "input[name=csrfToken][type=hidden][value=planted]",
        ours: "",
        reason: "contract §9.1: no query changes the token of a form",
    },
    Deviation {
        places: &["* / sign-in page / GET /signin?csrfToken=planted"],
        aspect: "page",
        theirs: "",
        ours: "input[name=csrfToken][type=hidden][value=<csrf>]",
        reason: "contract §9.1: no query changes the token of a form",
    },
    Deviation {
        places: &["* / sign-in page / GET /signin?providers=planted"],
        aspect: "*",
        theirs: "*",
        ours: "*",
        reason: "contract §9.1: no query breaks the page",
    },
    Deviation {
        places: &[
            "* / tokens / a longer name",
            "* / tokens / a longer name, sign out",
        ],
        aspect: "*",
        theirs: "*",
        ours: "*",
        reason: "contract §2.4: only the name itself, or the name, a dot and digits, is a session cookie",
    },
    Deviation {
        places: &["* / paths / GET session"],
        aspect: "*",
        theirs: "*",
        ours: "*",
        reason: "contract §1.1: what only begins like the base path belongs to somebody else",
    },
    Deviation {
        places: &[
            "* / link, returning / follow",
            "* / sign in again, returning",
        ],
        aspect: "header cache-control",
        theirs: "",
        ours: "private, no-cache, no-store",
        reason: SESSION_IN_JSON,
    },
    Deviation {
        places: &[
            "* / link, returning / follow",
            "* / sign in again, returning",
        ],
        aspect: "header expires",
        theirs: "",
        ours: "0",
        reason: SESSION_IN_JSON,
    },
    Deviation {
        places: &[
            "* / link, returning / follow",
            "* / sign in again, returning",
        ],
        aspect: "header pragma",
        theirs: "",
        ours: "no-cache",
        reason: SESSION_IN_JSON,
    },
    Deviation {
        places: &["credentials* / sign-in page / *"],
        aspect: "page",
        theirs: "input[id=input-*-for-credentials-provider]*",
        ours: "",
        reason: PASSWORD_MANAGERS,
    },
    Deviation {
        places: &["credentials* / sign-in page / *"],
        aspect: "page",
        theirs: "",
        ours: "input[autocomplete=*][id=input-*-for-credentials-provider]*",
        reason: PASSWORD_MANAGERS,
    },
    Deviation {
        places: &["pages* / error page / GET /error?error=%3Cscript%3E"],
        aspect: "header location",
        theirs: "/oops?*error=<script>",
        ours: "/oops?*error=%3Cscript%3E",
        reason: "what stood encoded in the query goes on encoded",
    },
];

impl Deviation {
    fn admits(&self, place: &str, difference: &Difference) -> bool {
        matches(place, &difference.place)
            && matches(self.aspect, &difference.aspect)
            && matches(self.theirs, &difference.theirs)
            && matches(self.ours, &difference.ours)
    }
}

/// Fails where a difference is not meant, or a meant one is gone.
pub(super) fn judge(found: &[Difference]) {
    let deviations = || {
        DEVIATIONS
            .iter()
            .chain(services::ROWS)
            .chain(passkeys::ROWS)
    };
    let admitted = |difference: &Difference| {
        deviations().any(|deviation| {
            let mut places = deviation.places.iter();
            places.any(|place| deviation.admits(place, difference))
        })
    };
    let unmeant: Vec<String> = found
        .iter()
        .filter(|difference| !admitted(difference))
        .map(Difference::to_string)
        .collect();
    let mut gone = Vec::new();
    for deviation in deviations() {
        for place in deviation.places {
            if !found
                .iter()
                .any(|difference| deviation.admits(place, difference))
            {
                gone.push(format!(
                    "{place}: {} ({})",
                    deviation.aspect, deviation.reason
                ));
            }
        }
    }
    assert!(
        unmeant.is_empty() && gone.is_empty(),
        "{} differences that are not meant:\n{}\n{} meant ones that are gone:\n{}",
        unmeant.len(),
        unmeant.join("\n"),
        gone.len(),
        gone.join("\n"),
    );
}

/// Whether the text fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}
