//! Whole schemas, and what they become.

use hallpass_zmodel::schema::{
    Arity, DefaultValue, EnumMember, FieldKind, Index, KeyPart, Literal, NativeType, Provider,
    ReferentialAction, Scalar, Unique, Url,
};
use hallpass_zmodel::{Source, load};

use crate::schema;

/// The tables of the Prisma adapter of Auth.js on PostgreSQL, as its documentation lays them out, with the
/// `createdAt` and `updatedAt` columns it adds, models without a primary key, and passkeys.
pub(crate) const PRISMA: &str = r#"
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["driverAdapters"]
  engine { type = "library" }
}

/// A person who can sign in.
/// Never deleted by us.
model User {
  id            String          @id @default(cuid())
  name          String?
  email         String          @unique
  emailVerified DateTime?
  image         String?
  accounts      Account[]
  sessions      Session[]
  // Optional for WebAuthn support
  Authenticator Authenticator[]

  createdAt DateTime @default(now())
  updatedAt DateTime @updatedAt
}

model Account {
  userId            String
  type              String
  provider          String
  providerAccountId String
  refresh_token     String? @db.Text
  expires_at        Int?

  createdAt DateTime @default(now())
  updatedAt DateTime @updatedAt

  user User @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@id([provider, providerAccountId])
}

model Session {
  sessionToken String   @unique
  userId       String   @map("user_id")
  expires      DateTime
  user         User     @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@index([userId], map: "session_user")
  @@map("sessions")
}

model VerificationToken {
  identifier String
  token      String
  expires    DateTime

  @@unique([identifier, token])
}

model Authenticator {
  credentialID         String  @unique
  userId               String
  providerAccountId    String
  credentialPublicKey  String
  counter              Int
  credentialDeviceType String
  credentialBackedUp   Boolean
  transports           String?

  user User @relation(fields: [userId], references: [id], onDelete: Cascade)

  @@id([userId, credentialID])
}
"#;

#[test]
fn the_sign_in_tables_of_prisma_load() {
    let schema = schema(PRISMA);
    let datasource = schema.datasource.as_ref().unwrap();
    assert_eq!(
        (datasource.name.as_str(), datasource.provider),
        ("db", Provider::Postgresql)
    );
    assert_eq!(datasource.url, Some(Url::Env("DATABASE_URL".into())));
    let names: Vec<_> = schema
        .models
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "User",
            "Account",
            "Session",
            "VerificationToken",
            "Authenticator"
        ]
    );

    let user = schema.model("User").unwrap();
    assert_eq!(
        user.doc.as_deref(),
        Some("A person who can sign in.\nNever deleted by us.")
    );
    assert_eq!(
        (user.id.as_slice(), user.has_primary_key),
        (["id".to_owned()].as_slice(), true)
    );
    assert_eq!(
        user.uniques,
        [Unique {
            fields: vec!["email".into()],
            parts: vec![KeyPart::default()],
            ..Unique::default()
        }]
    );
    assert_eq!(
        user.field("id").unwrap().default,
        Some(DefaultValue::Cuid(1))
    );
    assert_eq!(user.field("emailVerified").unwrap().arity, Arity::Optional);
    assert!(user.field("updatedAt").unwrap().updated_at);
    assert_eq!(
        user.field("createdAt").unwrap().default,
        Some(DefaultValue::Now)
    );

    let account = schema.model("Account").unwrap();
    assert_eq!(account.id, ["provider", "providerAccountId"]);
    let native = NativeType {
        name: "Text".into(),
        arguments: Vec::new(),
    };
    assert_eq!(
        account.field("refresh_token").unwrap().native_type,
        Some(native)
    );
}

#[test]
fn both_sides_of_a_relation_know_each_other() {
    let schema = schema(PRISMA);
    let held = schema.model("User").unwrap().field("sessions").unwrap();
    let holding = schema.model("Session").unwrap().field("user").unwrap();
    assert_eq!((held.arity, holding.arity), (Arity::List, Arity::Required));
    let (held, holding) = (held.relation().unwrap(), holding.relation().unwrap());
    assert_eq!(
        (held.model.as_str(), held.opposite.as_str()),
        ("Session", "user")
    );
    assert!(held.fields.is_empty() && held.references.is_empty());
    assert_eq!(
        (holding.model.as_str(), holding.opposite.as_str()),
        ("User", "sessions")
    );
    assert_eq!(
        (holding.fields.as_slice(), holding.references.as_slice()),
        (
            ["userId".to_owned()].as_slice(),
            ["id".to_owned()].as_slice()
        )
    );
    assert_eq!(
        (holding.on_delete, holding.on_update),
        (Some(ReferentialAction::Cascade), None)
    );
}

