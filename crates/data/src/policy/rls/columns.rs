//! Which columns may be read, given and changed.

use hallpass_sql::row_security::{RowTrigger, SecuredTable, TableGrants};
use hallpass_zmodel::schema::{
    DefaultValue, Field, FieldKind, FieldRule, Model, Operation, Policy,
};

use super::model::{Writer, source};
use crate::policy::compile::Truth;

/// Everything that a table has, for everybody.
pub(super) fn open(model: &Model) -> TableGrants {
    let here = || {
        let fields = model.fields.iter();
        let fields = fields.filter(|field| field.has_column() && model.origin(field).is_none());
        fields.map(|field| field.column.clone()).collect()
    };
    let counted = model.fields.iter();
    let counted = counted.filter(|field| field.default == Some(DefaultValue::Autoincrement));
    TableGrants {
        select: here(),
        insert: here(),
        update: here(),
        delete: true,
        counters: counted.map(|field| field.column.clone()).collect(),
    }
}

/// Takes an operation away.
pub(super) fn close(grants: &mut TableGrants, operation: Operation) {
    match operation {
        Operation::Read => grants.select.clear(),
        Operation::Create => {
            grants.insert.clear();
            grants.counters.clear();
        }
        Operation::Update | Operation::PostUpdate => grants.update.clear(),
        Operation::Delete => grants.delete = false,
    }
}

impl<'e> Writer<'e, '_> {
    pub(super) fn columns(&mut self, model: &'e Model, table: &mut SecuredTable) {
        for field in &model.fields {
            if model.origin(field).is_some() {
                continue;
            }
            if field.relation().is_some() {
                self.relation(model, field, table);
            } else if field.has_column() {
                self.hidden(model, field, table);
                self.readable(model, field, table);
                self.writable(model, field, table);
                self.changeable(model, field, table);
            }
        }
    }

    /// What is not for clients at all.
    fn hidden(&mut self, model: &Model, field: &Field, table: &mut SecuredTable) {
        let reason = if field.ignored {
            "clients do not see it (@ignore)"
        } else if matches!(field.kind, FieldKind::Unsupported(_)) {
            "clients do not see it (Unsupported)"
        } else {
            return;
        };
        for operation in [Operation::Read, Operation::Create, Operation::Update] {
            take(table, operation, field);
        }
        self.unsaid(model, Some(field), None, None, reason);
    }

    fn readable(&mut self, model: &'e Model, field: &'e Field, table: &mut SecuredTable) {
        let reason = if field.password.is_some() {
            "it holds hashes of passwords"
        } else if field.encrypted {
            "it is sealed, and the database has no key"
        } else if field.omit {
            "it is left out of results (@omit)"
        } else {
            self.readable_by_rules(model, field, table);
            return;
        };
        if take(table, Operation::Read, field) {
            self.unsaid(model, Some(field), Some(Operation::Read), None, reason);
        }
    }

    fn readable_by_rules(&mut self, model: &'e Model, field: &'e Field, table: &mut SecuredTable) {
        let Some(first) = first_about(&field.policies, Operation::Read) else {
            return;
        };
        let asked = self.asked(model, Operation::Read, |asker| {
            asker.field(&field.policies, Operation::Read)
        });
        if asked.is_ok_and(|asked| asked.truth == Truth::Always) {
            return;
        }
        if take(table, Operation::Read, field) {
            let reason = "rights to a column are the same for all rows";
            let operation = Some(Operation::Read);
            self.unsaid(model, Some(field), operation, Some(&first.place), reason);
        }
    }

    /// What the engine makes of a value before it is written.
    fn writable(&mut self, model: &Model, field: &Field, table: &mut SecuredTable) {
        let is_discriminator = self.planner.engine.schema.is_discriminator(model, field);
        let reason = if field.password.is_some() {
            "the engine makes hashes of passwords"
        } else if field.encrypted {
            "the engine seals it"
        } else if is_discriminator {
            "the engine sets it"
        } else {
            match field.rules.first() {
                None => return,
                Some(FieldRule::Transform(_)) => "the engine changes it before it is written",
                Some(FieldRule::Check { .. }) => "the engine checks what is written there",
            }
        };
        for operation in [Operation::Create, Operation::Update] {
            if take(table, operation, field) {
                self.unsaid(model, Some(field), Some(operation), None, reason);
            }
        }
    }

    /// Rules about changes of a column. They are asked of the row as it was.
    fn changeable(&mut self, model: &'e Model, field: &'e Field, table: &mut SecuredTable) {
        let Some(first) = first_about(&field.policies, Operation::Update) else {
            return;
        };
        if !table.grants.update.contains(&field.column) {
            return;
        }
        let overriding = field.policies.iter().find(|rule| rule.overrides);
        if let Some(rule) = overriding {
            let reason = "it would open a column of rows that the model's rules keep closed";
            let operation = Some(Operation::Update);
            self.unsaid(model, Some(field), operation, Some(&rule.place), reason);
        }
        let asked = self.in_trigger(model, |asker| {
            asker.field(&field.policies, Operation::Update)
        });
        match asked {
            Ok(Truth::Always) => {}
            Ok(Truth::When(condition)) => table.triggers.push(RowTrigger {
                name: format!("update of {}", table.triggers.len() + 1),
                remark: source(first),
                columns: vec![field.column.clone()],
                condition,
            }),
            Ok(Truth::Never) => {
                take(table, Operation::Update, field);
            }
            Err(error) => {
                take(table, Operation::Update, field);
                let reason = super::model::reason(&error);
                let operation = Some(Operation::Update);
                self.unsaid(model, Some(field), operation, Some(&first.place), reason);
            }
        }
    }

    /// Rules of a relation govern the columns that hold its key.
    fn relation(&mut self, model: &Model, field: &Field, table: &mut SecuredTable) {
        let Some(relation) = field.relation() else {
            return;
        };
        let Some(first) = first_about(&field.policies, Operation::Update) else {
            return;
        };
        let mut is_taken = false;
        for name in &relation.fields {
            if let Some(key) = model.field(name) {
                is_taken |= take(table, Operation::Update, key);
            }
        }
        if is_taken {
            let reason = "rules of a relation are about what is linked, not about its key";
            let operation = Some(Operation::Update);
            self.unsaid(model, Some(field), operation, Some(&first.place), reason);
        }
    }
}

fn first_about(policies: &[Policy], operation: Operation) -> Option<&Policy> {
    let mut policies = policies.iter();
    policies.find(|rule| rule.operations.contains(operation))
}

/// Closes a column; whether it was open.
fn take(table: &mut SecuredTable, operation: Operation, field: &Field) -> bool {
    let columns = match operation {
        Operation::Read => &mut table.grants.select,
        Operation::Create => &mut table.grants.insert,
        _ => &mut table.grants.update,
    };
    let before = columns.len();
    columns.retain(|column| *column != field.column);
    columns.len() < before
}
