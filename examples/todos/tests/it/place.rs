//! The team board on a database, with an administrator and two others.

use axum::http::{Method, StatusCode};
use hallpass::auth::adapter::{Adapter, UserId};
use hallpass::auth::origin::HostTrust;
use hallpass::auth::secret::Secret;
use hallpass::auth::secrets::Secrets;
use hallpass::{Client, DataAdapter};
use hallpass_db::testing::{TestDatabase, databases};
use todos::{Board, Keeping};

use crate::{Answer, App, FORM, sign_in};

pub(crate) struct Place {
    pub(crate) app: App,
    pub(crate) db: Client,
    pub(crate) address: String,
    pub(crate) dialect: String,
}

impl Place {
    /// Ada administers the board; Bob and Doug are signed in, too.
    pub(crate) async fn all() -> Vec<Self> {
        let mut places = Vec::new();
        for database in databases().await {
            let place = Self::on(database).await;
            let done = place.post("ada", "/team/administrator", "").await;
            assert_eq!(
                done.location(),
                "/team/ghosts?done=administrator",
                "{}",
                done.body
            );
            places.push(place);
        }
        places
    }

    pub(crate) async fn on(database: TestDatabase) -> Self {
        let address = database.address.clone();
        let db = hallpass::open_sources(&address, todos::TEAM_SOURCES)
            .await
            .unwrap();
        for name in ["ada", "bob", "doug"] {
            sign_in(&db, name).await;
        }
        let board = Board::open(&address, &db, Keeping::Administrator)
            .await
            .unwrap();
        Self {
            app: Self::app(&db, board, database),
            dialect: format!("{:?}", db.dialect()),
            db,
            address,
        }
    }

    pub(crate) fn app(db: &Client, board: Board, database: TestDatabase) -> App {
        let auth = hallpass::builder(db)
            .unwrap()
            .secrets(Secrets::new([Secret::new("a-secret-of-the-tests-0123456789")]).unwrap())
            .trust_host(HostTrust::Trusted)
            .build()
            .unwrap();
        let router = todos::app_with_board(db.clone(), board)
            .merge(hallpass::routes(&auth))
            .layer(hallpass::layer(&auth));
        App {
            router,
            _database: database,
        }
    }

    pub(crate) async fn post(&self, who: &str, path: &str, form: &str) -> Answer {
        self.app
            .send(who, Method::POST, path, FORM, form.to_owned())
            .await
    }

    pub(crate) async fn get(&self, who: &str, path: &str) -> String {
        let answer = self
            .app
            .send(who, Method::GET, path, "", String::new())
            .await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "{}: {}",
            self.dialect,
            answer.body
        );
        answer.body
    }

    pub(crate) async fn board(&self, who: &str) -> String {
        self.get(who, "/team").await
    }

    pub(crate) async fn add(&self, who: &str, content: &str) {
        let added = self
            .post(who, "/team/todos", &format!("content={content}"))
            .await;
        assert_eq!(
            (added.status, added.location()),
            (StatusCode::SEE_OTHER, "/team")
        );
    }

    /// The id of the todo with this text, which is `who`'s to change.
    pub(crate) async fn id(&self, who: &str, content: &str) -> String {
        let board = self.board(who).await;
        let row = row(&board, content);
        let id = row.split("action=\"/team/todos/").nth(1).unwrap();
        id.split('/').next().unwrap().to_owned()
    }

    pub(crate) async fn set(&self, who: &str, id: &str, completed: bool) -> Answer {
        let form = format!("completed={completed}");
        self.post(who, &format!("/team/todos/{id}/set"), &form)
            .await
    }

    pub(crate) async fn user(&self, who: &str) -> UserId {
        let store = DataAdapter::new(&self.db).unwrap();
        let user = store.user_by_email(&format!("{who}@example.com")).await;
        user.unwrap().unwrap().id
    }

    /// Ends an account, as its page does; gives the id that it had.
    pub(crate) async fn leave(&self, who: &str) -> String {
        let store = DataAdapter::new(&self.db).unwrap();
        let user = self.user(who).await;
        store.delete_user(&user).await.unwrap();
        user.0
    }

    /// Whoever can write to the database can write to the table that tells of users.
    pub(crate) async fn untell(&self, who: &str) {
        let told = match self.dialect.as_str() {
            "Postgres" => "neon_auth.users_sync",
            _ => "neon_auth_users_sync",
        };
        let id = self.user(who).await;
        let text = format!("DELETE FROM {told} WHERE id = '{}'", id.as_str());
        self.app._database.run(&text).await;
    }

    pub(crate) async fn choose(&self, deletion: &str) {
        let form = format!("deletion={deletion}");
        let chosen = self.post("ada", "/team/deletion", &form).await;
        assert_eq!(
            chosen.location(),
            "/team/ghosts?done=deletion",
            "{}",
            chosen.body
        );
    }
}

/// The part of the list that shows this text.
pub(crate) fn row<'p>(page: &'p str, content: &str) -> &'p str {
    assert_shows(page, &[content]);
    let mut rows = page.split("<li").filter(|row| row.contains(content));
    rows.next().unwrap()
}

pub(crate) fn assert_shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no `{part}` in {page}");
    }
}
