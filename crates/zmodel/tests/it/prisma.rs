//! Schemas as people write them for Prisma: each is valid ZModel as it stands.

use hallpass_zmodel::schema::{Arity, FieldKind, IndexMethod, Provider, ReferentialAction, Scalar};

use crate::schema;

/// A blog: comments that answer each other, tags on both sides, drafts.
const BLOG: &str = r#"
// Blog, as Prisma has it.
generator client {
  provider        = "prisma-client-js"
  output          = "../src/generated"
  previewFeatures = ["fullTextSearchPostgres", "relationJoins"]
  binaryTargets   = ["native", "debian-openssl-3.0.x"]
}

datasource db {
  provider  = "postgresql"
  url       = env("DATABASE_URL")
  directUrl = env("DIRECT_URL")
}

/// Somebody who writes.
model User {
  id        Int       @id @default(autoincrement())
  createdAt DateTime  @default(now()) @map("created_at") @db.Timestamptz(6)
  updatedAt DateTime  @updatedAt @map("updated_at")
  email     String    @unique @db.VarChar(255)
  name      String?
  role      Role      @default(USER)
  profile   Profile?
  posts     Post[]    @relation("author")
  reviewed  Post[]    @relation("reviewer")
  comments  Comment[]
  invitedBy Int?
  inviter   User?     @relation("Invitations", fields: [invitedBy], references: [id], onDelete: SetNull, onUpdate: NoAction)
  invited   User[]    @relation("Invitations")

  @@index([email, createdAt(sort: Desc)])
  @@map("users")
}

model Profile {
  id     Int    @id @default(autoincrement())
  bio    String @db.Text
  user   User   @relation(fields: [userId], references: [id], onDelete: Cascade)
  userId Int    @unique /// one for each
}

model Post {
  id         Int        @id @default(autoincrement())
  slug       String     @unique(map: "post_slug")
  title      String     @db.VarChar(255)
  content    Json?      @default("{\"blocks\": []}")
  published  Boolean    @default(false)
  views      BigInt     @default(0)
  rating     Decimal?   @db.Decimal(3, 2)
  keywords   String[]   @default([])
  cover      Bytes?
  author     User       @relation("author", fields: [authorId], references: [id], onDelete: Restrict)
  authorId   Int
  reviewer   User?      @relation("reviewer", fields: [reviewerId], references: [id])
  reviewerId Int?
  tags       Tag[]
  comments   Comment[]

  @@index([authorId])
  @@index([content(ops: JsonbPathOps)], type: Gin)
  @@index([title(ops: raw("gin_trgm_ops"))], type: Gin, map: "post_title_words")
}

model Tag {
  id    Int    @id @default(autoincrement())
  name  String @unique
  posts Post[]
}

model Comment {
  id       String    @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  body     String
  post     Post      @relation(fields: [postId], references: [id], onDelete: Cascade)
  postId   Int
  author   User?     @relation(fields: [authorId], references: [id])
  authorId Int?
  parentId String?   @db.Uuid
  parent   Comment?  @relation("thread", fields: [parentId], references: [id], onDelete: Cascade)
  replies  Comment[] @relation("thread")
}

enum Role {
  USER
  EDITOR @map("editor")
  ADMIN  @map("admin")

  @@map("user_role")
}
"#;

#[test]
fn a_blog_loads() {
    let schema = schema(BLOG);
    assert_eq!(
        schema.datasource.as_ref().unwrap().provider,
        Provider::Postgresql
    );
    assert_eq!(schema.others[0].name, "client");
    assert_eq!(schema.models.len(), 5);
    assert_eq!(schema.join_tables[0].table, "_PostToTag");
    let user = schema.model("User").unwrap();
    assert_eq!(user.table, "users");
    let inviter = user.field("inviter").unwrap().relation().unwrap();
    assert_eq!(inviter.on_delete, Some(ReferentialAction::SetNull));
    let post = schema.model("Post").unwrap();
    assert_eq!(post.indexes[1].method, IndexMethod::Gin);
    assert_eq!(post.field("keywords").unwrap().arity, Arity::List);
    let comment = schema.model("Comment").unwrap();
    assert_eq!(
        comment
            .field("id")
            .unwrap()
            .native_type
            .as_ref()
            .unwrap()
            .name,
        "Uuid"
    );
}

