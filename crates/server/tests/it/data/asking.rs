//! Who asks: cookies, tokens in a header, other sites, and people whose rights change.

use hallpass_db::testing::TestDatabase;
use reqwest::Method;
use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::place::{Place, asked, create, read, told, written};
use crate::harness::Visitor;

const COOKIE: &str = "authjs.session-token";

/// Where sessions live.
const STRATEGIES: [&str; 2] = ["", "[session]\nstrategy = 'jwt'"];

/// The titles that whoever shows this token sees, or why nobody does.
async fn titles(place: &Place, authorization: &str) -> Result<Value, (u16, String)> {
    let request = asked(
        &place.visitor(),
        "note/findMany",
        &json!({"select": {"title": true}}),
    );
    let sent = request.header("authorization", authorization).send().await;
    let response = sent.unwrap();
    let status = response.status().as_u16();
    let challenge = header(response.headers(), WWW_AUTHENTICATE.as_str());
    assert!(response.headers().get("set-cookie").is_none());
    let mut body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    if status == 200 {
        return Ok(body["data"].take());
    }
    assert!(body["error"]["message"].is_string(), "{body}");
    Err((status, challenge))
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn refused() -> Result<Value, (u16, String)> {
    Err((401, "Bearer error=\"invalid_token\"".to_owned()))
}

#[tokio::test]
async fn a_token_in_the_header_is_the_session_until_it_ends() {
    for settings in STRATEGIES {
        let place = Place::start(settings).await;
        let ann = place.signed_in("ann@example.com").await;
        assert_eq!(
            create(&ann, "note", json!({"id": 1, "title": "milk"}))
                .await
                .0,
            201
        );
        let token = ann.cookie(COOKIE).unwrap();
        let milk = Ok(json!([{"title": "milk"}]));
        assert_eq!(
            titles(&place, &format!("Bearer {token}")).await,
            milk,
            "{settings}"
        );
        assert_eq!(
            titles(&place, &format!("bearer {token}")).await,
            milk,
            "{settings}"
        );
        // GHSA-xmf8-cvqr-rfgj: whatever stands there is an answer.
        for wrong in [
            "Bearer",
            "Bearer %",
            "Bearer %ff",
            "Bearer x",
            "Bearer ..",
            "Bearer \u{e9}",
        ] {
            assert_eq!(titles(&place, wrong).await, refused(), "{settings} {wrong}");
        }
        let cut = token.get(..token.len() - 2).unwrap();
        assert_eq!(titles(&place, &format!("Bearer {cut}")).await, refused());
        // Another scheme is nobody's token.
        assert_eq!(titles(&place, "Basic eDp5").await, Ok(json!([])));

        ann.sign_out().await;
        assert_eq!(
            titles(&place, &format!("Bearer {token}")).await,
            refused(),
            "{settings}"
        );
    }
}

#[tokio::test]
async fn a_cookie_counts_before_the_header() {
    let place = Place::start("").await;
    let ann = place.signed_in("ann@example.com").await;
    let bob = place.signed_in("bob@example.com").await;
    for (visitor, id, title) in [(&ann, 1, "ann's"), (&bob, 2, "bob's")] {
        let created = create(visitor, "note", json!({"id": id, "title": title})).await;
        assert_eq!(created.0, 201);
    }
    let anns = format!("Bearer {}", ann.cookie(COOKIE).unwrap());
    let all = json!({"select": {"title": true}});
    let (_, body) = told(asked(&bob, "note/findMany", &all).header("authorization", &anns)).await;
    assert_eq!(body["data"], json!([{"title": "bob's"}]));
    // Whatever the cookie is worth: a header does not help it.
    let stale = asked(&place.visitor(), "note/findMany", &all)
        .header("cookie", format!("{COOKIE}=stale"))
        .header("authorization", &anns);
    assert_eq!(told(stale).await.1["data"], json!([]));
}

#[tokio::test]
async fn what_one_person_has_already_is_sent_to_another() {
    let place = Place::start("").await;
    let ann = place.signed_in("ann@example.com").await;
    let bob = place.signed_in("bob@example.com").await;
    for (visitor, id) in [(&ann, 1), (&bob, 2)] {
        let created = create(visitor, "note", json!({"id": id, "title": "t"})).await;
        assert_eq!(created.0, 201);
    }
    for path in ["/api/model/note/findMany", "/api/rest/note"] {
        let anns = ann.request(Method::GET, path).send().await.unwrap();
        let tag = header(anns.headers(), "etag");
        assert!(!tag.is_empty(), "{path}");
        let again = ann.request(Method::GET, path).header("if-none-match", &tag);
        assert_eq!(told(again).await.0, 304, "{path}");
        let bobs = bob.request(Method::GET, path).header("if-none-match", &tag);
        let (status, body) = told(bobs).await;
        assert_eq!(status, 200, "{path}");
        assert!(body["data"].to_string().contains("2"), "{body}");
    }
}

#[tokio::test]
async fn a_token_opens_no_page_and_no_session_route() {
    let place = Place::start("").await;
    let ann = place.signed_in("ann@example.com").await;
    let bearer = format!("Bearer {}", ann.cookie(COOKIE).unwrap());
    let nobody = place.visitor();
    let session = nobody.request(Method::GET, "/api/auth/session");
    assert_eq!(
        told(session.header("authorization", &bearer)).await,
        (200, Value::Null)
    );
    let account = nobody.request(Method::GET, "/api/auth/account");
    let (_, page) = told(account.header("authorization", &bearer)).await;
    assert!(!page.to_string().contains("ann@example.com"), "{page}");
}

#[tokio::test]
async fn other_sites_may_neither_write_nor_read_with_the_cookie() {
    let place = Place::start("").await;
    let ann = place.signed_in("ann@example.com").await;
    let note = json!({"data": {"id": 1, "title": "milk"}});
    let elsewhere = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];
    for (name, value) in elsewhere {
        let write = written(&ann, Method::POST, "note/create", &note).header(name, value);
        let (status, body) = told(write).await;
        assert_eq!(status, 403, "{name}: {value}");
        let said = json!({"error": {"message": "the request comes from another site"}});
        assert_eq!(body, said);
        let read = asked(&ann, "note/findMany", &json!({})).header(name, value);
        assert_eq!(told(read).await.0, 403, "{name}: {value}");
        let rest = ann
            .request(Method::DELETE, "/api/rest/note/1")
            .header(name, value);
        let (status, body) = told(rest).await;
        assert_eq!(
            (status, &body["errors"][0]["code"]),
            (403, &json!("forbidden"))
        );
        // Nobody's writes are refused too, and what everybody may read is read.
        let nobody = place.visitor();
        let write = written(&nobody, Method::POST, "note/create", &note).header(name, value);
        assert_eq!(told(write).await.0, 403);
        let read = asked(&nobody, "notice/findMany", &json!({})).header(name, value);
        assert_eq!(told(read).await.0, 200);
    }
    assert_eq!(read(&ann, "note/count", &json!({})).await, json!(0));
    // A token was attached by whoever knows it.
    let bearer = format!("Bearer {}", ann.cookie(COOKIE).unwrap());
    let write = written(&place.visitor(), Method::POST, "note/create", &note)
        .header("origin", "https://app.example")
        .header("authorization", bearer);
    assert_eq!(told(write).await.0, 201);
}

