//! What administrators see: models, rows as somebody sees them, and people.

use super::place::{ADMINISTRATORS, Place, assert_hides, assert_shows, look, page};
use crate::harness::html;

#[tokio::test]
async fn rows_are_those_that_the_chosen_person_sees_on_every_database() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        for address in ["ann@example.com", "bob@example.com"] {
            place.signed_in(address).await;
        }
        place.note(1, "milk of Ann", "ann@example.com").await;
        place.note(2, "bread of Bob", "bob@example.com").await;
        let name = place.test.name;
        let (ann, bob) = (
            place.id_of("ann@example.com").await,
            place.id_of("bob@example.com").await,
        );

        // Whoever looks, nobody's eyes are borrowed until somebody is chosen.
        let rows = page(&root, "/console/models/Note").await;
        assert_hides(&rows, &["milk of Ann", "bread of Bob"]);
        assert_shows(
            &rows,
            &[
                "Rows that <bdi>a visitor</bdi> sees",
                "Look a row up by its id",
            ],
        );

        let rows = page(&root, &format!("/console/models/Note?as={ann}")).await;
        assert_shows(
            &rows,
            &[
                "milk of Ann",
                "pin-1",
                "Rows that <bdi>ann@example.com</bdi> sees",
            ],
        );
        assert_hides(&rows, &["bread of Bob"]);
        // By the address, however it is typed.
        let rows = page(&root, "/console/models/Note?as=+Ann%40Example.com").await;
        assert_shows(&rows, &["milk of Ann"]);

        // An editor sees all of them, but no pins of others.
        place
            .run("UPDATE \"User\" SET \"role\" = 'editor' WHERE \"email\" = 'bob@example.com'")
            .await;
        let rows = page(&root, &format!("/console/models/Note?as={bob}")).await;
        assert_shows(&rows, &["milk of Ann", "bread of Bob", "pin-2"]);
        assert_hides(&rows, &["pin-1"]);

        let models = page(&root, &format!("/console?as={ann}")).await;
        assert_shows(&models, &["1 row<", "3 rows<", "no rows<"]);
        let models = page(&root, &format!("/console?as={bob}")).await;
        assert!(models.contains("2 rows<"), "{name}: {models}");
    }
}

#[tokio::test]
async fn a_model_shows_its_rules_with_their_comments_and_its_fields() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    let model = page(&root, "/console/models/Note").await;
    assert_shows(
        &model,
        &[
            "What people write down.",
            "Owners do with theirs what they like.",
            "@@allow(&#39;all&#39;, auth().id == ownerId)",
            "@@deny(&#39;delete&#39;, done)",
            "schema.zmodel:",
            "create, read, update, delete",
            "<code>User</code>",
            "secret: shown to nobody",
            "has rules of its own",
        ],
    );
    let ledger = page(&root, "/console/models/Ledger").await;
    assert_shows(&ledger, &["nobody may read, create, update or delete"]);
    // In the list, too.
    let models = page(&root, "/console").await;
    assert_shows(
        &models,
        &["@@deny(&#39;delete&#39;, done)", "closed to everybody"],
    );
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repetition_on_every_database() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        for number in 0..60 {
            // Some differ in the second part alone, and names have what addresses have to escape.
            let (a, b) = (number / 7, format!("b&{:02}=ü", number % 7));
            place
                .run(&format!(
                    "INSERT INTO \"Pair\" (\"a\", \"b\") VALUES ({a}, '{b}')"
                ))
                .await;
        }
        let mut seen = Vec::new();
        let mut path = "/console/models/Pair".to_owned();
        for expected in [25, 25, 10] {
            let rows = page(&root, &path).await;
            let whys = html::attributes(&rows, "Why row", "href");
            assert_eq!(whys.len(), expected, "{}: {path}", place.test.name);
            seen.extend(whys);
            path = html::attribute(&rows, "rel=\"next\"", "href")
                .unwrap_or_default()
                .replace("&#38;", "&");
        }
        assert_eq!(path, "", "after the last page there is none");
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((all, seen.len()), (60, 60));
    }
}

