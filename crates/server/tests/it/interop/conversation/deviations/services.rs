//! Sign-in at a service.

use super::{Deviation, SESSION_IN_JSON};

const LOGOS: &str =
    "another server would learn who looks at the page, so logos, or the first letter, stand in it";

const CHECKS: &str = "RFC 9700: PKCE, state and nonce always, whatever a provider's settings list";

const UNASKED: &str = "an ID token that a service with OAuth 2 sends unasked is dropped; Auth.js judges it without the service's metadata";

const OURS_TO_SET: &str = "who is asked, as whom, and how the answer is checked is not for a query to say; what is ours is not passed on";

const SIGNATURES: &str = "contract §5.3.5: Auth.js believes a token by its transport; here the service's keys must have signed it";

const NOBODY: &str = "GHSA-5hvv-9cqv-894r: an error, or more than anybody reads, is no profile, and a profile without an id is nobody's";

pub(super) const ROWS: &[Deviation] = &[
    Deviation {
        places: &["services* / a service as Auth.js checks it by default / *"],
        aspect: "*",
        theirs: "*",
        ours: "*state*",
        reason: CHECKS,
    },
    Deviation {
        places: &["services* / a token that nobody asked for / come back"],
        aspect: "header location",
        theirs: "*/error?error=Configuration",
        ours: "*/dash",
        reason: UNASKED,
    },
    Deviation {
        places: &["services* / a token that nobody asked for / *"],
        aspect: "cookies",
        theirs: "",
        ours: "*session-token=*",
        reason: UNASKED,
    },
    Deviation {
        places: &["services* / a token that nobody asked for / who is there"],
        aspect: "body",
        theirs: "null",
        ours: "{*",
        reason: UNASKED,
    },
    Deviation {
        places: &[
            "services* / what is asked of a service / *client_id=evil",
            "services* / what is asked of a service / *redirect_uri=*",
            "services* / what is asked of a service / *response_type=token",
            "services* / what is asked of a service / *callbackUrl=*",
        ],
        aspect: "header location",
        theirs: "*/authorize?*",
        ours: "*/authorize?*",
        reason: OURS_TO_SET,
    },
    Deviation {
        places: &[
            "services that misbehave / keys-* / come back",
            "services that misbehave / wrong-signature / come back",
        ],
        aspect: "header location",
        theirs: "*/dash",
        ours: "*/error?error=Configuration",
        reason: SIGNATURES,
    },
    Deviation {
        places: &[
            "services that misbehave / keys-* / *",
            "services that misbehave / wrong-signature / *",
        ],
        aspect: "cookies",
        theirs: "*session-token=*",
        ours: "",
        reason: SIGNATURES,
    },
    Deviation {
        places: &[
            "services that misbehave / keys-* / who is there",
            "services that misbehave / wrong-signature / who is there",
        ],
        aspect: "body",
        theirs: "{*",
        ours: "null",
        reason: SIGNATURES,
    },
    Deviation {
        places: &["services that misbehave / of-the-future / come back"],
        aspect: "header location",
        theirs: "*/dash",
        ours: "*/error?error=Configuration",
        reason: "a token that was made in the future was not made for us",
    },
    Deviation {
        places: &["services that misbehave / of-the-future / *"],
        aspect: "cookies",
        theirs: "*session-token=*",
        ours: "",
        reason: "a token that was made in the future was not made for us",
    },
    Deviation {
        places: &["services that misbehave / of-the-future / who is there"],
        aspect: "body",
        theirs: "{*",
        ours: "null",
        reason: "a token that was made in the future was not made for us",
    },
    Deviation {
        places: &[
            "services that misbehave / profile-refused* / come back",
            "services that misbehave / profile-huge / come back",
        ],
        aspect: "header location",
        theirs: "*/dash",
        ours: "*/error?error=Configuration",
        reason: NOBODY,
    },
    Deviation {
        places: &[
            "services that misbehave / profile-refused* / *",
            "services that misbehave / profile-huge / *",
        ],
        aspect: "cookies",
        theirs: "*session-token=*",
        ours: "",
        reason: NOBODY,
    },
    Deviation {
        places: &[
            "services that misbehave / profile-refused* / who is there",
            "services that misbehave / profile-huge / who is there",
        ],
        aspect: "body",
        theirs: "{*",
        ours: "null",
        reason: NOBODY,
    },
    Deviation {
        places: &["services that misbehave / profile-of-* / come back"],
        aspect: "header location",
        theirs: "*/dash",
        ours: "*/signin",
        reason: NOBODY,
    },
    Deviation {
        places: &["services that misbehave / profile-of-* / *"],
        aspect: "cookies",
        theirs: "*session-token=*",
        ours: "",
        reason: NOBODY,
    },
    Deviation {
        places: &["services that misbehave / profile-of-* / who is there"],
        aspect: "body",
        theirs: "{*",
        ours: "null",
        reason: NOBODY,
    },
    Deviation {
        places: &["services*"],
        aspect: "page",
        theirs: "img[height=24][loading=lazy][src=https://authjs.dev/img/providers/*.svg]",
        ours: "",
        reason: LOGOS,
    },
    Deviation {
        places: &["services*"],
        aspect: "page",
        theirs: "",
        ours: "span[class=initial]: *",
        reason: LOGOS,
    },
    Deviation {
        places: &["services* / *returning*", "services* / * / *returning*"],
        aspect: "header cache-control",
        theirs: "",
        ours: "private, no-cache, no-store",
        reason: SESSION_IN_JSON,
    },
    Deviation {
        places: &["services* / *returning*", "services* / * / *returning*"],
        aspect: "header expires",
        theirs: "",
        ours: "0",
        reason: SESSION_IN_JSON,
    },
    Deviation {
        places: &["services* / *returning*", "services* / * / *returning*"],
        aspect: "header pragma",
        theirs: "",
        ours: "no-cache",
        reason: SESSION_IN_JSON,
    },
];
