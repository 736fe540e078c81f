//! What `hallpass serve` says when it cannot start, and the other commands.

use std::fs;
use std::time::Duration;

use tempfile::{TempDir, tempdir};

use crate::harness::{Binary, Visitor};

const SECRET: (&str, &str) = ("AUTH_SECRET", "planted-secret-of-more-than-32-letters");

#[test]
fn what_is_missing_or_wrong_is_said_with_what_to_do() {
    let mail = &[("AUTH_RESEND_KEY", "planted-key"), ("EMAIL_FROM", "nobody")];
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);
    let rows: [Row<'_>; 12] = [
        (
            "",
            &[("DATABASE_URL", "sqlite::memory:")],
            &[
                "error: no secret is set",
                "`hallpass secret`",
                "AUTH_SECRET",
            ],
        ),
        (
            "",
            &[SECRET],
            &["error: no database is named", "DATABASE_URL", "postgres://"],
        ),
        ("", &[], &["no secret is set", "no database is named"]),
        (
            "",
            &[
                SECRET,
                ("DATABASE_URL", "postgres://me:planted@127.0.0.1:1/app"),
            ],
            &["127.0.0.1:1", "help: check that the server runs"],
        ),
        (
            "",
            &[
                SECRET,
                ("DATABASE_URL", "mysql://me:planted@127.0.0.1:1/app"),
            ],
            &["127.0.0.1:1", "help: check that the server runs"],
        ),
        (
            "",
            &[SECRET, ("DATABASE_URL", "sqlite:/nowhere/a.db")],
            &["/nowhere", "help: create the folder"],
        ),
        (
            "",
            &[SECRET, ("DATABASE_URL", "oracle://planted")],
            &["`oracle`", "`postgres://`"],
        ),
        (
            "prot = 1\n[email]\nfrom = 3\nconfirm = 'perhaps'",
            &[SECRET, ("DATABASE_URL", "sqlite::memory:")],
            &[
                "error: hallpass.toml:1:1: unknown key `prot`\n help: did you mean `port`?",
                "error: hallpass.toml:4:1: `perhaps` is not one of `auto`, `always` and `never`",
            ],
        ),
        (
            "secret = 'planted\n",
            &[("DATABASE_URL", "sqlite::memory:")],
            &["error: hallpass.toml:1:", "this is not TOML"],
        ),
        (
            "",
            &[
                SECRET,
                ("DATABASE_URL", "sqlite::memory:"),
                mail[0],
                mail[1],
            ],
            &[
                "error: EMAIL_FROM: the sender is not a mail address",
                "help: ",
            ],
        ),
        (
            "",
            &[
                SECRET,
                ("DATABASE_URL", "sqlite::memory:"),
                ("EMAIL_SERVER", "http://me:planted@mx"),
                ("EMAIL_FROM", "a@example.com"),
            ],
            &["error: the mail server cannot be used", "smtp://", "help: "],
        ),
        // NIST SP 800-63B-4: 15 characters alone, 8 beside a second factor of everybody.
        (
            "app = 'none'\n[password]\nenabled = true\nmin_length = 14",
            &[SECRET, ("DATABASE_URL", "sqlite::memory:")],
            &[
                "cause: a password of 14 characters may be all that somebody proves",
                "help: ",
            ],
        ),
    ];
    for (file, variables, parts) in rows {
        let place = tempdir().unwrap();
        if !file.is_empty() {
            fs::write(place.path().join("hallpass.toml"), file).unwrap();
        }
        let binary = Binary::new(&["serve"])
            .directory(place.path())
            .variable("PORT", "0");
        let binary = variables
            .iter()
            .fold(binary, |binary, (name, value)| binary.variable(name, value));
        let ended = binary.finish();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        for part in parts {
            assert!(ended.error.contains(part), "no `{part}` in {}", ended.error);
        }
        for never in ["planted", "panicked", "RUST_BACKTRACE", "Error {"] {
            assert!(!ended.error.contains(never), "`{never}` in {}", ended.error);
        }
        assert!(ended.out.is_empty(), "{}", ended.out);
    }
}

