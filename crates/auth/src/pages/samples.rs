//! One or more contexts of every page, for the test that renders them all.

use std::time::Duration;

use super::{
    AddPasskey, Attributes, Autofill, ConfirmPage, ErrorCode, ErrorPage, Field, Moment,
    PasskeyItem, PasskeysNotice, PasskeysPage, RegisterField, RegisterPage, SessionItem,
    SessionsNotice, SessionsPage, SignInError, SignInForm, SignInPage, SignOutPage, Site,
    StrengthLine, Theme, TooManyPage, UnavailablePage, VerifyRequestPage,
};

use crate::password::{Password, Strength};

/// A page, rendered.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it shows, as a file name.
    pub name: &'static str,
    /// The page.
    pub html: String,
}

/// Every page in its typical forms, in the given look.
pub fn samples(theme: &Theme) -> Vec<Sample> {
    let site = Site {
        origin: "https://app.example.com",
        host: "app.example.com",
        theme,
    };
    let mut samples = sign_in_samples(site);
    samples.extend(error_samples(site));
    samples.extend(super::account::samples::samples(site));
    samples.extend(super::second_factor::samples::samples(site));
    samples.extend([
        Sample {
            name: "sign-out",
            html: super::sign_out(&sign_out(site)),
        },
        Sample {
            name: "verify-request",
            html: super::verify_request(&VerifyRequestPage { site }),
        },
        Sample {
            name: "confirm",
            html: super::confirm(&confirm(site)),
        },
        Sample {
            name: "register",
            html: super::register(&register(site)),
        },
        Sample {
            name: "register-refused",
            html: super::register(&RegisterPage {
                name: RegisterField {
                    value: Some("Jo"),
                    alert: Some("Use at most 200 ordinary characters."),
                },
                email: RegisterField {
                    value: Some("jo@example"),
                    alert: Some("This is not an email address. Check it and try again."),
                },
                password_alert: Some("This is too easy to guess: use several unrelated words."),
                strength: StrengthLine {
                    last: Password::parse("passwordpassword")
                        .ok()
                        .map(|password| Strength::of(&password, &[])),
                    ..register(site).strength
                },
                ..register(site)
            }),
        },
        Sample {
            name: "unavailable",
            html: super::unavailable(&UnavailablePage { site }),
        },
        Sample {
            name: "too-many",
            html: super::too_many(&too_many(site)),
        },
    ]);
    samples.extend(sessions_samples(site));
    samples.extend(passkeys_samples(site));
    samples
}

fn sessions_samples(site: Site<'_>) -> [Sample; 2] {
    let moment = |ago: &str| Moment {
        ago: ago.to_owned(),
        exact: "1 January 2026, 00:00 UTC".to_owned(),
        iso: "2026-01-01T00:00:00.000Z".to_owned(),
    };
    let item = |client: &str, is_current| SessionItem {
        id: "5f1d".to_owned(),
        client: client.to_owned(),
        place: Some("DE, 203.0.113.0/24".to_owned()),
        created: Some(moment("3 days ago")),
        last_seen: Some(moment("just now")),
        is_current,
    };
    let unknown = SessionItem {
        place: None,
        created: None,
        last_seen: None,
        ..item("Unknown client", false)
    };
    let alone = [item("Firefox on Linux", true)];
    let many = [
        item("Firefox on Linux", true),
        item("Safari on iPhone", false),
        unknown,
    ];
    let page = |sessions| SessionsPage {
        site,
        csrf_token: "c3b09abf",
        sessions,
        revoke_url: "https://app.example.com/auth/sessions/revoke",
        revoke_others_url: "https://app.example.com/auth/sessions/revoke-others",
        sign_out_url: "https://app.example.com/auth/signout",
        newer_url: None,
        older_url: None,
        notice: None,
    };
    let full = SessionsPage {
        newer_url: Some("https://app.example.com/auth/sessions?page=1"),
        older_url: Some("https://app.example.com/auth/sessions?page=3"),
        notice: Some(SessionsNotice::Ended),
        ..page(&many)
    };
    [
        Sample {
            name: "sessions-alone",
            html: super::sessions(&page(&alone)),
        },
        Sample {
            name: "sessions",
            html: super::sessions(&full),
        },
    ]
}

