//! Whatever arguments a client sends: an answer or an error that names the mistake. No panic, no SQL that SQLite cannot read, and
//! nothing of a row that the rules hide. Nothing of a call stays.
//!
//! The input is a letter for the operation, one for the model, one for who asks, and the arguments as JSON.

#![no_main]

use std::sync::{Arc, OnceLock};

use hallpass_data::{ArgValue, Client, ClientOptions, Error, Operation};
use hallpass_db::{Database, Options};
use hallpass_zmodel::{Source, load};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};

const SCHEMA: &str = r#"
enum Kind { NOTE TASK }
model User {
  id    String @id
  email String @unique @email
  role  String?
  todos Todo[]
  tags  Tag[]
  @@allow('all', auth() == this)
}
model Todo {
  id      Int      @id @default(autoincrement())
  title   String   @length(1, 100)
  kind    Kind     @default(NOTE)
  done    Boolean?
  price   Decimal?
  size    BigInt?
  weight  Float?
  due     DateTime?
  extra   Json?
  bytes   Bytes?
  hidden  String?  @allow('read', auth().role == 'ADMIN')
  ownerId String   @default(auth().id)
  owner   User     @relation(fields: [ownerId], references: [id])
  tags    Tag[]
  @@unique([ownerId, title])
  @@allow('all', auth() == owner)
  @@deny('delete', done)
}
model Tag {
  id    Int    @id
  name  String
  owner User   @relation(fields: [by], references: [id])
  by    String
  todos Todo[]
  @@allow('read', true)
  @@allow('create,update', todos?[owner == auth()])
}
"#;
/// Stands in a row that nobody but its owner may see.
const PLANTED: &str = "planted8271";

/// What ends a transaction so that nothing stays.
struct Undone;

impl From<Error> for Undone {
    fn from(_: Error) -> Self {
        Self
    }
}

struct World {
    runtime: Runtime,
    client: Client,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(client());
        World { runtime, client }
    })
}

async fn client() -> Client {
    let source = Source {
        name: "fuzz.zmodel",
        text: SCHEMA,
    };
    let schema = load(&[source]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let database = Database::connect("sqlite::memory:", Options::default()).await;
    let options = ClientOptions::new(|| Timestamp::UNIX_EPOCH, |bytes: &mut [u8]| bytes.fill(7));
    let client = Client::new(database.unwrap(), Arc::new(schema), options).unwrap();
    client.create_missing_tables().await.unwrap();
    for id in ["ann", "bob"] {
        let email = format!("{id}@example.org");
        let user = client.create("User").set("id", id).set("email", email);
        user.run().await.unwrap();
        for number in 0..3 {
            let title = if id == "bob" { PLANTED.to_owned() } else { "milk".to_owned() };
            let todo = client.create("Todo").set("title", format!("{title} {number}"));
            todo.set("ownerId", id).set("hidden", PLANTED).run().await.unwrap();
        }
    }
    client
}

fn judge(error: &Error) {
    if let Error::Database(source) | Error::Refused { source, .. } = error {
        let text = format!("{source:?}");
        let is_broken = ["syntax error", "no such", "ambiguous", "misuse", "wrong number"];
        assert!(!is_broken.iter().any(|sign| text.contains(sign)), "{text}");
    }
    assert!(!error.to_string().contains(PLANTED), "{error}");
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let [operation, model, who, json @ ..] = input else {
        return;
    };
    let Ok(json) = serde_json::from_slice(json) else {
        return;
    };
    let Ok(args) = ArgValue::from_json(json) else {
        return;
    };
    let operation = Operation::ALL[usize::from(*operation) % Operation::ALL.len()];
    let model = ["User", "Todo", "Tag"][usize::from(*model) % 3];
    let World { runtime, client } = world();
    let ann = ArgValue::Object(vec![("id".to_owned(), ArgValue::Text("ann".to_owned()))]);
    let (of, is_person) = match *who % 3 {
        0 => (client.clone(), false),
        1 => (client.for_user(Some(ann)), true),
        _ => (client.for_user(None), true),
    };
    let knows = String::from_utf8_lossy(input).contains(PLANTED);
    let _undone: Result<(), Undone> = runtime.block_on(of.transaction(async |tx| {
        match tx.call(model, operation, &args).await {
            Ok(reply) => {
                let shown = serde_json::to_string(&reply).unwrap();
                assert!(!is_person || knows || !shown.contains(PLANTED), "{shown}");
            }
            Err(error) => judge(&error),
        }
        Err(Undone)
    }));
});
