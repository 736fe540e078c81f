//! Who may enter, and from when to when.

use hallpass_db::testing::sqlite;
use reqwest::Method;
use tempfile::tempdir;

use super::place::{ADMINISTRATORS, Place, ask, assert_hides, assert_shows, binary, look, page};
use crate::harness::Binary;

/// Where sessions live.
const STRATEGIES: [&str; 2] = ["", "[session]\nstrategy = 'jwt'\n"];

#[tokio::test]
async fn without_a_setting_there_is_no_console() {
    let place = Place::start("").await;
    let root = place.root().await;
    for visitor in [&root, &place.visitor()] {
        for path in [
            "/console",
            "/console/",
            "/console/models/Note",
            "/console/style.css",
        ] {
            assert_eq!(look(visitor, path).await.status, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn nobody_is_sent_to_sign_in_and_comes_back() {
    let place = Place::start(ADMINISTRATORS).await;
    let nobody = place.visitor();
    for path in ["/console", "/console/models/Note?as=7", "/console/nothing"] {
        let answer = look(&nobody, path).await;
        let mut back = url::form_urlencoded::Serializer::new(String::new());
        let back = back.append_pair("callbackUrl", path).finish();
        assert_eq!(answer.path, format!("/api/auth/signin?{back}"));
        assert_hides(&answer.body, &["Note", "Ledger"]);
    }
    // A program is told.
    let plain = nobody.get("/console").await;
    assert_eq!(plain.status, 401);
}

#[tokio::test]
async fn the_address_that_the_settings_name_enters_on_every_database() {
    for strategy in STRATEGIES {
        for place in Place::everywhere(&format!("{ADMINISTRATORS}{strategy}")).await {
            let root = place.root().await;
            let models = page(&root, "/console").await;
            assert_shows(&models, &["Note", "What people write down.", "Ledger"]);
            let ann = place.signed_in("ann@example.com").await;
            assert_eq!(
                look(&ann, "/console").await.status,
                403,
                "{}",
                place.test.name
            );
        }
    }
}

#[tokio::test]
async fn who_may_not_enter_learns_nothing_of_the_schema() {
    let place = Place::start(ADMINISTRATORS).await;
    let ann = place.signed_in("ann@example.com").await;
    let refused = look(&ann, "/console").await;
    assert_eq!(refused.status, 403);
    assert_shows(
        &refused.body,
        &["not as an administrator", "/api/auth/signout"],
    );
    for path in [
        "/console/",
        "/console/people?q=root",
        "/console/models/Note",
        "/console/models/Note/row?row.id=1",
        "/console/models/Nothing",
        "/console/nothing/at/all",
    ] {
        let answer = look(&ann, path).await;
        assert_eq!(
            (answer.status, &answer.body),
            (403, &refused.body),
            "{path}"
        );
    }
    let posted = ask(&ann, Method::POST, "/console").await;
    assert_eq!((posted.status, &posted.body), (403, &refused.body));
}

#[tokio::test]
async fn an_address_that_nobody_has_proven_does_not_count() {
    for place in Place::everywhere(ADMINISTRATORS).await {
        let root = place.root().await;
        page(&root, "/console").await;
        place
            .run(
                "UPDATE \"User\" SET \"emailVerified\" = NULL WHERE \"email\" = 'root@example.com'",
            )
            .await;
        assert_eq!(
            look(&root, "/console").await.status,
            403,
            "{}",
            place.test.name
        );
    }
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on_and_so_does_its_loss() {
    for strategy in STRATEGIES {
        let settings = format!("[console]\nrole = 'admin'\n{strategy}");
        for place in Place::everywhere(&settings).await {
            let ann = place.signed_in("ann@example.com").await;
            for (role, status) in [
                ("reader", 403),
                ("admin", 200),
                ("Admin", 403),
                ("admin", 200),
                ("reader", 403),
            ] {
                place
                    .run(&format!("UPDATE \"User\" SET \"role\" = '{role}' WHERE \"email\" = 'ann@example.com'"))
                    .await;
                let answer = look(&ann, "/console/models/Note").await;
                assert_eq!(
                    answer.status, status,
                    "{} {strategy} {role}",
                    place.test.name
                );
            }
        }
    }
}

#[tokio::test]
async fn a_user_who_is_gone_is_no_administrator() {
    for strategy in STRATEGIES {
        let place = Place::start(&format!("{ADMINISTRATORS}{strategy}")).await;
        let root = place.root().await;
        page(&root, "/console").await;
        place.run("DELETE FROM \"Session\"").await;
        place.run("DELETE FROM \"User\"").await;
        let answer = look(&root, "/console").await;
        let is_out = answer.status == 403 || answer.path.starts_with("/api/auth/signin");
        assert!(is_out, "{strategy}: {answer:?}");
    }
}

#[tokio::test]
async fn pages_are_kept_from_caches_frames_scripts_and_other_sites() {
    let place = Place::start(ADMINISTRATORS).await;
    let root = place.root().await;
    let ann = place.signed_in("ann@example.com").await;
    for (visitor, path) in [
        (&root, "/console"),
        (&root, "/console/people"),
        (&root, "/console/nothing"),
        (&ann, "/console"),
    ] {
        let headers = look(visitor, path).await.headers;
        let value = |name: &str| headers.get(name).unwrap().to_str().unwrap();
        let policy = value("content-security-policy");
        for part in [
            "default-src 'none'",
            "style-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"));
        assert!(value("cache-control").contains("no-store"));
        assert_eq!(value("referrer-policy"), "no-referrer");
        assert_eq!(value("cross-origin-opener-policy"), "same-origin");
        assert_eq!(value("x-content-type-options"), "nosniff");
    }
    let style = look(&place.visitor(), "/console/style.css").await;
    assert_eq!(style.status, 200);
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}

#[tokio::test]
async fn settings_that_do_not_fit_are_told_at_the_start() {
    let test = sqlite().await;
    for (settings, told) in [
        (
            "[console]\nrole = 'admin'\nrole_field = 'rank'",
            "error: roles of the console cannot be read\n\
             cause: the model `User` has no field `rank`",
        ),
        (
            "[console]\nrole = 'admin'\nrole_field = 'emailVerified'",
            "cause: `User.emailVerified` is neither a text nor of an enum",
        ),
        (
            "[console]\nrole = 'admin'\n[data]\nrpc_path = '/console'",
            "error: sign-in or the data has the path of the console, `/console`",
        ),
        (
            "[console]\nadministrators = ['nobody']",
            "an administrator of the console is not a mail address",
        ),
    ] {
        let folder = tempdir().unwrap();
        let ended = binary(&test.address, &folder, settings).finish();
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.error.contains(told), "{}", ended.error);
    }
}

#[tokio::test]
async fn hallpass_dev_says_who_may_enter() {
    let folder = tempdir().unwrap();
    let running = Binary::dev(folder.path()).start();
    let line = running.line_with("Console");
    assert!(
        line.contains("/console  (sign in as admin@example.com)"),
        "{line}"
    );
    let admin = crate::harness::Visitor::new(&running.base);
    admin.sign_in("admin@example.com").await;
    assert_shows(
        &page(&admin, "/console").await,
        &["Todo", "Something to do."],
    );
    let ann = crate::harness::Visitor::new(&running.base);
    ann.sign_in("ann@example.com").await;
    assert_eq!(look(&ann, "/console").await.status, 403);
}

#[tokio::test]
async fn hallpass_dev_has_no_console_where_others_reach_it() {
    let folder = tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let arguments = [
        "dev",
        "--port",
        "0",
        "--host",
        "0.0.0.0",
        "--data-dir",
        data,
    ];
    let running = Binary::new(&arguments).start();
    let admin = crate::harness::Visitor::new(&running.base);
    admin.sign_in("admin@example.com").await;
    assert_eq!(look(&admin, "/console").await.status, 404);
}
