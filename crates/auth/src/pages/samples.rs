//! One or more contexts of every page, for the test that renders them all.

use std::time::Duration;

use super::{
    Attributes, ConfirmPage, ErrorCode, ErrorPage, Field, RegisterField, RegisterPage, SignInError,
    SignInForm, SignInPage, SignOutPage, Site, Theme, TooManyPage, UnavailablePage,
    VerifyRequestPage,
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
                strength: Password::parse("passwordpassword")
                    .ok()
                    .map(|password| Strength::of(&password, &[])),
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
    samples
}

const OAUTH: SignInForm<'static> = SignInForm::OAuth {
    name: "GitHub",
    action: "https://app.example.com/auth/signin/github",
    brand_color: None,
    logo: None,
};

const EMAIL: SignInForm<'static> = SignInForm::Email {
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
        strength: None,
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
