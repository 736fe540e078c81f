//! Tables are compared with a schema and become what it says.

use hallpass_db::testing::{TestDatabase, databases};
use hallpass_sql::Dialect;
use hallpass_zmodel::schema::{FieldKind, ModelKind};

use super::support::schema;
use crate::structure::{Consent, Effect, Plan, Structure};

fn structure(test: &TestDatabase) -> Structure {
    Structure {
        database: test.database.clone(),
    }
}

fn all() -> Consent {
    Consent {
        loosening: true,
        failing: true,
        names: Vec::new(),
    }
}

fn named(names: &[&str]) -> Consent {
    Consent {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Consent::default()
    }
}

/// What stands in the quotes of `datasource`.
fn provider(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "postgresql",
        Dialect::MySql | Dialect::MariaDb => "mysql",
        Dialect::Sqlite => "sqlite",
    }
}

async fn push(test: &TestDatabase, text: &str) {
    let pushed = structure(test).push(&schema(text), &all()).await;
    let pushed = pushed.unwrap_or_else(|error| panic!("{}: {error:?}", test.name));
    assert_eq!(pushed.left, [], "{}", test.name);
}

async fn plan(test: &TestDatabase, text: &str) -> Plan {
    structure(test).compare(&schema(text)).await.unwrap()
}

pub(super) const EVERYTHING: &str = r#"
    enum Role { USER @map("user") ADMIN @map("it's admin") @@map("roles") }

    model User {
      id        String   @id @default(cuid())
      email     String   @unique
      name      String?  @default("it's \"me\"")
      role      Role     @default(ADMIN)
      active    Boolean  @default(true)
      hidden    Boolean  @default(false)
      score     Float    @default(0.5)
      price     Decimal  @default(1.25)
      large     BigInt   @default(-9)
      seen      DateTime @default(now())
      at        DateTime?
      data      Json?
      raw       Bytes?
      bytes     Bytes    @default("aGVsbG8=")
      at2       DateTime @default("9999-12-31T23:59:59Z")
      computed  Int      @computed
      ignored   String?  @ignore
      posts     Post[]
      bestId    Int?     @unique
      best      Post?    @relation("best", fields: [bestId], references: [id])
      profile   Profile?
      liked     Post[]   @relation("likes")
      teams     Team[]
      @@index([name, role])
      @@map("users")
    }

    model Post {
      id       Int    @id @default(autoincrement())
      title    String @map("the title")
      authorId String
      author   User   @relation(fields: [authorId], references: [id], onDelete: Cascade)
      bestOf   User?  @relation("best")
      parentId Int?
      parent   Post?  @relation("tree", fields: [parentId], references: [id], onDelete: NoAction)
      children Post[] @relation("tree")
      likedBy  User[] @relation("likes")
      next     Post[] @relation("follow")
      before   Post[] @relation("follow")
      @@unique([authorId, title])
      @@index([title(sort: Desc)])
    }

    model Profile {
      a      Int
      b      Int
      userId String @unique
      user   User   @relation(fields: [userId], references: [id], onDelete: Restrict, onUpdate: NoAction)
      @@id([a, b])
    }

    model Team {
      id    BigInt @id @default(autoincrement())
      users User[]
    }

    model Asset {
      id    Int    @id @default(autoincrement())
      kind  String
      owner String @unique
      @@delegate(kind)
    }

    model Video extends Asset {
      length Int
      url    String @unique
      genre  String
      @@delegate(genre)
    }

    model Clip extends Video {
      part Int
    }
"#;

#[tokio::test]
async fn what_was_pushed_is_what_is_wanted() {
    for test in databases().await {
        push(&test, EVERYTHING).await;
        assert_eq!(
            plan(&test, EVERYTHING).await,
            Plan::default(),
            "{}",
            test.name
        );
        let again = structure(&test)
            .push(&schema(EVERYTHING), &all())
            .await
            .unwrap();
        assert_eq!(again.done, [], "{}", test.name);
    }
}

