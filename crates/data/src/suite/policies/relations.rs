//! Rows of other tables in rules: contract zenstack §1.8 (comparisons of rows, predicates) and §2.4.

use serde_json::{Value as Json, json};

use super::support::{Ruled, nobody, person, ruled, seen, statement};
use crate::suite::support::schema;
use crate::{Client, Error, InvalidInput, asc};

const SCHEMA: &str = "
    model User {
      id      String   @id
      name    String
      spaces  Member[]
      posts   Post[]
      profile Profile?
      SEES
    }

    model Profile {
      id     Int    @id
      bio    String
      userId String @unique
      user   User   @relation(fields: [userId], references: [id])
      @@allow('read', false)
    }

    model Space {
      id      Int      @id
      name    String
      open    Boolean?
      members Member[]
      posts   Post[]
      @@allow('read', open)
      @@allow('update', members?[user == auth() && role == 'owner'])
      @@deny('all', name == 'closed')
    }

    model Member {
      space   Space  @relation(fields: [spaceId], references: [id])
      spaceId Int
      user    User   @relation(fields: [userId], references: [id])
      userId  String
      role    String?
      @@id([spaceId, userId])
    }

    model Post {
      id       Int     @id
      title    String
      author   User?   @relation(fields: [authorId], references: [id])
      authorId String?
      space    Space?  @relation(fields: [spaceId], references: [id])
      spaceId  Int?
      parent   Post?   @relation(\"tree\", fields: [parentId], references: [id])
      parentId Int?
      replies  Post[]  @relation(\"tree\")
      RULES
    }
";

fn text(rules: &str) -> String {
    SCHEMA.replace("RULES", rules).replace("SEES", "")
}

/// `ann` owns the open space 1, `bob` and one without a role are its members; space 2 is empty and not open; space 3 is
/// open, closed by its name, and `ann` is a member. Post 1 (ann) in 1, 2 (bob) in 2, 3 (ann) in 3, 4 of nobody nowhere;
/// 2 answers 1, 4 answers 2.
async fn fill(db: &Client) {
    for id in ["ann", "bob", "cyd"] {
        db.create("User")
            .set("id", id)
            .set("name", id.to_uppercase())
            .run()
            .await
            .unwrap();
    }
    let profile = db
        .create("Profile")
        .set("id", 1)
        .set("bio", "boss")
        .set("userId", "ann");
    profile.run().await.unwrap();
    for (id, name, open) in [
        (1, "one", Some(true)),
        (2, "two", None),
        (3, "closed", Some(true)),
    ] {
        let space = db
            .create("Space")
            .set("id", id)
            .set("name", name)
            .set("open", open);
        space.run().await.unwrap();
    }
    for (space, user, role) in [
        (1, "ann", Some("owner")),
        (1, "bob", Some("guest")),
        (1, "cyd", None),
        (3, "ann", Some("owner")),
    ] {
        let member = db
            .create("Member")
            .set("spaceId", space)
            .set("userId", user);
        member.set("role", role).run().await.unwrap();
    }
    for (id, author, space, parent) in [
        (1, Some("ann"), Some(1), None),
        (2, Some("bob"), Some(2), Some(1)),
        (3, Some("ann"), Some(3), None),
        (4, None, None, Some(2)),
    ] {
        let post = db
            .create("Post")
            .set("id", id)
            .set("title", format!("post {id}"));
        let post = post.set("authorId", author).set("spaceId", space);
        post.set("parentId", parent).run().await.unwrap();
    }
}

async fn filled() -> Ruled {
    let places = ruled(&text("")).await;
    for (_, db) in &places.clients {
        fill(db).await;
    }
    places
}

fn with_rules(db: &Client, rules: &str) -> Client {
    let mut schema = schema(&text(rules));
    for model in &mut schema.models {
        let table = &db.schema().model(&model.name).unwrap().table;
        model.table.clone_from(table);
    }
    db.saying(schema)
}

async fn check(cases: &[(&str, Json, &[i64])]) {
    let places = filled().await;
    for (name, db) in &places.clients {
        for (condition, who, expected) in cases {
            let ruled = with_rules(db, &format!("@@allow('read', {condition})"));
            let found = seen(&ruled, "Post", who).await;
            assert_eq!(found, *expected, "{name}: {condition} for {who}");
        }
    }
}

fn ann() -> Json {
    json!({"id": "ann", "name": "ANN"})
}

#[tokio::test]
async fn rows_compare_by_their_identity() {
    check(&[
        ("auth() == author", ann(), &[1, 3]),
        ("author == auth()", ann(), &[1, 3]),
        ("auth() != author", ann(), &[2]),
        ("!(auth() == author)", ann(), &[2]),
        ("auth() == author", nobody(), &[]),
        ("auth() != author", nobody(), &[1, 2, 3, 4]),
        ("author == null", ann(), &[4]),
        ("author != null", ann(), &[1, 2, 3]),
        ("parent.author == auth()", ann(), &[2]),
        ("parent.author == author", ann(), &[]),
        ("parent.parent == null", ann(), &[1, 2, 3]),
        // No collation makes two persons one.
        ("auth() == author", json!({"id": "ANN"}), &[]),
        ("auth() == author", json!({"id": "ann "}), &[]),
    ])
    .await;
}

/// Contract zenstack §1.9, the column of version 2.
#[tokio::test]
async fn nobody_is_no_row_in_the_older_generation() {
    let places = filled().await;
    for (name, db) in &places.clients {
        for condition in [
            "auth() != author",
            "auth() != this.author",
            "!(auth() == author)",
        ] {
            let mut ruled = with_rules(db, &format!("@@allow('read', {condition})"));
            let engine = std::sync::Arc::get_mut(&mut ruled.engine).unwrap();
            engine.dialect_version = crate::DialectVersion::Two;
            let found = seen(&ruled, "Post", &nobody()).await;
            assert!(found.is_empty(), "{name}: {condition}");
        }
    }
}

#[tokio::test]
async fn links_that_lead_nowhere_are_null() {
    check(&[
        ("space.name == 'one'", ann(), &[1]),
        ("space.name != 'one'", ann(), &[2, 3]),
        ("space.name == null", ann(), &[4]),
        ("space.open", ann(), &[1, 3]),
        ("!space.open", ann(), &[]),
        ("parent.author.name == 'ANN'", ann(), &[2]),
        ("parent.author.profile.bio == 'boss'", ann(), &[2]),
        ("author.profile == null", ann(), &[2, 4]),
        ("author.profile.bio != 'boss'", ann(), &[]),
        ("contains(space.name, 'o')", ann(), &[1, 2, 3]),
        ("startsWith(title, parent.title)", ann(), &[1, 3]),
    ])
    .await;
}

#[tokio::test]
async fn predicates_over_rows() {
    check(&[
        ("space.members?[user == auth()]", ann(), &[1, 3]),
        (
            "space.members?[user == auth() && role == 'owner']",
            ann(),
            &[1, 3],
        ),
        ("space.members?[role == 'guest']", ann(), &[1]),
        // Of nothing it holds; an unknown element breaks nothing; a missing link satisfies nothing.
        ("space.members![role == 'owner']", ann(), &[2, 3]),
        ("space.members![role != 'nobody']", ann(), &[1, 2, 3]),
        ("space.members^[role == 'guest']", ann(), &[2, 3]),
        ("!(space.members?[role == 'guest'])", ann(), &[2, 3]),
        ("!(space.members![role == 'owner'])", ann(), &[1]),
        ("!(space.members^[role == 'guest'])", ann(), &[1]),
        ("replies?[author == auth()]", ann(), &[]),
        ("replies?[author != auth()]", ann(), &[1]),
        ("replies?[replies?[author == null]]", ann(), &[1]),
        ("replies.replies?[author == null]", ann(), &[1]),
        ("space.members.user.posts?[id == this.id]", ann(), &[1, 3]),
        ("space.posts?[id != this.id]", ann(), &[]),
        (
            "author.posts?[p, p.space.members?[m, m.user == p.author && m.space == p.space]]",
            ann(),
            &[1, 3],
        ),
        (
            "space.members?[m, m.user == auth() && space.posts?[author == m.user]]",
            ann(),
            &[1, 3],
        ),
        (
            "auth().spaces?[spaceId == this.spaceId]",
            json!({"id": "x", "spaces": [{"spaceId": 2}]}),
            &[2],
        ),
        ("auth().spaces?[spaceId == this.spaceId]", ann(), &[]),
    ])
    .await;
}

#[tokio::test]
async fn what_related_rows_admit() {
    check(&[
        ("check(space)", ann(), &[1]),
        ("check(space, 'read')", nobody(), &[1]),
        ("check(space, 'update')", ann(), &[1]),
        ("check(space, 'update')", json!({"id": "bob"}), &[]),
        ("check(space, 'delete')", ann(), &[]),
        // A missing row satisfies neither; a rule that is unknown is not known to fail.
        ("!check(space)", ann(), &[3]),
        ("!check(space, 'delete')", ann(), &[1, 2, 3]),
    ])
    .await;
}

/// The related row is read as it is, whatever the person may see of it: nobody may see a profile here.
#[tokio::test]
async fn rules_see_rows_that_the_person_does_not() {
    check(&[("author.profile.bio == 'boss'", nobody(), &[1, 3])]).await;
}

/// The figures of the issue: an index on the key serves, and what is constant sends nothing.
#[tokio::test]
async fn what_can_be_known_is_not_asked() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let said = |condition: &str, who: Json| {
            let ruled = with_rules(db, &format!("@@allow('read', {condition})"));
            statement(&ruled, "Post", &who)
        };
        let plain = {
            let find = db.find_many("Post").select(["id"]).prepare().unwrap();
            find.statement().map(|query| query.text.clone())
        };
        for condition in [
            "true",
            "auth() != null",
            "auth().id == 'ann'",
            "true || space.open",
        ] {
            assert_eq!(said(condition, ann()), plain, "{name}: {condition}");
        }
        for condition in [
            "false",
            "auth() == null",
            "auth().id == 'bob'",
            "false && space.open",
        ] {
            assert_eq!(said(condition, ann()), None, "{name}: {condition}");
        }
        for condition in [
            "auth() == author",
            "author.id == auth().id",
            "authorId == auth().id",
        ] {
            let text = said(condition, ann()).unwrap();
            assert_eq!(text.matches("SELECT").count(), 1, "{name}: {text}");
        }
    }
}

