//! Users who go, and the todos that they leave.
//!
//! Source: contract neon §2.3.

use axum::http::{Method, StatusCode};
use hallpass::changes::Deletion;
use todos::{Board, Keeping};

use crate::FORM;
use crate::place::{Place, assert_shows, row};

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_softly_is_a_former_user() {
    for place in Place::all().await {
        place.add("doug", "of-doug").await;
        place.leave("doug").await;
        let board = place.board("ada").await;
        assert_shows(row(&board, "of-doug"), &[">former user<"]);
        assert!(
            !board.contains("class=\"who\""),
            "the panel has nobody: {board}"
        );
        assert_shows(
            &place.get("ada", "/team/ghosts").await,
            &["There are no ghosts", "<b>Soft:</b>"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ghosts_are_in_the_way_of_the_key_until_they_are_adopted_or_purged() {
    for place in Place::all().await {
        let name = &place.dialect;
        place.choose("hard").await;
        for (who, content) in [
            ("ada", "tea"),
            ("doug", "one"),
            ("doug", "two"),
            ("doug", "three"),
        ] {
            place.add(who, content).await;
        }
        let doug = place.leave("doug").await;
        let doug = format!("<code>{doug}</code>");
        let board = place.board("bob").await;
        assert_shows(row(&board, "two"), &["unknown user (syncing)"]);
        let ghosts = place.get("ada", "/team/ghosts").await;
        assert_shows(
            &ghosts,
            &[
                "Todos without an owner: 3",
                &format!("nobody, once {doug}"),
                "as ghosts, for want",
            ],
        );

        let refused = place.post("ada", "/team/key", "").await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{name}");
        assert_shows(
            &refused.body,
            &[
                "The foreign key was not added",
                "3 todos name 1 owner",
                &doug,
            ],
        );

        let two = row(&ghosts, ">two<")
            .split("value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let adopted = place
            .post("ada", "/team/ghosts/adopt", &format!("id={two}"))
            .await;
        assert_eq!(
            adopted.location(),
            "/team/ghosts?done=adopted",
            "{name}: {}",
            adopted.body
        );
        assert_shows(row(&place.board("ada").await, "two"), &["ada (you)"]);
        let again = place
            .post("ada", "/team/ghosts/purge", &format!("id={two}"))
            .await;
        assert_eq!(
            again.status,
            StatusCode::NOT_FOUND,
            "it is no ghost any longer"
        );
        let purged = place.post("ada", "/team/ghosts/purge", "").await;
        assert_eq!(
            purged.location(),
            "/team/ghosts?done=purged",
            "{name}: {}",
            purged.body
        );

        let added = place.post("ada", "/team/key", "").await;
        assert_eq!(
            added.location(),
            "/team/ghosts?done=key",
            "{name}: {}",
            added.body
        );
        assert_shows(
            &place.get("bob", "/team/ghosts").await,
            &["It is there", "There are no ghosts"],
        );

        // From now on todos go with their owner, where the row goes.
        place.add("bob", "of-bob").await;
        place.leave("bob").await;
        let board = place.board("ada").await;
        assert!(!board.contains("of-bob"), "{name}: {board}");
        assert_shows(&board, &["tea", "two"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_not_told_of_yet_is_nobodys_to_take() {
    for place in Place::all().await {
        place.add("bob", "of-bob").await;
        place.untell("bob").await;
        assert_shows(
            row(&place.board("ada").await, "of-bob"),
            &["unknown user (syncing)"],
        );
        assert_shows(
            &place.get("ada", "/team/ghosts").await,
            &["unknown user (syncing)"],
        );
        for path in ["/team/ghosts/adopt", "/team/ghosts/purge"] {
            place.post("ada", path, "").await;
        }
        // He is a user, whatever that table says, and his todo is his.
        let id = place.id("bob", "of-bob").await;
        assert_eq!(
            place.set("bob", &id, true).await.status,
            StatusCode::SEE_OTHER
        );
        // And who is in that table and no user has no rights by it.
        let refused = place.post("ada", "/team/key", "").await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_told_of_yet_is_told_to_try_again_where_there_is_a_key() {
    for place in Place::all().await {
        assert_eq!(
            place.post("ada", "/team/key", "").await.status,
            StatusCode::SEE_OTHER
        );
        place.untell("bob").await;
        let refused = place.post("bob", "/team/todos", "content=x").await;
        assert_eq!(
            refused.status,
            StatusCode::CONFLICT,
            "{}: {}",
            place.dialect,
            refused.body
        );
        assert_shows(&refused.body, &["try again in a moment"]);
        // Whoever is told of meanwhile can.
        let _board = Board::open(&place.address, &place.db, Keeping::Administrator)
            .await
            .unwrap();
        place.add("bob", "x").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_chosen_on_the_page_holds_after_a_new_start_and_a_setting_is_not_chosen_there() {
    for place in Place::all().await {
        place.choose("hard").await;
        Board::open(&place.address, &place.db, Keeping::Administrator)
            .await
            .unwrap();
        assert_shows(
            &place.get("ada", "/team/ghosts").await,
            &["<b>Hard:</b>", "Make it soft"],
        );
        let database = place.app._database;
        let keeping = Keeping::Setting(Deletion::Soft);
        let board = Board::open(&place.address, &place.db, keeping)
            .await
            .unwrap();
        let app = Place::app(&place.db, board, database);
        let send = async |method, path, form: &str| {
            app.send("ada", method, path, FORM, form.to_owned())
                .await
                .body
        };
        send(Method::POST, "/team/deletion", "deletion=hard").await;
        let page = send(Method::GET, "/team/ghosts", "").await;
        assert!(
            page.contains("<b>Soft:</b>") && !page.contains("Make it"),
            "{page}"
        );
    }
}
