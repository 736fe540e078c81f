//! What other servers ask of `hallpass serve`, with what its settings say of them.

use std::fs;

use hallpass_db::testing::sqlite;
use tempfile::tempdir;

use crate::harness::{Binary, MailService, Visitor};

const OLD: &str = "planted-old-key-of-more-than-32-letters";
const NEW: &str = "planted-new-key-of-more-than-32-letters";

#[tokio::test]
async fn a_server_with_key_and_cookie_is_answered_and_nobody_else() {
    let test = sqlite().await;
    let folder = tempdir().unwrap();
    let file = format!(
        "server_keys = ['{NEW}', '{OLD}']\naccount_tokens = 'sealed'\n\
         [limits]\nquotas = ['server_key per client: 3/1h']\n"
    );
    fs::write(folder.path().join("hallpass.toml"), file).unwrap();
    let mail = MailService::start().await;
    let running = Binary::serve(&test.address)
        .directory(folder.path())
        .variable("AUTH_RESEND_KEY", "re_test")
        .variable("AUTH_RESEND_URL", &mail.url())
        .variable("EMAIL_FROM", "no-reply@example.com")
        .variable("AUTH_GITHUB_ID", "client")
        .variable("AUTH_GITHUB_SECRET", "client-secret")
        .start();
    let ann = Visitor::new(&running.base);
    let stranger = Visitor::new(&running.base);
    let page = ann.get("/api/auth/signin?callbackUrl=%2F").await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [("csrfToken", token.as_str()), ("email", "ann@example.com")];
    ann.post("/api/auth/signin/email", &fields).await;
    ann.get(&mail.newest_link().await).await;
    assert!(ann.is_signed_in().await);

    // A right key uses nothing up, however often it is shown.
    for (visitor, key, provider, expected) in [
        (&ann, NEW, "github", (404, r#"{"error":"NotLinked"}"#)),
        (&ann, OLD, "github", (404, r#"{"error":"NotLinked"}"#)),
        (&ann, NEW, "gitlab", (404, r#"{"error":"UnknownProvider"}"#)),
        (
            &stranger,
            NEW,
            "github",
            (401, r#"{"error":"Unauthorized"}"#),
        ),
        (&ann, NEW, "github", (404, r#"{"error":"NotLinked"}"#)),
    ] {
        let page = visitor.ask_for_token(Some(key), provider).await;
        assert_eq!((page.status.as_u16(), page.body.as_str()), expected);
    }
    for key in [None, Some("wrong"), Some(&NEW[1..])] {
        let page = ann.ask_for_token(key, "github").await;
        let answer = (page.status.as_u16(), page.body.as_str());
        assert_eq!(answer, (403, r#"{"error":"Forbidden"}"#), "{key:?}");
    }
    let page = ann.ask_for_token(Some("wrong"), "github").await;
    assert_eq!(page.status, 429, "keys can be guessed");
}

#[tokio::test]
async fn without_keys_no_server_is_answered() {
    let test = sqlite().await;
    let running = Binary::serve(&test.address).start();
    let visitor = Visitor::new(&running.base);
    for key in ["", NEW] {
        let page = visitor.ask_for_token(Some(key), "github").await;
        assert_eq!(page.status, 400, "{}", page.body);
    }
}

#[test]
fn short_keys_are_refused_at_the_start() {
    let ended = Binary::serve("sqlite::memory:")
        .variable("HALLPASS_SERVER_KEYS", "planted")
        .finish();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let told = "error: HALLPASS_SERVER_KEYS: a key for servers has fewer than 32 characters\n help: make one with `hallpass secret`";
    assert!(ended.error.contains(told), "{}", ended.error);
    assert!(!ended.error.contains("planted"));
}
