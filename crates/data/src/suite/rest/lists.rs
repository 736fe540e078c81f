use std::num::NonZeroU32;

use serde_json::{Value as Json, json};

use super::support::{ENDPOINT, SCHEMA, Served, rest_options, served, served_with};
use crate::Limits;
use crate::http::{PageSize, RestOptions};

async fn people(db: &Served, count: usize) {
    for number in 0..count {
        let key = format!("p{number:03}");
        let email = format!("{key}@example.org");
        db.add("Person", json!({"key": key, "email": email})).await;
    }
}

fn links(body: &Json) -> [Json; 5] {
    ["self", "first", "last", "prev", "next"].map(|name| body["links"][name].clone())
}

fn expected(
    path: &str,
    first: &str,
    last: u32,
    prev: Option<&str>,
    next: Option<&str>,
) -> [Json; 5] {
    let link = |query: &str| json!(format!("{ENDPOINT}{path}{query}"));
    let page = |page: Option<&str>| {
        page.map_or(Json::Null, |page| {
            let (offset, limit) = page.split_once(',').unwrap();
            link(&format!(
                "?page%5Boffset%5D={offset}&page%5Blimit%5D={limit}"
            ))
        })
    };
    [
        link(""),
        link(&format!("?page%5Blimit%5D={first}")),
        link(&format!("?page%5Boffset%5D={last}")),
        page(prev),
        page(next),
    ]
}

#[tokio::test]
async fn lists_come_in_pages() {
    for db in served().await.all {
        people(&db, 5).await;
        let rows = [
            ("", 5, expected("/person", "5", 0, None, None)),
            (
                "?page[limit]=3",
                3,
                expected("/person", "3", 3, None, Some("3,3")),
            ),
            (
                "?page[limit]=3&page[offset]=3",
                2,
                expected("/person", "3", 3, Some("0,3"), None),
            ),
            (
                "?page[limit]=10",
                5,
                expected("/person", "5", 0, None, None),
            ),
            (
                "?page[offset]=10",
                0,
                expected("/person", "5", 0, None, None),
            ),
            (
                "?page[offset]=-1",
                5,
                expected("/person", "5", 0, None, None),
            ),
            ("?page[limit]=0", 5, expected("/person", "5", 0, None, None)),
            (
                "?page[limit]=x&page[offset]=x",
                5,
                expected("/person", "5", 0, None, None),
            ),
            (
                "?page[offset]=99999999999999999999999",
                0,
                expected("/person", "5", 0, None, None),
            ),
            (
                "?page[limit]=2&page[offset]=2",
                2,
                expected("/person", "2", 4, Some("0,2"), Some("4,2")),
            ),
        ];
        for (query, count, expected) in rows {
            let answer = db.get(&format!("/person{query}")).await;
            assert_eq!(
                answer.data().as_array().unwrap().len(),
                count,
                "{} {query}",
                db.name
            );
            assert_eq!(
                answer.body["meta"]["total"],
                json!(5),
                "{} {query}",
                db.name
            );
            assert_eq!(links(&answer.body), expected, "{} {query}", db.name);
        }
    }
}

#[tokio::test]
async fn nothing_is_an_empty_list() {
    for db in served().await.all {
        let answer = db.get("/person").await;
        let body = json!({
            "jsonapi": {"version": "1.1"},
            "data": [],
            "links": {
                "self": format!("{ENDPOINT}/person"),
                "first": format!("{ENDPOINT}/person?page%5Blimit%5D=5"),
                "last": format!("{ENDPOINT}/person?page%5Boffset%5D=0"),
                "prev": null,
                "next": null,
            },
            "meta": {"total": 0},
        });
        assert_eq!(answer.ok(), &body, "{}", db.name);
    }
}

