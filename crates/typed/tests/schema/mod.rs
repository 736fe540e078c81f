// The schema of all cases.
mod schema {
    hallpass_typed::schema! {
        r#"
        model User {
          id    String @id
          name  String?
          todos Todo[]
        }

        model Todo {
          id        Int      @id @default(autoincrement())
          content   String
          completed Boolean  @default(false)
          ownerId   String
          owner     User     @relation(fields: [ownerId], references: [id])
          length    Int      @computed
        }

        view Total {
          owner String @unique
          count Int
        }
        "#,
        crate = hallpass_typed
    }
}

#[allow(unused_imports, reason = "each case uses some of them")]
use hallpass_typed::Client;
#[allow(unused_imports, reason = "each case uses some of them")]
use schema::{Tables, Todo, User, todo, total, user};