#[test]
fn a_model_without_id_is_known_by_its_first_required_unique() {
    let schema = schema(PRISMA);
    let session = schema.model("Session").unwrap();
    assert_eq!(
        (session.id.as_slice(), session.has_primary_key),
        (["sessionToken".to_owned()].as_slice(), false)
    );
    assert_eq!(session.table, "sessions");
    assert_eq!(session.field("userId").unwrap().column, "user_id");
    assert_eq!(
        session.indexes,
        [Index {
            fields: vec!["userId".into()],
            map: Some("session_user".into()),
            parts: vec![KeyPart::default()],
            ..Index::default()
        }]
    );
    let token = schema.model("VerificationToken").unwrap();
    assert_eq!((token.id.len(), token.has_primary_key), (2, false));

    let optional_first = crate::schema("model A { a Int? @unique\n b Int\n @@unique([b]) }");
    assert_eq!(optional_first.model("A").unwrap().id, ["b"]);
}

#[test]
fn enums_keep_names_stored_values_and_docs() {
    let schema = schema(
        "/// How far one may go.\nenum Role {\n /// Sees.\n USER @map(\"user\")\n ADMIN\n @@map(\"roles\") }
         model A { id Int @id\n role Role @default(ADMIN)\n many Role[] @default([USER, ADMIN]) }",
    );
    let role = schema.enumeration("Role").unwrap();
    assert_eq!(
        (role.mapped_name.as_str(), role.doc.as_deref()),
        ("roles", Some("How far one may go."))
    );
    let member = |name: &str, mapped: &str, doc: Option<&str>| EnumMember {
        name: name.into(),
        mapped_name: mapped.into(),
        doc: doc.map(Into::into),
    };
    assert_eq!(
        role.members,
        [
            member("USER", "user", Some("Sees.")),
            member("ADMIN", "ADMIN", None)
        ]
    );
    let model = schema.model("A").unwrap();
    assert_eq!(
        model.field("role").unwrap().kind,
        FieldKind::Enum("Role".into())
    );
    assert_eq!(
        model.field("role").unwrap().default,
        Some(DefaultValue::EnumMember("ADMIN".into()))
    );
    let list = Literal::List(vec![
        Literal::String("USER".into()),
        Literal::String("ADMIN".into()),
    ]);
    assert_eq!(
        model.field("many").unwrap().default,
        Some(DefaultValue::Literal(list))
    );
}

#[test]
fn every_scalar_and_every_default_becomes_what_it_says() {
    let text = |text: &str| DefaultValue::Literal(Literal::String(text.into()));
    let number = |number: &str| DefaultValue::Literal(Literal::Number(number.into()));
    for (field, scalar, default) in [
        (
            r#"String @default("it's \"so\"")"#,
            Scalar::String,
            text("it's \"so\""),
        ),
        (
            "String @default(uuid())",
            Scalar::String,
            DefaultValue::Uuid(4),
        ),
        (
            "String @default(uuid(7))",
            Scalar::String,
            DefaultValue::Uuid(7),
        ),
        (
            "String @default(cuid(2))",
            Scalar::String,
            DefaultValue::Cuid(2),
        ),
        (
            "String @default(nanoid())",
            Scalar::String,
            DefaultValue::Nanoid(21),
        ),
        (
            "String @default(nanoid(10))",
            Scalar::String,
            DefaultValue::Nanoid(10),
        ),
        (
            "String @default(ulid())",
            Scalar::String,
            DefaultValue::Ulid,
        ),
        (
            "String @default(dbgenerated('gen()'))",
            Scalar::String,
            DefaultValue::DbGenerated("gen()".into()),
        ),
        (
            "Boolean @default(false)",
            Scalar::Boolean,
            DefaultValue::Literal(Literal::Boolean(false)),
        ),
        ("Int @default(-1)", Scalar::Int, number("-1")),
        (
            "Int @default(autoincrement())",
            Scalar::Int,
            DefaultValue::Autoincrement,
        ),
        (
            "BigInt @default(9223372036854775807)",
            Scalar::BigInt,
            number("9223372036854775807"),
        ),
        ("Float @default(+1.5)", Scalar::Float, number("1.5")),
        ("Decimal @default(0.10)", Scalar::Decimal, number("0.10")),
        (
            "DateTime @default(now())",
            Scalar::DateTime,
            DefaultValue::Now,
        ),
        (
            "DateTime @default('2026-01-31T12:00:00+01:00')",
            Scalar::DateTime,
            text("2026-01-31T12:00:00+01:00"),
        ),
        (
            r#"Json @default("{\"a\": [1]}")"#,
            Scalar::Json,
            text("{\"a\": [1]}"),
        ),
        (
            "Bytes @default(dbgenerated())",
            Scalar::Bytes,
            DefaultValue::DbGenerated(String::new()),
        ),
    ] {
        let schema = schema(&format!("model A {{ id String @id\n x {field} }}"));
        let field_found = schema.model("A").unwrap().field("x").unwrap();
        assert_eq!(
            (&field_found.kind, &field_found.default),
            (&FieldKind::Scalar(scalar), &Some(default)),
            "{field}"
        );
    }
}

