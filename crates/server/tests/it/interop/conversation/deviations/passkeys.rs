//! Sign-in by keys in people's devices.

use super::{Deviation, PASSWORD_MANAGERS, SESSION_IN_JSON};

const UNKNOWN_KEY: &str = "a key that nobody registered is answered as a wrong signature, else pretended keys could be told from real ones";

const NO_LIST: &str = "contract §5.4: Auth.js tells strangers which addresses are registered, and the ids of their keys";

const KEY_FORM: &str =
    "the form says to our own script what it does, and is hidden where scripts are off";

pub(super) const ROWS: &[Deviation] = &[
    Deviation {
        places: &["passkeys*"],
        aspect: "cookies",
        theirs: "*registerData=*",
        ours: "*registerData=*,userHandle=\"<hex>\"*",
        reason: "the challenge says what the authenticator was told to call its user, and no more of the user than is needed",
    },
    Deviation {
        places: &["passkeys* / GET /signin"],
        aspect: "page",
        theirs: "form[action=*][id=*-form][method=POST]",
        ours: "",
        reason: KEY_FORM,
    },
    Deviation {
        places: &["passkeys* / GET /signin"],
        aspect: "page",
        theirs: "",
        ours: "form[action=*][data-passkey=authenticate][hidden][id=*-form][method=POST]",
        reason: KEY_FORM,
    },
    Deviation {
        places: &["passkeys* / GET /signin"],
        aspect: "page",
        theirs: "input[autocomplete=username webauthn]*",
        ours: "",
        reason: PASSWORD_MANAGERS,
    },
    Deviation {
        places: &["passkeys* / GET /signin"],
        aspect: "page",
        theirs: "",
        ours: "input[autocapitalize=none][autocomplete=username webauthn]*",
        reason: PASSWORD_MANAGERS,
    },
    Deviation {
        places: &["passkeys* / an address that is known / *"],
        aspect: "body",
        theirs: "*\"allowCredentials\":[*",
        ours: "{\"action\":\"authenticate\"*",
        reason: NO_LIST,
    },
    Deviation {
        places: &[
            "passkeys* / authenticators that lie / an unknown key",
            "passkeys* / answers that are none / an id alone*",
        ],
        aspect: "header location",
        theirs: "*/error?error=Configuration",
        ours: "*/error?error=WebAuthnVerificationError",
        reason: UNKNOWN_KEY,
    },
    Deviation {
        places: &["passkeys* / authenticators that lie / a challenge of a registration"],
        aspect: "header location",
        theirs: "*/error?error=WebAuthnVerificationError",
        ours: "*/error?error=Configuration",
        reason: "a challenge that was made for a registration signs nobody in",
    },
    Deviation {
        places: &["passkeys*"],
        aspect: "header cache-control",
        theirs: "",
        ours: "private, no-cache, no-store",
        reason: SESSION_IN_JSON,
    },
    Deviation {
        places: &["passkeys*"],
        aspect: "header expires",
        theirs: "",
        ours: "0",
        reason: SESSION_IN_JSON,
    },
    Deviation {
        places: &["passkeys*"],
        aspect: "header pragma",
        theirs: "",
        ours: "no-cache",
        reason: SESSION_IN_JSON,
    },
];