#[tokio::test]
async fn following_next_gives_everything_once_in_the_same_order() {
    for db in served().await.all {
        people(&db, 12).await;
        for sort in ["", "&sort=name", "&sort=-name,-email"] {
            let mut address =
                format!("/person?page[limit]=5{sort}&filter[email$endsWith]=example.org");
            let mut seen = Vec::new();
            loop {
                let answer = db.get(&address).await;
                assert_eq!(
                    answer.ok()["meta"]["total"],
                    json!(12),
                    "{} {address}",
                    db.name
                );
                seen.extend(
                    answer
                        .ids()
                        .into_iter()
                        .map(|id| id.as_str().unwrap().to_owned()),
                );
                match answer.body["links"]["next"].as_str() {
                    Some(next) => address = next.strip_prefix(ENDPOINT).unwrap().to_owned(),
                    None => break,
                }
            }
            let mut expected: Vec<_> = (0..12).map(|number| format!("p{number:03}")).collect();
            if sort.contains("-email") {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{} {sort}", db.name);
        }
    }
}

#[tokio::test]
async fn what_a_resource_leads_to_comes_in_pages() {
    for db in served().await.all {
        db.add("Person", json!({"key": "ann", "email": "ann@example.org"}))
            .await;
        for number in 1..=10 {
            db.add(
                "Post",
                json!({"id": number, "title": "t", "views": number % 2, "authorKey": "ann"}),
            )
            .await;
        }
        for path in ["/person/ann/posts", "/person/ann/relationships/posts"] {
            let rows = [
                ("", 5, expected(path, "5", 5, None, Some("5,5"))),
                (
                    "?page[limit]=3",
                    3,
                    expected(path, "3", 9, None, Some("3,3")),
                ),
                (
                    "?page[limit]=3&page[offset]=8",
                    2,
                    expected(path, "3", 9, Some("5,3"), None),
                ),
            ];
            for (query, count, expected) in rows {
                let answer = db.get(&format!("{path}{query}")).await;
                assert_eq!(answer.ids().len(), count, "{} {path}{query}", db.name);
                assert_eq!(
                    answer.body["meta"]["total"],
                    json!(10),
                    "{} {path}{query}",
                    db.name
                );
                assert_eq!(links(&answer.body), expected, "{} {path}{query}", db.name);
            }
            // The total is that of what the filter lets through.
            let answer = db
                .get(&format!("{path}?filter[views]=1&page[limit]=2&sort=-id"))
                .await;
            assert_eq!(answer.ids(), [json!(9), json!(7)], "{} {path}", db.name);
            assert_eq!(answer.body["meta"]["total"], json!(5), "{} {path}", db.name);
            let next = format!(
                "{ENDPOINT}{path}?filter%5Bviews%5D=1&sort=-id&page%5Boffset%5D=2&page%5Blimit%5D=2"
            );
            assert_eq!(answer.body["links"]["next"], json!(next), "{}", db.name);
        }
    }
}

#[tokio::test]
async fn pages_are_no_larger_than_the_asker_may_take() {
    for db in served_with(SCHEMA, RestOptions::default()).await.all {
        people(&db, 6).await;
        for number in 1..=6 {
            let post = json!({"id": number, "title": "t", "authorKey": "p000"});
            db.add("Post", post).await;
        }
        let few = db.within(Limits {
            rows: 4,
            nested_rows: 4,
            ..Limits::PROGRAM
        });
        for path in [
            "/person",
            "/post",
            "/person/p000/posts",
            "/person/p000/relationships/posts",
        ] {
            let paths = ["", "?page[limit]=5", "?page[limit]=100"];
            for address in paths.map(|query| format!("{path}{query}")) {
                let answer = few.get(&address).await;
                assert_eq!(answer.ids().len(), 4, "{} {address}", db.name);
                assert_eq!(answer.body["meta"]["total"], json!(6), "{address}");
                let next = answer.body["links"]["next"].as_str().unwrap();
                assert!(
                    next.ends_with("page%5Boffset%5D=4&page%5Blimit%5D=4"),
                    "{} {next}",
                    db.name
                );
                let rest = next.strip_prefix("/api/rest").unwrap();
                let answer = few.get(rest).await;
                assert_eq!(answer.ids().len(), 2, "{} {rest}", db.name);
                assert_eq!(answer.body["links"]["next"], Json::Null, "{}", db.name);
            }
        }
        // Others have their own limits at the same service.
        assert_eq!(db.get("/person").await.ids().len(), 6, "{}", db.name);
    }
}

#[tokio::test]
async fn relationships_name_fewer_than_the_asker_may_take() {
    for db in served().await.all {
        db.seed().await;
        let linkage = async |nested_rows: u64, person: &str| {
            let asker = db.within(Limits {
                nested_rows,
                ..Limits::PROGRAM
            });
            let answer = asker.get(&format!("/person/{person}")).await;
            answer.data()["relationships"]["posts"].get("data").cloned()
        };
        let three = json!([{"type": "Post", "id": 3}]);
        let both = json!([{"type": "Post", "id": 1}, {"type": "Post", "id": 2}]);
        for (nested_rows, ann, bob) in [
            (3, Some(both), Some(three.clone())),
            (2, None, Some(three)),
            (1, None, None),
            (0, None, None),
        ] {
            let found = linkage(nested_rows, "ann").await;
            assert_eq!(found, ann, "{} {nested_rows}", db.name);
            let found = linkage(nested_rows, "bob").await;
            assert_eq!(found, bob, "{} {nested_rows}", db.name);
        }
    }
}

#[tokio::test]
async fn pages_can_be_without_end() {
    let options = RestOptions {
        page_size: PageSize::Unlimited,
        ..rest_options()
    };
    for db in served_with(SCHEMA, options).await.all {
        people(&db, 150).await;
        let answer = db.get("/person").await;
        assert_eq!(answer.ids().len(), 150, "{}", db.name);
        assert_eq!(answer.body["meta"]["total"], json!(150));
        assert_eq!(
            answer.body["links"],
            json!({"self": format!("{ENDPOINT}/person")})
        );
        let answer = db.get("/person?page[limit]=2&page[offset]=148").await;
        assert_eq!(answer.ids().len(), 2, "{}", db.name);
        assert_eq!(answer.body["meta"]["total"], json!(150));
    }
}

#[tokio::test]
async fn a_request_is_one_statement_a_longer_list_two() {
    let options = RestOptions {
        page_size: PageSize::Rows(NonZeroU32::new(2).unwrap()),
        ..rest_options()
    };
    for db in served_with(SCHEMA, options).await.all {
        db.seed().await;
        // Where the rows of a relation cannot be put into those around them, each relation is a statement.
        let one = db.client.engine().capability().json_rows.is_some();
        let rows = [
            ("/person/ann", 1),
            ("/person", 2),
            ("/person?page[offset]=1", 1),
            ("/person?include=posts.comments&page[offset]=1", 1),
            ("/person/ann/posts?include=comments", 1),
            ("/person/ann/relationships/posts", 1),
            ("/post/1/author", 1),
        ];
        for (address, expected) in rows {
            db.client.engine().sent.lock().unwrap().clear();
            db.get(address).await.ok();
            let sent = db.client.engine().sent.lock().unwrap().len();
            if one {
                assert_eq!(sent, expected, "{} {address}", db.name);
            } else {
                assert!(sent <= expected + 5, "{} {address} {sent}", db.name);
            }
        }
    }
}