fn passkeys_samples(site: Site<'_>) -> [Sample; 2] {
    let item = |name: &str, is_synced| PasskeyItem {
        id: "5f1d".to_owned(),
        name: name.to_owned(),
        created: Some(Moment {
            ago: "3 days ago".to_owned(),
            exact: "1 January 2026, 00:00 UTC".to_owned(),
            iso: "2026-01-01T00:00:00.000Z".to_owned(),
        }),
        last_used: None,
        is_synced,
    };
    let some = [item("Phone <b>", true), item("Passkey", false)];
    let none = PasskeysPage {
        site,
        csrf_token: "c3b09abf",
        passkeys: &[],
        add: None,
        rename_url: "https://app.example.com/auth/passkeys/rename",
        remove_url: "https://app.example.com/auth/passkeys/remove",
        account_url: None,
        notice: None,
    };
    let full = PasskeysPage {
        passkeys: &some,
        add: Some(AddPasskey {
            id: "passkey",
            action: "https://app.example.com/auth/callback/passkey",
            options_url: "https://app.example.com/auth/webauthn-options/passkey",
            back_url: "https://app.example.com/auth/passkeys?notice=added",
        }),
        account_url: Some("https://app.example.com/auth/account"),
        notice: Some(PasskeysNotice::LastWayIn),
        ..none
    };
    [
        Sample {
            name: "passkeys-none",
            html: super::passkeys(&none),
        },
        Sample {
            name: "passkeys",
            html: super::passkeys(&full),
        },
    ]
}

const OAUTH: SignInForm<'static> = SignInForm::OAuth {
    name: "GitHub",
    action: "https://app.example.com/auth/signin/github",
    brand_color: None,
    logo: None,
};

const EMAIL: SignInForm<'static> = SignInForm::Email {
    autofill: Autofill::Off,
    id: "email",
    name: "Email",
    action: "https://app.example.com/auth/signin/email",
};

const CREDENTIALS: SignInForm<'static> = SignInForm::Credentials {
    id: "credentials",
    name: "Password",
    action: "https://app.example.com/auth/callback/credentials",
    fields: &[
        Field {
            name: "username",
            label: Some("User name"),
            kind: None,
            placeholder: Some("jo"),
            attributes: Attributes::Fixed(&[]),
        },
        Field {
            name: "password",
            label: None,
            kind: Some("password"),
            placeholder: None,
            attributes: Attributes::Fixed(&[("minlength", "8")]),
        },
    ],
};

fn sign_in_samples(site: Site<'_>) -> Vec<Sample> {
    let page = |forms, error| SignInPage {
        site,
        csrf_token: "c3b09abf8bbf12042eff204d881cb55a28f0779fee52968e9dcd303a4ea340a8",
        callback_url: Some("/deep"),
        email: None,
        error,
        forms,
        links: &[],
    };
    let with_password = SignInPage {
        links: &[
            (
                "Forgot your password?",
                "https://app.example.com/auth/forgot-password",
            ),
            ("Create an account", "https://app.example.com/auth/register"),
        ],
        ..page(&[CREDENTIALS], None)
    };
    let prefilled = SignInPage {
        email: Some("jo@example.com"),
        ..page(&[EMAIL], Some(SignInError::MailNotSent))
    };
    vec![
        Sample {
            name: "sign-in",
            html: super::sign_in(&page(&[EMAIL], None)),
        },
        Sample {
            name: "sign-in-error",
            html: super::sign_in(&prefilled),
        },
        Sample {
            name: "sign-in-password",
            html: super::sign_in(&with_password),
        },
        Sample {
            name: "sign-in-all",
            html: super::sign_in(&page(&[OAUTH, OAUTH, EMAIL, CREDENTIALS], None)),
        },
    ]
}

fn error_samples(site: Site<'_>) -> [Sample; 4] {
    let page = |code| {
        super::error(&ErrorPage {
            site,
            code,
            sign_in_url: "https://app.example.com/auth/signin",
        })
    };
    [
        Sample {
            name: "error-configuration",
            html: page(ErrorCode::Configuration),
        },
        Sample {
            name: "error-access-denied",
            html: page(ErrorCode::AccessDenied),
        },
        Sample {
            name: "error-verification",
            html: page(ErrorCode::Verification),
        },
        Sample {
            name: "error-other",
            html: page(ErrorCode::Other),
        },
    ]
}

fn sign_out(site: Site<'_>) -> SignOutPage<'_> {
    SignOutPage {
        site,
        csrf_token: "c3b09abf",
        action: "https://app.example.com/auth/signout?callbackUrl=%2F",
    }
}

fn too_many(site: Site<'_>) -> TooManyPage<'_> {
    TooManyPage {
        site,
        retry_after: Duration::from_secs(840),
    }
}

fn register(site: Site<'_>) -> RegisterPage<'_> {
    RegisterPage {
        site,
        csrf_token: "c3b09abf",
        action: "https://app.example.com/auth/register",
        sign_in_url: "https://app.example.com/auth/signin",
        min_length: 15,
        name: RegisterField::default(),
        email: RegisterField::default(),
        password_alert: None,
        strength: StrengthLine {
            url: "https://app.example.com/auth/password-strength",
            last: None,
        },
    }
}

fn confirm(site: Site<'_>) -> ConfirmPage<'_> {
    ConfirmPage {
        site,
        action: "https://app.example.com/auth/callback/email?token=t&email=jo%40example.com",
        fields: &[("csrfToken", "c3b09abf")],
        email: Some("jo@example.com"),
    }
}