#[tokio::test]
async fn a_relation_that_is_read_along_is_held_to_its_rules() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let of = with_rules(db, "@@allow('read', true)").for_user(person(ann()));
        let posts = of
            .find_many("Post")
            .include("space")
            .order_by(asc("id"))
            .run()
            .await;
        let posts = posts.unwrap();
        let spaces: Vec<_> = posts
            .iter()
            .map(|post| post.related("space").unwrap().is_some())
            .collect();
        assert_eq!(spaces, [true, false, false, false], "{name}");
    }
}

#[tokio::test]
async fn fields_that_may_not_be_seen_are_null() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let mut full = schema(&text("@@allow('read', true)").replace(
            "title    String",
            "title    String @allow('read', author == auth()) @deny('read', space.name == 'closed')",
        ));
        for model in &mut full.models {
            let table = &db.schema().model(&model.name).unwrap().table;
            model.table.clone_from(table);
        }
        let of = db.saying(full).for_user(person(ann()));
        let posts = of
            .find_many("Post")
            .order_by(asc("id"))
            .run()
            .await
            .unwrap();
        let titles: Vec<Option<String>> = posts
            .iter()
            .map(|post| post.get("title").unwrap())
            .collect();
        assert_eq!(
            titles,
            [Some("post 1".to_owned()), None, None, None],
            "{name}"
        );
    }
}