#[test]
fn a_named_file_must_be_there() {
    let ended = Binary::new(&["serve", "--config", "/nowhere/hallpass.toml"]).finish();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .error
            .contains("there is no file `/nowhere/hallpass.toml`"),
        "{}",
        ended.error
    );
}

#[tokio::test]
async fn the_file_alone_is_enough_and_the_environment_wins() {
    let place = tempdir().unwrap();
    let file = "port = 'none'\nsecret = 'a-secret-in-a-file-of-more-than-32-letters'\ndatabase_url = 'sqlite:./a.db'\n";
    let path = place.path().join("other.toml");
    fs::write(&path, file).unwrap();
    let serve =
        || Binary::new(&["serve", "--config", path.to_str().unwrap()]).directory(place.path());
    let ended = serve().finish();
    assert!(
        ended.error.contains("other.toml:1:1: `none` is not a port"),
        "{}",
        ended.error
    );

    let hallpass = serve().variable("PORT", "0").start();
    Visitor::new(&hallpass.base)
        .get("/")
        .await
        .assert_shows("Sign In");
    assert!(place.path().join("a.db").exists());
}

/// On a new SQLite file.
fn serve(place: &TempDir) -> Binary {
    Binary::serve(&format!("sqlite:{}", place.path().join("a.db").display()))
}

#[tokio::test]
async fn without_a_public_address_it_says_so_and_answers_this_machine_only() {
    let place = tempdir().unwrap();
    let hallpass = serve(&place).start();
    let log = hallpass.logged().join("\n");
    assert!(log.contains("AUTH_URL is not set"), "{log}");
    assert!(log.contains("no mail service is set"), "{log}");
    let ask = |host: &'static str| {
        reqwest::Client::new()
            .get(&hallpass.base)
            .header("host", host)
            .send()
    };
    assert_eq!(ask("localhost").await.unwrap().status(), 200);
    assert_eq!(ask("todo.example.com").await.unwrap().status(), 421);
}

#[tokio::test]
async fn a_public_address_is_what_links_are_built_on() {
    let place = tempdir().unwrap();
    let hallpass = serve(&place)
        .variable("AUTH_URL", "https://todo.example.com")
        .start();
    let client = reqwest::Client::new();
    let request = client
        .get(format!("{}/api/auth/providers", hallpass.base))
        .header("host", "evil.com");
    assert_eq!(request.send().await.unwrap().status(), 200);
    let request = client
        .get(format!("{}/api/auth/signin", hallpass.base))
        .header("x-forwarded-host", "evil.com");
    let response = request.send().await.unwrap();
    let cookies: Vec<_> = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert!(
        cookies.iter().all(|cookie| cookie.contains("Secure")),
        "{cookies:?}"
    );
    assert!(
        cookies
            .iter()
            .any(|cookie| cookie.contains("https%3A%2F%2Ftodo.example.com")),
        "{cookies:?}"
    );
}

#[tokio::test]
async fn a_trusted_proxy_says_the_public_address() {
    let place = tempdir().unwrap();
    let hallpass = serve(&place).variable("AUTH_TRUST_HOST", "true").start();
    let request = reqwest::Client::new()
        .get(format!("{}/api/auth/csrf", hallpass.base))
        .header("x-forwarded-host", "todo.example.com")
        .header("x-forwarded-proto", "https");
    let response = request.send().await.unwrap();
    let cookies = response.headers().get_all("set-cookie");
    let cookies: Vec<_> = cookies
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    assert!(
        cookies
            .iter()
            .any(|cookie| cookie.contains("https%3A%2F%2Ftodo.example.com")),
        "{cookies:?}"
    );
}

#[tokio::test]
async fn the_path_of_the_public_address_is_where_sign_in_is() {
    let place = tempdir().unwrap();
    let hallpass = serve(&place)
        .variable("AUTH_URL", "https://todo.example.com/login")
        .start();
    let visitor = Visitor::new(&hallpass.base);
    assert_eq!(visitor.get("/login/session").await.body, "null");
    assert_eq!(visitor.get("/api/auth/session").await.status, 404);
}

