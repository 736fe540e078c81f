//! The settings under `[console]`: who may enter.

use hallpass::auth::identifier::Email;

use super::problem::Problem;
use super::read::{Reader, names};

/// Who may enter the console: whoever has one of the addresses, or the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Console {
    /// Addresses, as sign-in normalises them. Only proven ones count.
    pub(crate) administrators: Vec<Email>,
    /// A role of users.
    pub(crate) role: Option<Role>,
}

/// A role of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    /// What stands in the field.
    pub(crate) name: String,
    /// The field of the model `User`.
    pub(crate) field: String,
}

/// Where roles usually stand.
const FIELD: &str = "role";

impl Reader {
    /// `None` unless somebody is named: then there is no console.
    pub(super) fn console(&mut self) -> Option<Console> {
        let administrators = self.administrators();
        let place = self.place("console.role_field");
        let field = self.text("console.role_field");
        let role = self.text("console.role");
        if field.is_some() && role.is_none() {
            self.report::<()>(place, Problem::RoleFieldWithoutRole);
        }
        let role = role.map(|name| Role {
            name: name.trim().to_owned(),
            field: field.map_or_else(|| FIELD.to_owned(), |field| field.trim().to_owned()),
        });
        let is_anybody = !administrators.is_empty() || role.is_some();
        is_anybody.then_some(Console {
            administrators,
            role,
        })
    }

    fn administrators(&mut self) -> Vec<Email> {
        let (texts, place) = self.texts("console.administrators");
        let mut addresses = Vec::new();
        for text in names(&texts) {
            match Email::parse(&text) {
                Ok(address) => addresses.push(address),
                Err(_) => {
                    self.report::<()>(place.clone(), Problem::NotAnAdministrator);
                }
            }
        }
        addresses
    }
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    fn console(text: &str, variables: &[(&str, &str)]) -> Result<Option<Console>, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.console).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn without_a_word_there_is_none() {
        for text in [
            "",
            "[console]",
            "[console]\nadministrators = []",
            "[console]\nadministrators = ' , '\nrole = ' '",
        ] {
            assert_eq!(console(text, &[]), Ok(None), "{text}");
        }
    }

    #[test]
    fn file_and_variables_say_the_same() {
        let expected = Console {
            administrators: ["ann@example.com", "bob@example.com"]
                .map(|address| Email::parse(address).unwrap())
                .into(),
            role: Some(Role {
                name: "admin".to_owned(),
                field: "position".to_owned(),
            }),
        };
        let text = "[console]
            administrators = [' Ann@Example.com', 'bob@example.com']
            role = 'admin'
            role_field = 'position'";
        assert_eq!(console(text, &[]), Ok(Some(expected.clone())));
        let variables = [
            (
                "HALLPASS_CONSOLE_ADMINISTRATORS",
                "ann@example.com, BOB@example.com",
            ),
            ("HALLPASS_CONSOLE_ROLE", "admin"),
            ("HALLPASS_CONSOLE_ROLE_FIELD", "position"),
        ];
        assert_eq!(console("", &variables), Ok(Some(expected)));
        let role = console("[console]\nrole = 'admin'", &[]).unwrap().unwrap();
        assert_eq!(role.role.map(|role| role.field), Some("role".to_owned()));
    }

    #[test]
    fn what_cannot_be_used_is_said_without_the_address() {
        for (text, told) in [
            (
                "[console]\nadministrators = ['ann@example.com', 'planted']",
                "hallpass.toml:2:1: an administrator of the console is not a mail address",
            ),
            (
                "[console]\nrole_field = 'position'",
                "hallpass.toml:2:1: a field for roles is named, and no role",
            ),
        ] {
            assert_eq!(console(text, &[]).unwrap_err(), told);
        }
    }
}
