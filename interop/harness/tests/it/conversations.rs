//! Calls in a namespace: as somebody, in a transaction, with settings, as SQL.

use std::slice::from_ref;

use serde_json::{Value as Json, json};

use crate::program::{Program, as_person, packed, without_rules};

const SCHEMA: &str = r#"
    model User {
      id    Int    @id
      email String @unique
      posts Post[]
      @@allow('all', true)
    }
    model Post {
      id        Int     @id
      title     String
      secret    String  @default("s") @omit
      published Boolean @default(false)
      author    User    @relation(fields: [authorId], references: [id])
      authorId  Int
      @@allow('all', auth() == author)
      @@allow('read', published)
    }
"#;

fn ids(said: &Json) -> Vec<i64> {
    let rows = said["data"].as_array().unwrap_or_else(|| panic!("{said}"));
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

/// Two people, and posts of the first.
fn fill(namespace: &crate::program::Namespace<'_>) {
    for (path, data) in [
        (
            "user/createMany",
            json!({"data": [{"id": 1, "email": "a@b.co"}, {"id": 2, "email": "c@d.co"}]}),
        ),
        (
            "post/createMany",
            json!({"data": [
                {"id": 1, "title": "draft", "authorId": 1},
                {"id": 2, "title": "open", "authorId": 1, "published": true},
            ]}),
        ),
    ] {
        let (status, said) = namespace.post(&[without_rules()], path, &data);
        assert_eq!(status, 201, "{said}");
    }
}

#[test]
fn everybody_sees_what_the_rules_say() {
    let program = Program::start();
    for provider in &program.providers {
        let namespace = program.namespace(provider, SCHEMA);
        fill(&namespace);
        let author = as_person(&json!({"id": 1}));
        let other = as_person(&json!({"id": 2}));
        let seen = |headers: &[(&str, String)]| {
            let order = json!({"orderBy": {"id": "asc"}});
            ids(&namespace.get(headers, "post/findMany", &order).1)
        };
        assert_eq!(seen(&[]), [2], "{provider}");
        assert_eq!(seen(from_ref(&author)), [1, 2], "{provider}");
        assert_eq!(seen(from_ref(&other)), [2], "{provider}");
        assert_eq!(seen(&[without_rules()]), [1, 2], "{provider}");
        let change = json!({"where": {"id": 2}, "data": {"title": "mine"}});
        let (status, said) = namespace.put(&[other], "post/update", &change);
        assert_eq!(
            (status, &said["error"]["reason"]),
            (404, &json!("not-found"))
        );
        let taken = json!({"data": {"id": 3, "email": "a@b.co"}});
        let (status, said) = namespace.post(&[author], "user/create", &taken);
        assert_eq!(
            (status, &said["error"]["reason"]),
            (400, &json!("db-query-error"))
        );
        let message = said["error"]["message"].as_str().unwrap();
        assert!(message.to_lowercase().contains("constraint"), "{message}");
        namespace.remove();
    }
}

#[test]
fn values_of_the_person_are_read_with_their_kinds() {
    let program = Program::start();
    let schema = r#"
        type Person { since DateTime teams BigInt[] @@auth }
        model Doc {
          id   Int      @id
          team BigInt
          at   DateTime
          @@allow('read', team in auth().teams && at > auth().since)
          @@allow('create', true)
        }
    "#;
    let namespace = program.namespace("sqlite", schema);
    for (id, team, at) in [
        (1, 7, "2026-01-02T00:00:00Z"),
        (2, 8, "2026-01-02T00:00:00Z"),
        (3, 7, "2025-01-01T00:00:00Z"),
    ] {
        let data = json!({"data": {"id": id, "team": team, "at": at}});
        let (status, said) = namespace.post(&[without_rules()], "doc/create", &data);
        assert_eq!(status, 201, "{said}");
    }
    let person = packed(
        "x-zen-auth",
        &json!({
            "json": {"since": "2026-01-01T00:00:00.000Z", "teams": ["7"]},
            "meta": {"values": {"since": ["Date"], "teams.0": ["bigint"]}},
        }),
    );
    let (_, said) = namespace.get(&[person], "doc/findMany", &json!({}));
    assert_eq!(ids(&said), [1]);
    let (status, _) = namespace.get(
        &[("x-zen-auth", "%".to_owned())],
        "doc/findMany",
        &json!({}),
    );
    assert_eq!(status, 400);
}

#[test]
fn transactions_are_kept_apart_as_they_are_told() {
    let program = Program::start();
    for provider in &program.providers {
        let namespace = program.namespace(provider, SCHEMA);
        fill(&namespace);
        let begin = |level: Json| {
            let body = json!({"isolationLevel": level});
            namespace.admin(&[without_rules()], "/tx", &body)
        };
        for level in [json!("Snapshot"), json!(""), json!(1), json!({})] {
            let (status, said) = begin(level.clone());
            assert_eq!(status, 400, "{provider} {level}: {said}");
            let said = said["error"]["message"].as_str().unwrap();
            assert!(said.starts_with("there is no isolation level"), "{said}");
        }
        for (level, sees) in [
            (json!("ReadCommitted"), true),
            (json!("repeatable read"), false),
        ] {
            let (status, said) = begin(level.clone());
            if provider == "sqlite" {
                // One transaction writes at a time: it has no lesser ones.
                assert!((400..500).contains(&status), "{level}: {said}");
                continue;
            }
            assert_eq!(status, 201, "{provider} {level}: {said}");
            let tx = said["tx"].as_str().unwrap().to_owned();
            let inside = ("x-zen-tx", tx.clone());
            let count = || {
                let (status, said) = namespace.get(from_ref(&inside), "post/findMany", &json!({}));
                assert_eq!(status, 200, "{provider} {level}: {said}");
                ids(&said).len()
            };
            let before = count();
            let id = if sees { 901 } else { 902 };
            let post = json!({"data": {"id": id, "title": "new", "authorId": 1}});
            let (status, said) = namespace.post(&[without_rules()], "post/create", &post);
            assert_eq!(status, 201, "{provider} {level}: {said}");
            assert_eq!(count() > before, sees, "{provider} {level}");
            let (status, _) = namespace.admin(&[], &format!("/tx/{tx}/commit"), &json!({}));
            assert_eq!(status, 200, "{provider} {level}");
        }
        let (status, said) = begin(json!("Serializable"));
        assert_eq!(status, 201, "{provider}: {said}");
        let tx = said["tx"].as_str().unwrap();
        let (status, _) = namespace.admin(&[], &format!("/tx/{tx}/rollback"), &json!({}));
        assert_eq!(status, 200, "{provider}");
        namespace.remove();
    }
}

#[test]
fn an_address_of_sqlite_is_taken() {
    let program = Program::start_with(&["sqlite::memory:"]);
    let (status, said) = program.ask("GET", "/__test/capabilities", &[], None);
    assert_eq!((status, &said["provider"]), (200, &json!("sqlite")));
    let sqlite = program.providers.iter().filter(|one| *one == "sqlite");
    assert_eq!(sqlite.count(), 1);
    // A namespace has a database of its own all the same.
    for _ in 0..2 {
        let namespace = program.namespace("sqlite", SCHEMA);
        fill(&namespace);
    }
}

#[test]
fn transactions_end_as_they_are_told() {
    let program = Program::start();
    for provider in &program.providers {
        let namespace = program.namespace(provider, SCHEMA);
        fill(&namespace);
        let begin = |headers: &[(&str, String)]| {
            let (status, said) = namespace.admin(headers, "/tx", &json!({}));
            assert_eq!(status, 201, "{provider}: {said}");
            said["tx"].as_str().unwrap().to_owned()
        };
        let author = as_person(&json!({"id": 1}));
        for (end, left) in [("rollback", vec![1, 2]), ("commit", vec![1])] {
            let tx = begin(from_ref(&author));
            let inside = ("x-zen-tx", tx.clone());
            let (status, said) = namespace.put(
                from_ref(&inside),
                "post/update",
                &json!({"where": {"id": 2}, "data": {"id": 9}}),
            );
            assert_eq!(status, 200, "{provider}: {said}");
            // Whoever began it is whoever asks, whatever the header says.
            let (_, said) = namespace.get(
                &[inside.clone(), without_rules()],
                "post/findMany",
                &json!({"where": {"id": 9}}),
            );
            assert_eq!(ids(&said), [9], "{provider}");
            let (status, said) = namespace.sql(&[inside], "query", "SELECT 1", &json!([]));
            assert_eq!(
                (status, &said["error"]["rejectReason"]),
                (403, &json!("other"))
            );
            let (status, _) = namespace.admin(&[], &format!("/tx/{tx}/{end}"), &json!({}));
            assert_eq!(status, 200, "{provider}: {end}");
            let (_, said) = namespace.get(
                &[without_rules()],
                "post/findMany",
                &json!({"where": {"id": {"in": [1, 2]}}, "orderBy": {"id": "asc"}}),
            );
            assert_eq!(ids(&said), left, "{provider}: {end}");
            let (status, _) = namespace.admin(&[], &format!("/tx/{tx}/{end}"), &json!({}));
            assert_eq!(status, 410);
            let (status, _) = namespace.get(&[("x-zen-tx", tx)], "post/findMany", &json!({}));
            assert_eq!(status, 410);
        }
        namespace.remove();
    }
}

#[test]
fn sql_is_for_those_without_rules() {
    let program = Program::start();
    for provider in &program.providers {
        let namespace = program.namespace(provider, SCHEMA);
        fill(&namespace);
        let quote = |name: &str| match namespace.provider.as_str() {
            "mysql" => format!("`{name}`"),
            _ => format!("\"{name}\""),
        };
        let mark = if *provider == "postgresql" { "$1" } else { "?" };
        let table = quote("User");
        let (status, said) = namespace.sql(&[], "query", "SELECT 1", &json!([]));
        assert_eq!(status, 403);
        assert_eq!(
            (&said["error"]["reason"], &said["error"]["rejectReason"]),
            (&json!("rejected-by-policy"), &json!("other"))
        );
        let allowed = packed(
            "x-zen-policy-options",
            &json!({"dangerouslyAllowRawSql": true}),
        );
        for headers in [&[without_rules()], &[allowed]] {
            let query = format!("SELECT id, email FROM {table} WHERE email = {mark}");
            let (status, said) = namespace.sql(headers, "query", &query, &json!(["a@b.co"]));
            assert_eq!(status, 200, "{provider}: {said}");
            assert_eq!(
                said,
                json!({"data": [{"id": 1, "email": "a@b.co"}]}),
                "{provider}"
            );
        }
        let update = format!("UPDATE {table} SET email = {mark}");
        let refused = namespace.sql(&[without_rules()], "execute", &update, &json!(["same"]));
        assert_eq!(refused.0, 400, "{provider}: {refused:?}");
        let update = format!("{update} WHERE id = 1");
        let (_, said) = namespace.sql(&[without_rules()], "execute", &update, &json!(["x@y.co"]));
        assert_eq!(said, json!({"data": 1}), "{provider}");
        namespace.remove();
    }
}

#[test]
fn settings_hold_for_a_namespace_and_for_a_request() {
    let program = Program::start();
    let namespace = program.namespace_with(&json!({
        "schema": SCHEMA,
        "provider": "sqlite",
        "policy": false,
        "options": {"omit": {"post": {"title": true}}},
    }));
    fill(&namespace);
    let one =
        |headers: &[(&str, String)], args: &Json| namespace.get(headers, "post/findFirst", args);
    let keys = |said: &Json| {
        let row = said["data"].as_object().unwrap_or_else(|| panic!("{said}"));
        row.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(
        keys(&one(&[], &json!({})).1),
        ["id", "published", "authorId"]
    );
    let own = packed(
        "x-zen-options",
        &json!({"omit": {"Post": {"secret": false, "id": true}}}),
    );
    assert_eq!(
        keys(&one(&[own], &json!({})).1),
        ["title", "secret", "published", "authorId"]
    );
    let strict = packed(
        "x-zen-options",
        &json!({"allowQueryTimeOmitOverride": false}),
    );
    let (status, _) = one(&[strict], &json!({"omit": {"title": false}}));
    assert_eq!(status, 422);
    let (status, _) = one(
        &[packed("x-zen-options", &json!({"omit": {"nothing": {}}}))],
        &json!({}),
    );
    assert_eq!(status, 400);
}

#[test]
fn resources_are_served_with_the_settings_of_the_request() {
    let program = Program::start();
    for provider in &program.providers {
        let namespace = program.namespace(provider, SCHEMA);
        fill(&namespace);
        let author = as_person(&json!({"id": 1}));
        let settings = json!({"endpoint": "http://x.test/api", "pageSize": 1, "modelNameMapping": {"Post": "article"}});
        let headers = [author, packed("x-zen-handler-options", &settings)];
        let (status, said) = namespace.resources(&headers, "article?sort=id");
        assert_eq!(status, 200, "{provider}: {said}");
        assert_eq!(
            said["data"][0]["attributes"]["title"], "draft",
            "{provider}"
        );
        assert_eq!(said["data"].as_array().unwrap().len(), 1, "{provider}");
        assert_eq!(said["meta"]["total"], 2, "{provider}");
        let link = said["links"]["self"].as_str().unwrap();
        assert!(link.starts_with("http://x.test/api/article"), "{link}");
        let (status, _) = namespace.resources(&[], "post/1");
        assert_eq!(status, 404, "{provider}");
        namespace.remove();
    }
}

#[test]
fn parts_of_the_schema_can_be_left_out() {
    let program = Program::start();
    let namespace = program.namespace_with(&json!({
        "schema": SCHEMA,
        "provider": "sqlite",
        "policy": false,
        "options": {"slicing": {"excludedModels": ["Post"]}},
    }));
    let (status, _) = namespace.get(&[], "user/findMany", &json!({}));
    assert_eq!(status, 200);
    let (status, _) = namespace.get(&[], "user/findMany", &json!({"include": {"posts": true}}));
    assert_eq!(status, 422);
    let (status, said) = namespace.get(&[], "post/findMany", &json!({}));
    assert!(status >= 400, "{said}");
}

#[test]
fn arguments_may_be_large() {
    let program = Program::start();
    let namespace = program.namespace("sqlite", SCHEMA);
    fill(&namespace);
    let long = "x".repeat(300_000);
    let (status, said) = namespace.get(
        &[],
        "user/count",
        &json!({"where": {"email": {"not": long}}}),
    );
    assert_eq!((status, said), (200, json!({"data": 2})));
    let person = as_person(&json!({"id": 1, "email": long}));
    let (_, said) = namespace.get(&[person], "post/count", &json!({}));
    assert_eq!(said, json!({"data": 2}));
}
