//! Users of an application that keeps passwords by bcryptjs and never asked for a proof of the address, when registration is switched on.

use hallpass_db::testing::{TestDatabase, sqlite};

use crate::harness::{Binary, MailService, Page, Visitor};

const TABLES: &str = include_str!("../../../adapter/src/suite/fixtures/prisma-sqlite.sql");

const PASSWORD: &str = "correct horse battery staple";
/// Of the password, by bcryptjs 3.0.3.
const HASH: &str = "$2b$04$NWBvgyGooFL24TGsssOBR.pnLN.VkjLDILra.ZeFhxU.Cee8v2dee";
const NEW: &str = "seven purple owls at the ferry";
const ANN: &str = "ann@example.com";
const WARNING: &str = "never proven";

async fn tables() -> TestDatabase {
    let test = sqlite().await;
    for statement in TABLES.split(';').map(str::trim) {
        if !statement.is_empty() {
            test.run(statement).await;
        }
    }
    test.run("ALTER TABLE \"User\" ADD COLUMN \"password\" TEXT")
        .await;
    test.run(&format!(
        "INSERT INTO \"User\" (\"id\", \"email\", \"updatedAt\", \"password\") VALUES ('1', '{ANN}', CURRENT_TIMESTAMP, '{HASH}')"
    ))
    .await;
    test
}

fn binary(test: &TestDatabase, mail: &MailService, required: &str) -> Binary {
    Binary::serve(&test.address)
        .variable("HALLPASS_APP", "none")
        .variable("HALLPASS_REGISTER", "true")
        .variable("HALLPASS_PASSWORD_REQUIRE_VERIFIED", required)
        .variable("AUTH_RESEND_KEY", "re_test")
        .variable("AUTH_RESEND_URL", &mail.url())
        .variable("EMAIL_FROM", "no-reply@example.com")
}

async fn sign_in(visitor: &Visitor, password: &str) -> Page {
    let page = visitor
        .get("/api/auth/signin?callbackUrl=%2Fapi%2Fauth%2Fsession")
        .await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [
        ("csrfToken", &*token),
        ("email", ANN),
        ("password", password),
    ];
    visitor.post("/api/auth/callback/password", &fields).await
}

#[tokio::test]
async fn who_has_no_proof_is_counted_at_the_start_and_finds_the_way_in_on_the_page() {
    let mail = MailService::start().await;
    let test = tables().await;
    let hallpass = binary(&test, &mail, "").start();
    let ann = Visitor::new(&hallpass.base);
    let refused = sign_in(&ann, PASSWORD).await;
    assert!(!ann.is_signed_in().await);
    refused.assert_shows("If your email address is not confirmed yet");
    let page = ann.get("/api/auth/forgot-password").await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [("csrfToken", &*token), ("email", ANN)];
    ann.post("/api/auth/forgot-password", &fields).await;
    let form = ann.get(&mail.newest_link().await).await;
    let link = form.attribute("name=\"token\"", "value");
    let fields = [("csrfToken", &*token), ("token", &*link), ("password", NEW)];
    ann.post("/api/auth/reset-password", &fields)
        .await
        .assert_shows("Password changed");
    sign_in(&ann, NEW).await;
    assert!(ann.is_signed_in().await);
    let logged = hallpass.end().join("\n");
    assert!(
        logged.contains(WARNING) && logged.contains("users=1"),
        "{logged}"
    );
}

#[tokio::test]
async fn whoever_said_what_is_meant_is_not_warned() {
    let mail = MailService::start().await;
    for (required, signs_in) in [("true", false), ("false", true)] {
        let test = tables().await;
        let hallpass = binary(&test, &mail, required).start();
        let ann = Visitor::new(&hallpass.base);
        let page = sign_in(&ann, PASSWORD).await;
        assert_eq!(ann.is_signed_in().await, signs_in, "{required}");
        assert_eq!(page.body.contains("is not confirmed yet"), !signs_in);
        let logged = hallpass.end().join("\n");
        assert!(!logged.contains(WARNING), "{logged}");
    }
}