#[tokio::test]
async fn native_types_are_what_is_wanted() {
    let postgres = r#"
        model A {
          id String @id @db.Uuid @default(dbgenerated("gen_random_uuid()"))
          a String @db.VarChar(20)  b String @db.Char(3)  c Int @db.SmallInt  d Float @db.Real
          e DateTime @db.Timestamptz(6)  f DateTime @db.Date  g Json @db.Json  h Decimal @db.Decimal(10, 2)
          i DateTime @db.Timestamptz  j String @db.Text  k Unsupported("point")?  l String[] @default(["a", "b"])
          u DateTime @default("2026-01-01T12:00:00Z")  v DateTime @default("9999-12-31T23:59:59.999Z")
          m Int[] @default([])  n DateTime @db.Time(3)  o String @db.VarBit(4)
        }
    "#;
    let mysql = r#"
        model A {
          id String @id @db.Char(36)
          a String @db.Text  b Int @db.UnsignedInt  c Int @db.TinyInt  d Decimal @db.Decimal(10, 2)
          e DateTime @db.DateTime(6) @default(now())  f DateTime @db.Date  g Bytes @db.VarBinary(16)  h BigInt @db.UnsignedBigInt
          u DateTime @default("2026-01-01T12:00:00Z")  v DateTime @default("9999-12-31T23:59:59.999Z")
          i Float @db.Float  j DateTime @db.Timestamp(0)  k String @db.LongText  l Bytes @db.Bit(3)
          @@fulltext([k])
          @@index([a(length: 20)])
        }
    "#;
    for test in databases().await {
        let dialect = test.database.dialect();
        let text = match dialect {
            Dialect::Postgres => postgres,
            Dialect::MySql | Dialect::MariaDb => mysql,
            Dialect::Sqlite => continue,
        };
        let text = format!(
            "datasource db {{ provider = \"{}\" }} {text}",
            provider(dialect)
        );
        push(&test, &text).await;
        assert_eq!(plan(&test, &text).await, Plan::default(), "{}", test.name);
    }
}

/// What is there, what is wanted, and which step that takes.
const DIFFERENCES: &[(&str, &str, &str, Effect)] = &[
    ("model B { id Int @id }", "", "create-table:A", Effect::Adds),
    (
        "model A { id Int @id }",
        "model A { id Int @id  a String? }",
        "add-column:A.a",
        Effect::Adds,
    ),
    (
        "model A { id Int @id }",
        "model A { id Int @id  a Int @default(7) }",
        "add-column:A.a",
        Effect::Adds,
    ),
    (
        "model A { id Int @id  a Int }",
        "model A { id Int @id  a Int  @@index([a]) }",
        "create-index:A.A_a_idx",
        Effect::Adds,
    ),
    (
        "model A { id Int @id  a Int }",
        "model A { id Int @id  a Int @unique }",
        "create-index:A.A_a_key",
        Effect::MayFail,
    ),
    (
        "model A { id Int @id  a Int  @@index([a]) }",
        "model A { id Int @id  a Int }",
        "drop-index:A.A_a_idx",
        Effect::Loosens,
    ),
    (
        "model A { id Int @id  a Int @unique }",
        "model A { id Int @id  a Int }",
        "drop-index:A.A_a_key",
        Effect::Loosens,
    ),
    (
        "model A { id Int @id } model B { id Int @id }",
        "model A { id Int @id }",
        "drop-table:B",
        Effect::LosesData,
    ),
];

/// The same, where a column or a key can be changed in place; elsewhere the table is made anew, with the same effect.
const ALTERATIONS: &[(&str, &str, &str, Effect)] = &[
    (
        "model A { id Int @id }",
        "model A { id Int @id  a Int }",
        "add-column:A.a",
        Effect::MayFail,
    ),
    (
        "model A { id Int @id  a Int }",
        "model A { id Int @id }",
        "drop-column:A.a",
        Effect::LosesData,
    ),
    (
        "model A { id Int @id  a Int }",
        "model A { id Int @id  a Int? }",
        "alter-column:A.a",
        Effect::Loosens,
    ),
    (
        "model A { id Int @id  a Int? }",
        "model A { id Int @id  a Int }",
        "alter-column:A.a",
        Effect::MayFail,
    ),
    (
        "model A { id Int @id  a Float }",
        "model A { id Int @id  a Int }",
        "alter-column:A.a",
        Effect::LosesData,
    ),
    (
        "model A { id Int @id  a Int @default(1) }",
        "model A { id Int @id  a Int }",
        "alter-column:A.a",
        Effect::Loosens,
    ),
    (
        "model A { id Int @id  a Int }",
        "model A { a Int @id  id Int }",
        "change-primary-key:A",
        Effect::MayFail,
    ),
    (
        "model A { id Int @id  b Int } model B { id Int @id }",
        "model A { id Int @id  b Int  r B @relation(fields: [b], references: [id]) } model B { id Int @id  a A[] }",
        "add-foreign-key:A.A_b_fkey",
        Effect::MayFail,
    ),
    (
        "model A { id Int @id  b Int  r B @relation(fields: [b], references: [id]) } model B { id Int @id  a A[] }",
        "model A { id Int @id  b Int } model B { id Int @id }",
        "drop-foreign-key:A.A_b_fkey",
        Effect::Loosens,
    ),
];

