//! Access rules, as the database enforces them.

mod aggregates;
mod attacks;
mod collations;
mod doubt;
mod explaining;
mod fields;
mod kept;
mod lists;
mod persons;
mod random;
mod reads;
mod relations;
pub(in crate::suite) mod support;
mod tables;
mod todos;
mod writes;

use serde_json::json;

use super::support::{places, todo, user};
use crate::{ArgValue, Error, Rejection, field};

#[tokio::test]
async fn without_rules_nobody_sees_or_writes_anything() {
    for place in &places().await.places {
        let db = &place.client;
        user(db, "ada").await;
        todo(db, "ada", "milk").await;
        let ada = ArgValue::from_json(json!({"id": "ada"})).unwrap();
        for person in [None, Some(ada)] {
            let of = db.for_user(person);
            let name = place.name;
            assert_eq!(of.find_many("Todo").run().await.unwrap(), [], "{name}");
            assert_eq!(of.count("User").run().await.unwrap(), 0, "{name}");
            let found = of.find_unique("User").filter(field("id").eq("ada"));
            assert_eq!(found.run().await.unwrap(), None, "{name}");
            let made = of.create("User").set("id", "bob").run().await;
            assert!(matches!(made, Err(Error::NotSupported(_))), "{name}");
        }
    }
}

#[tokio::test]
async fn a_statement_prepared_for_one_is_not_run_for_another() {
    for place in &places().await.places {
        let db = &place.client;
        let all = db.find_many("Todo").prepare().unwrap();
        let refused = all.run(&db.for_user(None), &[]).await;
        let is_refused = matches!(
            refused,
            Err(Error::Rejected {
                rejection: Rejection::Other,
                ..
            })
        );
        assert!(is_refused, "{}", place.name);
    }
}
