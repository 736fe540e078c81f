//! The adapter test kit of `auth` on every database, over every layout.

use std::sync::Arc;

use hallpass_auth::testing::kit;
use hallpass_data::{Client, ClientOptions};
use hallpass_db::testing::databases;
use hallpass_zmodel::{Source, load};
use jiff::Timestamp;

use crate::{DataAdapter, PRISMA_LAYOUT};

const LAYOUTS: &[(&str, &str)] = &[("prisma", PRISMA_LAYOUT)];

fn client(database: hallpass_db::Database, layout: &str) -> Client {
    let schema = load(&[Source {
        name: "layout.zmodel",
        text: layout,
    }])
    .unwrap();
    let counter = std::sync::atomic::AtomicU64::new(0);
    let options = ClientOptions::new(
        || Timestamp::from_second(1_700_000_000).unwrap(),
        move |bytes: &mut [u8]| {
            for byte in bytes {
                let next =
                    counter.fetch_add(0x9e37_79b9_7f4a_7c15, std::sync::atomic::Ordering::Relaxed);
                *byte = (next >> 56) as u8 ^ (next >> 24) as u8;
            }
        },
    );
    Client::new(database, Arc::new(schema), options).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_promise_is_kept_on_every_database_and_layout() {
    for (name, layout) in LAYOUTS {
        for database in databases().await {
            let client = client(database.database.clone(), layout);
            client.create_missing_tables().await.unwrap();
            let adapter = DataAdapter::new(&client).unwrap();
            let result = kit::run(kit::RULES, async || adapter.clone()).await;
            result.unwrap_or_else(|failures| panic!("{name} on {}: {failures}", database.name));
        }
    }
}