#[tokio::test]
async fn every_difference_is_a_step_that_says_what_it_does() {
    let in_place = |dialect: Dialect| dialect.capability().alter_column;
    let plain = DIFFERENCES.iter().map(|row| (row, false));
    for ((before, after, step, effect), alters) in
        plain.chain(ALTERATIONS.iter().map(|row| (row, true)))
    {
        let after = if after.is_empty() {
            "model A { id Int @id } model B { id Int @id }"
        } else {
            after
        };
        for test in databases().await {
            push(&test, before).await;
            let plan = plan(&test, after).await;
            let name = if alters && !in_place(test.database.dialect()) {
                "rebuild-table:A"
            } else {
                step
            };
            let found = plan.steps.iter().find(|one| one.name == name);
            let found = found.unwrap_or_else(|| panic!("{}: {name} in {plan:?}", test.name));
            if !alters || in_place(test.database.dialect()) {
                assert_eq!(found.effect, *effect, "{}: {found}", test.name);
            }
            assert!(!found.consequence.is_empty());
            let consent = Consent {
                names: vec![name.to_owned()],
                ..all()
            };
            let pushed = structure(&test).push(&schema(after), &consent).await;
            let pushed = pushed.unwrap_or_else(|error| panic!("{}: {name}: {error:?}", test.name));
            assert_eq!(pushed.left, [], "{}: {name}", test.name);
            let rest = structure(&test).compare(&schema(after)).await.unwrap();
            assert_eq!(rest, Plan::default(), "{}: {name}", test.name);
        }
    }
}

#[tokio::test]
async fn nothing_that_loses_data_happens_unless_it_is_named() {
    let before = "model A { id Int @id  a Int? } model B { id Int @id }";
    let after = "model A { id Int @id  b Int? }";
    for test in databases().await {
        push(&test, before).await;
        test.run(
            "INSERT INTO B (id) VALUES (1)"
                .replace('B', quoted(&test, "B").as_str())
                .as_str(),
        )
        .await;
        let pushed = structure(&test).push(&schema(after), &all()).await.unwrap();
        assert!(
            pushed
                .done
                .iter()
                .all(|step| step.effect != Effect::LosesData)
        );
        let left: Vec<_> = pushed.left.iter().map(|step| step.effect).collect();
        assert!(left.contains(&Effect::LosesData), "{}", test.name);
        let kept = test
            .rows(&format!("SELECT id FROM {}", quoted(&test, "B")))
            .await;
        assert_eq!(kept.len(), 1, "{}", test.name);
        let pushed = structure(&test)
            .push(&schema(after), &named(&["drop-table:B"]))
            .await
            .unwrap();
        assert!(
            pushed.done.iter().any(|step| step.name == "drop-table:B"),
            "{}",
            test.name
        );
        assert!(test.database.catalog().await.unwrap().table("B").is_none());
    }
}

fn quoted(test: &TestDatabase, name: &str) -> String {
    let quote = test.database.dialect().capability().identifier_quote;
    format!("{quote}{name}{quote}")
}

