//! What a schema may say beside tables of plain fields: hidden fields and models, views, fields that the program computes,
//! procedures; and what a client may leave out.

mod computed;
mod decimals;
mod hidden;
mod procedures;
mod schemas;
mod search;
mod slicing;
mod typed_json;
mod views;

use serde_json::Value as Json;

use crate::{Client, Operation};

pub(super) use super::support::{Place, call, options, places_of, places_with, schema};

/// What a call gives.
async fn given(place: &Place, model: &str, operation: Operation, args: Json) -> Json {
    let shown = args.to_string();
    match call(&place.client, model, operation, args).await {
        Ok(reply) => reply,
        Err(error) => panic!("{}: {operation} {shown}: {error}: {error:?}", place.name),
    }
}

/// Why a call is refused.
async fn refused(db: &Client, model: &str, operation: Operation, args: Json) -> String {
    let shown = args.to_string();
    match call(db, model, operation, args).await {
        Ok(reply) => panic!("{operation} {shown}: not refused: {reply}"),
        Err(error) => error.to_string(),
    }
}
