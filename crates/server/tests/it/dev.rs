//! `hallpass dev`: what a newcomer meets.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use tempfile::tempdir;

use crate::harness::{Binary, Visitor};

#[tokio::test]
async fn a_newcomer_signs_in_and_keeps_a_list() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let ann = Visitor::new(&hallpass.base);

    let home = ann.get("/").await;
    home.assert_shows("Sign In");
    let asked = ann.ask_for_link("Ann@Example.com").await;
    assert!(
        asked.path.starts_with("/api/auth/verify-request"),
        "{}",
        asked.path
    );
    asked.assert_shows("Check your email");

    let link = ann.newest_link().await;
    assert!(
        link.starts_with(&format!("{}/api/auth/callback/email?", hallpass.base)),
        "{link}"
    );
    assert!(
        hallpass
            .line_with("/api/auth/callback/email?")
            .contains(&link)
    );
    let home = ann.get(&link).await;
    assert_eq!(home.path, "/");
    home.assert_shows("Welcome, ");

    let listed = ann.add_todo("Buy <milk> & bread").await;
    assert_eq!(listed.path, "/");
    listed.assert_shows("Buy &#60;milk&#62; &#38; bread");
    let toggle = listed.attributes("/toggle\"", "action").remove(0);
    let remove = listed.attributes("/delete\"", "action").remove(0);
    ann.post(&toggle, &[])
        .await
        .assert_shows("aria-checked=\"true\"");
    ann.post(&toggle, &[])
        .await
        .assert_shows("aria-checked=\"false\"");
    let empty = ann.post(&remove, &[]).await;
    assert!(!empty.body.contains("milk"), "{}", empty.body);

    assert!(ann.is_signed_in().await);
    ann.sign_out().await;
    assert!(!ann.is_signed_in().await);
    ann.get("/").await.assert_shows("Sign In");
}

#[tokio::test]
async fn a_newcomer_registers_proves_the_address_and_signs_in_with_the_password() {
    const PASSWORD: &str = "seven purple owls at the ferry";
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let ann = Visitor::new(&hallpass.base);
    let page = ann.get("/api/auth/register").await;
    let token = page.attribute("name=\"csrfToken\"", "value");
    let fields = [
        ("csrfToken", token.as_str()),
        ("name", "Ann"),
        ("email", "ann@example.com"),
        ("password", PASSWORD),
    ];
    let asked = ann.post("/api/auth/register", &fields).await;
    asked.assert_shows("Check your email");
    let link = ann.newest_link().await;
    ann.get(&link).await.assert_shows("Email confirmed");
    assert!(!ann.is_signed_in().await);
    let fields = [
        ("csrfToken", token.as_str()),
        ("email", "Ann@Example.com"),
        ("password", PASSWORD),
    ];
    ann.post("/api/auth/callback/password", &fields).await;
    assert!(ann.is_signed_in().await);
    ann.get("/").await.assert_shows("Welcome, Ann");
    let session = ann.get("/api/auth/session").await.body;
    assert!(
        !session.contains("password") && !session.contains("argon2"),
        "{session}"
    );
}

#[tokio::test]
async fn a_link_works_once() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let ann = Visitor::new(&hallpass.base);
    ann.sign_in("ann@example.com")
        .await
        .assert_shows("Welcome, ");
    // Whether a link still works is found out by the click, not before.
    let asked = ann.get(&ann.newest_link().await).await;
    let again = ann.click(&asked).await;
    assert!(again.path.contains("error=Verification"), "{}", again.path);
}

#[tokio::test]
async fn a_link_followed_elsewhere_asks_for_a_click() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let ann = Visitor::new(&hallpass.base);
    let phone = Visitor::new(&hallpass.base);
    ann.ask_for_link("ann@example.com").await;
    let link = ann.newest_link().await;

    let asked = phone.get(&link).await;
    assert!(!phone.is_signed_in().await);
    let home = phone.click(&asked).await;
    home.assert_shows("Welcome, ");
    assert!(phone.is_signed_in().await);
}

#[tokio::test]
async fn each_person_sees_only_their_own_list() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let (ann, bob) = (Visitor::new(&hallpass.base), Visitor::new(&hallpass.base));
    ann.sign_in("ann@example.com").await;
    bob.sign_in("bob@example.com").await;
    let of_ann = ann.add_todo("Secret of Ann").await;
    let bobs_home = bob.get("/").await;
    assert!(
        !bobs_home.body.contains("Secret of Ann"),
        "{}",
        bobs_home.body
    );
    let remove = of_ann.attributes("/delete\"", "action").remove(0);
    bob.post(&remove, &[]).await;
    ann.get("/").await.assert_shows("Secret of Ann");
}

#[tokio::test]
async fn data_and_sessions_survive_a_restart() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let mut ann = Visitor::new(&hallpass.base);
    ann.sign_in("ann@example.com").await;
    ann.add_todo("Water the plants").await;
    assert_eq!(hallpass.stop("TERM").0, Some(0));

    let hallpass = Binary::dev(place.path()).start();
    ann.moved_to(&hallpass.base);
    ann.get("/").await.assert_shows("Water the plants");
}