#[tokio::test]
async fn a_table_that_is_made_anew_keeps_its_rows_and_those_that_refer_to_it() {
    let before = r"
        model A { id Int @id  a String?  bs B[] }
        model B { id Int @id  aId Int  a A @relation(fields: [aId], references: [id], onDelete: Cascade) }
    ";
    let after = before.replace("a String?", "a String");
    for test in databases().await {
        push(&test, before).await;
        let (a, b) = (quoted(&test, "A"), quoted(&test, "B"));
        test.run(&format!("INSERT INTO {a} (id, a) VALUES (1, 'kept')"))
            .await;
        test.run(&format!("INSERT INTO {b} VALUES (2, 1)")).await;
        push(&test, &after).await;
        assert_eq!(
            test.rows(&format!("SELECT a FROM {a}")).await.len(),
            1,
            "{}",
            test.name
        );
        assert_eq!(
            test.rows(&format!("SELECT id FROM {b}")).await.len(),
            1,
            "{}",
            test.name
        );
        // Keys are kept again afterwards.
        let query = hallpass_sql::Query {
            text: format!("INSERT INTO {b} VALUES (3, 99)"),
            binds: Vec::new(),
            access: hallpass_sql::Access::Write,
        };
        assert!(
            test.database.exec(&query, &[]).await.is_err(),
            "{}",
            test.name
        );
    }
}

#[tokio::test]
async fn what_fails_halfway_leaves_nothing_where_changes_can_be_undone() {
    let before = "model A { id Int @id  a Int? }";
    let after = "model A { id Int @id  a Int @unique  b Int? } model B { id Int @id }";
    for test in databases().await {
        push(&test, before).await;
        test.run(&format!(
            "INSERT INTO {} (id) VALUES (1)",
            quoted(&test, "A")
        ))
        .await;
        let refused = structure(&test).push(&schema(after), &all()).await;
        assert!(refused.is_err(), "{}", test.name);
        if test.database.dialect().capability().transactional_ddl {
            let catalog = test.database.catalog().await.unwrap();
            assert!(catalog.table("B").is_none(), "{}", test.name);
        }
        // The next one finds no lock and no open transaction.
        let pushed = structure(&test)
            .push(&schema(before), &Consent::default())
            .await;
        assert!(pushed.is_ok(), "{}: {pushed:?}", test.name);
    }
}