#[tokio::test]
async fn pages_have_as_many_rows_as_one_read_may_give() {
    for (rows, expected) in [(10, 9), (2, 1), (1, 1)] {
        let settings = format!("{ADMINISTRATORS}[data]\nrows = {rows}\n");
        let place = Place::start(&settings).await;
        let root = place.root().await;
        for number in 0..12 {
            place
                .run(&format!(
                    "INSERT INTO \"Pair\" (\"a\", \"b\") VALUES ({number}, 'b')"
                ))
                .await;
        }
        let shown = page(&root, "/console/models/Pair").await;
        let whys = html::attributes(&shown, "Why row", "href");
        assert_eq!(whys.len(), expected, "{rows}");
        assert_shows(&page(&root, "/console").await, &["12 rows<"]);
    }
}

#[tokio::test]
async fn values_are_escaped_and_long_ones_cut() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    place.signed_in("ann@example.com").await;
    let ann = place.id_of("ann@example.com").await;
    place
        .note(
            1,
            "<script>alert('1')</script> & \"more\"",
            "ann@example.com",
        )
        .await;
    place.note(2, &"long".repeat(1000), "ann@example.com").await;
    place
        .run("UPDATE \"User\" SET \"name\" = '<img src=x>' WHERE \"email\" = 'ann@example.com'")
        .await;
    let rows = page(&root, &format!("/console/models/Note?as={ann}")).await;
    assert_hides(&rows, &["<script", "<img"]);
    assert_shows(
        &rows,
        &[
            "&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62; &#38; &#34;more&#34;",
            "of 4000 characters",
        ],
    );
    assert!(rows.matches("long").count() < 40, "{rows}");
    for path in [
        "/console/people",
        "/console/models/User",
        "/console?as=%22%3E%3Cscript%3E",
    ] {
        let answer = look(&root, path).await;
        assert_hides(&answer.body, &["<script", "<img"]);
    }
    let row = page(
        &root,
        &format!("/console/models/Note/row?row.id=1&as={ann}"),
    )
    .await;
    assert_hides(&row, &["<script"]);
}

#[tokio::test]
async fn people_are_found_by_what_they_begin_with_on_every_database() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        for number in 0..30 {
            place
                .run(&format!(
                    "INSERT INTO \"User\" (\"id\", \"name\", \"email\", \"role\") \
                     VALUES ('id-{number:02}', 'Person {number:02}', 'p{number:02}@example.com', 'reader')"
                ))
                .await;
        }
        let name = place.test.name;
        for (looked_for, found) in [
            ("P07", 1),
            ("p07@example.com", 1),
            ("person 0", 10),
            ("id-12", 1),
            ("p%", 0),
            ("_07", 0),
            ("07@example", 0),
            ("nobody", 0),
        ] {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            let query = query
                .append_pair("q", looked_for)
                .append_pair("model", "Note")
                .finish();
            let people = page(&root, &format!("/console/people?{query}")).await;
            let links = html::attributes(&people, "models/Note?as=", "href");
            assert_eq!(links.len(), found, "{name}: {looked_for}");
        }
        let people = page(&root, "/console/people").await;
        assert_eq!(html::attributes(&people, "console?as=", "href").len(), 25);
        assert_shows(&people, &["There are more"]);
        let chosen = page(&root, "/console?as=id-12").await;
        assert_shows(&chosen, &["p12@example.com"]);
    }
}

#[tokio::test]
async fn whoever_cannot_be_chosen_is_a_page() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    for asked in [
        "nobody",
        "x@example.com",
        "{\"email\": \"root@example.com\"}",
        "%00",
        "%ff",
    ] {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("as", asked).finish();
        let answer = look(&root, &format!("/console/models/Note?{query}")).await;
        assert_eq!(answer.status, 404, "{asked}: {}", answer.body);
        assert_shows(&answer.body, &["There is no such user"]);
    }
    let long = "x".repeat(5000);
    assert_eq!(
        look(&root, &format!("/console?as={long}")).await.status,
        404
    );
}

