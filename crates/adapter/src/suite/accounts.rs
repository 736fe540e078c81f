//! Tokens of other services in the table of accounts: in which form, and what the doctor says of them.

use std::sync::Arc;

use hallpass_auth::Auth;
use hallpass_auth::adapter::{Account, AccountType, Adapter, SEALED_MARK, TokensAtRest};
use hallpass_auth::providers::oauth::{OAuthClient, OAuthProvider};
use hallpass_auth::secret::Secret;
use hallpass_auth::secrets::Secrets;
use hallpass_auth::testing::clock::FixedClock;
use hallpass_auth::testing::random::SeededRandom;
use hallpass_auth::testing::rotating::RotatingService;
use hallpass_data::Dialect;
use hallpass_db::testing::databases;
use serde_json::json;

use super::layouts::{fixture, open};
use super::{clients, new_user};
use crate::doctor::{Depth, examine};
use crate::layouts::LayoutChoice;
use crate::{
    AccountTokensAtRest, AtRest, DataAdapter, PRISMA_LAYOUT, SessionTable, decide_tokens_at_rest,
};

#[tokio::test]
async fn tokens_are_sealed_where_sessions_are_hashed_unless_it_is_said() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let name = database.name;
        let adapter = || DataAdapter::new(&client).unwrap();
        // Nobody decided, so somebody else may read the table.
        assert_eq!(
            adapter().tokens_at_rest().await.unwrap(),
            TokensAtRest::Clear,
            "{name}"
        );
        decide_tokens_at_rest(&client, SessionTable::Made)
            .await
            .unwrap();
        assert_eq!(
            adapter().tokens_at_rest().await.unwrap(),
            TokensAtRest::Sealed,
            "{name}"
        );
        let shared = adapter().session_tokens_at_rest(AtRest::Clear);
        assert_eq!(
            shared.tokens_at_rest().await.unwrap(),
            TokensAtRest::Clear,
            "{name}"
        );
        for (setting, form) in [
            (AccountTokensAtRest::Sealed, TokensAtRest::Sealed),
            (AccountTokensAtRest::Clear, TokensAtRest::Clear),
        ] {
            let said = adapter().account_tokens_at_rest(setting).unwrap();
            assert_eq!(said.tokens_at_rest().await.unwrap(), form, "{name}");
        }
    }
}

/// Sealed text is longer: in a column of 255 characters it would make a sign-in fail that went well before.
#[tokio::test]
async fn narrow_columns_keep_tokens_in_clear_and_are_named() {
    let test = fixture("drizzle-mysql").await;
    let client = open(&test, LayoutChoice::Auto).await;
    decide_tokens_at_rest(&client, SessionTable::Made)
        .await
        .unwrap();
    let adapter = DataAdapter::new(&client).unwrap();
    let adapter = adapter.session_tokens_at_rest(AtRest::Hashed);
    assert_eq!(adapter.tokens_at_rest().await.unwrap(), TokensAtRest::Clear);
    let refused = adapter.account_tokens_at_rest(AccountTokensAtRest::Sealed);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "`access_token` of `Account` holds 255 characters, too few for sealed tokens: make the column a TEXT"
    );
    for dialect in [Dialect::Postgres, Dialect::MariaDb, Dialect::Sqlite] {
        for test in databases().await {
            if test.database.dialect() == dialect {
                let client = open(&test, LayoutChoice::Auto).await;
                let adapter = DataAdapter::new(&client).unwrap();
                let sealed = adapter.account_tokens_at_rest(AccountTokensAtRest::Sealed);
                assert!(sealed.is_ok(), "the layout that we make on {}", test.name);
            }
        }
    }
}

#[tokio::test]
async fn doctor_counts_tokens_in_clear_and_no_sealed_ones() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let client = client.fitted().await.unwrap();
        let adapter = DataAdapter::new(&client).unwrap();
        let user = new_user("ann@example.org", json!({}));
        let user = adapter.create_user(user).await.unwrap();
        for (id, token) in [
            ("1", json!("in clear")),
            ("2", json!(format!("{SEALED_MARK}AAAA"))),
            ("3", json!(null)),
            ("4", json!("in clear too")),
        ] {
            let extra = json!({ "refresh_token": token });
            let account = Account {
                user_id: user.id.clone(),
                kind: AccountType::OAuth,
                provider: "github".to_owned(),
                provider_account_id: id.to_owned(),
                extra: extra.as_object().unwrap().clone(),
            };
            adapter.link_account(account).await.unwrap();
        }
        let report = examine(&client, Depth::Rows).await.unwrap();
        let found = report
            .findings
            .iter()
            .find(|finding| finding.code == "account-token-in-clear");
        assert_eq!(found.unwrap().rows, Some(2), "{}", database.name);
    }
}

fn process(adapter: &DataAdapter, service: &Arc<RotatingService>, seed: u64) -> Auth {
    let addresses = [
        "https://svc.test/a",
        "https://svc.test/t",
        "https://svc.test/u",
    ];
    let client = OAuthClient::new("client", Secret::new("client-secret"));
    Auth::builder()
        .secrets(Secrets::new([Secret::new("secret-0123456789abcdef-0123456789")]).unwrap())
        .environment(
            Arc::new(FixedClock::at("2026-01-01T00:00:00Z")),
            Arc::new(SeededRandom::new(seed)),
        )
        .adapter(adapter.clone())
        .leases(adapter.clone())
        .http_client(service.clone())
        .provider(OAuthProvider::oauth("svc", addresses, client))
        .build()
        .unwrap()
}

/// CVE-2026-53517: a refresh token that services take once is sent once, by whichever process.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cve_2026_53517_two_processes_on_one_database_renew_a_token_once() {
    for (client, database) in clients(PRISMA_LAYOUT).await {
        let adapter = DataAdapter::new(&client).unwrap();
        let adapter = adapter
            .account_tokens_at_rest(AccountTokensAtRest::Sealed)
            .unwrap();
        let user = new_user("ann@example.org", json!({}));
        let user = adapter.create_user(user).await.unwrap();
        let extra =
            json!({ "access_token": "access-0", "refresh_token": "refresh-0", "expires_at": 1 });
        let account = Account {
            user_id: user.id.clone(),
            kind: AccountType::OAuth,
            provider: "svc".to_owned(),
            provider_account_id: "1".to_owned(),
            extra: extra.as_object().unwrap().clone(),
        };
        adapter.link_account(account).await.unwrap();
        let service = Arc::new(RotatingService::knowing("refresh-0"));
        let processes = [1, 2].map(|seed| process(&adapter, &service, seed));
        let calls: Vec<_> = (0..100)
            .map(|call| {
                let (auth, user) = (processes[call % 2].clone(), user.id.clone());
                tokio::spawn(async move { auth.access_token(&user, "svc").await })
            })
            .collect();
        for call in calls {
            let token = call.await.unwrap().unwrap();
            assert_eq!(token.token.expose(), "access-1", "{}", database.name);
        }
        assert_eq!(service.requests(), 1, "{}", database.name);
        let kept = adapter.account("svc", "1").await.unwrap().unwrap();
        for name in ["access_token", "refresh_token"] {
            let stored = kept.extra[name].as_str().unwrap();
            assert!(
                stored.starts_with(SEALED_MARK),
                "{name} on {}",
                database.name
            );
        }
    }
}
