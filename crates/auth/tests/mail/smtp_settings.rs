use hallpass_auth::mail::smtp::{Security, Settings, Smtp};
use hallpass_auth::secret::Secret;
use proptest::prelude::*;

#[test]
fn a_url_is_read_as_nodemailer_reads_it() {
    let rows = [
        (
            "smtp://mail.example",
            "mail.example",
            587,
            None,
            Security::Opportunistic,
        ),
        (
            "smtp://mail.example:25",
            "mail.example",
            25,
            None,
            Security::Opportunistic,
        ),
        (
            "smtp://jo:pass@mail.example",
            "mail.example",
            587,
            Some(("jo", "pass")),
            Security::StartTls,
        ),
        (
            "smtp://jo%40example.com:p%3A%2F%40%23%25@mail.example:2525",
            "mail.example",
            2525,
            Some(("jo@example.com", "p:/@#%")),
            Security::StartTls,
        ),
        (
            "smtp://jo:pass@localhost:1025",
            "localhost",
            1025,
            Some(("jo", "pass")),
            Security::Opportunistic,
        ),
        (
            "smtp://jo:pass@127.0.0.1",
            "127.0.0.1",
            587,
            Some(("jo", "pass")),
            Security::Opportunistic,
        ),
        (
            "smtp://jo:pass@[::1]:1025",
            "::1",
            1025,
            Some(("jo", "pass")),
            Security::Opportunistic,
        ),
        (
            "smtp://jo:pass@127.evil.example",
            "127.evil.example",
            587,
            Some(("jo", "pass")),
            Security::StartTls,
        ),
        (
            "smtp://jo:pass@mail.example:465",
            "mail.example",
            465,
            Some(("jo", "pass")),
            Security::Tls,
        ),
        (
            "smtps://jo:pass@mail.example",
            "mail.example",
            465,
            Some(("jo", "pass")),
            Security::Tls,
        ),
        (
            "smtps://mail.example:8465",
            "mail.example",
            8465,
            None,
            Security::Tls,
        ),
        (
            "smtp://jo:pass@mail.example?tls=none",
            "mail.example",
            587,
            Some(("jo", "pass")),
            Security::Plaintext,
        ),
        (
            "smtp://jo:pass@mail.example/?tls=opportunistic",
            "mail.example",
            587,
            Some(("jo", "pass")),
            Security::Opportunistic,
        ),
        (
            "smtp://mail.example?starttls=required",
            "mail.example",
            587,
            None,
            Security::StartTls,
        ),
        (
            "smtp://mail.example?tls=implicit",
            "mail.example",
            465,
            None,
            Security::Tls,
        ),
        (
            "smtp://mail.example?secure=true",
            "mail.example",
            465,
            None,
            Security::Tls,
        ),
        (
            "smtp://mail.example?requireTLS=true",
            "mail.example",
            587,
            None,
            Security::StartTls,
        ),
        (
            "smtp://jo:pass@mail.example?ignoreTLS=true",
            "mail.example",
            587,
            Some(("jo", "pass")),
            Security::Plaintext,
        ),
        (
            "smtp://jo:pass@mail.example?ignoreTLS=false",
            "mail.example",
            587,
            Some(("jo", "pass")),
            Security::StartTls,
        ),
        (
            "  smtp://mail.example\n",
            "mail.example",
            587,
            None,
            Security::Opportunistic,
        ),
    ];
    for (url, host, port, credentials, security) in rows {
        let settings = Settings::from_url(url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(settings.host, host, "{url}");
        assert_eq!(settings.effective_port(), port, "{url}");
        assert_eq!(settings.effective_security(), security, "{url}");
        assert_eq!(
            settings.user.as_deref(),
            credentials.map(|(user, _)| user),
            "{url}"
        );
        assert_eq!(
            settings.password.as_ref().map(Secret::expose),
            credentials.map(|(_, password)| password),
            "{url}"
        );
        assert!(Smtp::new(&settings).is_ok(), "{url}");
    }
}

#[test]
fn single_settings_follow_the_same_rules() {
    let mut settings = Settings::new("mail.example");
    settings.user = Some("jo".to_owned());
    settings.password = Some(Secret::new("pass"));
    assert_eq!(
        (settings.effective_port(), settings.effective_security()),
        (587, Security::StartTls)
    );
    settings.port = Some(465);
    assert_eq!(settings.effective_security(), Security::Tls);
    settings.security = Some(Security::Plaintext);
    assert_eq!(
        (settings.effective_port(), settings.effective_security()),
        (465, Security::Plaintext)
    );
}

#[test]
fn a_wrong_url_is_refused_without_a_word_of_it() {
    let rows = [
        (
            "",
            "the mail server is no address of the form `smtp://user:password@host:port`: percent-encode special characters in user and password",
        ),
        (
            "planted",
            "the mail server is no address of the form `smtp://user:password@host:port`: percent-encode special characters in user and password",
        ),
        (
            "smtp://jo:planted#x@mail.example",
            "the mail server is no address of the form `smtp://user:password@host:port`: percent-encode special characters in user and password",
        ),
        (
            "smtp://",
            "the mail server is no address of the form `smtp://user:password@host:port`: percent-encode special characters in user and password",
        ),
        (
            "https://planted:planted@mail.example",
            "the mail server's address must start with `smtp://` or `smtps://`",
        ),
        (
            "smtp://planted:%ff@mail.example",
            "user or password of the mail server is not percent-encoded UTF-8",
        ),
        (
            "smtp://mail.example?planted=1",
            "the mail server's address has an unknown parameter: known are `tls`, `starttls`, `secure`, `requireTLS`, `ignoreTLS`, `name`",
        ),
        (
            "smtp://mail.example?tls=planted",
            "the parameter `tls` of the mail server's address takes `implicit`, `required`, `opportunistic` or `none`",
        ),
        (
            "smtp://mail.example?secure=planted",
            "the parameter `secure` of the mail server's address takes `true` or `false`",
        ),
        (
            "smtp://mail.example?name=planted%0d%0aQUIT",
            "the parameter `name` of the mail server's address takes a host name",
        ),
    ];
    for (url, message) in rows {
        let error = Settings::from_url(url).expect_err(url);
        assert_eq!(super::shown(&error), message, "{url}");
    }
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    let half = Settings::from_url("smtp://planted@mail.example").unwrap();
    let error = Smtp::new(&half).expect_err("a user without password");
    assert_eq!(
        super::shown(&error),
        "the mail server needs both user and password, or neither"
    );
    for pem in [
        "planted",
        "-----BEGIN CERTIFICATE-----\nplanted\n-----END CERTIFICATE-----\n",
    ] {
        let settings = Settings {
            extra_ca_pem: Some(pem.to_owned()),
            ..Settings::new("mail.example")
        };
        let error = Smtp::new(&settings).expect_err("not PEM");
        assert_eq!(
            super::shown(&error),
            "the extra trusted certificate is not in PEM form"
        );
    }
}

#[test]
fn no_credential_is_printed() {
    let settings = Settings::from_url("smtp://jo:planted@mail.example").unwrap();
    let smtp = Smtp::new(&settings).unwrap();
    let printed = format!("{settings:?} {smtp:?}");
    assert!(!printed.contains("planted"), "{printed}");
}

proptest! {
    #[test]
    fn reading_a_url_never_panics(text in "\\PC*", tail in "[a-z:/@%?=&\\[\\]0-9.]*") {
        let _ = Settings::from_url(&text);
        let _ = Settings::from_url(&format!("smtp://{tail}"));
    }
}
