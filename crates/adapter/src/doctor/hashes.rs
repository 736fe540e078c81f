//! Which functions the hashes of passwords were made with: an application that compares with bcrypt alone cannot read what
//! Hallpass writes by default.

use hallpass_data::catalog::Catalog;
use hallpass_data::{Client, Error, Filter, all, any, field, not};

use super::promises::place;
use super::values::{having, text};
use super::{Finding, Scope, Severity};
use crate::layout::USER;
use crate::own::{NO_HASH, PASSWORD_FIELD};

/// A function, and how texts of it begin.
struct Form {
    name: &'static str,
    begins: &'static [&'static str],
}

const BCRYPT: Form = Form {
    name: "bcrypt",
    begins: &["$2"],
};

const OTHERS: &[Form] = &[
    Form {
        name: "Argon2",
        begins: &["$argon2"],
    },
    Form {
        name: "scrypt",
        begins: &["$scrypt$"],
    },
    Form {
        name: "PBKDF2",
        begins: &["$pbkdf2", "pbkdf2_sha256$", "pbkdf2_sha1$"],
    },
];

impl Form {
    fn rows(&self, name: &str) -> Filter {
        any(self
            .begins
            .iter()
            .map(|begin| field(name).starts_with(*begin)))
    }
}

/// Texts that look like a hash, of a form that nobody can sign in with.
pub(super) fn unknown(name: &str) -> Filter {
    let known = [&BCRYPT].into_iter().chain(OTHERS);
    let known = any(known.map(|form| form.rows(name)));
    all([field(name).contains("$"), not(known)])
}

/// Tells of columns in which an application seems to keep what bcryptjs makes, where nobody said what new hashes are made with.
pub(super) async fn examine(
    client: &Client,
    catalog: &Catalog,
    scope: &Scope,
) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let users = client.schema().model(USER);
    let users = users.filter(|users| catalog.table(&users.table).is_some());
    let Some(users) = users.filter(|_| !scope.chose_algorithm) else {
        return Ok(findings);
    };
    for name in scope.password_fields() {
        let Some(found) = text(users, name) else {
            continue;
        };
        let count = async |rows: Filter| {
            let rows = client.count(USER).filter(having(found, rows));
            rows.run().await
        };
        let bcrypt = count(BCRYPT.rows(name)).await?;
        if bcrypt == 0 {
            continue;
        }
        let mut others = Vec::new();
        for form in OTHERS {
            others.push((form.name, count(form.rows(name)).await?));
        }
        if bcrypt > others.iter().map(|(_, rows)| rows).sum::<u64>() {
            findings.push(finding(client, name, bcrypt, &others));
        }
    }
    Ok(findings)
}

fn finding(client: &Client, name: &str, bcrypt: u64, others: &[(&str, u64)]) -> Finding {
    let others = others.iter().filter(|(_, rows)| *rows > 0);
    let others: String = others
        .map(|(form, rows)| format!(", {rows} with {form}"))
        .collect();
    Finding {
        code: code("password-made-for-bcrypt", name),
        severity: Severity::Warning,
        place: place(client, USER, &[name]),
        problem: format!(
            "{bcrypt} passwords are hashed with bcrypt{others}; new ones are with Argon2id, as nothing else is set"
        ),
        consequence: "an application that compares with bcryptjs turns away whoever registers here, or chooses a password anew",
        rows: Some(bcrypt),
        look: None,
        remedies: Vec::new(),
        advice: Some(
            "where such an application reads the column, set `password.algorithm = \"bcrypt\"` (`HALLPASS_PASSWORD_ALGORITHM`), else \
             `\"argon2id\"`; hashes that are there go on being read either way"
                .to_owned(),
        ),
    }
}

/// The code of a finding about a field with passwords.
pub(super) fn code(of: &str, name: &str) -> String {
    if name == PASSWORD_FIELD {
        of.to_owned()
    } else {
        format!("{of}:{name}")
    }
}

/// Rows that are looked at to see what hashes are made with.
const SAMPLE: u32 = 100;

/// Whether most of a few stored passwords are hashed with bcrypt, as by an application that compares with nothing else.
///
/// # Errors
/// What the database said.
pub async fn mostly_bcrypt(client: &Client, password_field: Option<&str>) -> Result<bool, Error> {
    let name = password_field.unwrap_or(PASSWORD_FIELD);
    let users = client.schema().model(USER);
    let Some(found) = users.and_then(|users| text(users, name)) else {
        return Ok(false);
    };
    let filled = having(found, not(field(name).exactly(NO_HASH)));
    let rows = client.find_many(USER).select([name]).filter(filled);
    let rows = rows.take(SAMPLE).run().await?;
    let is_bcrypt = |hash: &&str| BCRYPT.begins.iter().any(|begin| hash.starts_with(begin));
    let hashes = rows.iter().filter_map(|row| row.get::<&str>(name).ok());
    Ok(hashes.filter(is_bcrypt).count() * 2 > rows.len())
}
