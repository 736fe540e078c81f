//! Links and mail scanners: at once in the browser that asked, a click elsewhere.

use std::time::Duration;

use hallpass_auth::providers::Confirm;
use http::{Method, StatusCode};

use crate::app::{Answer, App, Browser, DAY, ORIGIN, Setup, get};
use crate::html;

const MARK: &str = "hallpass.link-request";

fn auto() -> App {
    Setup::confirming(Confirm::Auto).app()
}

/// Asserts the page that asks for a click, and gives the path its form posts to and the token it holds.
fn asks_for_click(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    let forms = html::forms(&answer.body);
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0]["inputs"][0]["name"], "csrfToken");
    let action = forms[0]["action"].as_str().unwrap();
    (
        action.strip_prefix(ORIGIN).unwrap().to_owned(),
        forms[0]["inputs"][0]["value"].as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn the_asking_browser_signs_in_at_once_and_loses_its_mark() {
    let app = auto();
    let mut browser = Browser::new(&app);
    let asked = browser.ask("ada@example.com").await;
    assert_eq!(asked.cookie_names(), [MARK]);
    let mark = asked.set_cookies()[0];
    assert!(
        mark.ends_with("; Path=/; Expires=Fri, 02 Jan 2026 00:00:00 GMT; HttpOnly; SameSite=Lax")
    );
    let link = app.last_link();
    let answer = browser.follow(&link).await;
    answer.leads_to(ORIGIN);
    assert_eq!(answer.cookie_names(), [MARK, "authjs.session-token"]);
    assert!(answer.set_cookies()[0].contains("Max-Age=0"));
}

#[tokio::test]
async fn a_scanner_uses_nothing_up_and_the_person_clicks() {
    let app = auto();
    Browser::new(&app).ask("ada@example.com").await;
    let link = app.last_link();
    app.store.take_calls();
    for _ in 0..3 {
        let mut scanner = Browser::new(&app);
        asks_for_click(&scanner.follow(&link).await);
    }
    assert!(app.store.take_calls().is_empty(), "nothing was looked up");

    let mut phone = Browser::new(&app);
    let page = phone.follow(&link).await;
    let (action, token) = asks_for_click(&page);
    assert_eq!(action, link.strip_prefix(ORIGIN).unwrap());
    let answer = phone.post_bare(&action, &[("csrfToken", &token)]).await;
    answer.leads_to(ORIGIN);
    assert_eq!(phone.session().await["user"]["email"], "ada@example.com");
    asks_for_click(&Browser::new(&app).follow(&link).await);
    let answer = phone.post_bare(&action, &[("csrfToken", &token)]).await;
    answer.fails_with("error", "Verification");
}

#[tokio::test]
async fn head_uses_nothing_up() {
    for confirm in [Confirm::Auto, Confirm::Always, Confirm::Never] {
        let app = Setup::confirming(confirm).app();
        let mut browser = Browser::new(&app);
        browser.ask("ada@example.com").await;
        let path = app.last_link().strip_prefix(ORIGIN).unwrap().to_owned();
        let mut head = get(&path);
        *head.method_mut() = Method::HEAD;
        assert_eq!(browser.send(head).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(app.store.verification_tokens().len(), 1);
    }
}

/// Login CSRF: another site may make a browser post a link of the attacker's, but not our token.
#[tokio::test]
async fn the_click_needs_our_form() {
    for confirm in [Confirm::Auto, Confirm::Always] {
        let app = Setup::confirming(confirm).app();
        Browser::new(&app).ask("eve@example.com").await;
        let path = app.last_link().strip_prefix(ORIGIN).unwrap().to_owned();
        let mut victim = Browser::new(&app);
        let foreign = Browser::new(&app).csrf().await;
        victim.csrf().await;
        for members in [vec![], vec![("csrfToken", foreign.as_str())]] {
            victim
                .post_bare(&path, &members)
                .await
                .fails_with("signin", "MissingCSRF");
        }
        assert_eq!(
            app.store.verification_tokens().len(),
            1,
            "nothing was used up"
        );
    }
}

#[tokio::test]
async fn always_asks_even_the_asking_browser() {
    let app = Setup::confirming(Confirm::Always).app();
    let mut browser = Browser::new(&app);
    let asked = browser.ask("ada@example.com").await;
    assert!(asked.set_cookies().is_empty(), "no mark is needed");
    let link = app.last_link();
    let (action, token) = asks_for_click(&browser.follow(&link).await);
    browser
        .post_bare(&action, &[("csrfToken", &token)])
        .await
        .leads_to(ORIGIN);
}

#[tokio::test]
async fn never_marks_nothing() {
    let app = Setup::confirming(Confirm::Never).app();
    let asked = Browser::new(&app).ask("ada@example.com").await;
    assert!(!asked.cookie_names().contains(&MARK));
}

#[tokio::test]
async fn the_mark_lives_as_long_as_the_link() {
    let app = auto();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    app.clock.advance(DAY - Duration::from_secs(1));
    browser.follow(&app.last_link()).await.leads_to(ORIGIN);
}

/// Login CSRF: Eve asks for a link to Ada's address that leads where Eve wants, and Ada's mark is for her own.
#[tokio::test]
async fn a_link_that_somebody_else_asked_for_asks_for_a_click() {
    let app = auto();
    let mut ada = Browser::new(&app);
    ada.ask("ada@example.com").await;
    let own = app.last_link();
    for email in ["ada@example.com", "eve@example.com"] {
        let members = [("email", email), ("callbackUrl", "/transfer?to=eve")];
        let mut eve = Browser::new(&app);
        eve.post("/auth/signin/nodemailer", &members).await;
        asks_for_click(&ada.follow(&app.last_link()).await);
    }
    ada.follow(&own).await;
    assert_eq!(ada.session().await["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn each_of_several_links_asked_for_in_a_row_signs_in_at_once() {
    let app = auto();
    let mut browser = Browser::new(&app);
    let mut links = Vec::new();
    for email in ["ada@example.com", "ada@example.com", "bob@example.com"] {
        browser.ask(email).await;
        links.push(app.last_link());
    }
    for (number, link) in links.iter().enumerate() {
        browser.follow(link).await.leads_to(ORIGIN);
        let is_last = number == links.len() - 1;
        assert_eq!(browser.cookie(MARK).is_none(), is_last);
    }
    assert_eq!(browser.session().await["user"]["email"], "bob@example.com");
}

#[tokio::test]
async fn of_more_than_eight_links_the_first_asks_for_a_click() {
    let app = auto();
    let mut browser = Browser::new(&app);
    let mut links = Vec::new();
    for _ in 0..9 {
        // Few mails are sent to one address in a quarter of an hour.
        app.clock.advance(Duration::from_secs(300));
        browser.ask("ada@example.com").await;
        links.push(app.last_link());
    }
    asks_for_click(&browser.follow(&links[0]).await);
    browser.follow(&links[1]).await.leads_to(ORIGIN);
    browser.follow(&links[8]).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn a_mark_that_was_used_confirms_nothing_further() {
    let app = auto();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let kept = browser.cookie(MARK).unwrap().to_owned();
    browser.follow(&app.last_link()).await.leads_to(ORIGIN);
    Browser::new(&app).ask("ada@example.com").await;
    browser.set_cookie(MARK, &kept);
    asks_for_click(&browser.follow(&app.last_link()).await);
}

#[tokio::test]
async fn signing_in_by_another_link_leaves_the_marks_of_those_that_wait() {
    let app = auto();
    let mut browser = Browser::new(&app);
    browser.ask("ada@example.com").await;
    let waiting = app.last_link();
    Browser::new(&app).ask("bob@example.com").await;
    let (action, token) = asks_for_click(&browser.follow(&app.last_link()).await);
    let answer = browser.post_bare(&action, &[("csrfToken", &token)]).await;
    assert_eq!(answer.cookie_names(), ["authjs.session-token"]);
    browser.follow(&waiting).await.leads_to(ORIGIN);
}

#[tokio::test]
async fn what_is_fetched_ahead_uses_nothing_up() {
    for (header, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("Sec-Purpose", "Prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
    ] {
        for confirm in [Confirm::Auto, Confirm::Always] {
            let app = Setup::confirming(confirm).app();
            let mut browser = Browser::new(&app);
            browser.ask("ada@example.com").await;
            let link = app.last_link();
            let mut ahead = get(link.strip_prefix(ORIGIN).unwrap());
            ahead.headers_mut().insert(
                http::HeaderName::from_bytes(header.as_bytes()).unwrap(),
                value.parse().unwrap(),
            );
            asks_for_click(&browser.send(ahead).await);
            assert_eq!(app.store.verification_tokens().len(), 1);
            if confirm == Confirm::Auto {
                browser.follow(&link).await.leads_to(ORIGIN);
            }
        }
    }
}

#[tokio::test]
async fn the_page_says_whom_the_click_signs_in() {
    let app = auto();
    Browser::new(&app).ask("ada+x&y@example.com").await;
    let link = app.last_link();
    let page = Browser::new(&app).follow(&link).await;
    assert!(page.body.contains("<bdi>ada+x&#38;y@example.com</bdi>"));
    for odd in [
        "",
        "Ada%40example.com",
        "ada%40example.com%2Cb.example",
        "ada",
        "%22%40b",
        "%3Cb%3E%0D%0A%40b.example",
    ] {
        let (head, _) = link.split_once("&email=").unwrap();
        let page = Browser::new(&app)
            .follow(&format!("{head}&email={odd}"))
            .await;
        asks_for_click(&page);
        assert!(!page.body.contains("<bdi>"), "{odd}");
    }
}

#[tokio::test]
async fn forged_and_foreign_marks_are_none() {
    let app = auto();
    let mut asking = Browser::new(&app);
    asking.ask("ada@example.com").await;
    let link = app.last_link();
    let mut browser = Browser::new(&app);
    let session = auto().signed_in("ada@example.com").await;
    let foreign = session.cookie("authjs.session-token").unwrap_or("x");
    for forged in ["", "x", "eyJhbGciOiJub25lIn0..a.b.c", foreign] {
        browser.set_cookie(MARK, forged);
        asks_for_click(&browser.follow(&link).await);
    }
}

/// Login CSRF: a neighbouring subdomain can plant cookies, but none whose name begins with `__Host-`.
#[tokio::test]
async fn on_https_the_mark_cannot_be_planted_by_a_neighbour() {
    let app = Setup::confirming(Confirm::Auto).app_with(|builder| {
        builder.origin(hallpass_auth::origin::Origin::parse("https://app.test").unwrap())
    });
    let mut eve = Browser::new(&app);
    let answer = eve.ask("eve@example.com").await;
    let mark = *answer.set_cookies().last().unwrap();
    assert!(mark.starts_with("__Host-hallpass.link-request=") && mark.contains("; Secure"));
    assert!(mark.contains("; Path=/;") && !mark.contains("Domain"));
    let planted = eve.cookie("__Host-hallpass.link-request").unwrap();
    let link = app.last_link();
    let mut victim = Browser::new(&app);
    for name in [MARK, "__Secure-hallpass.link-request"] {
        victim.set_cookie(name, planted);
    }
    let page = victim
        .get(link.strip_prefix("https://app.test").unwrap())
        .await;
    assert_eq!(html::forms(&page.body).len(), 1, "a click is asked for");
    assert_eq!(app.store.verification_tokens().len(), 1);
}
