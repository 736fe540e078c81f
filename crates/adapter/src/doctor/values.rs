//! What columns and rows tell: shifted times, secrets in clear, addresses that are missing.

use hallpass_auth::adapter::SEALED_MARK;
use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Dialect, Error, Filter, Mending, Related, all, field, not};
use hallpass_zmodel::Schema;
use hallpass_zmodel::schema::{Arity, Field, Model};

use super::promises::{NOBODY, place};
use super::{Finding, Remedy, Severity};
use crate::layout::{ACCOUNT, SESSION, USER, VERIFICATION_TOKEN};

/// Moments by which sign-in decides.
const MOMENTS: &[(&str, &str)] = &[
    (SESSION, "expires"),
    (VERIFICATION_TOKEN, "expires"),
    (USER, "emailVerified"),
];

/// Columns without a time zone in tables of an application that writes its own zone into them.
///
/// The pg adapter hands moments to its driver with the zone of the process, which such a column cuts off. Prisma and
/// Drizzle write UTC there, which is sound. The layouts that use the driver are those whose ids are counted.
pub(super) fn moments(client: &Client, catalog: &Catalog) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    if client.dialect() != Dialect::Postgres || !expects_zone(client) {
        return Ok(findings);
    }
    for (model, name) in MOMENTS {
        if !lacks_zone(client, catalog, model, name) {
            continue;
        }
        let change = client.change_to_add_time_zone(model, name)?;
        findings.push(Finding {
            code: format!("{}-{}-without-zone", model.to_lowercase(), name.to_lowercase()),
            severity: Severity::Danger,
            place: place(client, model, &[name]),
            problem: "the column has no time zone".to_owned(),
            consequence: "an application that does not run in UTC writes times that are hours off: sessions and links end too \
                          early or too late",
            rows: None,
            look: None,
            remedies: vec![Remedy::harmless(change)],
            advice: Some(
                "the statement takes what is there for UTC; if the application ran in another zone, name that zone instead"
                    .to_owned(),
            ),
        });
    }
    Ok(findings)
}

/// Whether the layout says that moments have a zone.
fn expects_zone(client: &Client) -> bool {
    let expires = client
        .schema()
        .model(SESSION)
        .and_then(|model| model.field("expires"));
    expires
        .and_then(|field| field.native_type.as_ref())
        .is_some_and(|native| native.name == "Timestamptz")
}

fn lacks_zone(client: &Client, catalog: &Catalog, model: &str, name: &str) -> bool {
    let Some(model) = client.schema().model(model) else {
        return false;
    };
    let column = model.field(name).and_then(|field| {
        let table = catalog.table(&model.table)?;
        table.column(&field.column)
    });
    column.is_some_and(|column| column.database_type.contains("without time zone"))
}

/// Counts rows that no key could have prevented.
pub(super) async fn examine(client: &Client, catalog: &Catalog) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for check in checks(client.schema()) {
        let is_there = |name: &str| {
            let model = client.schema().model(name);
            model.is_some_and(|model| catalog.table(&model.table).is_some())
        };
        if !check.reads.iter().all(|model| is_there(model)) {
            continue;
        }
        let rows = client.count(check.model).filter(check.rows.clone());
        let rows = rows.run().await?;
        if rows > 0 {
            findings.push(check.finding(client, catalog, rows)?);
        }
    }
    Ok(findings)
}

struct Check {
    code: &'static str,
    severity: Severity,
    model: &'static str,
    field: &'static str,
    /// The models whose tables are read.
    reads: &'static [&'static str],
    rows: Filter,
    problem: &'static str,
    consequence: &'static str,
    way: Way,
    loses: &'static str,
    advice: &'static str,
}

/// What becomes of the rows.
enum Way {
    /// The field is emptied.
    Clear,
    /// They go.
    Remove,
}

impl Check {
    fn finding(self, client: &Client, catalog: &Catalog, rows: u64) -> Result<Finding, Error> {
        let (model, field) = (self.model.to_owned(), self.field.to_owned());
        let mending = match self.way {
            Way::Clear => Mending::Clear {
                model,
                field,
                rows: self.rows,
                ending: NOBODY,
            },
            Way::Remove => Mending::Remove {
                model,
                rows: self.rows,
            },
        };
        let changes = client.changes_to_mend(&mending, catalog)?.into_iter();
        Ok(Finding {
            code: self.code.to_owned(),
            severity: self.severity,
            place: place(client, self.model, &[self.field]),
            problem: self.problem.to_owned(),
            consequence: self.consequence,
            rows: Some(rows),
            look: client.query_for_mending(&mending)?,
            remedies: changes
                .map(|change| Remedy::new(change, Some(self.loses)))
                .collect(),
            advice: Some(self.advice.to_owned()),
        })
    }
}

