//! Whatever stands in an address, the answer is a page.

use reqwest::Method;

use super::place::{ADMINISTRATORS, Place, ask, assert_hides, assert_shows, look, page};

#[tokio::test]
async fn nonsense_is_told_and_never_fails() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        for (path, status) in [
            ("/console/nothing", 404),
            ("/console/models", 404),
            ("/console/models/", 404),
            ("/console/models/Nothing", 404),
            ("/console/models/note", 404),
            ("/console/models/%3Cscript%3E", 404),
            ("/console/models/%ff", 404),
            ("/console/models/Note/more", 404),
            ("/console/models/Note/row", 400),
            ("/console/models/Note/row?row.id=", 400),
            ("/console/models/Note/row?row.id=x", 400),
            ("/console/models/Note/row?row.id=1.5", 400),
            ("/console/models/Note/row?row.id=99999999999999999999", 400),
            ("/console/models/Note/row?row.id=true", 400),
            ("/console/models/Note/row?row.id=null", 400),
            ("/console/models/Note/row?row.id=%5B1%5D", 400),
            ("/console/models/Note?after.id=x", 400),
            ("/console/models/Note?after.id=99999999999999999999", 400),
            // Nothing comes after a row that is not there.
            ("/console/models/Note?after.id=7", 200),
            ("/console/models/Pair?after.a=1", 200),
            ("/console/models/Pair?after.a=x&after.b=y", 400),
            ("/console/models/Pair?after.a=1&after.b=%00", 0),
            ("/console/models/User/row?row.id=%00", 0),
            ("/console/people?q=%00", 0),
            ("/console/people?q=%ff%27%22%5C", 200),
            ("/console/people?model=Nothing", 200),
            ("/console?&&=&as=", 200),
        ] {
            let answer = look(&root, path).await;
            // Texts with a zero are no texts to some databases.
            let is_expected = match status {
                0 => answer.status < 500,
                status => answer.status == status,
            };
            assert!(
                is_expected,
                "{} {path}: {} {}",
                place.test.name, answer.status, answer.body
            );
            assert!(answer.body.contains("<h1>"), "{path}: {}", answer.body);
            assert_hides(&answer.body, &["<script"]);
        }
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = ask(&root, method.clone(), "/console/models/Note").await;
            assert_eq!(answer.status, 405, "{method}");
        }
    }
}

#[tokio::test]
async fn a_table_that_is_gone_is_told_and_hides_no_other() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        place.run("ALTER TABLE \"Pair\" RENAME TO \"Gone\"").await;
        let name = place.test.name;
        let answer = look(&root, "/console/models/Pair").await;
        assert_eq!(answer.status, 500, "{name}");
        assert_shows(
            &answer.body,
            &["<h1>The database refused to answer", "hallpass db status"],
        );
        assert_hides(&answer.body, &["SELECT", "no such table", "does not exist"]);
        let models = page(&root, "/console").await;
        assert_shows(&models, &["not readable: open it to see why", "no rows<"]);
        let lines = place.running.end();
        let told = lines
            .iter()
            .any(|line| line.contains("the console could not read from the database"));
        assert!(told, "{name}: {lines:?}");
    }
}

#[tokio::test]
async fn where_rights_cannot_be_read_nobody_enters() {
    let settings = format!("{ADMINISTRATORS}[session]\nstrategy = 'jwt'\n");
    let place = Place::start(&settings).await;
    let root = place.root().await;
    place.run("ALTER TABLE \"User\" RENAME TO \"Gone\"").await;
    for path in ["/console", "/console/models/Note", "/console/nothing"] {
        let answer = look(&root, path).await;
        assert_eq!(answer.status, 500, "{path}");
        assert_shows(&answer.body, &["<h1>The database refused to answer"]);
        assert_hides(&answer.body, &["Note", "Gone", "User"]);
    }
}
