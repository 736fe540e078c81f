//! What columns and rows tell: shifted times, secrets in clear, addresses that are missing.

use hallpass_auth::adapter::SEALED_MARK;
use hallpass_data::catalog::Catalog;
use hallpass_data::{
    Client, Dialect, Error, Filter, Mending, Related, all, any, calendar, field, not,
};
use hallpass_zmodel::schema::{Arity, Field, FieldKind, Model, Scalar};

use super::hashes;
use super::promises::{NOBODY, place};
use super::{Finding, Remedy, Scope, Severity};
use crate::at_rest::MARK;
use crate::at_rest_accounts::SEALED;
use crate::convert::KINDS;
use crate::expired::FIRST_MOMENT;
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
pub(super) async fn examine(
    client: &Client,
    catalog: &Catalog,
    scope: &Scope,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for check in checks(client, catalog, scope) {
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
    code: String,
    severity: Severity,
    model: &'static str,
    fields: Vec<String>,
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
    /// Each of these fields is emptied, in the rows that show it there.
    Clear(Vec<Cleared>),
    /// They go.
    Remove,
}

struct Cleared {
    field: String,
    rows: Filter,
    /// See [`Mending::Clear`].
    ending: Option<&'static str>,
}

impl Check {
    fn mendings(&self) -> Vec<Mending> {
        let model = || self.model.to_owned();
        match &self.way {
            Way::Clear(fields) => {
                let clear = |one: &Cleared| Mending::Clear {
                    model: model(),
                    field: one.field.clone(),
                    rows: one.rows.clone(),
                    ending: one.ending,
                };
                fields.iter().map(clear).collect()
            }
            Way::Remove => vec![self.removal()],
        }
    }

    fn removal(&self) -> Mending {
        Mending::Remove {
            model: self.model.to_owned(),
            rows: self.rows.clone(),
        }
    }

    fn finding(self, client: &Client, catalog: &Catalog, rows: u64) -> Result<Finding, Error> {
        let mut remedies = Vec::new();
        for mending in self.mendings() {
            let changes = client.changes_to_mend(&mending, catalog)?.into_iter();
            remedies.extend(changes.map(|change| Remedy::new(change, Some(self.loses))));
        }
        let fields: Vec<&str> = self.fields.iter().map(String::as_str).collect();
        Ok(Finding {
            place: place(client, self.model, &fields),
            // The same rows, whatever becomes of them.
            look: client.query_for_mending(&self.removal())?,
            code: self.code,
            severity: self.severity,
            problem: self.problem.to_owned(),
            consequence: self.consequence,
            rows: Some(rows),
            remedies,
            advice: Some(self.advice.to_owned()),
        })
    }
}

/// Those that the schema has the fields for.
fn checks(client: &Client, catalog: &Catalog, scope: &Scope) -> Vec<Check> {
    let schema = client.schema();
    let users = schema.model(USER);
    let mut checks = Vec::new();
    for name in scope.password_fields() {
        checks.extend(users.and_then(|users| passwords(users, name)));
        checks.extend(users.and_then(|users| unknown_hashes(users, name)));
    }
    checks.extend(schema.model(ACCOUNT).and_then(account_tokens));
    checks.extend(schema.model(SESSION).and_then(session_tokens));
    checks.extend(schema.model(ACCOUNT).and_then(unknown_types));
    let links = schema.model(VERIFICATION_TOKEN);
    checks.extend(
        schema
            .model(SESSION)
            .and_then(|own| no_end(client, catalog, own)),
    );
    checks.extend(links.and_then(|links| no_end_of_link(client, catalog, links)));
    checks.extend(users.and_then(|users| no_proof(client, catalog, users)));
    checks.extend(users.and_then(nobody));
    checks.extend(users.and_then(no_address));
    checks
}

/// A field of text that holds one value.
pub(super) fn text<'m>(model: &'m Model, name: &str) -> Option<&'m Field> {
    let found = model.field(name)?;
    let is_text = matches!(found.kind, FieldKind::Scalar(Scalar::String));
    (is_text && found.arity != Arity::List).then_some(found)
}

/// These rows, of those that have something in the field: what no row may lack is not asked whether it is null.
pub(super) fn having(text: &Field, rows: Filter) -> Filter {
    match text.arity {
        Arity::Optional => field(&*text.name).is_not_null().and(rows),
        Arity::Required | Arity::List => rows,
    }
}

fn passwords(users: &Model, name: &str) -> Option<Check> {
    let found = text(users, name)?;
    let rows = all([
        not(field(name).eq("")),
        // Hashes as PHC strings and as bcrypt and Django write them hold `$`, those of Better Auth `:`.
        not(field(name).contains("$")),
        not(field(name).contains(":")),
    ]);
    let rows = having(found, rows);
    Some(Check {
        code: hashes::code("password-in-clear", name),
        severity: Severity::Danger,
        model: USER,
        fields: vec![name.to_owned()],
        reads: &[USER],
        problem: "passwords are there that are not hashed",
        consequence: "whoever sees the table or a backup of it knows them, here and wherever else people use them",
        way: Way::Clear(vec![Cleared {
            field: name.to_owned(),
            rows: rows.clone(),
            ending: None,
        }]),
        rows,
        loses: "these passwords: people choose new ones by the link for forgotten passwords",
        advice: "nobody can sign in with them here; an application that still compares them in clear has to stop first",
    })
}

