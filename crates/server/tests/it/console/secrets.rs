//! What nobody reads off any page.

use std::collections::BTreeSet;

use super::place::{ADMINISTRATORS, Place, look};
use crate::harness::html;

/// Pages that one walk looks at, at most.
const PAGES: usize = 400;

#[tokio::test]
async fn no_page_that_links_lead_to_holds_a_secret() {
    let place = Place::start(&format!("{ADMINISTRATORS}[password]\nfield = 'password'\n")).await;
    let root = place.root().await;
    place.signed_in("ann@example.com").await;
    let ann = place.id_of("ann@example.com").await;
    place.note(1, "milk", "ann@example.com").await;
    for statement in [
        "UPDATE \"User\" SET \"apiKey\" = 'planted-key', \"password\" = 'planted-hash'".to_owned(),
        "UPDATE \"Note\" SET \"sealed\" = 'planted-sealed'".to_owned(),
        "UPDATE \"Session\" SET \"sessionToken\" = 'planted-session' WHERE \"userId\" <> \
         (SELECT \"id\" FROM \"User\" WHERE \"email\" = 'root@example.com')"
            .to_owned(),
        "INSERT INTO \"VerificationToken\" VALUES ('x@example.com', 'planted-token', '2100-01-01')"
            .to_owned(),
        format!(
            "INSERT INTO \"Account\" (\"userId\", \"type\", \"provider\", \"providerAccountId\", \"refresh_token\", \
             \"access_token\", \"id_token\", \"session_state\") VALUES ('{ann}', 'oauth', 'github', '77', \
             'planted-refresh', 'planted-access', 'planted-id', 'planted-state')"
        ),
    ] {
        place.run(&statement).await;
    }
    let mut waiting = vec!["/console".to_owned(), format!("/console?as={ann}")];
    let mut seen = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        assert!(seen.len() < PAGES, "the walk does not end");
        let answer = look(&root, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(!answer.body.contains("planted"), "{path}: {}", answer.body);
        let links = html::attributes(&answer.body, "href=\"/console", "href");
        let links = links.iter().map(|link| link.replace("&#38;", "&"));
        waiting.extend(links.filter(|link| !link.ends_with(".css")));
    }
    // The walk came to where secrets would be.
    for part in [
        "models/Account",
        "models/Note/row?",
        "models/User/row?",
        "people",
    ] {
        assert!(
            seen.iter().any(|path| path.contains(part)),
            "{part}: {seen:?}"
        );
    }
    assert!(!seen.iter().any(|path| path.contains("models/Session")));
}

#[tokio::test]
async fn tables_whose_rows_open_doors_are_not_there() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    for model in [
        "Session",
        "VerificationToken",
        "HallpassSession",
        "HallpassPassword",
        "HallpassTotp",
    ] {
        for path in [
            format!("/console/models/{model}"),
            format!("/console/models/{model}/row?row.key=1"),
        ] {
            let answer = look(&root, &path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(!answer.body.contains(model), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_row_is_named_by_its_id_alone() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    place.signed_in("ann@example.com").await;
    place.note(1, "milk", "ann@example.com").await;
    // Whoever could ask by another unique key would find out what it holds, guess by guess.
    for query in [
        "row.code=planted-code-1",
        "row.id=%7B%22code%22%3A%22planted-code-1%22%7D",
        "row=%7B%22code%22%3A%22planted-code-1%22%7D",
        "row.id=&row.code=planted-code-1",
    ] {
        let answer = look(&root, &format!("/console/models/Note/row?{query}")).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
    }
}
