//! Rows that break the promises of their tables, in the tables of pg-adapter, which keep few: duplicates, addresses that are missing,
//! hashes that are none, rows without a user. Whoever a broken row belongs to meets an error; everybody else signs in as always.

use hallpass_db::testing::{TestDatabase, databases};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::doctor::PG_ADAPTER_TABLES;
use crate::harness::service::{CLIENT, HONEST, SECRET, Service};
use crate::harness::{Binary, MailService, Page, Running, Visitor};

const PASSWORD: &str = "correct horse battery staple";

/// Of the password, by bcryptjs 3.0.3.
const HASH: &str = "$2b$04$NWBvgyGooFL24TGsssOBR.pnLN.VkjLDILra.ZeFhxU.Cee8v2dee";

/// Each by its number: 1 is in order.
const USERS: &str = "INSERT INTO users (id, name, email, \"emailVerified\", password) VALUES
  (1, 'Ann', 'ann@example.com', now(), '{hash}'),
  (2, 'One', 'twice@example.com', now(), '{hash}'),
  (3, 'Two', 'twice@example.com', now(), '{hash}'),
  (4, 'Nobody', NULL, NULL, '{hash}'),
  (5, 'Text', 'text@example.com', now(), 'not a hash at all'),
  (6, 'Cut', 'cut@example.com', now(), '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ'),
  (7, 'Costly', 'costly@example.com', now(), '$argon2id$v=19$m=4194304,t=1000,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA'),
  (8, 'Empty', 'empty@example.com', now(), ''),
  (9, 'None', 'none@example.com', now(), NULL)";

const ACCOUNTS: &str =
    "INSERT INTO accounts (\"userId\", type, provider, \"providerAccountId\") VALUES
  (1, 'oidc', 'honest', 'both-there'), (2, 'oidc', 'honest', 'both-there'),
  (999, 'oidc', 'honest', 'orphan-there'), (4, 'oidc', 'honest', 'nobody-there')";

const SESSIONS: &str = "INSERT INTO sessions (\"userId\", expires, \"sessionToken\") VALUES
  (1, '2100-01-01', 'good'), (999, '2100-01-01', 'orphan'), (1, '2100-01-01', 'twice'), (2, '2100-01-01', 'twice'),
  (1, 'infinity', 'endless-token')";

struct Stage {
    _test: TestDatabase,
    hallpass: Running,
    mail: MailService,
    _service: Service,
    _folder: TempDir,
}

impl Stage {
    /// On PostgreSQL, where pg-adapter is. `None` where no server runs.
    async fn open() -> Option<Self> {
        let tests = databases().await;
        let test = tests.into_iter().find(|test| test.name == "postgres")?;
        for statement in PG_ADAPTER_TABLES {
            test.run(statement).await;
        }
        test.run("ALTER TABLE users ADD COLUMN password TEXT").await;
        test.run(&USERS.replace("{hash}", HASH)).await;
        test.run("ALTER SEQUENCE users_id_seq RESTART WITH 100")
            .await;
        test.run(ACCOUNTS).await;
        test.run(SESSIONS).await;
        let service = Service::start().await;
        let mail = MailService::start().await;
        let folder = tempdir().expect("a folder");
        let settings = format!(
            "[providers.honest]\ntype = 'oidc'\nissuer = '{}'\nid = '{CLIENT}'\nsecret = '{SECRET}'\n",
            service.issuer(HONEST)
        );
        std::fs::write(folder.path().join("hallpass.toml"), settings).expect("it is written");
        let hallpass = Binary::serve(&test.address)
            .directory(folder.path())
            .variable("HALLPASS_APP", "none")
            .variable("HALLPASS_PASSWORD", "true")
            .variable("EMAIL_CONFIRM", "never")
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .start();
        Some(Self {
            _test: test,
            hallpass,
            mail,
            _service: service,
            _folder: folder,
        })
    }

    async fn by_password(&self, address: &str) -> (Visitor, Page) {
        let visitor = Visitor::new(&self.hallpass.base);
        let page = visitor
            .get("/api/auth/signin?callbackUrl=%2Fapi%2Fauth%2Fsession")
            .await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let fields = [
            ("csrfToken", &*token),
            ("email", address),
            ("password", PASSWORD),
        ];
        let page = visitor.post("/api/auth/callback/password", &fields).await;
        (visitor, page)
    }

    async fn by_mail(&self, address: &str) -> (Visitor, Page) {
        let visitor = Visitor::new(&self.hallpass.base);
        let page = visitor
            .get("/api/auth/signin?callbackUrl=%2Fapi%2Fauth%2Fsession")
            .await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let fields = [("csrfToken", &*token), ("email", address)];
        let page = visitor.post("/api/auth/signin/email", &fields).await;
        if !page.path.contains("/verify-request") {
            return (visitor, page);
        }
        let page = visitor.get(&self.mail.newest_link().await).await;
        (visitor, page)
    }

    async fn forgets(&self, address: &str) -> Page {
        let visitor = Visitor::new(&self.hallpass.base);
        let page = visitor.get("/api/auth/forgot-password").await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let fields = [("csrfToken", &*token), ("email", address)];
        visitor.post("/api/auth/forgot-password", &fields).await
    }