fn unknown_hashes(users: &Model, name: &str) -> Option<Check> {
    let rows = having(text(users, name)?, hashes::unknown(name));
    Some(Check {
        code: hashes::code("password-of-unknown-form", name),
        severity: Severity::Warning,
        model: USER,
        fields: vec![name.to_owned()],
        reads: &[USER],
        problem: "passwords are hashed in a form that Hallpass does not know",
        consequence: "nobody can sign in with them here: whatever is typed is the wrong password",
        way: Way::Clear(vec![Cleared {
            field: name.to_owned(),
            rows: rows.clone(),
            ending: None,
        }]),
        rows,
        loses: "these passwords, with which an application may still let people in: they choose new ones by the link for forgotten \
                passwords",
        advice: "known are bcrypt, Argon2, PBKDF2 (PHC, passlib, Django) and scrypt (PHC, Better Auth); people can choose a new one by \
                 the link as it is",
    })
}

/// Neither missing nor sealed.
fn in_clear(token: &Field) -> Filter {
    let name = &*token.name;
    let is_sealed = field(name).starts_with(SEALED_MARK);
    having(token, not(field(name).eq("")).and(not(is_sealed)))
}

fn account_tokens(accounts: &Model) -> Option<Check> {
    let tokens: Vec<&Field> = SEALED
        .iter()
        .filter_map(|name| text(accounts, name))
        .collect();
    if tokens.is_empty() {
        return None;
    }
    let cleared = tokens.iter().map(|token| Cleared {
        field: token.name.clone(),
        rows: in_clear(token),
        ending: None,
    });
    Some(Check {
        code: "account-token-in-clear".to_owned(),
        severity: Severity::Note,
        model: ACCOUNT,
        fields: tokens.iter().map(|token| token.name.clone()).collect(),
        reads: &[ACCOUNT],
        rows: any(tokens.iter().map(|token| in_clear(token))),
        problem: "tokens of providers are kept in clear",
        consequence: "whoever sees the table or a backup of it can act for these people at the provider, for as long as the tokens \
                      hold there: some never end",
        way: Way::Clear(cleared.collect()),
        loses: "these tokens: an application that acts for people at the provider asks them to sign in there again",
        advice: "right where an Auth.js application reads the table. Else no SQL seals what is there: a token is sealed when its person \
                 signs in at the provider again, with `account_tokens = \"sealed\"`",
    })
}

fn session_tokens(sessions: &Model) -> Option<Check> {
    let name = "sessionToken";
    let found = text(sessions, name)?;
    Some(Check {
        code: "session-token-in-clear".to_owned(),
        severity: Severity::Note,
        model: SESSION,
        fields: vec![name.to_owned()],
        reads: &[SESSION],
        rows: having(found, not(field(name).starts_with(MARK))),
        problem: "tokens of sessions are kept in clear",
        consequence: "whoever sees the table or a backup of it is signed in as these people, until their sessions end",
        way: Way::Remove,
        loses: "these sessions: the people sign in again",
        advice: "right where an Auth.js application uses the table, which knows no other form. Else say `sessions.at_rest = \"hashed\"` \
                 (`HALLPASS_SESSIONS_AT_REST`): each session goes on, and is hashed when it is next used",
    })
}

fn unknown_types(accounts: &Model) -> Option<Check> {
    let name = "type";
    let found = text(accounts, name)?;
    let known = KINDS.iter().map(|(word, _)| field(name).exactly(*word));
    Some(Check {
        code: "account-of-unknown-type".to_owned(),
        severity: Severity::Warning,
        model: ACCOUNT,
        fields: vec![name.to_owned()],
        reads: &[ACCOUNT],
        rows: having(found, not(any(known))),
        problem: "accounts are of a type that Auth.js does not have",
        consequence: "whoever they belong to gets an error where their accounts are read",
        way: Way::Remove,
        loses: "these accounts: nobody signs in with them any more",
        advice: "write `oauth`, `oidc`, `email`, `credentials` or `webauthn` instead, where you know which it is",
    })
}