/// A shop on MySQL: keys of several fields, lists on both sides, native types, prices.
const SHOP: &str = r#"
datasource db {
  provider          = "mysql"
  url               = "mysql://root@localhost:3306/shop"
  relationMode      = "prisma"
  shadowDatabaseUrl = env("SHADOW")
}

model Product {
  id          Int             @id @default(autoincrement()) @db.UnsignedInt
  sku         String          @unique @db.Char(12)
  name        String          @db.VarChar(120)
  description String          @db.MediumText
  price       Decimal         @db.Decimal(10, 2)
  weight      Float?          @db.Double
  stock       Int             @default(0) @db.SmallInt
  active      Boolean         @default(true) @db.TinyInt(1)
  added       DateTime        @default(now()) @db.DateTime(3)
  year        Int?            @db.Year
  picture     Bytes?          @db.LongBlob
  categories  Category[]
  related     Product[]       @relation("Related")
  relatedTo   Product[]       @relation("Related")
  items       OrderItem[]
  prices      PriceInRegion[]

  @@fulltext([name, description])
  @@index([name(length: 20, sort: Desc)], map: "by_name")
}

model Category {
  id       Int        @id @default(autoincrement())
  name     String
  parentId Int?
  parent   Category?  @relation("Tree", fields: [parentId], references: [id], onDelete: NoAction, onUpdate: NoAction)
  children Category[] @relation("Tree")
  products Product[]

  @@index([parentId])
}

model Customer {
  id     String  @id @default(uuid())
  email  String  @unique
  orders Order[]
  cart   Cart?
}

model Cart {
  customerId String   @id
  customer   Customer @relation(fields: [customerId], references: [id])
  content    Json
}

model Order {
  id         BigInt      @id @default(autoincrement())
  status     OrderStatus @default(PENDING)
  customer   Customer    @relation(fields: [customerId], references: [id])
  customerId String
  items      OrderItem[]
  placedAt   DateTime    @default(now())

  @@index([customerId, placedAt])
}

model OrderItem {
  orderId   BigInt
  productId Int     @db.UnsignedInt
  quantity  Int
  order     Order   @relation(fields: [orderId], references: [id], onDelete: Cascade)
  product   Product @relation(fields: [productId], references: [id], onDelete: Restrict)

  @@id([orderId, productId], name: "line", map: "order_line")
  @@index([productId])
}

model PriceInRegion {
  productId Int     @db.UnsignedInt
  region    String  @db.Char(2)
  price     Decimal @db.Decimal(10, 2)
  product   Product @relation(fields: [productId], references: [id])

  @@unique([productId, region], name: "byRegion")
}

enum OrderStatus {
  PENDING
  PAID
  SHIPPED
  CANCELLED
}
"#;

#[test]
fn a_shop_loads() {
    let schema = schema(SHOP);
    assert!(!schema.has_foreign_keys());
    let tables: Vec<_> = schema
        .join_tables
        .iter()
        .map(|table| &*table.table)
        .collect();
    assert_eq!(tables, ["_Related", "_CategoryToProduct"]);
    let item = schema.model("OrderItem").unwrap();
    assert_eq!((item.id.len(), item.id_name.as_deref()), (2, Some("line")));
    let price = schema.model("PriceInRegion").unwrap();
    assert_eq!(
        (price.id.as_slice(), price.has_primary_key),
        (["productId".to_owned(), "region".into()].as_slice(), false)
    );
    let product = schema.model("Product").unwrap();
    let methods: Vec<_> = product.indexes.iter().map(|index| index.method).collect();
    assert_eq!(methods, [IndexMethod::FullText, IndexMethod::Standard]);
}

/// Several schemas of one database, extensions, a view, an ignored table, a type that Prisma does not know.
const SCHEMAS: &str = r#"
generator client {
  provider        = "prisma-client-js"
  previewFeatures = ["multiSchema", "views", "postgresqlExtensions"]
}