/// Fields of a base model stand in its table, keys of relations among them.
#[tokio::test]
async fn rules_of_a_sub_model_see_fields_of_its_base() {
    let tables = "
        model User { id Int @id assets Asset[] }
        model Asset {
          id Int @id
          kind String
          title String
          ownerId Int?
          owner User? @relation(fields: [ownerId], references: [id])
        }
        model Video { id Int @id url String }";
    let sub_models = |rules: &str| {
        format!(
            "model User {{ id Int @id assets Asset[] }}
             model Asset {{
               id Int @id
               kind String
               title String
               ownerId Int?
               owner User? @relation(fields: [ownerId], references: [id])
               @@delegate(kind)
             }}
             model Video extends Asset {{ url String {rules} }}"
        )
    };
    let places = ruled(tables).await;
    for (name, db) in &places.clients {
        db.create("User").set("id", 1).run().await.unwrap();
        for (id, title, owner) in [(1, "a", Some(1)), (2, "b", None)] {
            let asset = db
                .create("Asset")
                .set("id", id)
                .set("kind", "Video")
                .set("title", title);
            asset.set("ownerId", owner).run().await.unwrap();
            db.create("Video")
                .set("id", id)
                .set("url", "x")
                .run()
                .await
                .unwrap();
        }
        for (condition, expected) in [
            ("title == 'a'", &[1][..]),
            ("title == 'b' && url == 'x'", &[2]),
            ("auth() == owner", &[1]),
            ("owner == null", &[2]),
            ("owner.assets?[title == 'a']", &[1]),
        ] {
            let text = sub_models(&format!("@@allow('read', {condition})"));
            let mut schema = schema(&text);
            for model in &mut schema.models {
                let table = &db.schema().model(&model.name).unwrap().table;
                model.table.clone_from(table);
            }
            let of = db.saying(schema).for_user(person(json!({"id": 1})));
            let rows = of.find_many("Video").select(["id"]).run().await.unwrap();
            let mut found: Vec<i64> = rows.iter().map(|row| row.get("id").unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{name}: {condition}");
        }
    }
}

/// Contract zenstack §8.34.
#[tokio::test]
async fn a_transaction_is_of_the_same_person() {
    let places = filled().await;
    for (name, db) in &places.clients {
        let of = with_rules(db, "@@allow('read', auth() == author)").for_user(person(ann()));
        let counted = of
            .transaction(async |tx| tx.count("Post").run().await)
            .await;
        assert_eq!(counted.unwrap(), 2, "{name}");
    }
}

/// Rules that grow without bound are an error, and never a stack that overflows.
#[tokio::test]
async fn rules_that_grow_without_bound_are_refused() {
    let mut text = String::new();
    let last = 16;
    for number in 0..=last {
        let next = number + 1;
        let link = if number < last {
            format!(
                "aId Int a M{next} @relation(\"a{number}\", fields: [aId], references: [id])\n
                 bId Int b M{next} @relation(\"b{number}\", fields: [bId], references: [id])\n
                 @@allow('read', check(a) || check(b))"
            )
        } else {
            "@@allow('read', x)".to_owned()
        };
        let back = match number {
            0 => String::new(),
            _ => {
                let before = number - 1;
                format!(
                    "ra M{before}[] @relation(\"a{before}\")\n rb M{before}[] @relation(\"b{before}\")\n"
                )
            }
        };
        text.push_str(&format!(
            "model M{number} {{ id Int @id\n x Boolean\n {back} {link} }}\n"
        ));
    }
    let places = ruled(&text).await;
    for (name, db) in &places.clients[..1] {
        let read = db.for_user(None).find_many("M0").run().await;
        let is_refused = matches!(read, Err(Error::Invalid(InvalidInput::Policy { .. })));
        assert!(is_refused, "{name}: {read:?}");
    }
}

/// The schema without rules.
pub(super) const EMPTY: &str = "model Any { id Int @id }";

/// Conditions that stand for all there are, with who asks.
pub(super) const CORPUS: &[(&str, &str)] = &[
    ("true", "null"),
    ("false", "null"),
    ("auth() == author", "null"),
    ("auth() == author", "{\"id\": \"ann\"}"),
    ("auth() != author", "{\"id\": \"ann\"}"),
    (
        "auth().id == authorId || title == 'open'",
        "{\"id\": \"ann\"}",
    ),
    ("author == null && !(parentId == null || id > 3)", "null"),
    ("space.name == 'one'", "null"),
    ("parent.author.name != 'x'", "null"),
    ("space.members?[user == auth()]", "{\"id\": \"ann\"}"),
    ("space.members![role == 'owner']", "null"),
    ("replies^[author != this.author]", "null"),
    ("check(space)", "null"),
    ("contains(title, 'a%b', true)", "null"),
    ("startsWith(title, parent.title)", "null"),
    (
        "auth().posts?[id == this.parentId]",
        "{\"id\": \"ann\", \"posts\": [{\"id\": 1}, {\"id\": 2}]}",
    ),
    ("id in [1, 2, parentId]", "null"),
];

/// A client of this schema that speaks a dialect, on whatever database; to be asked for statements only.
pub(super) fn speaking(places: &Ruled, dialect: crate::Dialect, condition: &str) -> Client {
    let (_, db) = &places.clients[0];
    db.speaking_of(
        dialect,
        schema(&text(&format!("@@allow('read', {condition})"))),
    )
}
