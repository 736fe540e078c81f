//! Columns that hold several values, in rules.

use hallpass_sql::Dialect;
use serde_json::{Value as Json, json};

use super::support::{person, ruled, seen};
use crate::plan::Planner;
use crate::policy::Verdict;
use crate::suite::support::{options, schema};
use crate::{Client, Value};

const SCHEMA: &str = "
    datasource db { provider = \"postgresql\" }
    enum Mood { CALM @map(\"calm\") LOUD }
    model Row {
      id      Int @id
      texts   String[]
      numbers Int[]
      moods   Mood[]
      word    String?
      RULES
    }
    type Person { id Int text String? texts String[] n Float? @@auth }
";

#[tokio::test]
async fn elements_of_columns() {
    let places = ruled("model Any { id Int @id }").await;
    let postgres = places
        .clients
        .iter()
        .find(|(_, db)| db.dialect() == Dialect::Postgres);
    let Some((_, any)) = postgres else {
        return;
    };
    let plain = schema(&SCHEMA.replace("RULES", ""));
    let db = Client::new(any.engine().database.clone(), plain.into(), options()).unwrap();
    db.create_missing_tables().await.unwrap();
    let texts = |texts: &[&str]| Value::List(texts.iter().map(|text| (*text).into()).collect());
    for (id, list, numbers, moods, word) in [
        (1, texts(&[]), Value::List(Vec::new()), texts(&[]), None),
        (
            2,
            texts(&["a", "b"]),
            Value::List(vec![1.into(), 2.into()]),
            texts(&["CALM"]),
            Some("a"),
        ),
        (
            3,
            texts(&["B"]),
            Value::List(vec![7.into()]),
            texts(&["LOUD"]),
            Some("x"),
        ),
    ] {
        let row = db
            .create("Row")
            .set("id", id)
            .set("texts", list)
            .set("numbers", numbers);
        row.set("moods", moods)
            .set("word", word)
            .run()
            .await
            .unwrap();
    }
    let who = json!({"id": 1, "text": "b", "texts": ["B", "c"], "n": 1.5});
    let nobody = Json::Null;
    let cases: &[(&str, &Json, &[i64])] = &[
        ("has(texts, 'a')", &who, &[2]),
        ("!has(texts, 'a')", &who, &[1, 3]),
        ("has(texts, auth().text)", &who, &[2]),
        ("has(texts, auth().text)", &nobody, &[]),
        ("has(texts, word)", &who, &[2]),
        ("'B' in texts", &who, &[3]),
        ("has(moods, CALM)", &who, &[2]),
        ("has(numbers, 7)", &who, &[3]),
        ("has(numbers, auth().n)", &who, &[]),
        ("hasSome(texts, ['b', 'B'])", &who, &[2, 3]),
        ("hasSome(texts, auth().texts)", &who, &[3]),
        ("hasSome(texts, [])", &who, &[]),
        ("hasEvery(texts, ['b', 'a'])", &who, &[2]),
        ("hasEvery(texts, [])", &who, &[1, 2, 3]),
        ("isEmpty(numbers)", &who, &[1]),
        ("!isEmpty(numbers)", &who, &[2, 3]),
    ];
    for (condition, who, expected) in cases {
        let rules = format!("@@allow('all', {condition})");
        let ruled = db.saying(schema(&SCHEMA.replace("RULES", &rules)));
        assert_eq!(
            seen(&ruled, "Row", who).await,
            *expected,
            "{condition} for {who}"
        );
        // The second row, as if it were about to be added: nothing need be asked.
        let of = ruled.for_user(person((*who).clone()));
        let planner = Planner::new(&of);
        let model = planner.model("Row").unwrap();
        let row = [
            ("texts", texts(&["a", "b"])),
            ("numbers", Value::List(vec![1.into(), 2.into()])),
            ("moods", texts(&["calm"])),
            ("word", "a".into()),
        ];
        let row = row.map(|(name, value)| (model.field(name).unwrap(), value));
        let verdict = planner.creatable(model, &[row.to_vec()]).unwrap();
        let expected = if expected.contains(&2) {
            Verdict::Yes
        } else {
            Verdict::No
        };
        assert_eq!(verdict, expected, "{condition} for {who}");
    }
}
