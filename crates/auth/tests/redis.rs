//! Counters in a real Redis, at `HALLPASS_TEST_REDIS` (`cargo xtask with-databases` starts one).

#![expect(clippy::unwrap_used, reason = "tests stop at what they do not expect")]

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use hallpass_auth::adapter::AdapterError;
use hallpass_auth::limit::{Limiter, RedisLimiter};
use hallpass_auth::secret::Secret;
use hallpass_auth::testing::kit;

/// Counters of their own in the Redis of the tests; `None` where there is none and none is asked for.
fn limiter() -> Option<RedisLimiter> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let setting = |name: &str| {
        #[expect(clippy::disallowed_methods, reason = "tests are told by variables")]
        let value = std::env::var(name);
        value.ok().filter(|value| !value.is_empty())
    };
    let Some(url) = setting("HALLPASS_TEST_REDIS") else {
        let is_needed = setting("HALLPASS_TEST_REQUIRE").is_some_and(|value| value == "1");
        assert!(!is_needed, "HALLPASS_TEST_REDIS is not set");
        eprintln!("HALLPASS_TEST_REDIS is not set: Redis is left out");
        return None;
    };
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let prefix = format!("hallpass:test:{}:{number}:", process::id());
    let limiter = RedisLimiter::new(&Secret::new(url)).unwrap();
    Some(limiter.prefix(prefix))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counters_in_redis_keep_every_promise() {
    if let Some(limiter) = limiter() {
        let rules = kit::run_on(kit::LIMIT_RULES, async || Box::new(limiter.clone()) as _);
        rules.await.unwrap();
    }
}

#[tokio::test]
async fn a_redis_that_is_away_is_unavailable_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = Secret::new(format!("redis://:planted@{address}/0"));
    let limiter = RedisLimiter::new(&url).unwrap();
    let error = limiter.forget(&kit::limit_keys()).await.unwrap_err();
    assert!(matches!(error, AdapterError::Unavailable(_)), "{error:?}");
    let shown = format!("{limiter:?} {error:?}");
    assert!(!shown.contains("planted"), "{shown}");
}

/// A server that takes connections and says nothing.
#[tokio::test]
async fn a_redis_that_does_not_answer_is_unavailable_soon() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let url = Secret::new(format!("redis://{address}/0"));
    let limiter = RedisLimiter::new(&url).unwrap();
    let begun = std::time::Instant::now();
    let error = limiter.forget(&kit::limit_keys()).await.unwrap_err();
    assert!(matches!(error, AdapterError::Unavailable(_)), "{error:?}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(10));
    drop(listener);
}

#[tokio::test]
async fn other_addresses_are_refused_with_what_to_do() {
    for url in [
        "",
        "localhost:6379",
        "http://localhost",
        "rediss://localhost",
    ] {
        let error = match RedisLimiter::new(&Secret::new(url)) {
            Ok(_) => panic!("`{url}` was taken"),
            Err(error) => error,
        };
        assert_eq!(error.to_string(), "this is no address of a Redis");
        assert!(error.help().contains("redis://"));
    }
}
