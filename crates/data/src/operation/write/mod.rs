//! The operations that change rows.
//!
//! Source: contract zenstack §2.2, §3.1, §3.6.

mod create;
mod delete;
mod update;

use hallpass_zmodel::schema::ModelKind;

use super::{Reply, not_supported};
use crate::args::ArgValue;
use crate::args::parse::Call;
use crate::client::Client;
use crate::error::Error;
use crate::operation::Operation;
use crate::write::require_own_rows;

/// Everything that changes rows.
pub(super) async fn run<'e>(
    client: &'e Client,
    call: &Call<'e>,
    args: &ArgValue,
) -> Result<Reply, Error> {
    if call.model.kind == ModelKind::View {
        return Err(Error::NotSupported(format!(
            "`{}` is a view, which is read only",
            call.model.name
        )));
    }
    // Source: contract zenstack §2.11.
    let may_add = matches!(
        call.operation,
        Operation::Create
            | Operation::CreateMany
            | Operation::CreateManyAndReturn
            | Operation::Upsert
    );
    if may_add {
        require_own_rows(call.model)?;
    }
    let at = call.at(args);
    match call.operation {
        Operation::Create => create::one(client, &at).await,
        Operation::CreateMany => Box::pin(create::many(client, &at)).await,
        Operation::CreateManyAndReturn => Box::pin(create::many_given_back(client, &at)).await,
        Operation::Update => update::one(client, &at).await,
        Operation::UpdateMany => Box::pin(update::many(client, &at)).await,
        Operation::UpdateManyAndReturn => Box::pin(update::many_given_back(client, &at)).await,
        Operation::Upsert => Box::pin(update::or_create(client, &at)).await,
        Operation::Delete => Box::pin(delete::one(client, &at)).await,
        Operation::DeleteMany => Box::pin(delete::many(client, &at)).await,
        _ => Err(not_supported(call)),
    }
}
