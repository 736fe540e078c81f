use hallpass_db::testing;

use super::support::options;
use crate::{SetUpError, Source, open};

const NOTE: &[Source<'static>] = &[Source {
    name: "schema.zmodel",
    text: "model Note { id Int @id }",
}];

#[tokio::test]
async fn an_address_and_a_schema_give_a_client_with_tables() {
    for test in testing::databases().await {
        let client = open(&test.address, NOTE, options()).await.unwrap();
        client.create("Note").set("id", 1).run().await.unwrap();
        client.close().await.unwrap();
        let again = open(&test.address, NOTE, options()).await.unwrap();
        assert_eq!(again.count("Note").run().await.unwrap(), 1, "{}", test.name);
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_said() {
    let test = testing::sqlite().await;
    let mistaken = Source {
        name: "schema.zmodel",
        text: "model Note { id Nmbr @id }",
    };
    let error = open(&test.address, &[mistaken], options())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("unknown type `Nmbr`"), "{error}");
    let error = open("gopher://x", NOTE, options()).await.unwrap_err();
    assert!(matches!(error, SetUpError::Connect(_)), "{error}");
}

#[tokio::test]
async fn several_texts_are_one_schema() {
    let test = testing::sqlite().await;
    let other = Source {
        name: "other.zmodel",
        text: "model Other { id Int @id }",
    };
    let sources = [NOTE, &[other]].concat();
    let client = open(&test.address, &sources, options());
    let client = client.await.unwrap();
    for model in ["Note", "Other"] {
        client.create(model).set("id", 1).run().await.unwrap();
    }
}

/// PostgreSQL looks for tables in schemas; one that is not there has room for none.
#[tokio::test]
async fn a_table_that_cannot_be_made_is_named() {
    for test in testing::databases().await {
        if test.name != "postgres" {
            continue;
        }
        let joint = if test.address.contains('?') { '&' } else { '?' };
        let address = format!("{}{joint}schema=nowhere", test.address);
        let error = open(&address, NOTE, options()).await.unwrap_err();
        assert_eq!(error.to_string(), "table `Note` cannot be created");
        let cause = std::error::Error::source(&error).unwrap();
        let cause = std::error::Error::source(cause).unwrap().to_string();
        assert!(cause.contains("3F000"), "{cause}");
    }
}
