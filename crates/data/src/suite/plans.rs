//! One plan serves all calls that differ in their values, and everybody whom its rules take for alike; nobody else.

use serde_json::{Value as Json, json};

use super::policies::support::{person, ruled};
use crate::{ArgValue, Client, Operation};

const SCHEMA: &str = "
    model User {
      id    String @id
      role  String @default('USER')
      level Int    @default(0)
      notes Note[]
      teams Team[]
      @@allow('all', true)
    }

    model Team {
      id      Int    @id
      members User[]
      @@allow('read', members?[id == auth().id])
    }

    model Note {
      id      Int     @id
      text    String
      done    Boolean @default(false)
      ownerId String?
      owner   User?   @relation(fields: [ownerId], references: [id])
      @@allow('read', auth() == owner)
      @@allow('read', auth().role == 'ADMIN')
      @@deny('read', auth() == null)
    }

    model Limited {
      id    Int      @id
      until DateTime
      level Int
      @@allow('read', until > now())
      @@allow('read', level < auth().level)
    }
";

fn kept(db: &Client) -> usize {
    db.engine().plans.count()
}

async fn ids(db: &Client, who: &Json, model: &str, args: Json) -> Result<Vec<i64>, String> {
    let of = db.for_user(person(who.clone()));
    let args = ArgValue::from_json(args).unwrap();
    let reply = of.call(model, Operation::FindMany, &args).await;
    let records = reply.map_err(|error| error.to_string())?.into_records();
    let ids = records.iter().map(|record| record.get("id").unwrap());
    Ok(ids.collect())
}

async fn filled(db: &Client) {
    for (id, role) in [("ann", "USER"), ("bob", "USER"), ("eve", "ADMIN")] {
        let user = db.create("User").set("id", id).set("role", role);
        user.run().await.unwrap();
    }
    for (id, text, owner) in [(1, "milk", "ann"), (2, "bread", "ann"), (3, "milk", "bob")] {
        let note = db.create("Note").set("id", id).set("text", text);
        note.set("ownerId", owner).run().await.unwrap();
    }
    let team = json!({"data": {"id": 1, "members": {"connect": [{"id": "ann"}]}}});
    let team = ArgValue::from_json(team).unwrap();
    db.call("Team", Operation::Create, &team).await.unwrap();
}

