use super::{Reply, not_supported};
use crate::args::ArgValue;
use crate::args::parse::Call;
use crate::client::Client;
use crate::error::Error;

/// `findMany`, `findFirst`, `findUnique`, their `OrThrow`, and `exists`.
pub(super) async fn run(
    _client: &Client,
    call: &Call<'_>,
    _args: &ArgValue,
) -> Result<Reply, Error> {
    Err(not_supported(call))
}
