//! The API as OpenAPI 3.1 describes it: for people, and for programs that make clients or tests of it.
//!
//! [`DataService::describe`] gives the part about the data, made of the checked schema and what is open of it by the same
//! tables that read requests: the operators of a field, the actions of a relation, the fields that may be written. Other
//! parts (sign-in) come from elsewhere; [`document`] puts them together, [`page`] makes a page for people of it.
//!
//! `scope` says what there is; `filter`, `order`, `selection`, `data`, `aggregate` and `values` have a schema for each kind of
//! argument, `row` and `resource` for what comes back, `answers` for what goes wrong; `rpc`, `live` and `rest` have the paths.
//!
//! Invariant: what is closed, ignored or left out of results has no name in it.
//!
//! Source: OpenAPI 3.1.1, JSON Schema 2020-12.

mod aggregate;
mod answers;
mod components;
mod data;
mod document;
mod filter;
mod json_schema;
mod live;
mod order;
mod page;
mod parameters;
mod resource;
mod rest;
mod row;
mod rpc;
mod rules;
mod scope;
mod selection;
mod values;

use serde_json::{Map, Value as Json, json};

use super::service::DataService;
use answers::Style;
use components::Components;
use scope::Scope;

pub use document::{Info, document};
pub use page::{Page, page};

/// Where the data is served, if it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mounts<'m> {
    /// The prefix of the RPC style: `/api/model`.
    pub rpc: Option<&'m str>,
    /// The prefix of the REST style: `/api/rest`.
    pub rest: Option<&'m str>,
}

impl DataService {
    /// Describes what is served: a part for [`document`].
    pub fn describe(&self, mounts: Mounts<'_>) -> Json {
        let scope = Scope::new(self.inner(), self.live.is_some());
        let mut components = Components::new(&scope);
        let (mut paths, mut tags) = (Map::new(), Vec::new());
        let (mut refusals, mut parameters) = (Map::new(), json!({}));
        if let Some(prefix) = mounts.rpc {
            let prefix = prefix.trim_end_matches('/');
            rpc::add(&mut components, prefix, &mut paths, &mut tags);
            refusals.extend(answers::refusals(Style::Rpc));
            parameters = rpc::shared_parameters();
        }
        if let Some(prefix) = mounts.rest {
            let prefix = prefix.trim_end_matches('/');
            rest::add(&mut components, prefix, &mut paths, &mut tags);
            refusals.extend(answers::refusals(Style::Rest));
        }
        json!({
            "tags": tags,
            "paths": paths,
            "components": {
                "schemas": components.finish(),
                "responses": refusals,
                "parameters": parameters,
            },
        })
    }
}