#[test]
fn asked_to_stop_while_it_starts_it_ends() {
    // A database that takes connections and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let hallpass = Binary::serve(&format!("postgres://me@{address}/app")).spawn();
    let _kept = silent.accept().unwrap();
    let (code, duration) = hallpass.stop("TERM");
    assert_eq!(code, Some(0));
    assert!(duration < Duration::from_secs(3), "{duration:?}");
}

#[tokio::test]
async fn without_an_application_only_sign_in_is_there() {
    let place = tempdir().unwrap();
    let hallpass = serve(&place).variable("HALLPASS_APP", "none").start();
    let visitor = Visitor::new(&hallpass.base);
    assert_eq!(visitor.get("/").await.status, 404);
    assert_eq!(visitor.get("/api/auth/session").await.body, "null");
    assert_eq!(visitor.get("/dev/mailbox").await.status, 404);
}

#[tokio::test]
async fn tables_of_a_layout_are_made_once_and_recognised_then() {
    let place = tempdir().unwrap();
    let beside = || serve(&place).variable("HALLPASS_APP", "none");
    for layout in ["drizzle", "auto"] {
        let hallpass = beside().variable("HALLPASS_LAYOUT", layout).start();
        let visitor = Visitor::new(&hallpass.base);
        assert_eq!(visitor.get("/api/auth/session").await.body, "null");
    }
    let ended = beside().variable("HALLPASS_LAYOUT", "pg-adapter").finish();
    assert_eq!(ended.code, Some(1));
    let text = "there is no layout `pg-adapter` for SQLite";
    assert!(ended.error.contains(text), "{}", ended.error);
}

#[tokio::test]
async fn a_schema_of_the_application_says_what_the_tables_are() {
    let place = tempdir().unwrap();
    let path = place.path().join("own.zmodel");
    let beside = || {
        serve(&place)
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_SCHEMA", path.to_str().unwrap())
    };
    let ended = beside().finish();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.error.contains("own.zmodel` cannot be read"),
        "{}",
        ended.error
    );
    let page = fs::read_to_string("../../docs/layouts.md").unwrap();
    let schema = page.split("```zmodel\n").nth(1).unwrap();
    let schema = schema.split("```").next().unwrap();
    fs::write(place.path().join("parts.zmodel"), schema).unwrap();
    let secret = "model Note { id Int @id text String @encrypted pin String @password }";
    fs::write(&path, format!("import './parts'\n{secret}")).unwrap();
    let hallpass = beside().start();
    let visitor = Visitor::new(&hallpass.base);
    assert_eq!(visitor.get("/api/auth/session").await.body, "null");
}

#[tokio::test]
async fn serve_has_no_mailbox() {
    let place = tempdir().unwrap();
    let hallpass = serve(&place).start();
    assert_eq!(
        Visitor::new(&hallpass.base)
            .get("/dev/mailbox")
            .await
            .status,
        404
    );
}

#[test]
fn secret_prints_a_new_one_each_time() {
    let (one, other) = (
        Binary::new(&["secret"]).finish(),
        Binary::new(&["secret"]).finish(),
    );
    assert_eq!(one.code, Some(0));
    assert_eq!(one.out.trim().len(), 64, "{}", one.out);
    assert_ne!(one.out, other.out);
    assert!(one.error.is_empty(), "{}", one.error);
}

#[test]
fn help_and_version_are_there() {
    let version = Binary::new(&["--version"]).finish();
    assert_eq!(
        version.out.trim(),
        concat!("hallpass ", env!("CARGO_PKG_VERSION"))
    );
    for arguments in [
        &["--help"][..],
        &["dev", "--help"],
        &["serve", "--help"],
        &["secret", "--help"],
    ] {
        let help = Binary::new(arguments).finish();
        assert_eq!(help.code, Some(0), "{arguments:?}");
        assert!(help.out.contains("Usage: "), "{}", help.out);
    }
    assert!(Binary::new(&["--help"]).finish().out.contains("Examples:"));
    let wrong = Binary::new(&["sevre"]).finish();
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.error.contains("serve"), "{}", wrong.error);
}
