//! Every kit of `auth`, one after the other over the same tables.

use hallpass_auth::one_time::OneTimeStore;
use hallpass_auth::second_factor::SecondFactorStore;
use hallpass_auth::testing::kit;
use hallpass_data::Client;
use hallpass_zmodel::schema::Arity;

use crate::layout::USER;
use crate::{AtRest, DataAdapter};

/// Runs the rules of a trait on a store, and names the tables where one is broken.
macro_rules! keeps {
    ($place:expr, $rules:expr, $store:expr) => {
        let result = kit::run_on($rules, async || Box::new($store.clone()) as _).await;
        result.unwrap_or_else(|failures| panic!("{}: {failures}", $place));
    };
}

/// Whatever is promised of stores, in tables that are empty, with tokens of sessions in this form.
pub(super) async fn keep_every_promise(client: &Client, tokens: AtRest, place: &str) {
    let place = format!("{place}, tokens {tokens:?}");
    let adapter = DataAdapter::new(client).unwrap();
    let adapter = adapter.session_tokens_at_rest(tokens);
    signs_in(client, &adapter, &place).await;
    keeps_what_is_ours(&adapter, &place).await;
}

/// What stands in the tables of the layout.
async fn signs_in(client: &Client, adapter: &DataAdapter, place: &str) {
    keeps!(place, kit::RULES, adapter);
    keeps!(place, kit::UNIQUE_ADDRESS_RULES, adapter);
    keeps!(place, kit::ACCOUNT_SIGN_IN_RULES, adapter);
    if admits_null(client, USER, "email") {
        keeps!(place, kit::OPTIONAL_ADDRESS_RULES, adapter);
    }
    assert!(adapter.lists_sessions(), "{place}");
    keeps!(place, kit::DIRECTORY_RULES, adapter);
    keeps!(place, kit::ACCOUNT_RULES, adapter);
}

/// What stands in tables of our own, beside users of the layout.
async fn keeps_what_is_ours(adapter: &DataAdapter, place: &str) {
    adapter.ready().unwrap();
    keeps!(place, kit::ONE_TIME_RULES, adapter);
    adapter.second_factors_ready().unwrap();
    keeps!(place, kit::SECOND_FACTOR_RULES, adapter);
    keeps!(place, kit::LEASE_RULES, adapter);
    let limits = adapter.clone().limit_store().unwrap();
    keeps!(place, kit::LIMIT_RULES, limits);
    let passwords = adapter.clone().password_store().unwrap();
    let result = kit::run_password_rules(async || passwords.clone()).await;
    result.unwrap_or_else(|failures| panic!("{place}: {failures}"));
}

/// Whether schema and table admit null.
fn admits_null(client: &Client, model: &str, field: &str) -> bool {
    let model = client.schema().model(model).unwrap();
    let field = model.field(field).unwrap();
    let tables = &client.found().unwrap().tables;
    let mut tables = tables.iter();
    let table = tables.find(|table| table.name.eq_ignore_ascii_case(&model.table));
    field.arity == Arity::Optional && table.unwrap().column(&field.column).unwrap().nullable
}