#[test]
fn a_relation_of_a_model_with_itself_is_told_apart_by_its_names() {
    let schema = schema(
        "model Node { id Int @id\n parentId Int?\n bossId Int @unique
           parent Node? @relation('tree', fields: [parentId], references: [id], onUpdate: NoAction, map: 'fk')
           children Node[] @relation('tree')
           boss Node @relation(name: 'boss', fields: [bossId], references: [id])
           helper Node? @relation(name: 'boss') }",
    );
    let node = schema.model("Node").unwrap();
    let opposite = |field: &str| {
        node.field(field)
            .unwrap()
            .relation()
            .unwrap()
            .opposite
            .clone()
    };
    assert_eq!(
        [
            opposite("parent"),
            opposite("children"),
            opposite("boss"),
            opposite("helper")
        ],
        ["children", "parent", "helper", "boss"]
    );
    let parent = node.field("parent").unwrap().relation().unwrap();
    assert_eq!(
        (parent.name.as_deref(), parent.map.as_deref()),
        (Some("tree"), Some("fk"))
    );
    assert_eq!(parent.on_update, Some(ReferentialAction::NoAction));
}

#[test]
fn words_of_the_language_may_be_names() {
    let schema = schema(
        "enum type { model import attribute @map('x') }
         model view { id Int @id\n model String type type\n enum String[] Json Json\n null Int }",
    );
    assert_eq!(schema.enumeration("type").unwrap().members.len(), 3);
    let fields: Vec<_> = schema
        .model("view")
        .unwrap()
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(fields, ["id", "model", "type", "enum", "Json", "null"]);
}

#[test]
fn several_sources_are_one_schema() {
    let user = Source {
        name: "user.zmodel",
        text: "model User { id Int @id\n todos Todo[] }",
    };
    let todo = Source {
        name: "todo.zmodel",
        text: "model Todo { id Int @id\n userId Int\n user User @relation(fields: [userId], references: [id]) }",
    };
    let both = load(&[todo, user]).unwrap();
    assert_eq!(both.models.len(), 2);
    let alone = load(&[user]).unwrap_err();
    assert_eq!(alone.iter().next().unwrap().message, "unknown type `Todo`");
    let twice = load(&[
        user,
        todo,
        Source {
            name: "again.zmodel",
            ..user
        },
    ])
    .unwrap_err()
    .to_string();
    assert!(
        twice.contains("--> again.zmodel:1:7") && twice.contains("--> user.zmodel:1:7"),
        "{twice}"
    );
}

#[test]
fn a_schema_without_a_datasource_names_no_database() {
    assert_eq!(schema("").datasource, None);
    assert_eq!(schema("\u{feff}// nothing\r\n").models, []);
}

#[test]
fn a_schema_does_without_columns_that_nothing_rests_on() {
    let full = schema(
        "model User { id String @id name String? email String? @unique things Thing[] @@index([name, email]) }
         model Thing {
           id     String @id
           token  String @unique
           label  String?
           userId String
           user   User   @relation(fields: [userId], references: [id])
           @@unique([label])
         }",
    );
    let names = |fields: &[&str]| {
        fields
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let narrow = full.without(|_, _| true);
    let user = narrow.model("User").unwrap();
    // The relation rests on the id of the user.
    assert_eq!(user.id, ["id"]);
    assert!(user.has_primary_key);
    let fields: Vec<_> = user.fields.iter().map(|field| field.name.clone()).collect();
    assert_eq!(fields, names(&["id", "things"]));
    assert!(user.uniques.is_empty() && user.indexes.is_empty());

    let narrow = full.without(|model, field| model.name == "Thing" && field.name != "token");
    let thing = narrow.model("Thing").unwrap();
    // Another key stands in for the identity.
    assert_eq!(thing.id, ["token"]);
    assert!(!thing.has_primary_key);
    let fields: Vec<_> = thing
        .fields
        .iter()
        .map(|field| field.name.clone())
        .collect();
    assert_eq!(fields, names(&["token", "userId", "user"]));
    assert_eq!(narrow.model("User"), full.model("User"));

    let narrow = full.without(|_, field| ["id", "token"].contains(&&*field.name));
    // No other key can stand in: the identity stays.
    assert_eq!(narrow.model("Thing").unwrap().id, ["id"]);
}

#[test]
fn no_column_goes_that_a_rule_speaks_of_or_a_table_points_at() {
    let full = schema(
        "model User { id String @id tags Tag[] role String? note String? }
         model Tag { key String @id users User[] @@allow('read', users?[role == 'x']) }
         model Base { id Int @id kind String other String? @@delegate(kind) }",
    );
    let narrow = full.without(|_, _| true);
    let left = |model: &str| -> Vec<String> {
        let fields = &narrow.model(model).unwrap().fields;
        fields.iter().map(|field| field.name.clone()).collect()
    };
    assert_eq!(left("User"), ["id", "tags", "role"]);
    assert_eq!(left("Tag"), ["key", "users"]);
    assert_eq!(left("Base"), ["id", "kind"]);
}

#[test]
fn what_a_tracked_model_hands_on_is_tracked_as_well() {
    let schema = schema(
        r#"
type Noted { note String? @@track }
model Plain { id Int @id }
model Post with Noted { id Int @id }
model Asset { id Int @id kind String @@delegate(kind) @@track }
model Video extends Asset { url String }
"#,
    );
    let tracked = |name: &str| schema.model(name).unwrap().tracked;
    assert!(["Post", "Asset", "Video"].into_iter().all(tracked));
    assert!(!tracked("Plain"));
}