/// Neither missing nor sealed.
fn in_clear(token: &str) -> Filter {
    let is_sealed = field(token).starts_with(SEALED_MARK);
    field(token).is_not_null().and(not(is_sealed))
}

/// Users whom nothing here tells from others. An application may know them by a name or a password of its own.
fn nobody_s(users: &Model) -> Option<Filter> {
    let to_accounts = |field: &&Field| {
        let relation = field.relation();
        relation.is_some_and(|relation| relation.model == ACCOUNT) && field.arity == Arity::List
    };
    let accounts = users.fields.iter().find(to_accounts)?;
    let none = Filter::Relation(accounts.name.clone(), Related::None(Box::new(all([]))));
    let other = ["password", "username"].into_iter();
    let other = other.filter(|name| {
        let field = users.field(name);
        field.is_some_and(|field| field.arity == Arity::Optional && field.relation().is_none())
    });
    let unknown = other.map(|name| field(name).is_null());
    Some(all([field("email").is_null(), none]
        .into_iter()
        .chain(unknown)))
}

/// Those that the schema has the fields for.
fn checks(schema: &Schema) -> Vec<Check> {
    let has = |model: &str, field: &str| {
        let model = schema.model(model);
        model.is_some_and(|model| model.field(field).is_some())
    };
    let mut checks = Vec::new();
    if has(USER, "password") {
        checks.push(Check {
            code: "password-in-clear",
            severity: Severity::Danger,
            model: USER,
            field: "password",
            reads: &[USER],
            rows: all([
                field("password").is_not_null(),
                not(field("password").eq("")),
                // Hashes as PHC strings and as bcrypt and Django write them hold `$`, those of Better Auth `:`.
                not(field("password").contains("$")),
                not(field("password").contains(":")),
            ]),
            problem: "passwords are there that are not hashed",
            consequence: "whoever sees the table or a backup of it knows them, here and wherever else people use them",
            way: Way::Clear,
            loses: "these passwords: people choose new ones by the link for forgotten passwords",
            advice: "nobody can sign in with them here; an application that still compares them in clear has to stop first",
        });
    }
    if has(ACCOUNT, "refresh_token") {
        checks.push(Check {
            code: "account-token-in-clear",
            severity: Severity::Note,
            model: ACCOUNT,
            field: "refresh_token",
            reads: &[ACCOUNT],
            rows: in_clear("refresh_token"),
            problem: "refresh tokens of providers are kept in clear",
            consequence: "whoever sees the table or a backup of it can act for these people at the provider",
            way: Way::Clear,
            loses: "these tokens: an application that acts for people at the provider asks them to sign in there again",
            advice: "no SQL seals what is there: a token is sealed when its person signs in at the provider again, where no Auth.js \
                     application reads the table (`account_tokens = \"sealed\"`)",
        });
    }
    if let Some(rows) = schema.model(USER).and_then(nobody_s) {
        checks.push(Check {
            code: "user-without-email",
            severity: Severity::Note,
            model: USER,
            field: "email",
            reads: &[USER, ACCOUNT],
            rows,
            problem: "users are there without a mail address and without an account of a provider",
            consequence: "nobody can sign in as them: by no link, no password, no passkey and no provider",
            way: Way::Remove,
            loses: "these users, and what the database removes with them",
            advice: "give them an address instead, where you know whose they are",
        });
    }
    if has(USER, "email") {
        checks.push(Check {
            code: "user-email-is-none",
            severity: Severity::Warning,
            model: USER,
            field: "email",
            reads: &[USER],
            rows: field("email")
                .is_not_null()
                .and(not(field("email").contains("@"))),
            problem: "what stands for a mail address is none: it is empty, or has no `@`",
            consequence: "no link reaches these people, and whoever types their address gets another user",
            way: Way::Clear,
            loses: "what stands there now, by which an application may know these people",
            advice: "write the right address instead, where you know it",
        });
    }
    checks
}
