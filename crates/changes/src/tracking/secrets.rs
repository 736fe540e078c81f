//! Which columns never enter the change log.
//!
//! SECURITY: the log is read by webhooks, other databases and administrators. What is left out by mistake is missing there;
//! what is let in by mistake is a leak. So a column that sounds like a secret is one.

use hallpass_zmodel::schema::{Field, FieldKind, Scalar};

/// Parts of names, in lower case and without anything but letters and digits.
const SECRET: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "passhash",
    "pwhash",
    "secret",
    "token",
    "salt",
    "apikey",
    "privatekey",
    "encryptionkey",
    "signingkey",
    "credential",
    "recoverycode",
    "backupcode",
    "totp",
    "otpauth",
    "securityanswer",
    "sessionstate",
];

/// Whether what stands in the column of a field is nobody's business.
pub(super) fn is_secret(field: &Field) -> bool {
    if field.omit || field.encrypted || field.password.is_some() || field.ignored {
        return true;
    }
    holds_text(field) && (sounds_secret(&field.name) || sounds_secret(&field.column))
}

/// Numbers, truth values and moments give no secret away: `tokenCount`, `passwordChangedAt`.
fn holds_text(field: &Field) -> bool {
    match &field.kind {
        FieldKind::Scalar(scalar) => {
            matches!(scalar, Scalar::String | Scalar::Bytes | Scalar::Json)
        }
        FieldKind::Typed(_) | FieldKind::Unsupported(_) => true,
        FieldKind::Enum(_) | FieldKind::Relation(_) => false,
    }
}

fn sounds_secret(name: &str) -> bool {
    let name: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    name.ends_with("hash") || name == "pin" || SECRET.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use hallpass_zmodel::schema::Arity;

    use super::*;

    fn field(name: &str, scalar: Scalar) -> Field {
        Field::new(name, FieldKind::Scalar(scalar), Arity::Optional)
    }

    #[test]
    fn what_sounds_like_a_secret_is_one() {
        for name in [
            "password",
            "passwordHash",
            "pw_hash",
            "hash",
            "access_token",
            "id_token",
            "apiKey",
            "two_factor_secret",
            "salt",
            "recoveryCodes",
            "PIN",
        ] {
            assert!(is_secret(&field(name, Scalar::String)), "{name}");
            assert!(is_secret(&field(name, Scalar::Bytes)), "{name}");
        }
        for name in [
            "name",
            "email",
            "image",
            "emailVerified",
            "hashtag",
            "spinner",
            "role",
        ] {
            assert!(!is_secret(&field(name, Scalar::String)), "{name}");
        }
    }

    #[test]
    fn numbers_and_moments_are_none() {
        assert!(!is_secret(&field("tokenCount", Scalar::Int)));
        assert!(!is_secret(&field("passwordChangedAt", Scalar::DateTime)));
    }

    #[test]
    fn attributes_make_a_secret_of_anything() {
        for set in [
            |field: &mut Field| field.omit = true,
            |field: &mut Field| field.encrypted = true,
            |field: &mut Field| field.ignored = true,
        ] {
            let mut field = field("note", Scalar::Int);
            set(&mut field);
            assert!(is_secret(&field));
        }
    }

    #[test]
    fn a_column_sounds_secret_whatever_its_field_is_called() {
        let mut field = field("proof", Scalar::String);
        field.column = "passwd".to_owned();
        assert!(is_secret(&field));
    }
}