#[tokio::test]
async fn rights_that_change_count_at_the_next_request() {
    for settings in STRATEGIES {
        for place in Place::everywhere(settings).await {
            let ann = place.signed_in("ann@example.com").await;
            let bob = place.signed_in("bob@example.com").await;
            assert_eq!(
                create(&ann, "note", json!({"id": 1, "title": "milk"}))
                    .await
                    .0,
                201
            );
            let bearer = format!("Bearer {}", bob.cookie(COOKIE).unwrap());
            for (role, seen) in [("reader", 0), ("editor", 1), ("reader", 0)] {
                set_role(&place.test, "bob@example.com", role).await;
                let count = read(&bob, "note/count", &json!({})).await;
                assert_eq!(count, json!(seen), "{} {settings} {role}", place.name);
                let titles = titles(&place, &bearer).await.unwrap();
                assert_eq!(titles.as_array().map(Vec::len), Some(seen));
            }
        }
    }
}

/// As an administrator's program does it.
async fn set_role(test: &TestDatabase, email: &str, role: &str) {
    let quote = if test.name == "mysql" { '`' } else { '"' };
    let statement =
        format!("UPDATE {quote}User{quote} SET role = '{role}' WHERE email = '{email}'");
    test.run(&statement).await;
}

#[tokio::test]
async fn what_was_read_is_asked_for_again_and_sent_once() {
    let place = Place::start("").await;
    let ann = place.signed_in("ann@example.com").await;
    let ask = async |visitor: &Visitor, tag: &str| {
        let request = asked(visitor, "note/findMany", &json!({})).header("if-none-match", tag);
        let response = request.send().await.unwrap();
        let tag = header(response.headers(), "etag");
        let kept = header(response.headers(), "cache-control");
        (response.status().as_u16(), tag, kept)
    };
    let (status, tag, kept) = ask(&ann, "").await;
    assert_eq!((status, kept.as_str()), (200, "private, no-cache"));
    assert_eq!(ask(&ann, &tag).await.0, 304);
    assert_eq!(
        create(&ann, "note", json!({"id": 1, "title": "milk"}))
            .await
            .0,
        201
    );
    assert_eq!(ask(&ann, &tag).await.0, 200);
}
