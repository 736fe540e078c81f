use serde_json::{Value as Json, json};

use super::support::{person, ruled};
use crate::{ArgValue, Client, Operation};

const MODELS: &str = "
    model User { id Int @id admin Boolean }

    model Doc {
      id     Int    @id
      owner  Int
      kind   String
      size   Int?   @allow('read', auth().admin == true || owner == auth().id)
      @@allow('read', auth() != null && (auth().admin == true || kind != 'secret'))
      @@deny('read', id == 9)
    }
";

async fn call(db: &Client, who: &Json, operation: Operation, args: &Json) -> Json {
    let args = ArgValue::from_json(args.clone()).unwrap();
    let reply = db
        .for_user(person(who.clone()))
        .call("doc", operation, &args)
        .await;
    serde_json::to_value(reply.unwrap()).unwrap()
}

/// Contract §2.3 and §2.7: rows that may not be seen are not there, and values that may not are null.
#[tokio::test]
async fn what_may_not_be_seen_does_not_count() {
    use Operation::{Aggregate, Count, GroupBy};
    for (name, db) in &ruled(MODELS).await.clients {
        for (id, owner, kind, size) in [
            (1, 1, "a", 10),
            (2, 2, "a", 20),
            (3, 1, "b", 30),
            (4, 2, "secret", 40),
            (9, 1, "a", 90),
        ] {
            let row = db.create("Doc").set("id", id).set("owner", owner);
            row.set("kind", kind).set("size", size).run().await.unwrap();
        }
        let (admin, ada, nobody) = (
            json!({"id": 7, "admin": true}),
            json!({"id": 1, "admin": false}),
            json!(null),
        );
        let sums = json!({"_count": {"_all": true, "size": true}, "_sum": {"size": true}, "_avg": {"size": true}, "_max": {"size": true}});
        let groups = json!({"by": "size", "_count": true, "orderBy": {"_count": {"id": "desc"}}, "where": {"id": {"not": 3}}});
        let having = json!({"by": "kind", "having": {"size": {"_sum": {"gt": 10}}}, "orderBy": {"kind": "asc"}});
        for (who, operation, args, expected) in [
            (&admin, Count, json!({}), json!(4)),
            (&ada, Count, json!({}), json!(3)),
            (&nobody, Count, json!({}), json!(0)),
            (
                &ada,
                Count,
                json!({"select": {"_all": true, "size": true}}),
                json!({"_all": 3, "size": 2}),
            ),
            (&ada, Count, json!({"where": {"size": 20}}), json!(0)),
            (&ada, Count, json!({"where": {"size": null}}), json!(1)),
            (
                &admin,
                Aggregate,
                sums.clone(),
                json!({"_count": {"_all": 4, "size": 4}, "_sum": {"size": 100}, "_avg": {"size": 25.0}, "_max": {"size": 40}}),
            ),
            (
                &ada,
                Aggregate,
                sums.clone(),
                json!({"_count": {"_all": 3, "size": 2}, "_sum": {"size": 40}, "_avg": {"size": 20.0}, "_max": {"size": 30}}),
            ),
            (
                &nobody,
                Aggregate,
                sums,
                json!({"_count": {"_all": 0, "size": 0}, "_sum": {"size": null}, "_avg": {"size": null}, "_max": {"size": null}}),
            ),
            (
                &ada,
                Aggregate,
                json!({"_sum": {"size": true}, "orderBy": {"id": "asc"}, "take": 2}),
                json!({"_sum": {"size": 10}}),
            ),
            (
                &ada,
                GroupBy,
                json!({"by": "size", "_count": true, "where": {"id": 2}}),
                json!([{"size": null, "_count": 1}]),
            ),
            (
                &admin,
                GroupBy,
                json!({"by": "size", "_count": true, "where": {"id": 2}}),
                json!([{"size": 20, "_count": 1}]),
            ),
            (&nobody, GroupBy, groups, json!([])),
            (&ada, GroupBy, having.clone(), json!([{"kind": "b"}])),
            (
                &admin,
                GroupBy,
                having,
                json!([{"kind": "a"}, {"kind": "b"}, {"kind": "secret"}]),
            ),
            (
                &ada,
                GroupBy,
                json!({"by": ["kind", "size"], "having": {"size": {"gt": 10}}}),
                json!([{"kind": "b", "size": 30}]),
            ),
        ] {
            let found = call(db, who, operation, &args).await;
            assert_eq!(found, expected, "{name} {who} {operation} {args}");
        }
    }
}
