//! Whether a person may have several accounts: the documentation of Prisma for MySQL makes `Account.userId` unique.
//!
//! Source: contract authjs §10.2.

use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Error, Held, Mending, Rule};

use super::promises::place;
use super::{Finding, Remedy, Severity};
use crate::layout::ACCOUNT;

pub(super) fn examine(client: &Client, catalog: &Catalog) -> Result<Option<Finding>, Error> {
    let field = "userId";
    let model = client.schema().model(ACCOUNT);
    if model.is_none_or(|model| model.field(field).is_none()) {
        return Ok(None);
    }
    let rule = Rule::Unique {
        model: ACCOUNT.to_owned(),
        fields: vec![field.to_owned()],
    };
    if client.keeps(&rule, catalog)? != Held::Kept {
        return Ok(None);
    }
    let mending = Mending::AdmitAlike {
        model: ACCOUNT.to_owned(),
        field: field.to_owned(),
    };
    let (changes, advice) = match client.changes_to_mend(&mending, catalog) {
        Ok(changes) => (changes, None),
        Err(Error::Unsupported(_)) => (Vec::new(), Some(ONLY_ANEW.to_owned())),
        Err(error) => return Err(error),
    };
    Ok(Some(Finding {
        code: "account-one-each".to_owned(),
        severity: Severity::Warning,
        place: place(client, ACCOUNT, &[field]),
        problem: "a unique key admits one account of a person only".to_owned(),
        consequence: "whoever has signed in with one provider cannot link another, nor register a passkey: the database refuses it",
        rows: None,
        look: None,
        remedies: changes
            .into_iter()
            .map(|change| Remedy::new(change, Some(LOSES)))
            .collect(),
        advice,
    }))
}

const LOSES: &str = "what the application may rely on, that nobody has two accounts: where its schema has `@unique` on `userId`, take \
                     that away too";

const ONLY_ANEW: &str = "the key belongs to the table, which this database only makes anew: `hallpass db pull --out tables.zmodel`, take \
                         `@unique` from `userId`, and `hallpass db push --schema tables.zmodel --dry-run` shows the statements";