#[tokio::test]
async fn who_looked_at_what_is_logged_without_addresses_and_ids_of_rows() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    place.signed_in("ann@example.com").await;
    place.note(4711, "milk", "ann@example.com").await;
    let (root_id, ann) = (
        place.id_of("root@example.com").await,
        place.id_of("ann@example.com").await,
    );
    page(
        &root,
        &format!("/console/models/Note/row?row.id=4711&as={ann}"),
    )
    .await;
    page(&root, "/console/people?q=ann%40example.com").await;
    let Place { running, .. } = place;
    let lines = running.end();
    let looked: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("an administrator looked"))
        .collect();
    let [row, people] = looked.as_slice() else {
        panic!("{looked:?}")
    };
    for part in [root_id.as_str(), ann.as_str(), "Note", "row"] {
        assert!(row.contains(part), "{part}: {row}");
    }
    assert!(
        people.contains(&root_id) && people.contains("nobody"),
        "{people}"
    );
    let all = lines.join("\n");
    assert_hides(&all, &["@example.com", "4711"]);
}

#[tokio::test]
async fn people_are_those_that_rules_know() {
    let place = Place::with_models(
        "model Member { id Int @id level String @@auth }
         model Task { id Int @id level String @@allow('read', auth().level == level) }",
    )
    .await;
    let root = place.root().await;
    place
        .run("INSERT INTO \"Member\" VALUES (7, 'low'), (8, 'high')")
        .await;
    place
        .run("INSERT INTO \"Task\" VALUES (1, 'low'), (2, 'high'), (3, 'high')")
        .await;
    let models = page(&root, "/console?as=8").await;
    assert_shows(&models, &["As seen by <b><bdi>8</bdi></b>", "2 rows<"]);
    let people = page(&root, "/console/people").await;
    assert_eq!(html::attributes(&people, "console?as=", "href").len(), 2);
    assert_hides(&people, &["root@example.com</bdi></b></a>"]);
    for nobody in ["9", "low", "7.5", "root@example.com"] {
        let answer = look(&root, &format!("/console?as={nobody}")).await;
        assert_eq!(answer.status, 404, "{nobody}");
    }
}

#[tokio::test]
async fn where_rules_know_no_table_of_people_nobody_can_be_chosen() {
    let place = Place::with_models(
        "type Claims { id String level String @@auth }
         model Task { id Int @id level String @@allow('read', auth() == null) }",
    )
    .await;
    let root = place.root().await;
    place.run("INSERT INTO \"Task\" VALUES (1, 'low')").await;
    let models = page(&root, "/console").await;
    assert_shows(&models, &["1 row<"]);
    for path in ["/console/people", "/console?as=7"] {
        let answer = look(&root, path).await;
        assert_eq!(answer.status, 404);
        assert_shows(&answer.body, &["Nobody can be chosen"]);
    }
}

#[tokio::test]
async fn rows_without_an_id_that_is_shown_are_listed_without_pages() {
    let place = Place::with_models(
        "model Key { secret String @id @omit note String @@allow('read', true) }
         model Task { id Int @id @allow('read', auth() != null) title String @@allow('read', true) }",
    )
    .await;
    let root = place.root().await;
    for number in 0..30 {
        place
            .run(&format!(
                "INSERT INTO \"Key\" VALUES ('planted-{number}', 'note')"
            ))
            .await;
        place
            .run(&format!("INSERT INTO \"Task\" VALUES ({number}, 'title')"))
            .await;
    }
    for model in ["Key", "Task"] {
        let rows = page(&root, &format!("/console/models/{model}")).await;
        assert_shows(&rows, &["There are more"]);
        assert_hides(&rows, &["planted", "Why?", "rel=\"next\""]);
    }
    let answer = look(&root, "/console/models/Key/row?row.secret=planted-1").await;
    assert_eq!(answer.status, 400);
}
