use std::fs;

use hallpass_db::testing::{TestDatabase, databases, sqlite};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::harness::{Binary, MailService, Running, Visitor};

/// The tables of sign-in, whose users have a role, and tables of an application: open, with and without rules, and of a
/// model that keeps something of the users.
pub(super) const SCHEMA: &str = r#"
model User {
  id            String    @id @default(cuid())
  name          String?
  email         String?   @unique @db.VarChar(255)
  emailVerified DateTime?
  image         String?   @db.Text
  role          String    @default("reader")
  accounts      Account[]
  sessions      Session[]
  notes         Note[]
  @@allow('read', true)
}

model Account {
  userId            String
  type              String
  provider          String
  providerAccountId String
  refresh_token     String? @db.Text
  access_token      String? @db.Text
  expires_at        Int?
  token_type        String?
  scope             String?
  id_token          String? @db.Text
  session_state     String?
  user              User    @relation(fields: [userId], references: [id], onDelete: Cascade)
  @@id([provider, providerAccountId])
  @@allow('all', true)
}

model Session {
  sessionToken String   @id
  userId       String
  expires      DateTime
  user         User     @relation(fields: [userId], references: [id], onDelete: Cascade)
  @@allow('all', true)
}

model VerificationToken {
  identifier String   @db.VarChar(255)
  token      String
  expires    DateTime
  @@id([identifier, token])
}

model Note {
  id      Int     @id
  title   String  @length(1, 100)
  owner   User    @relation(fields: [ownerId], references: [id])
  ownerId String  @default(auth().id)
  @@allow('all', auth().id == ownerId)
  @@allow('read', auth().role == 'editor')
}

/// Shown <b>to all</b><script>alert("x")</script> & nobody's.
model Notice {
  id   Int    @id
  text String
  @@allow('read', true)
  @@allow('create', auth() != null)
}

model Ledger { id Int @id }
"#;

/// A running server with a schema of its own.
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) running: Running,
    pub(super) test: TestDatabase,
    mail: MailService,
    _folder: TempDir,
}

impl Place {
    /// On SQLite, with these settings in the file.
    pub(super) async fn start(settings: &str) -> Self {
        Self::on(sqlite().await, SCHEMA, settings).await
    }

    /// On SQLite, with another schema.
    pub(super) async fn of(schema: &str) -> Self {
        Self::on(sqlite().await, schema, "").await
    }

    /// On SQLite, with these models beside [`SCHEMA`] and these settings in the file.
    pub(super) async fn with(models: &str, settings: &str) -> Self {
        Self::on(sqlite().await, &format!("{SCHEMA}{models}"), settings).await
    }

    /// On every database there is.
    pub(super) async fn everywhere(settings: &str) -> Vec<Self> {
        let mut places = Vec::new();
        for test in databases().await {
            places.push(Self::on(test, SCHEMA, settings).await);
        }
        places
    }

    async fn on(test: TestDatabase, schema: &str, settings: &str) -> Self {
        let folder = tempdir().unwrap();
        let mail = MailService::start().await;
        let binary = binary(&test.address, &folder, settings)
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com");
        fs::write(folder.path().join("schema.zmodel"), schema).unwrap();
        Self {
            name: test.name,
            running: binary.start(),
            test,
            mail,
            _folder: folder,
        }
    }

    /// Somebody who is not signed in.
    pub(super) fn visitor(&self) -> Visitor {
        Visitor::new(&self.running.base)
    }

    pub(super) async fn signed_in(&self, address: &str) -> Visitor {
        let visitor = self.visitor();
        visitor
            .ask_for_link(address)
            .await
            .assert_shows("Check your email");
        visitor.get(&self.mail.newest_link().await).await;
        assert!(visitor.is_signed_in().await);
        visitor
    }
}

/// `hallpass serve` with [`SCHEMA`] and these settings in its file.
pub(super) fn binary(database: &str, folder: &TempDir, settings: &str) -> Binary {
    fs::write(folder.path().join("schema.zmodel"), SCHEMA).unwrap();
    fs::write(folder.path().join("hallpass.toml"), settings).unwrap();
    Binary::serve(database)
        .directory(folder.path())
        .variable("HALLPASS_APP", "none")
        .variable("HALLPASS_SCHEMA", "schema.zmodel")
}

/// Status and body of an answer; text that is no JSON is a text.
pub(super) type Told = (u16, Value);

pub(super) async fn told(request: RequestBuilder) -> Told {
    let response = request.send().await.expect("the server answers");
    let status = response.status().as_u16();
    let text = response.text().await.expect("the body is text");
    let body = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
    (status, body)
}

/// What a read gives; fails where it gives nothing.
pub(super) async fn read(visitor: &Visitor, operation: &str, args: &Value) -> Value {
    let (status, mut body) = told(asked(visitor, operation, args)).await;
    assert_eq!(status, StatusCode::OK, "{operation} {args}: {body}");
    body["data"].take()
}

/// A read that is about to be sent.
pub(super) fn asked(visitor: &Visitor, operation: &str, args: &Value) -> RequestBuilder {
    visitor.request(Method::GET, &path_of(operation, args))
}

/// Where an operation is asked for whose arguments stand in the query.
pub(super) fn path_of(operation: &str, args: &Value) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("q", &args.to_string()).finish();
    format!("/api/model/{operation}?{query}")
}

/// A write that is about to be sent.
pub(super) fn written(
    visitor: &Visitor,
    method: Method,
    operation: &str,
    args: &Value,
) -> RequestBuilder {
    let request = visitor.request(method, &format!("/api/model/{operation}"));
    let request = request.header("content-type", "application/json");
    request.body(args.to_string())
}

pub(super) async fn create(visitor: &Visitor, model: &str, data: Value) -> Told {
    let args = json!({ "data": data });
    told(written(
        visitor,
        Method::POST,
        &format!("{model}/create"),
        &args,
    ))
    .await
}