#[tokio::test]
async fn labels_of_enums_come_and_go() {
    let before = "enum E { A B } model M { id Int @id  e E @default(A)  l E? }";
    let after = "enum E { A C } model M { id Int @id  e E @default(C)  l E? }";
    for test in databases().await {
        push(&test, before).await;
        let plan = plan(&test, after).await;
        if test.database.dialect() == Dialect::Postgres {
            assert_eq!(plan.steps[0].name, "replace-enum:E");
            assert_eq!(plan.steps[0].effect, Effect::MayFail);
        }
        let names: Vec<_> = plan.steps.iter().map(|step| step.name.clone()).collect();
        let consent = Consent { names, ..all() };
        structure(&test)
            .push(&schema(after), &consent)
            .await
            .unwrap();
        assert_eq!(
            structure(&test).compare(&schema(after)).await.unwrap(),
            Plan::default(),
            "{}",
            test.name
        );
        let more = after
            .replace("A C", "A C D")
            .replace("@default(C)", "@default(D)");
        push(&test, &more).await;
        assert_eq!(
            structure(&test).compare(&schema(&more)).await.unwrap(),
            Plan::default(),
            "{}",
            test.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_push_together_take_turns() {
    for test in databases().await {
        let pushes = (0..4).map(|_| {
            let structure = structure(&test);
            tokio::spawn(async move { structure.push(&schema(EVERYTHING), &all()).await })
        });
        let mut tables = 0;
        for push in pushes.collect::<Vec<_>>() {
            let pushed = push
                .await
                .unwrap()
                .unwrap_or_else(|error| panic!("{}: {error:?}", test.name));
            tables += pushed
                .done
                .iter()
                .filter(|step| step.name.starts_with("create-table:"))
                .count();
        }
        assert_eq!(
            tables, 10,
            "{}: each table is made by one of them",
            test.name
        );
    }
}

#[tokio::test]
async fn what_has_no_column_and_what_clients_do_not_see() {
    let text = "model A { id Int @id  computed Int  ignored Int  other String? }";
    for test in databases().await {
        let mut schema = schema(text);
        let words = match test.database.dialect() {
            Dialect::Postgres | Dialect::MySql | Dialect::MariaDb => "point",
            Dialect::Sqlite => "POINT",
        };
        for field in &mut schema.models[0].fields {
            field.computed = field.name == "computed";
            field.ignored = field.name == "ignored";
            if field.name == "other" {
                field.kind = FieldKind::Unsupported(words.to_owned());
            }
        }
        let mut view = schema.models[0].clone();
        view.name = "V".to_owned();
        view.table = "V".to_owned();
        view.kind = ModelKind::View;
        schema.models.push(view);
        let pushed = structure(&test).push(&schema, &all()).await.unwrap();
        assert_eq!(pushed.done.len(), 1, "{}", test.name);
        let catalog = test.database.catalog().await.unwrap();
        let columns: Vec<_> = catalog.tables[0].columns.iter().collect();
        let names: Vec<_> = columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, ["id", "ignored", "other"], "{}", test.name);
        assert_eq!(columns[2].database_type.to_ascii_lowercase(), "point");
        assert_eq!(catalog.tables.len(), 1, "no table is made for a view");
        let rest = structure(&test).compare(&schema).await.unwrap();
        assert_eq!(rest, Plan::default(), "{}", test.name);
    }
}

#[tokio::test]
async fn join_tables_and_sub_models_are_made_as_others_make_them() {
    for test in databases().await {
        push(&test, EVERYTHING).await;
        let catalog = test.database.catalog().await.unwrap();
        let columns = |table: &str| {
            let table = catalog
                .table(table)
                .unwrap_or_else(|| panic!("{}: {table}", test.name));
            let columns = table.columns.iter();
            columns.map(|one| one.name.clone()).collect::<Vec<_>>()
        };
        for join in ["_likes", "_follow", "_TeamToUser"] {
            assert_eq!(columns(join), ["A", "B"], "{}", test.name);
            let table = catalog.table(join).unwrap();
            assert_eq!(table.primary_key, ["A", "B"]);
            assert!(
                table
                    .foreign_keys
                    .iter()
                    .all(|key| key.on_delete == "CASCADE")
            );
            assert!(
                table
                    .indexes
                    .iter()
                    .any(|index| index.name == format!("{join}_B_index"))
            );
        }
        let teams = catalog.table("_TeamToUser").unwrap();
        let to = |column: &str| {
            let mut keys = teams.foreign_keys.iter();
            keys.find(|key| key.columns == [column])
                .unwrap()
                .references_table
                .clone()
        };
        assert_eq!((to("A"), to("B")), ("Team".to_owned(), "users".to_owned()));
        assert_eq!(columns("Asset"), ["id", "kind", "owner"]);
        for (sub, base, own) in [
            ("Video", "Asset", vec!["genre", "id", "length", "url"]),
            ("Clip", "Video", vec!["id", "part"]),
        ] {
            let mut found = columns(sub);
            found.sort();
            assert_eq!(found, own, "{}", test.name);
            let table = catalog.table(sub).unwrap();
            assert_eq!(table.primary_key, ["id"]);
            let key = &table.foreign_keys[0];
            assert_eq!(
                (&*key.references_table, &*key.on_delete, &*key.on_update),
                (base, "CASCADE", "CASCADE")
            );
        }
        assert!(!columns("users").contains(&"computed".to_owned()));
        assert!(columns("users").contains(&"ignored".to_owned()));
    }
}

#[tokio::test]
async fn tables_live_in_their_schemas() {
    let text = r#"
        datasource db { provider = "postgresql"  schemas = ["public", "auth", "shop"]  defaultSchema = "shop" }
        enum Role { USER ADMIN @@schema("auth") }
        model User { id Int @id  role Role @default(USER)  orders Order[] @@schema("auth") }
        model Order { id Int @id  userId Int  user User @relation(fields: [userId], references: [id]) }
        model Other { id Int @id @@schema("public") }
    "#;
    for test in databases().await {
        if test.database.dialect() != Dialect::Postgres {
            continue;
        }
        push(&test, text).await;
        assert_eq!(plan(&test, text).await, Plan::default());
        let rows = test
            .rows(
                "SELECT table_schema::text, table_name::text FROM information_schema.tables \
                              WHERE table_schema IN ('public', 'auth', 'shop') ORDER BY 1",
            )
            .await;
        assert_eq!(rows.len(), 3, "{rows:?}");
        assert_eq!(rows[0], ["auth".into(), "User".into()]);
    }
}

#[tokio::test]
async fn tables_that_refer_to_each_other_go_together() {
    let before = r#"
        enum E { A }
        model Kept { id Int @id  goneId Int?  gone Gone? @relation("kept", fields: [goneId], references: [id]) }
        model Gone { id Int @id  e E  kept Kept[] @relation("kept")  otherId Int?  other Other? @relation("a", fields: [otherId], references: [id])  others Other[] @relation("b") }
        model Other { id Int @id  goneId Int?  gone Gone? @relation("b", fields: [goneId], references: [id])  gones Gone[] @relation("a") }
    "#;
    let after = "model Kept { id Int @id  goneId Int? }";
    for test in databases().await {
        push(&test, before).await;
        let plan = plan(&test, after).await;
        let names = plan.steps.iter().map(|step| step.name.clone()).collect();
        let consent = Consent { names, ..all() };
        let pushed = structure(&test).push(&schema(after), &consent).await;
        pushed.unwrap_or_else(|error| panic!("{}: {error:?}", test.name));
        assert_eq!(
            structure(&test).compare(&schema(after)).await.unwrap(),
            Plan::default(),
            "{}",
            test.name
        );
    }
}

#[tokio::test]
async fn a_type_of_a_table_that_stays_stops_nothing() {
    for test in databases().await {
        push(&test, "enum E { A } model M { id Int @id  e E }").await;
        let other = "model Other { id Int @id }";
        let pushed = structure(&test).push(&schema(other), &all()).await.unwrap();
        assert!(
            pushed
                .done
                .iter()
                .any(|step| step.name == "create-table:Other"),
            "{}",
            test.name
        );
    }
}

#[tokio::test]
async fn names_of_the_database_cannot_leave_a_comment() {
    for test in databases().await {
        let quote = test.database.dialect().capability().identifier_quote;
        test.run(&format!(
            "CREATE TABLE {quote}a\nDROP TABLE b; --{quote} (id int PRIMARY KEY)"
        ))
        .await;
        let plan = plan(&test, "model M { id Int @id }").await;
        let script = plan.script(test.database.dialect()).unwrap();
        let comment = "-- drop-table:a DROP TABLE b; --";
        assert!(
            script.lines().any(|line| line.starts_with(comment)),
            "{script}"
        );
    }
}

#[tokio::test]
async fn views_stay_when_what_they_read_changes() {
    let before = "model A { id Int @id  a Int? } view V { id Int @unique  a Int? }";
    let after = before.replace("a Int? } view", "a Int } view");
    for test in databases().await {
        push(&test, before).await;
        let (a, v) = (quoted(&test, "A"), quoted(&test, "V"));
        test.run(&format!("CREATE VIEW {v} AS SELECT * FROM {a}"))
            .await;
        test.run(&format!("INSERT INTO {a} VALUES (1, 2)")).await;
        push(&test, &after).await;
        let rows = test.rows(&format!("SELECT a FROM {v}")).await;
        assert_eq!(rows.len(), 1, "{}", test.name);
    }
}

/// A table with everything that a schema cannot say, beside what it says.
const BY_HAND: &[&str] = &[
    "CREATE TABLE A (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT COLLATE NOCASE, n INT CHECK (n < 100), b INT, CONSTRAINT small CHECK (b < 10))",
    "CREATE TABLE seen (a TEXT)",
    "CREATE UNIQUE INDEX A_a_key ON A (a COLLATE NOCASE)",
    "CREATE INDEX some ON A (n) WHERE n > 5 -- few",
    "CREATE TRIGGER tells AFTER INSERT ON A BEGIN INSERT INTO seen VALUES (NEW.a); END",
    "CREATE VIEW V AS SELECT a, b FROM A",
    "INSERT INTO A (id, a, n, b) VALUES (7, 'x', 1, 1)",
    "DELETE FROM A WHERE id = 7",
];

const OF_HAND: &str =
    "model A { id Int @id @default(autoincrement())  a String? @unique  n Int?  b Int? }";

async fn by_hand() -> Option<TestDatabase> {
    let test = databases().await.into_iter();
    let test = test.filter(|one| one.database.dialect() == Dialect::Sqlite);
    let test = test.last()?;
    for statement in BY_HAND {
        test.run(statement).await;
    }
    Some(test)
}

async fn refused(test: &TestDatabase, statement: &str) -> String {
    let query = hallpass_sql::Query {
        text: statement.to_owned(),
        binds: Vec::new(),
        access: hallpass_sql::Access::Write,
    };
    test.database
        .exec(&query, &[])
        .await
        .unwrap_err()
        .to_string()
}

#[tokio::test]
async fn what_no_schema_says_stays_with_a_table_that_is_made_anew() {
    let Some(test) = by_hand().await else {
        panic!("SQLite is always there")
    };
    let after = OF_HAND.replace("n Int? ", "n Int @default(0) ");
    let steps = plan(&test, &after).await.steps;
    let step = steps
        .iter()
        .find(|step| step.name == "rebuild-table:A")
        .unwrap();
    assert_eq!(step.effect, Effect::MayFail);
    assert!(step.consequence.contains("made again (`tells`)"), "{step}");
    let pushed = structure(&test)
        .push(&schema(&after), &all())
        .await
        .unwrap();
    assert!(
        pushed
            .done
            .iter()
            .any(|step| step.name == "rebuild-table:A")
    );
    test.run("INSERT INTO A (a, b) VALUES ('Ada', 1)").await;
    // The trigger, the counter, the view, the order of texts and both conditions.
    assert_eq!(test.rows("SELECT a FROM seen").await.len(), 2);
    assert_eq!(
        test.rows("SELECT id FROM A").await,
        [["8".parse::<i64>().unwrap().into()]]
    );
    assert_eq!(test.rows("SELECT a FROM V").await.len(), 1);
    assert_eq!(test.rows("SELECT id FROM A WHERE a = 'ADA'").await.len(), 1);
    refused(&test, "INSERT INTO A (a, b) VALUES ('ADA', 1)").await;
    refused(&test, "INSERT INTO A (a, b) VALUES ('B', 10)").await;
    refused(&test, "INSERT INTO A (a, b, n) VALUES ('B', 1, 100)").await;
    let partial = "SELECT name FROM sqlite_schema WHERE name = 'some' AND sql LIKE '%WHERE n > 5%'";
    assert_eq!(test.rows(partial).await.len(), 1);
    let rest = plan(&test, &after).await.steps;
    assert!(!rest.iter().any(|step| step.name.contains("A")), "{rest:?}");
}

#[tokio::test]
async fn nothing_happens_to_a_table_when_a_view_or_trigger_would_break() {
    let Some(test) = by_hand().await else {
        panic!("SQLite is always there")
    };
    for (gone, what) in [
        ("  b Int? ", "the view `V` would no longer work"),
        ("  a String? @unique", "the view `V` would no longer work"),
    ] {
        let consent = named(&["rebuild-table:A"]);
        let after = OF_HAND.replace(gone, "");
        let error = structure(&test)
            .push(&schema(&after), &consent)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
    test.run("DROP VIEW V").await;
    let after = OF_HAND.replace("  a String? @unique", "");
    let consent = named(&["rebuild-table:A"]);
    let error = structure(&test)
        .push(&schema(&after), &consent)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("a trigger of `A` (`tells`) would no longer work"),
        "{text}"
    );
    assert!(text.contains("NEW.a"), "{text}");
    test.run("INSERT INTO A (a) VALUES ('still')").await;
    assert_eq!(test.rows("SELECT a FROM seen").await.len(), 2);
}

#[tokio::test]
async fn what_a_table_made_anew_cannot_have_goes_only_by_name() {
    for (made, words) in [
        (
            "CREATE TABLE A (id INTEGER PRIMARY KEY, n INT, b INT AS (n + 1) STORED)",
            "`b` is computed",
        ),
        (
            "CREATE TABLE A (id INTEGER NOT NULL PRIMARY KEY, n INT, b INT) WITHOUT ROWID",
            "WITHOUT ROWID",
        ),
    ] {
        for test in databases().await {
            if test.database.dialect() != Dialect::Sqlite {
                continue;
            }
            test.run(made).await;
            let after = "model A { id Int @id  n Int @default(0)  b Int? }";
            let pushed = structure(&test).push(&schema(after), &all()).await.unwrap();
            let left = pushed
                .left
                .iter()
                .find(|step| step.name == "rebuild-table:A");
            let left = left.unwrap_or_else(|| panic!("{pushed:?}"));
            assert_eq!(left.effect, Effect::LosesData);
            assert!(left.consequence.contains(words), "{left}");
            let pushed = structure(&test)
                .push(&schema(after), &named(&["rebuild-table:A"]))
                .await;
            assert_eq!(pushed.unwrap().left, []);
        }
    }
}

#[tokio::test]
async fn a_counter_of_a_type_of_its_own_is_referred_to_in_that_type() {
    let text = r#"
        datasource db { provider = "mysql" }
        model A { id BigInt @id @default(autoincrement()) @db.UnsignedBigInt  bs B[]  cs C[] }
        model B { id Int @id @default(autoincrement()) @db.UnsignedInt  aId BigInt @db.UnsignedBigInt  a A @relation(fields: [aId], references: [id]) }
        model C { id Int @id @default(autoincrement()) @db.SmallInt  as A[] }
    "#;
    for test in databases().await {
        if !matches!(test.database.dialect(), Dialect::MySql | Dialect::MariaDb) {
            continue;
        }
        push(&test, text).await;
        assert_eq!(plan(&test, text).await, Plan::default(), "{}", test.name);
        test.run("INSERT INTO `A` () VALUES ()").await;
        test.run("INSERT INTO `B` (`aId`) VALUES (1)").await;
        test.run("INSERT INTO `C` () VALUES ()").await;
        test.run("INSERT INTO `_AToC` VALUES (1, 1)").await;
    }
}

#[tokio::test]
async fn defaults_of_moments_and_bytes_are_what_rows_get() {
    let text = r#"model M { id Int @id  at DateTime @default("2026-01-01T12:00:00Z")  raw Bytes @default("aGVsbG8=") }"#;
    for place in super::support::places_of(text).await.places {
        let db = &place.client;
        let made = super::support::call(
            db,
            "M",
            crate::Operation::Create,
            serde_json::json!({"data": {"id": 1}}),
        );
        let made = made.await.unwrap();
        assert_eq!(made["at"], "2026-01-01T12:00:00.000Z", "{}", place.name);
        assert_eq!(
            made["raw"],
            serde_json::json!([104, 101, 108, 108, 111]),
            "{}",
            place.name
        );
    }
}

#[tokio::test]
async fn rows_with_labels_that_an_enum_has_no_longer_are_told() {
    let before = "enum E { A B } model M { id Int @id  e E @default(A)  l E? }";
    let after = "enum E { A } model M { id Int @id  e E @default(A)  l E? }";
    for test in databases().await {
        push(&test, before).await;
        test.run(&format!(
            "INSERT INTO {} VALUES (1, 'B', 'A')",
            quoted(&test, "M")
        ))
        .await;
        test.run(&format!(
            "INSERT INTO {} VALUES (2, 'A', NULL)",
            quoted(&test, "M")
        ))
        .await;
        let pushed = structure(&test).push(&schema(after), &all()).await;
        match test.database.dialect() {
            Dialect::Postgres => assert!(pushed.is_err()),
            Dialect::MySql | Dialect::MariaDb => {
                let left = pushed.unwrap().left;
                assert!(
                    left.iter().any(|step| step.effect == Effect::LosesData),
                    "{left:?}"
                );
            }
            Dialect::Sqlite => {
                let left = pushed.unwrap().left;
                let [step] = left.as_slice() else {
                    panic!("{left:?}");
                };
                assert_eq!(step.name, "unknown-labels:M.e");
                assert!(step.consequence.starts_with("1 row holds"), "{step}");
                test.run("UPDATE M SET e = 'A'").await;
                assert_eq!(plan(&test, after).await, Plan::default());
            }
        }
    }
}