datasource db {
  provider   = "postgresql"
  url        = env("DATABASE_URL")
  schemas    = ["auth", "billing"]
  extensions = [postgis(version: "3.4"), uuid_ossp(map: "uuid-ossp", schema: "auth")]
}

model User {
  id       String    @id @default(dbgenerated("uuid_generate_v4()")) @db.Uuid
  plan     Plan
  place    Unsupported("geography(Point, 4326)")?
  invoices Invoice[]
  logins   logins[]  @ignore
  last     LastSeen?

  @@map("users")
  @@schema("auth")
}

model Invoice {
  id     Int      @id @default(autoincrement())
  no     String   @unique
  amount Decimal  @db.Money
  due    DateTime @db.Date
  at     DateTime @db.Timetz(3)
  userId String   @db.Uuid
  user   User     @relation(fields: [userId], references: [id])

  @@schema("billing")
}

/// The underlying table has no unique key, so nobody can ask for rows of it.
model logins {
  user_id String   @db.Uuid
  at      DateTime
  users   User     @relation(fields: [user_id], references: [id])

  @@ignore
  @@schema("auth")
}

view LastSeen {
  userId String   @unique @db.Uuid
  at     DateTime
  user   User     @relation(fields: [userId], references: [id])

  @@schema("auth")
}

enum Plan {
  FREE
  PRO
  @@schema("billing")
}
"#;

#[test]
fn several_schemas_of_one_database_load() {
    let schema = schema(SCHEMAS);
    let datasource = schema.datasource.as_ref().unwrap();
    assert_eq!(datasource.schemas, ["auth", "billing"]);
    let extensions: Vec<_> = datasource
        .extensions
        .iter()
        .map(|item| {
            (
                &*item.mapped_name,
                item.version.as_deref(),
                item.schema.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        extensions,
        [
            ("postgis", Some("3.4"), None),
            ("uuid-ossp", None, Some("auth"))
        ]
    );
    let place = schema.model("User").unwrap().field("place").unwrap();
    assert_eq!(
        place.kind,
        FieldKind::Unsupported("geography(Point, 4326)".into())
    );
    assert!(schema.model("logins").unwrap().ignored);
    assert_eq!(
        schema
            .enumeration("Plan")
            .unwrap()
            .database_schema
            .as_deref(),
        Some("billing")
    );
}

/// Every scalar with the native types of PostgreSQL, and every default.
const NATIVE: &str = r#"
datasource db { provider = "postgres" url = env("URL") }
model Everything {
  a Int      @id @default(autoincrement()) @db.Integer
  b Int      @default(1) @db.SmallInt
  c Int      @default(-1) @db.Oid
  d BigInt   @default(9007199254740993) @db.BigInt
  e Float    @default(1.5) @db.DoublePrecision
  f Float    @db.Real
  g Decimal  @default(10.50) @db.Decimal(65, 30)
  h Decimal  @db.Money
  i String   @default(cuid()) @db.Text
  j String   @default(uuid(7)) @db.Char(36)
  k String   @default(nanoid()) @db.VarChar(21)
  l String   @db.Bit(8)
  m String   @db.VarBit
  n String   @db.Xml
  o String   @db.Inet
  p String   @db.Citext
  q Boolean  @default(true) @db.Boolean
  r DateTime @default(now()) @db.Timestamp(3)
  s DateTime @default("2020-01-01T00:00:00Z") @db.Timestamptz
  t DateTime @db.Time(6)
  u Json     @default("[1]") @db.Json
  v Json     @db.JsonB
  w Bytes    @db.ByteA
  x Color[]  @default([RED, BLUE])
  y Color?   @default(RED)
  z Float[]  @default([1.5, -2])
}
enum Color { RED GREEN BLUE }
"#;

#[test]
fn every_native_type_loads() {
    let schema = schema(NATIVE);
    let model = schema.model("Everything").unwrap();
    let native = model
        .fields
        .iter()
        .filter(|field| field.native_type.is_some());
    assert_eq!((model.fields.len(), native.count()), (26, 23));
    assert_eq!(
        model.field("z").unwrap().kind,
        FieldKind::Scalar(Scalar::Float)
    );
}
