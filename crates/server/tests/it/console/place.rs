use std::fs;

use hallpass_db::testing::{TestDatabase, databases, sqlite};
use reqwest::Method;
use reqwest::header::HeaderMap;
use tempfile::{TempDir, tempdir};

use crate::harness::{Binary, MailService, Running, Visitor};

/// Tables of sign-in, whose users have a role, and an application's, with what nobody may read off a page.
pub(crate) const SCHEMA: &str = r#"
model User {
  id            String    @id @default(cuid())
  name          String?
  email         String?   @unique @db.VarChar(255)
  emailVerified DateTime?
  image         String?   @db.Text
  role          String    @default("reader")
  password      String?   @db.Text
  apiKey        String?   @omit
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
  @@allow('all', true)
}

/// What people write down.
model Note {
  id      Int     @id
  title   String  @db.Text
  done    Boolean @default(false)
  pin     String? @allow('read', auth().id == ownerId)
  code    String? @unique @omit
  sealed  String? @encrypted
  owner   User    @relation(fields: [ownerId], references: [id])
  ownerId String
  /// Owners do with theirs what they like.
  @@allow('all', auth().id == ownerId)
  @@allow('read', auth().role == 'editor')
  @@deny('delete', done)
}

model Pair {
  a Int
  b String @db.VarChar(40)
  @@id([a, b])
  @@allow('read', true)
}

model Ledger { id Int @id }
"#;

/// Who may enter where nothing else is said.
pub(crate) const ADMINISTRATORS: &str = "[console]\nadministrators = ['Root@Example.com']\n";

/// A running server with a console.
pub(crate) struct Place {
    pub(crate) test: TestDatabase,
    pub(crate) running: Running,
    mail: MailService,
    _folder: TempDir,
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Where the redirects led.
    pub(crate) path: String,
    pub(crate) body: String,
}

impl Place {
    /// On SQLite.
    pub(crate) async fn start(settings: &str) -> Self {
        Self::on(sqlite().await, settings).await
    }

    /// On every database there is.
    pub(crate) async fn everywhere(settings: &str) -> Vec<Self> {
        let mut places = Vec::new();
        for test in databases().await {
            places.push(Self::on(test, settings).await);
        }
        places
    }

    /// On SQLite, with these models in place of the application's.
    pub(crate) async fn with_models(models: &str) -> Self {
        let (of_sign_in, _) = SCHEMA.split_once("/// What people write down.").unwrap();
        let of_sign_in = of_sign_in.replace("  notes         Note[]\n", "");
        let schema = format!("{of_sign_in}{models}");
        Self::of(sqlite().await, &schema, ADMINISTRATORS).await
    }

    async fn on(test: TestDatabase, settings: &str) -> Self {
        Self::of(test, SCHEMA, settings).await
    }

    async fn of(test: TestDatabase, schema: &str, settings: &str) -> Self {
        let folder = tempdir().unwrap();
        let mail = MailService::start().await;
        let running = serve(&test.address, &folder, schema, settings)
            .variable("AUTH_RESEND_KEY", "re_test")
            .variable("AUTH_RESEND_URL", &mail.url())
            .variable("EMAIL_FROM", "no-reply@example.com")
            .start();
        Self {
            running,
            test,
            mail,
            _folder: folder,
        }
    }

    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.running.base)
    }

    /// Somebody who signed in by mail, so that the address is proven.
    pub(crate) async fn signed_in(&self, address: &str) -> Visitor {
        let visitor = self.visitor();
        visitor
            .ask_for_link(address)
            .await
            .assert_shows("Check your email");
        visitor.get(&self.mail.newest_link().await).await;
        assert!(visitor.is_signed_in().await);
        visitor
    }

    /// The link in the newest mail.
    pub(crate) async fn newest_link(&self) -> String {
        self.mail.newest_link().await
    }

    /// The administrator of [`ADMINISTRATORS`].
    pub(crate) async fn root(&self) -> Visitor {
        self.signed_in("root@example.com").await
    }

    /// Runs a statement, whose names stand in double quotes.
    pub(crate) async fn run(&self, statement: &str) {
        self.test.run(&self.spelt(statement)).await;
    }

    /// The id of the user of an address.
    pub(crate) async fn id_of(&self, address: &str) -> String {
        let statement = format!("SELECT \"id\" FROM \"User\" WHERE \"email\" = '{address}'");
        let rows = self.test.rows(&self.spelt(&statement)).await;
        match &rows[0][0] {
            hallpass::data::Value::Text(id) => id.clone(),
            other => panic!("{other:?} is no id"),
        }
    }

    /// A note of somebody.
    pub(crate) async fn note(&self, id: i64, title: &str, owner: &str) {
        let owner = self.id_of(owner).await;
        let title = title.replace('\'', "''");
        self.run(&format!(
            "INSERT INTO \"Note\" (\"id\", \"title\", \"done\", \"pin\", \"code\", \"ownerId\") \
             VALUES ({id}, '{title}', FALSE, 'pin-{id}', 'planted-code-{id}', '{owner}')"
        ))
        .await;
    }

    fn spelt(&self, statement: &str) -> String {
        match self.test.name {
            "mysql" => statement.replace('"', "`"),
            _ => statement.to_owned(),
        }
    }
}

/// `hallpass serve` with [`SCHEMA`] and these settings in its file.
pub(crate) fn binary(database: &str, folder: &TempDir, settings: &str) -> Binary {
    serve(database, folder, SCHEMA, settings)
}

fn serve(database: &str, folder: &TempDir, schema: &str, settings: &str) -> Binary {
    fs::write(folder.path().join("schema.zmodel"), schema).unwrap();
    fs::write(folder.path().join("hallpass.toml"), settings).unwrap();
    Binary::serve(database)
        .directory(folder.path())
        .variable("HALLPASS_APP", "none")
        .variable("HALLPASS_SCHEMA", "schema.zmodel")
}

/// Asks as a browser does.
pub(crate) async fn look(visitor: &Visitor, path: &str) -> Answer {
    ask(visitor, Method::GET, path).await
}

pub(crate) async fn ask(visitor: &Visitor, method: Method, path: &str) -> Answer {
    let request = visitor.request(method, path).header("accept", "text/html");
    let response = request.send().await.expect("the server answers");
    let query = response.url().query();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        path: format!("{}{query}", response.url().path()),
        body: response.text().await.expect("the body is text"),
    }
}

/// A page that there is.
pub(crate) async fn page(visitor: &Visitor, path: &str) -> String {
    let answer = look(visitor, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body
}

/// Fails unless the page shows all of these.
pub(crate) fn assert_shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no `{part}` on {page}");
    }
}

/// Fails if the page shows any of these.
pub(crate) fn assert_hides(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(!page.contains(part), "`{part}` on {page}");
    }
}
