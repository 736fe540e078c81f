//! Who may enter.

use hallpass::auth::identifier::Email;
use hallpass::data::zmodel::Schema;
use hallpass::data::zmodel::schema::{
    Comparison, Effect, Expr, ExprKind, Field, FieldKind, Model, Operation, Policy, Scalar,
};
use hallpass::data::{Error, Record, Value};
use hallpass::{Client, UserId};
use jiff::Timestamp;

use super::{key, visible};
use crate::config;

/// The beginning of the year 1, before which a moment says that there is none.
const FIRST_PROOF: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// Whoever has one of these addresses, or this role.
pub(super) struct Administrators {
    addresses: Vec<Email>,
    role: Option<config::Role>,
}

/// The field for roles is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoleError {
    /// The model has no such field.
    #[error("the model `User` has no field `{0}`")]
    Missing(String),
    /// It holds something else.
    #[error("`User.{0}` is neither a text nor of an enum")]
    Kind(String),
}

/// What of a user decides.
#[derive(Debug, Default)]
struct Facts {
    email: Option<String>,
    is_verified: bool,
    roles: Vec<String>,
}

impl Administrators {
    /// Those whom the settings name.
    ///
    /// # Errors
    /// [`RoleError`] when the schema has no such field for roles.
    pub(super) fn of(settings: &config::Console, schema: &Schema) -> Result<Self, RoleError> {
        if let Some(role) = &settings.role {
            let model = schema.model(visible::USER);
            let field = model.and_then(|model| model.field(&role.field));
            match field {
                None => return Err(RoleError::Missing(role.field.clone())),
                Some(field) if !holds_roles(field) => {
                    return Err(RoleError::Kind(role.field.clone()));
                }
                Some(_) => {}
            }
        }
        Ok(Self {
            addresses: settings.administrators.clone(),
            role: settings.role.clone(),
        })
    }

