//! What is seen.

use serde_json::{Value as Json, json};

use super::{ROWS, SCHEMA, Secured, secured};
use crate::asc;

const PEOPLE: [i64; 6] = [1, 2, 3, 4, 5, 99];

async fn engine(secured: &Secured, id: Option<i64>, model: &str) -> Vec<i64> {
    let person = match id {
        Some(id) => secured.db.find_person(&id.to_string()).await.unwrap(),
        None => None,
    };
    let of = secured.db.for_user(person);
    let rows = of.find_many(model).order_by(asc("id")).run().await.unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

#[tokio::test]
async fn rules_that_lead_to_one_another_admit_what_the_engine_admits() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let mut seen = 0;
    let people = PEOPLE.into_iter().map(Some).chain([None]);
    for id in people {
        let person = id.map_or(Json::Null, |id| json!({ "id": id }));
        for model in ["User", "Org", "Team", "Doc"] {
            let select = format!("SELECT id FROM \"{model}\" ORDER BY id");
            let found = secured.ids(&person, &select).await;
            assert_eq!(
                found,
                engine(&secured, id, model).await,
                "{model} of {id:?}"
            );
            seen += found.len();
        }
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test]
async fn what_the_person_is_stands_in_its_row_whatever_else_is_said() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let select = "SELECT id FROM \"Doc\" ORDER BY id";
    let plain = secured.ids(&json!({"id": 5}), select).await;
    let lying = json!({"id": 5, "role": "ADMIN", "org": {"plan": "large"}, "name": "cid"});
    assert_eq!(secured.ids(&lying, select).await, plain);
    let admin = secured.ids(&json!({"id": 3}), select).await;
    assert!(admin.len() > plain.len(), "{admin:?}");
    // Ids travel as text in tokens, and under the name that tokens have for them.
    assert_eq!(secured.ids(&json!({"sub": "3"}), select).await, admin);
    secured
        .test
        .run("UPDATE \"User\" SET role = 'USER' WHERE id = 3")
        .await;
    assert!(secured.ids(&json!({"id": 3}), select).await.len() < admin.len());
}

#[tokio::test]
async fn pairs_are_seen_where_both_rows_are() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let select = "SELECT \"A\" * 10 + \"B\" FROM \"_TeamToUser\" ORDER BY 1";
    for (id, expected) in [(2, vec![12, 22]), (4, vec![24]), (1, vec![]), (5, vec![])] {
        let select = select.replace("\"A\" * 10 + \"B\"", "CAST(\"A\" * 10 + \"B\" AS BIGINT)");
        let found = secured.ids(&json!({ "id": id }), &select).await;
        assert_eq!(found, expected, "{id}");
    }
}

#[tokio::test]
async fn a_model_without_rules_shows_nothing_and_takes_nothing() {
    let text = "model Note { id Int @id  text String }";
    let rows = ["INSERT INTO \"Note\" VALUES (1, 'x')"];
    let Some(secured) = secured(text, &rows).await else {
        return;
    };
    for statement in [
        "SELECT id FROM \"Note\"",
        "SELECT COUNT(*) FROM \"Note\"",
        "INSERT INTO \"Note\" VALUES (2, 'y')",
        "UPDATE \"Note\" SET text = 'y'",
        "DELETE FROM \"Note\"",
    ] {
        let refused = secured.sql(&Json::Null, &[statement]).await;
        assert!(super::is_refused(&refused), "{statement}: {refused:?}");
    }
}
