//! Writes as clients of the data API ask for them.

mod data;
mod linked;
mod nested;
mod policies;
mod rows;
mod rules;
mod statements;
mod transactions;

/// People with tables that lead in every direction.
const SCHEMA: &str = r#"
    enum Role {
      USER  @map("user")
      ADMIN @map("it's admin")
    }

    model User {
      id      Int      @id @default(autoincrement())
      email   String   @unique
      name    String?
      role    Role     @default(USER)
      posts   Post[]
      profile Profile?
      seen    DateTime @updatedAt
    }

    model Profile {
      id     Int    @id @default(autoincrement())
      bio    String
      userId Int?   @unique
      user   User?  @relation(fields: [userId], references: [id], onDelete: Cascade)
    }

    model Post {
      id       String    @id @default(cuid())
      title    String
      slug     String?   @unique
      views    Int       @default(0)
      authorId Int?
      author   User?     @relation(fields: [authorId], references: [id])
      comments Comment[]
      @@map("posts")
    }

    model Comment {
      id     Int    @id @default(autoincrement())
      text   String
      postId String
      post   Post   @relation(fields: [postId], references: [id], onDelete: Cascade)
      replyTo Int?
      parent  Comment?  @relation("thread", fields: [replyTo], references: [id])
      replies Comment[] @relation("thread")
    }

    model Kinds {
      id    BigInt   @id
      big   BigInt?
      ratio Float?
      price Decimal?
      at    DateTime?
      data  Json?
      must  Json     @default("{}")
      bytes Bytes?
      count Int?
      flag  Boolean?
    }

    model Pair {
      a Int
      b Int
      n Int @default(0)
      @@id([a, b])
    }
"#;
