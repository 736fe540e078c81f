use super::{At, LISTING, SELECTION, filter, listing, selection, unique};
use crate::args::{FindArgs, Listing};
use crate::error::Error;
use crate::operation::Operation;

/// The arguments of a read of rows.
pub(crate) fn find(at: &At<'_, '_>) -> Result<FindArgs, Error> {
    let call = at.call();
    let model = call.model;
    let by_key = matches!(
        call.operation,
        Operation::FindUnique | Operation::FindUniqueOrThrow
    );
    let many = call.operation == Operation::FindMany;
    let mut known = SELECTION.to_vec();
    known.extend(if by_key { &["where"][..] } else { &LISTING });
    at.only(&known)?;
    let rows = if by_key {
        let found = at.member("where")?;
        let found = found.ok_or_else(|| at.fail("`where` is missing"))?;
        Listing {
            filter: Some(unique(&found, model)?),
            ..Listing::default()
        }
    } else {
        let limits = at.limits();
        let mut rows = listing(at, model, limits.rows)?;
        if !many {
            take_one(at, &mut rows)?;
        } else if rows.take.is_none() {
            let page = limits.default_take.map(|page| page.min(limits.rows));
            rows.take = page.and_then(|page| i64::try_from(page).ok());
        }
        rows
    };
    Ok(FindArgs {
        model: model.name.clone(),
        rows,
        selection: selection(at, model)?,
        asked: Some(call.operation.name()),
    })
}

/// Source: contract zenstack §3.4, a first row takes one.
fn take_one(at: &At<'_, '_>, rows: &mut Listing) -> Result<(), Error> {
    if let Some(take) = at.member("take")?
        && rows.take != Some(1)
    {
        return Err(take.fail("expected 1").into());
    }
    rows.take = Some(1);
    Ok(())
}

/// The arguments of `exists`.
pub(crate) fn exists(at: &At<'_, '_>) -> Result<FindArgs, Error> {
    let model = at.call().model;
    at.only(&["where"])?;
    let found = at.member("where")?;
    Ok(FindArgs {
        model: model.name.clone(),
        rows: Listing {
            filter: found.map(|found| filter(&found, model)).transpose()?,
            take: Some(1),
            ..Listing::default()
        },
        ..FindArgs::default()
    })
}
