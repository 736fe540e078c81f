//! A users table shared with an application that keeps passwords with `bcryptjs`.

use hallpass::DataAdapter;
use hallpass::auth::adapter::{NewUser, UserId};
use hallpass::auth::password::{PasswordHash, PasswordStore as _};
use hallpass_db::testing::sqlite;
use serde_json::{Map, json};

use super::address::Address;
use super::authjs::{AuthJs, Options};
use super::browser::Person;
use super::server::Server;

const ADDRESS: Address = Address("http://app.test/api/auth");
const SECRET: &str = "a-secret-that-both-know-0123456789abcdef";
const PASSWORD: &str = "correct horse battery 🪴";

/// The users as the application made them: with this hash in `password`.
pub(super) async fn add_user(database: &str, email: &str, hash: &str) -> (DataAdapter, UserId) {
    let client = hallpass::open(database, todos::SCHEMA).await;
    let adapter = DataAdapter::new(&client.expect("the database opens"))
        .and_then(DataAdapter::password_store)
        .expect("the tables are ours");
    let user = NewUser {
        proposed_id: UserId("ignored".to_owned()),
        name: Some("Ann".to_owned()),
        email: Some(email.to_owned()),
        email_verified: None,
        image: None,
        extra: Map::new(),
    };
    let user = adapter
        .create_user_with_password(user, PasswordHash::new(hash))
        .await
        .expect("the user is added");
    (adapter, user.id)
}

/// What `bcryptjs` makes of the password.
pub(super) async fn hash(authjs: &AuthJs, password: &str) -> String {
    let ask = json!({ "password": password, "cost": 6 });
    let hash = authjs.tool("bcrypt-hash", &ask, &[]).await;
    hash.as_str().expect("a hash").to_owned()
}

async fn matches(authjs: &AuthJs, password: &str, hash: &str) -> bool {
    let ask = json!({ "password": password, "hash": hash });
    authjs.tool("bcrypt-compare", &ask, &[]).await == true
}

#[tokio::test]
async fn hashes_of_bcryptjs_are_good_here_and_ours_there() {
    let database = sqlite().await;
    let authjs = Options::at(ADDRESS.0, SECRET).start();
    let made = hash(&authjs, PASSWORD).await;
    let (adapter, id) = add_user(&database.address, "ann@example.com", &made).await;
    let variables = [
        ("AUTH_SECRET", SECRET),
        ("HALLPASS_APP", "todos"),
        ("HALLPASS_PASSWORD", "true"),
        ("HALLPASS_PASSWORD_ALGORITHM", "bcrypt"),
        ("HALLPASS_PASSWORD_BCRYPT_COST", "10"),
        ("HALLPASS_PASSWORD_UPGRADE", "true"),
    ];
    let ours = Server::hallpass(ADDRESS, &database.address, &variables).await;

    let mut eve = Person::new(ADDRESS);
    let wrong = [("email", "ann@example.com"), ("password", "wrong horse")];
    let refused = eve.post(&ours, "/callback/password", &wrong).await;
    let page = format!(
        "{}/signin?error=CredentialsSignin&code=credentials",
        ADDRESS.0
    );
    assert_eq!(refused.header("location"), Some(page.as_str()));
    assert_eq!(eve.email(&ours).await, None);

    let mut ann = Person::new(ADDRESS);
    let right = [("email", "ann@example.com"), ("password", PASSWORD)];
    let entered = ann.post(&ours, "/callback/password", &right).await;
    assert_eq!(entered.header("location"), Some(ADDRESS.origin()));
    assert_eq!(ann.email(&ours).await.as_deref(), Some("ann@example.com"));

    // The cheap hash was made anew, and the application can read it.
    let kept = adapter.password(&id).await.expect("the database answers");
    let kept = kept.expect("a hash");
    assert_ne!(kept.expose(), made);
    assert!(kept.expose().starts_with("$2"), "bcrypt as before");
    assert!(matches(&authjs, PASSWORD, kept.expose()).await);
    assert!(!matches(&authjs, "wrong horse", kept.expose()).await);
}
