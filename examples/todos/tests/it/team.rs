//! The team board: whose todos are, who changes them, and what is refused.
//!
//! Source: contract neon §2.3.

use axum::http::StatusCode;
use hallpass::DataAdapter;
use hallpass::auth::adapter::{Adapter, UserChanges};
use hallpass_db::testing::databases;

use crate::place::{Place, assert_shows, row};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_whose_a_todo_is_and_how_far_all_are() {
    for place in Place::all().await {
        assert_shows(
            &place.board("ada").await,
            &["Nothing to do yet", "Nobody has anything to do yet"],
        );
        place.add("ada", "tea+%26+milk").await;
        place.add("bob", "bread").await;
        place.add("bob", "butter").await;
        let bread = place.id("bob", "bread").await;
        assert_eq!(place.set("bob", &bread, true).await.location(), "/team");

        let board = place.board("ada").await;
        assert_shows(
            &board,
            &[
                "Everybody: <b>2</b> of 3 left to do · Yours: <b>1</b> left",
                "0 of 1 done",
                "1 of 2 done",
            ],
        );
        assert_shows(row(&board, "tea &#38; milk"), &["ada (you)"]);
        assert_shows(row(&board, "bread"), &["class=\"done\"", ">bob<"]);
        let order = ["butter", "bread", "tea &#38; milk"].map(|text| board.find(text).unwrap());
        assert!(order.is_sorted(), "newest first: {order:?}");
        // Doug has no todos, and no bar.
        assert!(
            !place
                .board("doug")
                .await
                .contains("<span class=\"who\">doug")
        );

        let store = DataAdapter::new(&place.db).unwrap();
        let changes = UserChanges {
            name: Some(None),
            ..UserChanges::default()
        };
        let bob = place.user("bob").await;
        store.update_user(&bob, changes).await.unwrap();
        let board = place.board("ada").await;
        assert_shows(row(&board, "bread"), &[">bob@example.com<"]);
        assert_shows(&board, &["<span class=\"who\">bob@example.com"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_owners_and_the_administrator_change_a_todo() {
    for place in Place::all().await {
        place.add("bob", "of-bob").await;
        place.add("ada", "of-ada").await;
        let (bobs, adas) = (
            place.id("bob", "of-bob").await,
            place.id("ada", "of-ada").await,
        );
        for (who, id) in [
            ("doug", &bobs),
            ("bob", &adas),
            ("doug", &"no-such-id".to_owned()),
        ] {
            let set = place.set(who, id, true).await;
            let removed = place
                .post(who, &format!("/team/todos/{id}/delete"), "")
                .await;
            for refused in [set, removed] {
                assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", place.dialect);
                assert_shows(&refused.body, &["it is not yours", "To the board"]);
            }
        }
        let board = place.board("doug").await;
        assert!(
            !board.contains("class=\"done\"") && !board.contains("action=\"/team/todos/"),
            "{board}"
        );

        assert_eq!(
            place.set("ada", &bobs, true).await.status,
            StatusCode::SEE_OTHER
        );
        let removed = place
            .post("ada", &format!("/team/todos/{bobs}/delete"), "")
            .await;
        assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.body);
        // Nobody takes the administration from Ada, nor does what is hers to do.
        for (path, form) in [
            ("/team/administrator", ""),
            ("/team/key", ""),
            ("/team/deletion", "deletion=hard"),
            ("/team/ghosts/adopt", ""),
            ("/team/ghosts/purge", ""),
        ] {
            let refused = place.post("bob", path, form).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_todo_becomes_what_was_wanted_however_often_and_from_however_old_a_page() {
    for place in Place::all().await {
        place.add("ada", "milk").await;
        let id = place.id("ada", "milk").await;
        let twice =
            futures_util::future::join_all([true, true].map(|done| place.set("ada", &id, done)));
        for answer in twice.await {
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
        }
        assert_shows(row(&place.board("ada").await, "milk"), &["class=\"done\""]);
        // A page from before still says `completed=true`: what it leads back to shows the present.
        assert_eq!(place.set("ada", &id, true).await.location(), "/team");
        assert_shows(row(&place.board("ada").await, "milk"), &["class=\"done\""]);
        assert_eq!(place.set("ada", &id, false).await.location(), "/team");
        assert!(!row(&place.board("ada").await, "milk").contains("class=\"done\""));
        let wrong = place
            .post("ada", &format!("/team/todos/{id}/set"), "completed=perhaps")
            .await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        place
            .post("ada", &format!("/team/todos/{id}/delete"), "")
            .await;
        let gone = place.set("ada", &id, true).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_or_comes_from_elsewhere_is_refused() {
    for place in Place::all().await {
        for (content, reason) in [
            ("+", "Content is empty"),
            ("%00", "Content holds a NUL character"),
            (&"x".repeat(501), "Content has 501 characters: 500 at most"),
        ] {
            let refused = place
                .post("ada", "/team/todos", &format!("content={content}"))
                .await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert_shows(&refused.body, &["role=\"alert\"", reason]);
        }
        // As long as fits, of characters that count twice elsewhere.
        place.add("ada", &"%F0%9F%97%92".repeat(500)).await;
        let eve = place.post("eve", "/team/todos", "content=x").await;
        assert_eq!(eve.status, StatusCode::UNAUTHORIZED);
    }
    let place = &Place::all().await[0];
    let mut answers = Vec::new();
    for path in [
        "/team/todos",
        "/team/key",
        "/team/ghosts/purge",
        "/team/deletion",
    ] {
        answers.push(
            place
                .app
                .send_from("https://evil.example", "ada", path, "content=x")
                .await,
        );
    }
    for answer in answers {
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    }
}

/// The tutorial's story, to its end.
#[tokio::test(flavor = "multi_thread")]
async fn one_becomes_administrator_and_somebody_else_when_that_one_is_gone() {
    for database in databases().await {
        let place = Place::on(database).await;
        let asked = ["ada", "bob", "doug"].map(|who| place.post(who, "/team/administrator", ""));
        let answers = futures_util::future::join_all(asked).await;
        let made = answers
            .iter()
            .filter(|answer| answer.status == StatusCode::SEE_OTHER);
        assert_eq!(made.count(), 1, "{}", place.dialect);
        let first = ["ada", "bob", "doug"].into_iter().zip(&answers);
        let first = first
            .filter(|(_, answer)| answer.status == StatusCode::SEE_OTHER)
            .map(|(who, _)| who);
        let first = first.collect::<Vec<_>>()[0];
        let other = if first == "ada" { "bob" } else { "ada" };
        assert_shows(
            &place.get(other, "/team/ghosts").await,
            &["Somebody else administers"],
        );
        place.leave(first).await;
        assert_shows(
            &place.get(other, "/team/ghosts").await,
            &["Nobody administers this board"],
        );
        let done = place.post(other, "/team/administrator", "").await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_board_has_pages() {
    let place = &Place::all().await[0];
    for number in 0..51 {
        place.add("ada", &format!("todo-{number:02}.")).await;
    }
    let first = place.board("ada").await;
    assert!(
        first.contains("todo-50.") && !first.contains("todo-00."),
        "{first}"
    );
    assert_shows(&first, &["/team?page=2", "of 51 left"]);
    let second = place.get("ada", "/team?page=2").await;
    assert!(
        second.contains("todo-00.") && !second.contains("todo-01."),
        "{second}"
    );
    for odd in ["/team?page=0", "/team?page=x", "/team?page=4294967295"] {
        place.get("ada", odd).await;
    }
}
