use hallpass_db::testing;

use super::support::options;
use crate::{SetUpError, open};

#[tokio::test]
async fn an_address_and_a_schema_give_a_client_with_tables() {
    for test in testing::databases().await {
        let client = open(&test.address, "model Note { id Int @id }", options())
            .await
            .unwrap();
        client.create("Note").set("id", 1).run().await.unwrap();
        client.close().await;
        let again = open(&test.address, "model Note { id Int @id }", options())
            .await
            .unwrap();
        assert_eq!(again.count("Note").run().await.unwrap(), 1, "{}", test.name);
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_said() {
    let test = testing::sqlite().await;
    let error = open(&test.address, "model Note { id Nmbr @id }", options())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("unknown type `Nmbr`"), "{error}");
    let error = open("gopher://x", "model Note { id Int @id }", options())
        .await
        .unwrap_err();
    assert!(matches!(error, SetUpError::Connect(_)), "{error}");
}