/// Rows whose moment is none.
fn unreadable(client: &Client, catalog: &Catalog, model: &Model, name: &str) -> Option<Filter> {
    let found = model.field(name)?;
    let is_moment = matches!(found.kind, FieldKind::Scalar(Scalar::DateTime));
    let table = catalog.table(&model.table);
    let column = table.and_then(|table| table.column(&found.column));
    let counts =
        column.is_some_and(|column| column.database_type.to_ascii_lowercase().contains("int"));
    let mut can_be = vec![field(name).gte(FIRST_MOMENT)];
    // A type for moments has nothing beyond the last one but `infinity`, which holds.
    if counts || client.dialect() == Dialect::Sqlite {
        can_be.push(field(name).lte(calendar::of_millis(i64::MAX)));
    }
    is_moment.then(|| having(found, not(all(can_be))))
}

fn no_end(client: &Client, catalog: &Catalog, sessions: &Model) -> Option<Check> {
    let name = "expires";
    Some(Check {
        code: "session-without-end".to_owned(),
        severity: Severity::Warning,
        model: SESSION,
        fields: vec![name.to_owned()],
        reads: &[SESSION],
        rows: unreadable(client, catalog, sessions, name)?,
        problem: "what stands for the end of a session is no moment",
        consequence: "nobody is signed in by it, and it is never cleared away; where it cannot be read, whoever it belongs to gets an \
                      error where their sessions are listed",
        way: Way::Remove,
        loses: "these sessions: the people sign in again",
        advice: OTHER_UNIT,
    })
}

fn no_end_of_link(client: &Client, catalog: &Catalog, links: &Model) -> Option<Check> {
    let name = "expires";
    Some(Check {
        code: "link-without-end".to_owned(),
        severity: Severity::Warning,
        model: VERIFICATION_TOKEN,
        fields: vec![name.to_owned()],
        reads: &[VERIFICATION_TOKEN],
        rows: unreadable(client, catalog, links, name)?,
        problem: "what stands for the end of a mailed link is no moment",
        consequence: "nobody signs in by it, and it is never cleared away",
        way: Way::Remove,
        loses: "these links: the people ask for another",
        advice: OTHER_UNIT,
    })
}

fn no_proof(client: &Client, catalog: &Catalog, users: &Model) -> Option<Check> {
    let name = "emailVerified";
    let may_go = users.field(name)?.arity == Arity::Optional;
    let rows = unreadable(client, catalog, users, name).filter(|_| may_go)?;
    Some(Check {
        code: "user-emailverified-is-no-moment".to_owned(),
        severity: Severity::Warning,
        model: USER,
        fields: vec![name.to_owned()],
        reads: &[USER],
        problem: "what stands for the moment at which an address was proven is no moment",
        consequence: "it proves nothing; where it cannot be read, these people cannot sign in",
        way: Way::Clear(vec![Cleared {
            field: name.to_owned(),
            rows: rows.clone(),
            ending: None,
        }]),
        rows,
        loses: "what stands there now, by which an application may take these addresses for proven",
        advice: OTHER_UNIT,
    })
}

const OTHER_UNIT: &str =
    "numbers among them may be counted in another unit than those of the other rows";

/// Users whom nothing here tells from others. An application may know them by a name or a password of its own.
fn nobody(users: &Model) -> Option<Check> {
    // Where every user has an address, each can be told.
    let is_optional =
        |name: &str| text(users, name).is_some_and(|one| one.arity == Arity::Optional);
    if !is_optional("email") {
        return None;
    }
    let to_accounts = |field: &&Field| {
        let relation = field.relation();
        relation.is_some_and(|relation| relation.model == ACCOUNT) && field.arity == Arity::List
    };
    let accounts = users.fields.iter().find(to_accounts)?;
    let none = Filter::Relation(accounts.name.clone(), Related::None(Box::new(all([]))));
    let names = ["email", "password", "username"].into_iter();
    let unknown = names
        .filter(|name| is_optional(name))
        .map(|name| field(name).is_null());
    Some(Check {
        code: "user-without-email".to_owned(),
        severity: Severity::Note,
        model: USER,
        fields: vec!["email".to_owned()],
        reads: &[USER, ACCOUNT],
        rows: all([none].into_iter().chain(unknown)),
        problem: "users are there without a mail address and without an account of a provider",
        consequence: "nobody can sign in as them: by no link, no password, no passkey and no provider",
        way: Way::Remove,
        loses: "these users, and what the database removes with them",
        advice: "give them an address instead, where you know whose they are",
    })
}

fn no_address(users: &Model) -> Option<Check> {
    let name = "email";
    let found = text(users, name)?;
    let rows = having(found, not(field(name).contains("@")));
    Some(Check {
        code: "user-email-is-none".to_owned(),
        severity: Severity::Warning,
        model: USER,
        fields: vec![name.to_owned()],
        reads: &[USER],
        problem: "what stands for a mail address is none: it is empty, or has no `@`",
        consequence: "no link reaches these people, and whoever types their address gets another user",
        way: Way::Clear(vec![Cleared {
            field: name.to_owned(),
            rows: rows.clone(),
            ending: Some(NOBODY),
        }]),
        rows,
        loses: "what stands there now, by which an application may know these people",
        advice: "write the right address instead, where you know it",
    })
}
