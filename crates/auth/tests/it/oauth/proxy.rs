//! Answers through another deployment of ours.

use hallpass_auth::ConfigError;
use hallpass_auth::origin::Origin;
use hallpass_auth::providers::oauth::{Checks, OAuthProvider};
use hallpass_auth::session::Strategy;

use super::service::{Service, app_of, parameter, provider};
use super::start::sealed;
use crate::app::{App, Browser, ORIGIN, Setup};

const PROXY: &str = "https://proxy.example/auth";

/// A deployment at this address. All share their secrets.
fn deployment(origin: &str, providers: Vec<OAuthProvider>) -> (App, Service) {
    let origin = Origin::parse(origin).unwrap();
    app_of(Setup::of(Strategy::Database), providers, |builder, _| {
        builder.origin(origin).redirect_proxy(PROXY)
    })
}

fn without_state() -> OAuthProvider {
    let checks = Checks {
        pkce: true,
        state: false,
        nonce: false,
    };
    provider("example").checks(checks)
}

#[tokio::test]
async fn an_answer_comes_through_the_proxy_to_where_it_began() {
    // The proxy adds the state where a provider has none.
    for provider in [provider("example"), without_state()] {
        let (preview, service) = deployment(ORIGIN, vec![provider.clone()]);
        let (proxy, at_proxy) = deployment("https://proxy.example", vec![provider]);
        let mut browser = Browser::new(&preview);
        let url = browser.leave("example").await;
        assert_eq!(
            parameter(&url, "redirect_uri").unwrap(),
            format!("{PROXY}/callback/example")
        );
        let state = parameter(&url, "state").unwrap();
        assert_eq!(sealed(&browser, "authjs.state")["value"], state.as_str());

        let mut there = Browser::new(&proxy);
        let query = format!("code=THECODE&state={state}&x=a%20b");
        let answer = there.get(&format!("/auth/callback/example?{query}")).await;
        let target = answer.location().to_owned();
        assert_eq!(target, format!("{ORIGIN}/auth/callback/example?{query}"));
        assert_eq!(at_proxy.exchanges(), 0);

        browser
            .follow(&target)
            .await
            .leads_to(&format!("{ORIGIN}/done"));
        let form = service.http.requests_to(super::service::TOKEN)[0].form();
        assert!(form.contains(&(
            "redirect_uri".to_owned(),
            format!("{PROXY}/callback/example")
        )));
    }
}

#[tokio::test]
async fn the_proxy_signs_in_for_itself_too() {
    let (proxy, _) = deployment("https://proxy.example", vec![provider("example")]);
    let mut browser = Browser::new(&proxy);
    let path = browser.agree("example").await;
    let answer = browser.get(&path).await;
    answer.leads_to("https://proxy.example/done");
}

#[tokio::test]
async fn the_proxy_sends_nobody_where_no_deployment_said() {
    let (proxy, service) = deployment(
        "https://proxy.example",
        vec![provider("example"), provider("other")],
    );
    let (preview, _) = deployment(ORIGIN, vec![provider("example"), provider("other")]);
    let url = Browser::new(&preview).leave("other").await;
    let of_other = parameter(&url, "state").unwrap();
    let mut browser = Browser::new(&proxy);
    for state in ["https://evil.example", "x.y", "", of_other.as_str()] {
        let path = format!("/auth/callback/example?code=THECODE&state={state}");
        let answer = browser.get(&path).await;
        assert_eq!(
            answer.location(),
            "https://proxy.example/auth/error?error=Configuration",
            "{state}"
        );
    }
    assert_eq!(service.exchanges(), 0);
}

#[tokio::test]
async fn elsewhere_a_state_sends_nobody_anywhere() {
    let (preview, _) = deployment(ORIGIN, vec![provider("example")]);
    let (other, _) = deployment("https://other.example", vec![provider("example")]);
    let url = Browser::new(&other).leave("example").await;
    let state = parameter(&url, "state").unwrap();
    let path = format!("/auth/callback/example?code=THECODE&state={state}");
    let answer = Browser::new(&preview).get(&path).await;
    answer.fails_with("error", "Configuration");
}

/// Where the host of requests counts, anybody could have their own address sealed and be sent the codes of others.
#[tokio::test]
async fn a_proxy_needs_a_configured_origin() {
    let service = Service::new();
    let builder = || {
        hallpass_auth::Auth::builder()
            .secrets(crate::app::secrets())
            .environment(
                std::sync::Arc::new(hallpass_auth::testing::clock::FixedClock::at(
                    crate::app::START,
                )),
                std::sync::Arc::new(hallpass_auth::testing::random::SeededRandom::new(1)),
            )
            .trust_host(hallpass_auth::origin::HostTrust::Trusted)
            .http_client(service.http.clone())
    };
    let refused = builder()
        .provider(provider("example"))
        .redirect_proxy(PROXY)
        .build();
    assert_eq!(refused.unwrap_err(), ConfigError::ProxyNeedsOrigin);
    assert!(
        builder().redirect_proxy(PROXY).build().is_ok(),
        "nobody comes through it"
    );
    let refused = builder().redirect_proxy("proxy.example").build();
    assert_eq!(
        refused.unwrap_err(),
        ConfigError::Url("AUTH_REDIRECT_PROXY_URL")
    );
}
