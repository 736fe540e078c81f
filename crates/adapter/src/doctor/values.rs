//! What columns and rows tell: shifted times, secrets in clear, addresses that are missing.

use hallpass_auth::adapter::SEALED_MARK;
use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Dialect, Error, Filter, all, field, not};

use super::promises::place;
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
            remedies: vec![Remedy::of(change, false)],
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
    for check in checks() {
        let (model, name) = (check.model, check.field);
        let there = client.schema().model(model).is_some_and(|model| {
            model.field(name).is_some() && catalog.table(&model.table).is_some()
        });
        if !there {
            continue;
        }
        let rows = client.count(model).filter(check.filter).run().await?;
        if rows > 0 {
            findings.push(Finding {
                code: check.code.to_owned(),
                severity: check.severity,
                place: place(client, model, &[name]),
                problem: check.problem.to_owned(),
                consequence: check.consequence,
                rows: Some(rows),
                look: None,
                remedies: Vec::new(),
                advice: Some(check.advice.to_owned()),
            });
        }
    }
    Ok(findings)
}

struct Check {
    code: &'static str,
    severity: Severity,
    model: &'static str,
    field: &'static str,
    filter: Filter,
    problem: &'static str,
    consequence: &'static str,
    advice: &'static str,
}

/// Neither missing nor sealed.
fn in_clear(token: &str) -> Filter {
    let is_sealed = field(token).starts_with(SEALED_MARK);
    field(token).is_not_null().and(not(is_sealed))
}

fn checks() -> [Check; 4] {
    [
        Check {
            code: "password-in-clear",
            severity: Severity::Danger,
            model: USER,
            field: "password",
            filter: all([
                field("password").is_not_null(),
                not(field("password").eq("")),
                // Hashes as PHC strings and as bcrypt and Django write them hold `$`, those of Better Auth `:`.
                not(field("password").contains("$")),
                not(field("password").contains(":")),
            ]),
            problem: "passwords are there that are not hashed",
            consequence: "whoever sees the table or a backup of it knows them, here and wherever else people use them",
            advice: "nobody can sign in with them here; set them to NULL and let people choose new ones by the link for \
                     forgotten passwords",
        },
        Check {
            code: "account-token-in-clear",
            severity: Severity::Note,
            model: ACCOUNT,
            field: "refresh_token",
            filter: in_clear("refresh_token"),
            problem: "refresh tokens of providers are kept in clear",
            consequence: "whoever sees the table or a backup of it can act for these people at the provider",
            advice: "set them to NULL if no application uses them; where no Auth.js application reads the table, have new ones \
                     sealed (`account_tokens_at_rest`)",
        },
        Check {
            code: "user-without-email",
            severity: Severity::Note,
            model: USER,
            field: "email",
            filter: field("email").is_null(),
            problem: "users are there without a mail address",
            consequence: "they cannot sign in by a link or a password, only with an account of a provider",
            advice: "nothing has to be done if they came through such a provider",
        },
        Check {
            code: "user-email-not-normal",
            severity: Severity::Warning,
            model: USER,
            field: "email",
            filter: field("email")
                .starts_with(" ")
                .or(field("email").ends_with(" "))
                .or(field("email").eq("")),
            problem: "addresses are empty, or begin or end with a blank",
            consequence: "people who type their address do not find their user, and get a second one",
            advice: "trim them, and set empty ones to NULL",
        },
    ]
}