    /// What decides who is an administrator and what rules let people write by themselves, as far as can be told from the
    /// rules: each field, and by which operation.
    pub(super) fn open_fields<'f>(&'f self, schema: &Schema) -> Vec<(&'f str, Operation)> {
        let Some(model) = schema.model(visible::USER) else {
            return Vec::new();
        };
        // Any of them guards a new row; of a row that is there, each does by itself.
        let by_role = self.role.iter().map(|role| vec![role.field.as_str()]);
        let by_address = (!self.addresses.is_empty()).then(|| vec!["email", "emailVerified"]);
        let mut open = Vec::new();
        for fields in by_role.chain(by_address) {
            if self.may_create(model, &fields) {
                open.extend(fields.last().map(|field| (*field, Operation::Create)));
            }
            let changed = fields.iter().filter(|field| self.may_update(model, field));
            open.extend(changed.map(|field| (*field, Operation::Update)));
        }
        open
    }

    fn may_create(&self, model: &Model, fields: &[&str]) -> bool {
        let speaks = |policy: &Policy| fields.iter().any(|field| speaks_of(policy, field));
        let is_denied = of(&model.policies, Effect::Deny, Operation::Create).any(speaks);
        let mut allowed = of(&model.policies, Effect::Allow, Operation::Create);
        let is_there = |field: &&str| model.field(field).is_some();
        fields.iter().all(is_there)
            && !is_denied
            && allowed.any(|policy| !speaks(policy) && !self.demands_role(&policy.condition))
    }

    fn may_update(&self, model: &Model, name: &str) -> bool {
        let Some(field) = model.field(name) else {
            return false;
        };
        let is_guarded = [Effect::Allow, Effect::Deny].into_iter().any(|effect| {
            of(&field.policies, effect, Operation::Update)
                .next()
                .is_some()
        });
        let is_denied = [Operation::Update, Operation::PostUpdate]
            .into_iter()
            .flat_map(|operation| of(&model.policies, Effect::Deny, operation))
            .any(|policy| speaks_of(policy, name));
        let mut allowed = of(&model.policies, Effect::Allow, Operation::Update);
        !is_guarded && !is_denied && allowed.any(|policy| !self.demands_role(&policy.condition))
    }

    /// Whether only who has the role satisfies it.
    fn demands_role(&self, condition: &Expr) -> bool {
        match &condition.kind {
            ExprKind::Boolean(truth) => !truth,
            ExprKind::And(one, other) => self.demands_role(one) || self.demands_role(other),
            ExprKind::Or(one, other) => self.demands_role(one) && self.demands_role(other),
            ExprKind::Compare(one, Comparison::Equal, other) => {
                let is = |one: &Expr, other: &Expr| self.is_own_role(one) && self.is_role(other);
                is(one, other) || is(other, one)
            }
            _ => false,
        }
    }

    /// `auth().role`
    fn is_own_role(&self, expr: &Expr) -> bool {
        let field = self.role.as_ref().map(|role| &role.field);
        matches!(&expr.kind, ExprKind::Member(of, name) if Some(name) == field && matches!(of.kind, ExprKind::Auth))
    }

    /// `'admin'`
    fn is_role(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::String(name) | ExprKind::EnumMember { member: name, .. } => {
                self.role.as_ref().is_some_and(|role| role.name == *name)
            }
            _ => false,
        }
    }

    /// Whether this user is one of them now: the database is asked each time, so that who loses the right is out at once.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn have(&self, client: &Client, id: &UserId) -> Result<bool, Error> {
        let Some(model) = client.schema().model(visible::USER) else {
            return Ok(false);
        };
        let key = key::single(model, "id", id.as_str());
        let Ok(found) = client.key(&model.name, &key.to_string()) else {
            return Ok(false);
        };
        let mut fields = vec!["id", "email", "emailVerified"];
        fields.extend(self.role.as_ref().map(|role| role.field.as_str()));
        fields.sort_unstable();
        fields.dedup();
        let user = client.find_unique(&model.name).filter(found).select(fields);
        let user = user.run().await?;
        // SECURITY: collations may find another's row by an id that looks alike.
        let user = user.filter(|user| {
            let own = user.value("id").and_then(key::text);
            own.as_deref() == Some(id.as_str())
        });
        Ok(user.is_some_and(|user| self.admit(&self.facts(&user))))
    }

    fn facts(&self, user: &Record) -> Facts {
        let roles = self.role.as_ref().and_then(|role| user.value(&role.field));
        Facts {
            email: user.get::<Option<String>>("email").ok().flatten(),
            is_verified: match user.value("emailVerified") {
                // SECURITY: a zero date and `-infinity` say that nobody has proven anything.
                Some(Value::Timestamp(at)) => *at >= FIRST_PROOF,
                other => other == Some(&Value::Bool(true)),
            },
            roles: match roles {
                Some(Value::Text(role)) => vec![role.clone()],
                Some(Value::List(roles)) => roles.iter().filter_map(key::text).collect(),
                _ => Vec::new(),
            },
        }
    }

    /// SECURITY: an address that nobody has proven is whatever somebody typed. The settings hold addresses as sign-in
    /// normalises them; what stands in the table counts as it is, but for the case of plain letters: other programs write
    /// there, too, and to normalise what they wrote could make the address of one person out of that of another.
    fn admit(&self, facts: &Facts) -> bool {
        let is_named = |email: &String| {
            let addresses = self.addresses.iter();
            let mut same = addresses.filter(|address| address.as_str().eq_ignore_ascii_case(email));
            same.next().is_some()
        };
        let by_address = facts.is_verified && facts.email.as_ref().is_some_and(is_named);
        let role = self.role.as_ref();
        by_address || role.is_some_and(|role| facts.roles.contains(&role.name))
    }
}

/// The rules of this effect on this operation.
fn of(policies: &[Policy], effect: Effect, operation: Operation) -> impl Iterator<Item = &Policy> {
    policies
        .iter()
        .filter(move |policy| policy.effect == effect && policy.operations.contains(operation))
}

/// Whether a rule looks at this field of the row.
fn speaks_of(policy: &Policy, field: &str) -> bool {
    policy.condition.any(&|expr| {
        matches!(&expr.kind, ExprKind::Member(of, name) if name == field && matches!(of.kind, ExprKind::This | ExprKind::Before))
    })
}

fn holds_roles(field: &Field) -> bool {
    matches!(
        field.kind,
        FieldKind::Scalar(Scalar::String) | FieldKind::Enum(_)
    ) && !field.computed
        && !field.ignored
        && !field.encrypted
        && field.password.is_none()
}

#[cfg(test)]
mod tests {
    use hallpass::data::Source;
    use hallpass::data::zmodel::load;

    use super::*;

    fn administrators() -> Administrators {
        Administrators {
            addresses: vec![Email::parse("ann@example.com").unwrap()],
            role: Some(config::Role {
                name: "admin".to_owned(),
                field: "role".to_owned(),
            }),
        }
    }

