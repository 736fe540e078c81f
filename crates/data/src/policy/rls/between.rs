//! Tables between two lists. A pair is seen by whoever sees both of its rows.
//!
//! Source: contract zenstack §2.6.

use hallpass_sql::row_security::{RowCommand, RowPolicy, SecuredTable, TableGrants};
use hallpass_sql::{Expr as Sql, Select, TableName};
use hallpass_zmodel::schema::{JoinSide, JoinTable, Operation};

use super::Unsaid;
use super::model::{Writer, handed_in, row};
use crate::error::InvalidInput;
use crate::plan::Planner;
use crate::policy::compile::{Asker, Bounds, Truth};

impl<'e> Writer<'e, '_> {
    pub(super) fn between(&mut self, join: &'e JoinTable) -> SecuredTable {
        let schema = &self.planner.engine.schema;
        let first = schema.model(&join.a.model);
        let mut table = SecuredTable {
            table: TableName {
                schema: first.and_then(|model| model.database_schema.clone()),
                name: join.table.clone(),
            },
            remarks: Vec::new(),
            policies: Vec::new(),
            triggers: Vec::new(),
            grants: TableGrants::default(),
        };
        let before = self.unsaid.len();
        for operation in [Operation::Create, Operation::Delete] {
            let reason = "rows are linked by updates of both, which the engine judges together";
            self.unsaid_between(join, operation, reason);
        }
        let one = self.seen(join, &join.a, "A", "hallpass a");
        let other = self.seen(join, &join.b, "B", "hallpass b");
        match (one, other) {
            (Ok(one), Ok(other)) => match one.and(other) {
                Truth::Never => {}
                Truth::Always => table.policies.push(policy(Sql::Bool(true))),
                Truth::When(condition) => table.policies.push(policy(condition)),
            },
            (Err(error), _) | (_, Err(error)) => {
                self.unsaid_between(join, Operation::Read, super::model::reason(&error));
            }
        }
        if !table.policies.is_empty() {
            table.grants.select = vec!["A".to_owned(), "B".to_owned()];
        }
        let unsaid = self.unsaid.iter().skip(before);
        table.remarks = unsaid.map(Unsaid::to_string).collect();
        table
    }

    /// Whether the row of one side may be seen.
    fn seen(
        &self,
        join: &JoinTable,
        side: &JoinSide,
        column: &str,
        alias: &str,
    ) -> Result<Truth, InvalidInput> {
        let model = self.planner.model(&side.model)?;
        let bounds = Bounds::default();
        let there = row(model, alias);
        let asker = Asker::new(
            self.planner,
            self.nobody,
            &bounds,
            Operation::Read,
            there,
            handed_in(),
        );
        let id = crate::plan::field(model, &side.id)?;
        let mut conditions = vec![Sql::of(alias, &id.column).equals(Sql::of(&*join.table, column))];
        match asker.admitted(&model.policies, Operation::Read)? {
            Truth::Never => return Ok(Truth::Never),
            Truth::Always => {}
            Truth::When(condition) => conditions.push(condition),
        }
        let source = Planner::source(model, Some(alias));
        let mut select = Select::from(source, vec![Sql::Bool(true)]);
        select.filter = Some(Sql::And(conditions));
        Ok(Truth::When(Sql::Exists(Box::new(select))))
    }

    fn unsaid_between(&mut self, join: &JoinTable, operation: Operation, reason: &'static str) {
        self.unsaid.push(Unsaid {
            model: join.table.clone(),
            field: None,
            operation: Some(operation),
            place: None,
            reason,
        });
    }
}

fn policy(condition: Sql) -> RowPolicy {
    RowPolicy {
        name: "allow read".to_owned(),
        remark: "pairs of rows both of which may be read".to_owned(),
        is_permissive: true,
        command: RowCommand::Select,
        condition,
        is_function: true,
    }
}
