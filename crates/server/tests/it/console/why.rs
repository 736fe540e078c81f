//! Why somebody sees a row, or not.

use super::place::{ADMINISTRATORS, Place, assert_hides, assert_shows, look, page};

#[tokio::test]
async fn each_rule_says_what_it_makes_of_a_row_on_every_database() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        for address in ["ann@example.com", "bob@example.com"] {
            place.signed_in(address).await;
        }
        place.note(1, "milk of Ann", "ann@example.com").await;
        let (ann, bob) = (
            place.id_of("ann@example.com").await,
            place.id_of("bob@example.com").await,
        );
        let why = async |who: &str| {
            page(
                &root,
                &format!("/console/models/Note/row?row.id=1&as={who}"),
            )
            .await
        };

        let seen = why(&ann).await;
        assert_shows(
            &seen,
            &[
                "is seen</b> by",
                "milk of Ann",
                "pin-1",
                "Admitted",
                "Owners do with theirs",
                "<b class=\"good\">holds</b>",
            ],
        );
        assert_hides(&seen, &["Refused"]);

        // Of a row that somebody does not see the verdict is told, and nothing that it holds.
        for who in ["", bob.as_str()] {
            let unseen = why(who).await;
            assert_shows(
                &unseen,
                &[
                    "is not seen</b> by",
                    "Refused",
                    "no rule allows it",
                    "does not hold",
                ],
            );
            assert_hides(&unseen, &["milk of Ann", "pin-1", &ann, "Admitted"]);
        }

        // An editor reads it, but for the pin, and changes nothing.
        place
            .run("UPDATE \"User\" SET \"role\" = 'editor' WHERE \"email\" = 'bob@example.com'")
            .await;
        let seen = why(&bob).await;
        assert_shows(
            &seen,
            &[
                "is seen</b> by",
                "milk of Ann",
                "hidden by rules of the field",
                "Admitted",
                "Refused",
            ],
        );
        assert_hides(&seen, &["pin-1"]);

        // What refuses is named.
        place.run("UPDATE \"Note\" SET \"done\" = TRUE").await;
        let done = why(&ann).await;
        assert_shows(
            &done,
            &[
                "<b class=\"bad\">Refused</b>: by schema.zmodel:",
                "<b class=\"bad\">holds</b>",
            ],
        );
    }
}

#[tokio::test]
async fn a_row_that_is_not_there_is_told_as_such() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    for path in [
        "/console/models/Note/row?row.id=9",
        "/console/models/Ledger/row?row.id=9",
        "/console/models/Pair/row?row.a=1&row.b=x",
    ] {
        let answer = look(&root, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_shows(&answer.body, &["There is no such row"]);
        assert_hides(&answer.body, &["Admitted"]);
    }
}

#[tokio::test]
async fn rows_of_several_key_fields_are_found_on_every_database() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        place
            .run("INSERT INTO \"Pair\" (\"a\", \"b\") VALUES (1, 'x & y')")
            .await;
        let row = page(&root, "/console/models/Pair/row?row.a=1&row.b=x+%26+y").await;
        assert_shows(&row, &["is seen</b> by", "x &#38; y", "Admitted"]);
        let answer = look(&root, "/console/models/Pair/row?row.a=1").await;
        assert_eq!(answer.status, 400, "{}", place.test.name);
    }
}
