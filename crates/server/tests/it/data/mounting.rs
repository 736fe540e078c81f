//! Where the data is, and what of it.

use hallpass_db::testing::sqlite;
use reqwest::Method;
use serde_json::json;
use tempfile::tempdir;

use super::place::{Place, binary, create, read, told};
use crate::harness::{Binary, Visitor};

#[tokio::test]
async fn both_styles_are_there_for_whoever_is_signed_in() {
    for place in Place::everywhere("").await {
        let ann = place.signed_in("ann@example.com").await;
        let created = create(&ann, "note", json!({"id": 1, "title": "milk"})).await;
        assert_eq!(created.0, 201, "{}: {}", place.name, created.1);
        let titles = json!({"select": {"title": true}});
        assert_eq!(
            read(&ann, "note/findMany", &titles).await,
            json!([{"title": "milk"}])
        );
        let (status, listed) = told(ann.request(Method::GET, "/api/rest/note")).await;
        assert_eq!(status, 200, "{listed}");
        assert_eq!(listed["data"][0]["attributes"]["title"], "milk");
        assert_eq!(listed["links"]["self"], "/api/rest/note");

        let bob = place.signed_in("bob@example.com").await;
        let nobody = place.visitor();
        for other in [&bob, &nobody] {
            assert_eq!(read(other, "note/findMany", &json!({})).await, json!([]));
            let (status, one) = told(other.request(Method::GET, "/api/rest/note/1")).await;
            assert_eq!(
                (status, &one["errors"][0]["code"]),
                (404, &json!("not-found"))
            );
        }
    }
}

#[tokio::test]
async fn only_what_rules_or_settings_open_is_there() {
    for (settings, open) in [
        ("", &["note", "notice"][..]),
        (
            "[data]\nopen = ['User', 'Ledger']",
            &["note", "notice", "user", "ledger"],
        ),
        ("[data]\nclosed = ['Note']", &["notice"]),
        ("[data]\nothers = 'closed'\nopen = ['Notice']", &["notice"]),
    ] {
        let place = Place::start(settings).await;
        let nobody = place.visitor();
        let all = [
            "note",
            "notice",
            "user",
            "ledger",
            "account",
            "session",
            "verificationToken",
        ];
        for model in all {
            let path = format!("/api/model/{model}/findMany");
            let (rpc, said) = told(nobody.request(Method::GET, &path)).await;
            let path = format!("/api/rest/{model}");
            let (rest, _) = told(nobody.request(Method::GET, &path)).await;
            let expected = if open.contains(&model) {
                (200, 200)
            } else {
                (400, 404)
            };
            assert_eq!((rpc, rest), expected, "{settings} {model}: {said}");
        }
        // Own tables have no name either.
        let (status, _) =
            told(nobody.request(Method::GET, "/api/model/hallpassRevocation/findMany")).await;
        assert_eq!(status, 400);
    }
}

#[tokio::test]
async fn paths_are_where_the_settings_say() {
    let place = Place::start("[data]\nrpc_path = '/v1/data'\nrest_path = 'off'").await;
    let nobody = place.visitor();
    for (path, status) in [
        ("/v1/data/note/findMany", 200),
        ("/api/model/note/findMany", 404),
        ("/api/rest/note", 404),
        ("/v1/data", 404),
        ("/v1/database/note/findMany", 404),
    ] {
        let (found, _) = told(nobody.request(Method::GET, path)).await;
        assert_eq!(found, status, "{path}");
    }
    let place = Place::start("[data]\nenabled = false").await;
    let (found, _) = told(
        place
            .visitor()
            .request(Method::GET, "/api/model/note/findMany"),
    )
    .await;
    assert_eq!(found, 404);
}

#[tokio::test]
async fn a_layout_without_rules_has_no_data_routes() {
    let test = sqlite().await;
    let running = Binary::serve(&test.address)
        .variable("HALLPASS_APP", "none")
        .start();
    let nobody = Visitor::new(&running.base);
    for path in ["/api/model/user/findMany", "/api/rest/user"] {
        let (status, _) = told(nobody.request(Method::GET, path)).await;
        assert_eq!(status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_todo_list_is_there_too() {
    let data = tempdir().unwrap();
    let running = Binary::dev(data.path()).start();
    let ann = Visitor::new(&running.base);
    ann.sign_in("ann@example.com").await;
    ann.add_todo("milk").await;
    let todos = read(&ann, "todo/findMany", &json!({"select": {"content": true}})).await;
    assert_eq!(todos, json!([{"content": "milk"}]));
    let nobody = Visitor::new(&running.base);
    assert_eq!(read(&nobody, "todo/findMany", &json!({})).await, json!([]));
}

#[tokio::test]
async fn settings_that_do_not_fit_are_told_at_the_start() {
    let test = sqlite().await;
    for (settings, url, told) in [
        (
            "[data]\nopen = ['Notes']",
            "",
            "error: the data cannot be served over HTTP\n\
             cause: `Notes`, which is to be opened or closed, is no model of the schema, did you mean `Note`?",
        ),
        (
            "[data]\nmodel_name_mapping = { Notes = 'papers' }",
            "",
            "error: hallpass.toml:2:1: the data cannot be served over HTTP\n\
             cause: `model_name_mapping` names the model `Notes`, which the schema does not have\n \
             help: write the model as the schema does",
        ),
        (
            "[data.model_name_mapping]\nNote = 'notice'",
            "",
            "error: hallpass.toml:1:7: the data cannot be served over HTTP\n\
             cause: `notice` is the name of two models in paths\n \
             help: give one of them another name",
        ),
        (
            "[data]\nexternal_id_mapping = { Note = 'title' }",
            "",
            "error: hallpass.toml:2:1: the data cannot be served over HTTP\n\
             cause: `title`, which is to identify resources of `Note`, is no unique key of it\n \
             help: name a field with `@unique`",
        ),
        (
            "[data]\nid_divider = '/'",
            "",
            "error: hallpass.toml:2:1: the divider of ids must be of one or more characters other than `%`, `/` and `,`\n \
             help: write a sign that ids seldom hold",
        ),
        (
            "",
            "http://localhost/api",
            "error: the data would be at `/api/model`, which is below the path of sign-in, `/api`\n \
             help: set `rpc_path` and `rest_path` under `[data]`",
        ),
    ] {
        let folder = tempdir().unwrap();
        let ended = binary(&test.address, &folder, settings)
            .variable("AUTH_URL", url)
            .finish();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.error.contains(told), "{}", ended.error);
    }
}
