//! What of the schema is shown, and what to nobody.
//!
//! SECURITY: who holds a session's token is that person, and who holds a hash can guess at it in peace. So tables whose rows
//! open doors are not there at all, and secret fields of others are in no statement.

use hallpass::data::zmodel::Schema;
use hallpass::data::zmodel::schema::{Field, FieldKind, Model};

/// The model of the people who sign in.
pub(super) const USER: &str = "User";
/// The model of their accounts at other services.
const ACCOUNT: &str = "Account";

/// Models of sign-in whose rows are keys, or tell of them (contract authjs §6).
const KEYS: [&str; 3] = ["Session", "VerificationToken", "Authenticator"];

/// What tables that Hallpass keeps for itself begin with.
const OWN: &str = "hallpass_";

/// What of an account is no token, nor may be one.
const OF_ACCOUNT: [&str; 10] = [
    "id",
    "userId",
    "type",
    "provider",
    "providerAccountId",
    "expires_at",
    "token_type",
    "scope",
    "createdAt",
    "updatedAt",
];

/// Where passwords stand unless a setting names another field.
const PASSWORD: &str = "password";

/// The models, in the order of the schema.
pub(super) fn models(schema: &Schema) -> impl Iterator<Item = &Model> {
    schema.models.iter().filter(|model| is_shown(schema, model))
}

/// The model of this name.
pub(super) fn model<'s>(schema: &'s Schema, name: &str) -> Option<&'s Model> {
    schema.model(name).filter(|model| is_shown(schema, model))
}

fn is_shown(schema: &Schema, model: &Model) -> bool {
    // Of the same table there may be another model.
    let is_of_keys = KEYS.iter().any(|name| {
        let keys = schema.model(name);
        model.name == *name || keys.is_some_and(|keys| keys.table == model.table)
    });
    !model.ignored && !is_of_keys && !model.table.starts_with(OWN)
}

/// The fields that clients know, relations and secret ones included.
pub(super) fn fields(model: &Model) -> impl Iterator<Item = &Field> {
    model.fields.iter().filter(|field| !field.ignored)
}

/// The fields whose values are shown.
pub(super) fn columns<'s>(
    schema: &'s Schema,
    model: &'s Model,
    password: Option<&'s str>,
) -> impl Iterator<Item = &'s Field> {
    fields(model).filter(move |field| {
        let has_value = !matches!(
            field.kind,
            FieldKind::Relation(_) | FieldKind::Unsupported(_)
        );
        has_value && !field.computed && !is_secret(schema, model, field, password)
    })
}

/// Whether nobody is shown the values of a field, administrators included. `password` is the field of users that holds their
/// passwords, where a setting names it.
pub(super) fn is_secret(
    schema: &Schema,
    model: &Model,
    field: &Field,
    password: Option<&str>,
) -> bool {
    let is_password = [Some(PASSWORD), password].contains(&Some(field.name.as_str()));
    let by_model = match model.name.as_str() {
        USER => is_password,
        ACCOUNT => field.relation().is_none() && !OF_ACCOUNT.contains(&field.name.as_str()),
        _ => false,
    };
    by_model || is_marked(schema, field, DEPTH)
}

/// How deep types are looked into; what is deeper counts as secret.
const DEPTH: usize = 16;

/// Whether the schema marks it, or something in its documents.
fn is_marked(schema: &Schema, field: &Field, depth: usize) -> bool {
    if field.omit || field.encrypted || field.password.is_some() {
        return true;
    }
    let FieldKind::Typed(name) = &field.kind else {
        return false;
    };
    let inner = schema.type_def(name);
    let Some(depth) = depth.checked_sub(1) else {
        return true;
    };
    inner.is_some_and(|inner| {
        let mut fields = inner.fields.iter();
        fields.any(|field| is_marked(schema, field, depth))
    })
}

#[cfg(test)]
mod tests {
    use hallpass::data::Source;
    use hallpass::data::zmodel::load;

    use super::*;

    const SCHEMA: &str = "
        model User { id String @id name String password String? hash String? key String? @omit sessions Session[]
          accounts Account[] sealed String? @encrypted hashed String? @password }
        model Session { sessionToken String @id userId String user User @relation(fields: [userId], references: [id]) }
        model VerificationToken { identifier String token String @@id([identifier, token]) }
        model Authenticator { id String @id }
        model Account { provider String providerAccountId String userId String access_token String? custom String?
          refresh_token String? id_token String? session_state String?
          user User @relation(fields: [userId], references: [id]) @@id([provider, providerAccountId]) }
        model HallpassPassword { id String @id @@map('hallpass_password') }
        model Hidden { id Int @id @@ignore }
        model Note { id Int @id password String counted Int @ignore }
    ";

    fn schema() -> Schema {
        let name = "test.zmodel";
        load(&[Source { name, text: SCHEMA }]).unwrap()
    }

    #[test]
    fn tables_of_keys_are_not_there() {
        let schema = schema();
        let names: Vec<_> = models(&schema).map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["User", "Account", "Note"]);
        assert!(model(&schema, "Session").is_none());
        assert!(model(&schema, "user").is_none());
    }

    #[test]
    fn secret_fields_have_no_columns() {
        let schema = schema();
        for (name, password, expected) in [
            ("User", None, &["id", "name", "hash"][..]),
            ("User", Some("hash"), &["id", "name"]),
            (
                "Account",
                None,
                &["provider", "providerAccountId", "userId"],
            ),
            // A field of the application's own, which it did not mark.
            ("Note", Some("hash"), &["id", "password"]),
        ] {
            let model = schema.model(name).unwrap();
            let columns = columns(&schema, model, password);
            let names: Vec<_> = columns.map(|field| field.name.as_str()).collect();
            assert_eq!(names, expected, "{name}");
        }
    }
}