#[tokio::test]
async fn killed_in_the_middle_it_loses_nothing_that_was_answered() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let mut ann = Visitor::new(&hallpass.base);
    ann.sign_in("ann@example.com").await;
    for number in 0..20 {
        let added = ann.add_todo(&format!("Thing {number}.")).await;
        assert_eq!(added.status, StatusCode::OK);
    }
    hallpass.kill();

    let hallpass = Binary::dev(place.path()).start();
    ann.moved_to(&hallpass.base);
    let home = ann.get("/").await;
    for number in 0..20 {
        home.assert_shows(&format!("Thing {number}."));
    }
}

#[tokio::test]
async fn asked_to_stop_it_ends_cleanly_and_soon() {
    for signal in ["TERM", "INT"] {
        let place = tempdir().unwrap();
        let hallpass = Binary::dev(place.path()).start();
        // An idle kept connection must not hold it up.
        let ann = Visitor::new(&hallpass.base);
        ann.get("/").await;
        let (code, duration) = hallpass.stop(signal);
        assert_eq!(code, Some(0), "{signal}");
        assert!(duration < Duration::from_secs(3), "{signal}: {duration:?}");
        let leftovers: Vec<_> = files(place.path())
            .into_iter()
            .filter(|name| name.contains("-wal"))
            .collect();
        assert!(
            leftovers.is_empty(),
            "everything is in the one file: {leftovers:?}"
        );
    }
}

#[test]
fn a_client_that_dawdles_holds_it_up_for_a_few_seconds_only() {
    use std::io::Write as _;

    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    let mut dawdler = std::net::TcpStream::connect(("127.0.0.1", hallpass.port())).unwrap();
    dawdler
        .write_all(b"POST /todos HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n")
        .unwrap();
    let (code, duration) = hallpass.stop("TERM");
    assert_eq!(code, Some(0));
    assert!(duration < Duration::from_secs(10), "{duration:?}");
}

#[tokio::test]
async fn two_that_start_at_once_share_secret_and_data() {
    let place = tempdir().unwrap();
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| Binary::dev(place.path()).start());
        let other = scope.spawn(|| Binary::dev(place.path()).start());
        (one.join().unwrap(), other.join().unwrap())
    });
    let mut ann = Visitor::new(&one.base);
    ann.sign_in("ann@example.com").await;
    ann.add_todo("Seen from both").await;
    ann.moved_to(&other.base);
    ann.get("/").await.assert_shows("Seen from both");
}

#[tokio::test]
async fn a_second_one_takes_the_next_port_and_says_so() {
    let places = [tempdir().unwrap(), tempdir().unwrap()];
    let start = |place: &Path| Binary::new(&["dev", "--data-dir", place.to_str().unwrap()]).start();
    // Port 3000 may be taken on this machine; what counts is that two ports differ and the second says so.
    let first = start(places[0].path());
    let second = start(places[1].path());
    assert!((3000..3100).contains(&first.port()), "{}", first.base);
    assert!(second.port() > first.port());
    second.line_with(&format!("is taken, so this is port {}", second.port()));
    Visitor::new(&second.base)
        .get("/")
        .await
        .assert_shows("Sign In");
}

#[tokio::test]
async fn no_argument_means_dev() {
    let place = tempdir().unwrap();
    let hallpass = Binary::new(&[]).directory(place.path()).start();
    Visitor::new(&hallpass.base)
        .get("/dev/mailbox")
        .await
        .assert_shows("No mail yet");
    let made = files(&place.path().join(".hallpass"));
    for name in ["hallpass.db", "secret"] {
        assert!(made.iter().any(|file| file == name), "{name} in {made:?}");
    }
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_is_an_error() {
    let places = [tempdir().unwrap(), tempdir().unwrap()];
    let first = Binary::dev(places[0].path()).start();
    let port = first.port().to_string();
    let ended = Binary::new(&["dev", "--port", &port])
        .directory(places[1].path())
        .finish();
    assert_eq!(ended.code, Some(1));
    assert!(
        ended
            .error
            .contains(&format!("error: port {port} is taken")),
        "{}",
        ended.error
    );
    assert!(ended.error.contains("help: "), "{}", ended.error);
}

#[tokio::test]
async fn foreign_host_names_see_nothing() {
    let place = tempdir().unwrap();
    let hallpass = Binary::dev(place.path()).start();
    for path in ["/", "/dev/mailbox", "/api/auth/session"] {
        let client = reqwest::Client::new();
        let request = client
            .get(format!("{}{path}", hallpass.base))
            .header("host", "rebound.example.com");
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::MISDIRECTED_REQUEST,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_log_holds_no_tokens_and_no_addresses() {
    let place = tempdir().unwrap();
    let binary = Binary::dev(place.path()).variable("RUST_LOG", "debug");
    let hallpass = binary.start();
    let ann = Visitor::new(&hallpass.base);
    ann.sign_in("ann.planted@example.com").await;
    let link = ann.newest_link().await;
    let query = link.split_once('?').unwrap().1;
    let token = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))
        .unwrap();
    hallpass.signal("TERM");
    hallpass.line_with("Mail: ");
    let log = hallpass.logged().join("\n");
    assert!(log.contains("path=\"/api/auth/callback/email\""), "{log}");
    for planted in ["planted", token, "authjs.session-token"] {
        assert!(!log.contains(planted), "{planted} in {log}");
    }
}

fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}