#[tokio::test]
async fn a_plan_serves_whoever_is_alike_and_nobody_else() {
    let places = ruled(SCHEMA).await;
    for (name, db) in &places.clients {
        filled(db).await;
        let before = kept(db);
        let milk =
            |word: &str| json!({"where": {"text": {"contains": word}}, "orderBy": {"id": "asc"}});
        let ann = json!({"id": "ann", "role": "USER", "email": "a@x.test"});
        let bob = json!({"id": "bob", "role": "USER", "email": "b@x.test"});
        let eve = json!({"id": "eve", "role": "ADMIN"});
        assert_eq!(
            ids(db, &ann, "Note", milk("milk")).await,
            Ok(vec![1]),
            "{name}"
        );
        assert_eq!(
            ids(db, &bob, "Note", milk("milk")).await,
            Ok(vec![3]),
            "{name}"
        );
        assert_eq!(
            ids(db, &ann, "Note", milk("bread")).await,
            Ok(vec![2]),
            "{name}"
        );
        assert_eq!(
            kept(db) - before,
            1,
            "{name}: one plan for both, and for both words"
        );
        assert_eq!(
            ids(db, &eve, "Note", milk("milk")).await,
            Ok(vec![1, 3]),
            "{name}"
        );
        assert_eq!(
            ids(db, &json!(null), "Note", milk("milk")).await,
            Ok(vec![]),
            "{name}"
        );
        assert_eq!(
            kept(db) - before,
            3,
            "{name}: one more for administrators, one for nobody"
        );
        // Without an id somebody is nobody's owner, and not even of what nobody owns.
        let nameless = json!({"role": "USER"});
        assert_eq!(
            ids(db, &nameless, "Note", milk("milk")).await,
            Ok(vec![]),
            "{name}"
        );
        // Another type is refused, whatever was planned before.
        let number = json!({"id": 7, "role": "USER"});
        let refused = ids(db, &number, "Note", milk("milk")).await.unwrap_err();
        assert!(refused.contains("auth().id"), "{name}: {refused}");
        assert_eq!(
            ids(db, &ann, "Note", milk("milk")).await,
            Ok(vec![1]),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_plan_of_the_program_is_none_of_a_person() {
    let places = ruled(SCHEMA).await;
    for (name, db) in &places.clients {
        filled(db).await;
        let all = db.find_many("Note").run().await.unwrap();
        assert_eq!(all.len(), 3, "{name}");
        let nobody = db.for_user(None).find_many("Note").run().await.unwrap();
        assert!(nobody.is_empty(), "{name}");
        let all = db.find_many("Note").run().await.unwrap();
        assert_eq!(all.len(), 3, "{name}");
    }
}

#[tokio::test]
async fn a_member_of_a_relation_is_whoever_asks() {
    let places = ruled(SCHEMA).await;
    for (name, db) in &places.clients {
        filled(db).await;
        let before = kept(db);
        for (who, teams) in [("ann", vec![1]), ("bob", vec![]), ("ann", vec![1])] {
            let who = json!({"id": who});
            assert_eq!(ids(db, &who, "Team", json!({})).await, Ok(teams), "{name}");
        }
        assert_eq!(kept(db) - before, 1, "{name}");
    }
}

#[tokio::test]
async fn what_holds_for_a_moment_or_one_person_is_not_kept_for_others() {
    let places = ruled(SCHEMA).await;
    for (name, db) in &places.clients {
        let before = kept(db);
        let limited = db.create("Limited").set("id", 1).set("level", 3);
        let past: jiff::Timestamp = "2001-01-01T00:00:00Z".parse().unwrap();
        limited.set("until", past).run().await.unwrap();
        for (who, seen) in [
            (json!({"level": 4}), vec![1]),
            (json!({"level": 3}), vec![]),
            (json!({}), vec![]),
            (json!({"level": 4}), vec![1]),
        ] {
            assert_eq!(
                ids(db, &who, "Limited", json!({})).await,
                Ok(seen),
                "{name}: {who}"
            );
        }
        assert_eq!(kept(db), before, "{name}: `now()` is that of the call");
    }
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let places = ruled(SCHEMA).await;
    let (_, db) = places.clients.first().unwrap();
    filled(db).await;
    let most = crate::reuse::PLANS;
    for skip in 0..most + 10 {
        let args = json!({"skip": skip, "orderBy": {"id": "asc"}});
        let found = ids(db, &json!({"id": "ann", "role": "USER"}), "Note", args)
            .await
            .unwrap();
        assert_eq!(found.len(), 2_usize.saturating_sub(skip));
    }
    assert!(kept(db) <= most, "{}", kept(db));
    // Roles without end: of one read, plans for few of them are kept.
    let before = kept(db);
    for role in 0..100 {
        let who = json!({"id": "ann", "role": format!("R{role}")});
        assert_eq!(ids(db, &who, "Note", json!({"take": 1})).await, Ok(vec![1]));
    }
    assert!(kept(db) - before <= 16, "{}", kept(db) - before);
}

const WRITTEN: &str = "
    model User {
      id    String @id
      role  String @default('USER')
      items Item[]
      @@allow('all', true)
    }

    model Item {
      id      Int      @id
      text    String
      changed DateTime @updatedAt
      ownerId String?  @default(auth().id)
      owner   User?    @relation(fields: [ownerId], references: [id])
      @@allow('all', auth() == owner)
      @@allow('read,update', auth().role == 'ADMIN')
      @@deny('update', text == 'locked')
    }
";

/// What a call on items gave: the text and the owner of the row.
async fn item(
    db: &Client,
    who: &Json,
    operation: Operation,
    args: Json,
) -> Result<(String, Option<String>), String> {
    let of = db.for_user(person(who.clone()));
    let args = ArgValue::from_json(args).unwrap();
    let reply = of.call("Item", operation, &args).await;
    let record = reply.map_err(|error| error.to_string())?.into_record();
    let record = record.unwrap();
    let owner = record.get::<Option<&str>>("ownerId").unwrap();
    Ok((
        record.get::<&str>("text").unwrap().to_owned(),
        owner.map(str::to_owned),
    ))
}

#[tokio::test]
async fn a_write_is_planned_once_for_whoever_is_alike() {
    let places = ruled(WRITTEN).await;
    for (name, db) in &places.clients {
        for id in ["ann", "bob", "eve"] {
            db.create("User").set("id", id).run().await.unwrap();
        }
        let kept = || db.engine().writes.count();
        // Where writes give nothing back there is nothing to keep.
        let one = |statements| {
            if db.engine().capability().update_returning {
                statements
            } else {
                0
            }
        };
        let [ann, bob] = ["ann", "bob"].map(|id| json!({"id": id, "role": "USER"}));
        let eve = json!({"id": "eve", "role": "ADMIN"});
        let create = |id: i64, text: &str| json!({"data": {"id": id, "text": text}});
        let update = |id: i64, text: &str| json!({"where": {"id": id}, "data": {"text": text}});
        let is = |text: &str, owner: &str| Ok((text.to_owned(), Some(owner.to_owned())));
        for (who, id, owner) in [(&ann, 1, "ann"), (&bob, 2, "bob"), (&ann, 3, "ann")] {
            let created = item(db, who, Operation::Create, create(id, "new")).await;
            assert_eq!(created, is("new", owner), "{name}");
        }
        let created = kept();
        for (who, id, owner) in [(&ann, 1, "ann"), (&bob, 2, "bob"), (&ann, 3, "ann")] {
            let text = format!("of {id}");
            let updated = item(db, who, Operation::Update, update(id, &text)).await;
            assert_eq!(updated, is(&text, owner), "{name}");
        }
        assert_eq!(
            kept() - created,
            one(1),
            "{name}: one for both, and all rows"
        );
        let refused = item(db, &bob, Operation::Update, update(1, "stolen")).await;
        assert!(refused.is_err(), "{name}");
        let updated = item(db, &eve, Operation::Update, update(1, "of eve")).await;
        assert_eq!(updated, is("of eve", "ann"), "{name}");
        assert_eq!(
            kept() - created,
            one(2),
            "{name}: one more for administrators"
        );
        for nobody in [json!(null), json!({"role": "USER"})] {
            let updated = item(db, &nobody, Operation::Update, update(1, "stolen")).await;
            assert!(updated.is_err(), "{name}");
            let created = item(db, &nobody, Operation::Create, create(9, "strange")).await;
            assert!(created.is_err(), "{name}");
        }
        let locked = item(db, &ann, Operation::Update, update(3, "locked")).await;
        assert_eq!(
            locked,
            is("locked", "ann"),
            "{name}: as it was it might be changed"
        );
        let again = item(db, &ann, Operation::Update, update(3, "open")).await;
        assert!(again.is_err(), "{name}: what it is by now counts");
        let items = json!({"orderBy": {"id": "asc"}});
        assert_eq!(ids(db, &ann, "Item", items).await, Ok(vec![1, 3]), "{name}");
    }
}