    fn facts(email: &str, is_verified: bool, roles: &[&str]) -> Facts {
        Facts {
            email: (!email.is_empty()).then(|| email.to_owned()),
            is_verified,
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        }
    }

    #[test]
    fn a_proven_address_or_the_role_opens() {
        for (email, is_verified, roles, expected) in [
            ("ann@example.com", true, &[][..], true),
            ("Ann@Example.com", true, &[], true),
            ("ann@example.com", false, &[], false),
            ("bob@example.com", true, &[], false),
            ("", true, &[], false),
            // Signs that become others when they are normalised.
            ("\u{aa}nn@example.com", true, &[], false),
            ("ann@example.com ", true, &[], false),
            ("bob@example.com", false, &["admin"], true),
            ("bob@example.com", false, &["reader", "admin"], true),
            ("bob@example.com", true, &["Admin"], false),
            ("bob@example.com", true, &["administrator"], false),
        ] {
            let facts = facts(email, is_verified, roles);
            assert_eq!(administrators().admit(&facts), expected, "{facts:?}");
        }
        let nobody = Administrators {
            addresses: Vec::new(),
            role: None,
        };
        assert!(!nobody.admit(&facts("", true, &[""])));
    }

    #[test]
    fn fields_that_people_may_write_are_told() {
        use Operation::{Create, Update};
        let addresses = &[("email", Update), ("emailVerified", Update)][..];
        let every = &[
            ("role", Create),
            ("role", Update),
            ("emailVerified", Create),
            ("email", Update),
            ("emailVerified", Update),
        ][..];
        for (rules, role, expected) in [
            ("@@allow('read', true)", "", &[][..]),
            ("@@allow('all', auth() == this)", "", every),
            (
                "@@allow('create', true)",
                "",
                &[("role", Create), ("emailVerified", Create)],
            ),
            (
                "@@allow('update', auth() == this)",
                "@deny('update', true)",
                addresses,
            ),
            (
                "@@allow('update', auth() == this)",
                "@allow('update', auth().role == 'admin')",
                addresses,
            ),
            // Those who have the role may do as they like.
            ("@@allow('all', auth().role == 'admin')", "", &[]),
            (
                "@@allow('all', auth() != null && 'admin' == auth().role)",
                "",
                &[],
            ),
            (
                "@@allow('all', auth().role == 'admin' || auth() == this)",
                "",
                every,
            ),
            ("@@allow('all', auth().role == 'reader')", "", every),
            (
                "@@allow('create', role == 'reader' && emailVerified == null)",
                "",
                &[],
            ),
            (
                "@@allow('create', true) @@deny('create', role == 'admin' || emailVerified != null)",
                "",
                &[],
            ),
            // A rule about something else guards nothing.
            (
                "@@allow('create', true) @@deny('create', id == 1)",
                "",
                &[("role", Create), ("emailVerified", Create)],
            ),
            (
                "@@allow('update', true) @@deny('update', role == 'admin')",
                "",
                addresses,
            ),
        ] {
            let text = format!(
                "model User {{ id Int @id email String? @unique emailVerified DateTime? role String {role} {rules} }}"
            );
            let name = "test.zmodel";
            let schema = load(&[Source { name, text: &text }]).unwrap();
            assert_eq!(administrators().open_fields(&schema), expected, "{text}");
        }
        let text = "model User { id Int @id email String? @@allow('all', true) }";
        let name = "test.zmodel";
        let schema = load(&[Source { name, text }]).unwrap();
        assert_eq!(administrators().open_fields(&schema), [("email", Update)]);
    }

    #[test]
    fn the_field_for_roles_must_hold_some() {
        let schema = |field: &str| {
            let text =
                format!("model User {{ id String @id {field} }} enum Role {{ reader admin }}");
            let name = "test.zmodel";
            load(&[Source { name, text: &text }]).unwrap()
        };
        let settings = config::Console {
            administrators: Vec::new(),
            role: administrators().role,
        };
        for (field, told) in [
            ("role String", None),
            ("role Role @default(reader)", None),
            ("rank Int", Some("the model `User` has no field `role`")),
            (
                "role Int",
                Some("`User.role` is neither a text nor of an enum"),
            ),
        ] {
            let made = Administrators::of(&settings, &schema(field));
            let error = made.err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), told, "{field}");
        }
    }
}