    async fn at_the_service(&self, person: &str) -> (Visitor, Page) {
        let visitor = Visitor::new(&self.hallpass.base);
        let page = visitor
            .get("/api/auth/signin?callbackUrl=%2Fapi%2Fauth%2Fsession")
            .await;
        let token = page.attribute("name=\"csrfToken\"", "value");
        let start = format!("/api/auth/signin/honest?login_hint={person}");
        let page = visitor.post(&start, &[("csrfToken", &token)]).await;
        (visitor, page)
    }

    async fn with_token(&self, token: &str) -> String {
        let url = format!("{}/api/auth/session", self.hallpass.base);
        let asked = reqwest::Client::new()
            .get(url)
            .header("cookie", format!("authjs.session-token={token}"));
        let answer = asked.send().await.expect("it answers");
        assert_eq!(answer.status(), 200, "{token}");
        answer.text().await.expect("text")
    }
}

const ERROR_PAGE: &str = "/api/auth/error?error=Configuration";
const WRONG: &str = "/api/auth/signin?error=CredentialsSignin&code=credentials";
const IN: &str = "/api/auth/session";

/// Who comes by which address: where a password leads, where a mailed link leads, and who is signed in by the link.
const BY_ADDRESS: &[(&str, &str, &str, Option<&str>)] = &[
    ("ann@example.com", IN, IN, Some("Ann")),
    // A stranger sees what an unknown address shows; whoever reads the mailbox meets the error.
    ("twice@example.com", WRONG, ERROR_PAGE, None),
    ("text@example.com", WRONG, IN, Some("Text")),
    ("cut@example.com", WRONG, IN, Some("Cut")),
    ("costly@example.com", WRONG, IN, Some("Costly")),
    ("empty@example.com", WRONG, IN, Some("Empty")),
    ("none@example.com", WRONG, IN, Some("None")),
    ("unknown@example.com", WRONG, IN, Some("")),
];

/// Who comes from the service: where it leads, and who is signed in.
const BY_SERVICE: &[(&str, &str, Option<&str>)] = &[
    ("both", ERROR_PAGE, None),
    ("orphan", ERROR_PAGE, None),
    ("nobody", IN, Some("Nobody")),
    ("newcomer", IN, Some("newcomer of the service")),
];

/// Whose session a token opens.
const BY_TOKEN: &[(&str, Option<&str>)] = &[
    ("good", Some("Ann")),
    ("orphan", None),
    ("twice", None),
    ("unknown", None),
    ("endless-token", Some("Ann")),
];

/// What the log says, by keys of rows alone.
const LOGGED: &[&str] = &[
    "several rows of `User` have the same address, of users 2, 3; merge them, or remove all but one",
    "several rows of `Account` have the same provider and id, of users 1, 2; merge them, or remove all but one",
    "several rows of `Session` have the same token, of users 1, 2; merge them, or remove all but one",
    "a row of `Account` has this key already, of user 999",
    "the stored password of a user cannot be used: the hash has no known form user.id=5",
    "the stored password of a user cannot be used: the hash is malformed user.id=6",
    "the stored password of a user cannot be used: the hash costs more than is allowed user.id=7",
    "users (email): two users may have the same mail address",
];

/// The name in a session, where somebody is signed in.
fn name(session: &str) -> Option<String> {
    let session: Value = serde_json::from_str(session).expect("JSON");
    let user = session.get("user")?;
    Some(user["name"].as_str().unwrap_or_default().to_owned())
}

async fn who(visitor: &Visitor) -> Option<String> {
    name(&visitor.get(IN).await.body)
}

#[tokio::test]
async fn a_row_that_breaks_a_promise_harms_its_owner_alone() {
    let Some(stage) = Stage::open().await else {
        return;
    };
    for (address, by_password, by_mail, known) in BY_ADDRESS {
        let (visitor, page) = stage.by_password(address).await;
        assert_eq!(page.path, *by_password, "{address}");
        let expected = known.filter(|_| *by_password == IN);
        assert_eq!(who(&visitor).await.as_deref(), expected, "{address}");
        let (visitor, page) = stage.by_mail(address).await;
        assert_eq!(page.path, *by_mail, "{address}");
        assert_eq!(who(&visitor).await.as_deref(), *known, "{address}");
    }
    for (address, told) in [
        (
            "twice@example.com",
            "something is wrong with how it is kept",
        ),
        ("nobody@example.com", "there is no account"),
    ] {
        let page = stage.forgets(address).await;
        assert_eq!(page.path, "/api/auth/forgot-password?sent", "{address}");
        let mail = stage.mail.newest_text().await;
        assert!(mail.contains(told), "{mail}");
    }
    for (person, leads_to, known) in BY_SERVICE {
        let (visitor, page) = stage.at_the_service(person).await;
        assert_eq!(page.path, *leads_to, "{person}");
        assert_eq!(who(&visitor).await.as_deref(), *known, "{person}");
    }
    for (token, known) in BY_TOKEN {
        let session = stage.with_token(token).await;
        assert_eq!(name(&session).as_deref(), *known, "{token}");
    }
    // Whoever is in order still is.
    assert_eq!(
        who(&stage.by_password("ann@example.com").await.0)
            .await
            .as_deref(),
        Some("Ann")
    );
    let logged = stage.hallpass.end().join("\n");
    for line in LOGGED {
        assert!(logged.contains(line), "{line}: {logged}");
    }
    for planted in [
        "@example.com",
        "not a hash",
        HASH,
        "-there",
        "endless-token",
    ] {
        assert!(!logged.contains(planted), "{planted}: {logged}");
    }
}
