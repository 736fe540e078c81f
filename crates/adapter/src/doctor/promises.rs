//! What keys, indexes and references promise, and what comes of their absence.

use hallpass_data::catalog::Catalog;
use hallpass_data::{Change, Client, Error, Fold, Held, Mending, Rule};
use hallpass_zmodel::schema::Model;

use super::{Depth, Finding, Remedy, Severity};
use crate::layout::{ACCOUNT, SESSION, USER, VERIFICATION_TOKEN};
use crate::own::AUTHENTICATOR;

/// What a table should promise.
struct Promise {
    code: &'static str,
    severity: Severity,
    model: &'static str,
    kind: Kind,
    problem: &'static str,
    consequence: &'static str,
    /// What may be done with rows that are there already, by whoever chooses it, and what is gone then.
    chosen: Option<(Chosen, &'static str)>,
}

/// Which of several rows that are alike is the right one, only a person can tell; this is what one may settle for.
#[derive(Clone, Copy)]
enum Chosen {
    /// The one with the least key keeps the text, the others have none.
    Clear,
    /// The one with the least key stays.
    KeepFirst,
    /// None of them stays.
    RemoveAll,
}

/// No mail reaches it. Source: RFC 2606 section 2.
pub(super) const NOBODY: &str = "@address-taken.invalid";

enum Kind {
    Unique(&'static [&'static str]),
    Index(&'static [&'static str]),
    /// Only rows can tell.
    LowerCase(&'static str),
    /// Only rows can tell, and only a person which of them is the right one.
    DistinctInLowerCase(&'static str),
    /// Only rows can tell.
    Trimmed(&'static str),
    /// Only rows can tell, and only a person which of them is the right one.
    DistinctTrimmed(&'static str),
    /// To the user, by `userId`.
    User,
}

/// What is lost where several users are left with one address.
const ALL_BUT_ONE_ADDRESS: &str = "the address of each of these users but the one with the least id: they stay with all that is \
                                   theirs, and sign in by what else they have, or not at all";

const PROMISES: &[Promise] = &[
    Promise {
        code: "user-email-not-unique",
        severity: Severity::Danger,
        model: USER,
        kind: Kind::Unique(&["email"]),
        problem: "two users may have the same mail address",
        consequence: "whoever proves the address cannot be told apart from the other user, so neither is signed in; two \
                      first sign-ins at the same time may make two users",
        chosen: Some((Chosen::Clear, ALL_BUT_ONE_ADDRESS)),
    },
    Promise {
        code: "user-email-differs-in-capitals-alone",
        severity: Severity::Danger,
        model: USER,
        kind: Kind::DistinctInLowerCase("email"),
        problem: "addresses with capital letters are another user's but for these",
        consequence: "links and passwords look for the address in small letters: these people get another user than their \
                      own, or none; and once in small letters, neither would be signed in",
        chosen: Some((Chosen::Clear, ALL_BUT_ONE_ADDRESS)),
    },
    Promise {
        code: "session-token-not-unique",
        severity: Severity::Danger,
        model: SESSION,
        kind: Kind::Unique(&["sessionToken"]),
        problem: "two sessions may have the same token",
        consequence: "one browser could be signed in as the user of another; and without an index every request reads the \
                      whole table",
        chosen: Some((
            Chosen::RemoveAll,
            "all sessions of such a token: these people sign in again",
        )),
    },
    Promise {
        code: "account-not-unique",
        severity: Severity::Danger,
        model: ACCOUNT,
        kind: Kind::Unique(&["provider", "providerAccountId"]),
        problem: "two users may have the same account of a provider",
        consequence: "which of them signs in with it is left to chance",
        chosen: Some((
            Chosen::KeepFirst,
            "each of these accounts but the one with the least key: only its user signs in with it from then on",
        )),
    },
    Promise {
        code: "verification-token-not-unique",
        severity: Severity::Warning,
        model: VERIFICATION_TOKEN,
        kind: Kind::Unique(&["identifier", "token"]),
        problem: "the same link token may be kept twice",
        consequence: "a link could be used twice; and without an index following one reads the whole table",
        chosen: Some((
            Chosen::RemoveAll,
            "links that are kept twice: these people ask for a new one",
        )),
    },
    Promise {
        code: "user-email-with-capitals",
        severity: Severity::Warning,
        model: USER,
        kind: Kind::LowerCase("email"),
        problem: "addresses are kept with capital letters",
        consequence: "a program that looks for the address in small letters does not find these people and makes a second user; \
                      Hallpass finds them, and where no index over the small letters helps reads the whole table for it",
        chosen: None,
    },
    Promise {
        code: "user-email-not-normal",
        severity: Severity::Warning,
        model: USER,
        kind: Kind::Trimmed("email"),
        problem: "addresses begin or end with a blank",
        consequence: "people who type their address do not find their user, and get a second one",
        chosen: None,
    },
    Promise {
        code: "user-email-differs-in-blanks-alone",
        severity: Severity::Danger,
        model: USER,
        kind: Kind::DistinctTrimmed("email"),
        problem: "addresses with a blank before or behind them are another user's but for it",
        consequence: "people who type their address get another user than their own; and once the blank is gone, neither would \
                      be signed in",
        chosen: Some((Chosen::Clear, ALL_BUT_ONE_ADDRESS)),
    },
    Promise {
        code: "session-outlives-user",
        severity: Severity::Warning,
        model: SESSION,
        kind: Kind::User,
        problem: "sessions are not removed with their user",
        consequence: "when another program removes a user, its sessions stay; should the id be given again, they sign in \
                      as somebody else",
        chosen: None,
    },
    Promise {
        code: "account-outlives-user",
        severity: Severity::Warning,
        model: ACCOUNT,
        kind: Kind::User,
        problem: "accounts are not removed with their user",
        consequence: "when another program removes a user, the person cannot sign in with the same provider again",
        chosen: None,
    },
    Promise {
        code: "authenticator-not-unique",
        severity: Severity::Danger,
        model: AUTHENTICATOR,
        kind: Kind::Unique(&["credentialID"]),
        problem: "two users may have the same passkey",
        consequence: "which of them signs in with it is left to chance; and without an index every sign-in with a passkey reads \
                      the whole table",
        chosen: Some((
            Chosen::KeepFirst,
            "each of these passkeys but the one with the least key: only its user signs in with it from then on",
        )),
    },
    Promise {
        code: "authenticator-without-key",
        severity: Severity::Note,
        model: AUTHENTICATOR,
        kind: Kind::Index(&["userId", "credentialID"]),
        problem: "no key finds a passkey of a user",
        consequence: "the key that Auth.js gives the table is missing: counting up the use of a passkey, listing somebody's and \
                      removing a user read the whole table",
        chosen: None,
    },
    Promise {
        code: "authenticator-outlives-user",
        severity: Severity::Warning,
        model: AUTHENTICATOR,
        kind: Kind::User,
        problem: "passkeys are not removed with their user",
        consequence: "when another program removes a user, its passkeys stay; should the id be given again, they sign in as \
                      somebody else",
        chosen: None,
    },
    Promise {
        code: "session-user-not-indexed",
        severity: Severity::Note,
        model: SESSION,
        kind: Kind::Index(&["userId"]),
        problem: "no index finds the sessions of a user",
        consequence: "listing or ending somebody's sessions, and removing a user, reads the whole table",
        chosen: None,
    },
    Promise {
        code: "account-user-not-indexed",
        severity: Severity::Note,
        model: ACCOUNT,
        kind: Kind::Index(&["userId"]),
        problem: "no index finds the accounts of a user",
        consequence: "listing somebody's accounts, and removing a user, reads the whole table",
        chosen: None,
    },
    Promise {
        code: "session-expiry-not-indexed",
        severity: Severity::Note,
        model: SESSION,
        kind: Kind::Index(&["expires"]),
        problem: "no index finds sessions that are over",
        consequence: "clearing them away reads the whole table",
        chosen: None,
    },
];

impl Promise {
    fn rule(&self) -> Rule {
        let model = self.model.to_owned();
        let owned = |fields: &[&str]| fields.iter().map(|&name| name.to_owned()).collect();
        match self.kind {
            Kind::Unique(fields) => Rule::Unique {
                model,
                fields: owned(fields),
            },
            Kind::Index(fields) => Rule::Index {
                model,
                fields: owned(fields),
            },
            Kind::LowerCase(field) => Rule::LowerCase {
                model,
                field: field.to_owned(),
            },
            Kind::DistinctInLowerCase(field) => Rule::DistinctInLowerCase {
                model,
                field: field.to_owned(),
            },
            Kind::Trimmed(field) => Rule::Trimmed {
                model,
                field: field.to_owned(),
            },
            Kind::DistinctTrimmed(field) => Rule::DistinctTrimmed {
                model,
                field: field.to_owned(),
            },
            Kind::User => Rule::Reference {
                model,
                field: "userId".to_owned(),
                target: USER.to_owned(),
                target_field: "id".to_owned(),
            },
        }
    }

    /// Whether rows may stand against it.
    fn may_be_broken(&self, held: Held) -> bool {
        match self.kind {
            Kind::Index(_) => false,
            // SQLite keeps references only for programs that ask for it.
            Kind::User => true,
            Kind::Unique(_)
            | Kind::LowerCase(_)
            | Kind::DistinctInLowerCase(_)
            | Kind::Trimmed(_)
            | Kind::DistinctTrimmed(_) => held != Held::Kept,
        }
    }

    fn is_broken(&self, held: Held, rows: Option<u64>) -> bool {
        let some_rows = rows.is_some_and(|rows| rows > 0);
        match self.kind {
            Kind::LowerCase(_)
            | Kind::DistinctInLowerCase(_)
            | Kind::Trimmed(_)
            | Kind::DistinctTrimmed(_) => some_rows,
            Kind::User | Kind::Unique(_) | Kind::Index(_) => some_rows || held != Held::Kept,
        }
    }

    fn fields(&self) -> Vec<&'static str> {
        match self.kind {
            Kind::Unique(fields) | Kind::Index(fields) => fields.to_vec(),
            Kind::LowerCase(field)
            | Kind::DistinctInLowerCase(field)
            | Kind::Trimmed(field)
            | Kind::DistinctTrimmed(field) => vec![field],
            Kind::User => vec!["userId"],
        }
    }

    /// Whether the schema has what it is about: one of an application may lack models.
    fn concerns(&self, client: &Client) -> bool {
        let model = client.schema().model(self.model);
        let has = |model: &Model| self.fields().iter().all(|name| model.field(name).is_some());
        model.is_some_and(has)
    }

    fn mending(&self, chosen: Chosen) -> Mending {
        let model = self.model.to_owned();
        let fields: Vec<String> = self.fields().into_iter().map(str::to_owned).collect();
        match chosen {
            Chosen::Clear => Mending::ClearButFirst {
                model,
                field: fields.into_iter().next().unwrap_or_default(),
                fold: match self.kind {
                    Kind::DistinctInLowerCase(_) => Some(Fold::Lower),
                    Kind::DistinctTrimmed(_) => Some(Fold::Trim),
                    _ => None,
                },
                ending: NOBODY,
            },
            Chosen::KeepFirst => Mending::RemoveButFirst { model, fields },
            Chosen::RemoveAll => Mending::RemoveAlike { model, fields },
        }
    }
}

pub(super) async fn examine(
    client: &Client,
    catalog: &Catalog,
    depth: Depth,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for promise in PROMISES.iter().filter(|promise| promise.concerns(client)) {
        let rule = promise.rule();
        let held = client.keeps(&rule, catalog)?;
        if held == Held::NoTable {
            continue;
        }
        let rows = match depth {
            Depth::Rows if promise.may_be_broken(held) => Some(client.violations(&rule).await?),
            Depth::Rows | Depth::Catalog => None,
        };
        if !promise.is_broken(held, rows) {
            continue;
        }
        findings.push(finding(client, catalog, promise, &rule, held, rows)?);
    }
    Ok(findings)
}

fn finding(
    client: &Client,
    catalog: &Catalog,
    promise: &Promise,
    rule: &Rule,
    held: Held,
    rows: Option<u64>,
) -> Result<Finding, Error> {
    let some_rows = rows.is_some_and(|rows| rows > 0);
    let mut remedies = Vec::new();
    if some_rows {
        remedies = removal(client, catalog, promise, rule)?;
    }
    let must_decide = some_rows && remedies.is_empty();
    let is_chosen = remedies.iter().any(|one| one.loses.is_some()) && promise.chosen.is_some();
    let mut advice = must_decide
        .then_some(DECIDE)
        .or(is_chosen.then_some(BEFORE));
    if held != Held::Kept && !must_decide {
        match client.changes_to_keep(rule, catalog) {
            Ok(changes) => remedies.extend(changes.into_iter().map(Remedy::harmless)),
            Err(Error::Unsupported(_)) => advice = Some(ONLY_ANEW),
            Err(error) => return Err(error),
        }
    }
    Ok(Finding {
        code: promise.code.to_owned(),
        severity: promise.severity,
        place: place(client, promise.model, &promise.fields()),
        problem: problem(promise, held),
        consequence: promise.consequence,
        rows,
        look: if some_rows {
            client.query_for_violations(rule)?
        } else {
            None
        },
        remedies,
        advice: advice.map(str::to_owned),
    })
}

/// What is done with rows that stand against it.
fn removal(
    client: &Client,
    catalog: &Catalog,
    promise: &Promise,
    rule: &Rule,
) -> Result<Vec<Remedy>, Error> {
    let named = |loses| move |change: Change| Remedy::new(change, Some(loses));
    if let Some((chosen, loses)) = promise.chosen {
        let changes = client.changes_to_mend(&promise.mending(chosen), catalog)?;
        return Ok(changes.into_iter().map(named(loses)).collect());
    }
    let removal = client.change_to_remove_violations(rule)?.into_iter();
    Ok(match promise.kind {
        Kind::User => removal
            .map(named("rows whose user is gone already"))
            .collect(),
        _ => removal.map(Remedy::harmless).collect(),
    })
}

const DECIDE: &str =
    "decide row by row which is the right one and remove the others; then run the doctor again";

const BEFORE: &str = "look at the rows first: another choice than this one may be the right one, and is yours to write";

const ONLY_ANEW: &str = "this database gets foreign keys only with a new table. `hallpass db pull --out tables.zmodel` writes the \
                         tables as they are; add `onDelete: Cascade` to the relation there, and `hallpass db push --schema \
                         tables.zmodel --dry-run` shows the statements that make the table anew with its rows. Until then, \
                         remove users through Hallpass, which removes what is theirs";

fn problem(promise: &Promise, held: Held) -> String {
    match held {
        Held::Kept => "rows are there whose user is gone, in spite of the foreign key".to_owned(),
        Held::NoCascade => {
            "a foreign key keeps users from being removed as long as they have rows here".to_owned()
        }
        Held::Missing | Held::NoTable => promise.problem.to_owned(),
    }
}

/// Table and columns by their names in the database.
pub(super) fn place(client: &Client, model: &str, fields: &[&str]) -> String {
    let Some(model) = client.schema().model(model) else {
        return String::new();
    };
    let columns: Vec<&str> = fields
        .iter()
        .filter_map(|name| model.field(name))
        .map(|field| field.column.as_str())
        .collect();
    format!("{} ({})", model.table, columns.join(", "))
}
