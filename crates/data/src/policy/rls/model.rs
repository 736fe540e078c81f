//! What a model admits, as policies, triggers and grants of its table.

use std::rc::Rc;

use hallpass_sql::row_security::{
    ASKED, BEFORE, PERSON, RowCommand, RowPolicy, RowTrigger, SecuredTable,
};
use hallpass_sql::{Expr as Sql, TableName};
use hallpass_zmodel::schema::{
    DefaultValue, Effect, Expr, ExprKind, Field, Model, ModelKind, Operation, Place, Policy,
};

use super::{Unsaid, columns};
use crate::error::InvalidInput;
use crate::plan::{Bases, Planner};
use crate::policy::Person;
use crate::policy::compile::{Asker, Bounds, Claims, Row, Rules, Truth};

/// Writes the tables of a schema.
pub(super) struct Writer<'e, 'p> {
    pub(super) planner: &'p Planner<'e>,
    pub(super) nobody: &'e Person,
    pub(super) unsaid: Vec<Unsaid>,
}

/// When something holds, and whether it must be asked in a function, since it reads tables.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) truth: Truth,
    pub(super) is_function: bool,
}

const COMMANDS: [(Operation, RowCommand); 4] = [
    (Operation::Read, RowCommand::Select),
    (Operation::Create, RowCommand::Insert),
    (Operation::Update, RowCommand::Update),
    (Operation::Delete, RowCommand::Delete),
];

impl<'e, 'p> Writer<'e, 'p> {
    pub(super) fn new(planner: &'p Planner<'e>, nobody: &'e Person) -> Self {
        Self {
            planner,
            nobody,
            unsaid: Vec::new(),
        }
    }

    pub(super) fn tables(&mut self) -> Vec<SecuredTable> {
        let schema = &self.planner.engine.schema;
        let mut tables = Vec::with_capacity(schema.models.len());
        for model in &schema.models {
            match model.kind {
                ModelKind::Table => tables.push(self.table(model)),
                // A view reads with the rights of its owner.
                ModelKind::View => self.unsaid(model, None, None, None, "a view has no policies"),
            }
        }
        for join in &schema.join_tables {
            let table = self.between(join);
            tables.push(table);
        }
        tables
    }

    fn table(&mut self, model: &'e Model) -> SecuredTable {
        let mut table = SecuredTable {
            table: TableName {
                schema: model.database_schema.clone(),
                name: model.table.clone(),
            },
            remarks: Vec::new(),
            policies: Vec::new(),
            triggers: Vec::new(),
            grants: columns::open(model),
        };
        let first = self.unsaid.len();
        if model.ignored {
            self.unsaid(model, None, None, None, "clients do not see it (@@ignore)");
        }
        for (operation, command) in COMMANDS {
            let is_open = !model.ignored && self.may_say(model, operation);
            let policies = if is_open {
                self.policies(model, operation, command)
            } else {
                Vec::new()
            };
            // Without a rule that admits, nobody need be let near.
            if policies.iter().any(|policy| policy.is_permissive) {
                table.policies.extend(policies);
            } else {
                columns::close(&mut table.grants, operation);
            }
        }
        self.after_update(model, &mut table);
        self.columns(model, &mut table);
        let unsaid = self.unsaid.iter().skip(first);
        table.remarks = unsaid.map(Unsaid::to_string).collect();
        table
    }

    /// Whether an operation can be said at all, whatever the rules are.
    fn may_say(&mut self, model: &'e Model, operation: Operation) -> bool {
        if operation == Operation::Read {
            return true;
        }
        if model.is_polymorphic() {
            let why = "its rows stand in several tables, which the engine writes together";
            self.unsaid(model, None, Some(operation), None, why);
            return false;
        }
        let writes = matches!(operation, Operation::Create | Operation::Update);
        if let Some(rule) = model.rules.first().filter(|_| writes) {
            let why = "@@validate is about what a call gives, which the database does not know";
            self.unsaid(model, None, Some(operation), Some(&rule.place), why);
            return false;
        }
        true
    }

    fn policies(
        &mut self,
        model: &'e Model,
        operation: Operation,
        command: RowCommand,
    ) -> Vec<RowPolicy> {
        let mut policies = Vec::new();
        let mut is_said = true;
        let rules = rules(&model.policies, operation);
        for (number, rule) in rules.enumerate() {
            let made = match self.of_new_rows(model, operation, rule) {
                Some(reason) => Err(reason),
                None => self
                    .rule(model, operation, rule)
                    .map_err(|error| reason(&error)),
            };
            match made {
                Ok(asked) => policies.extend(policy(rule, operation, command, number + 1, asked)),
                Err(reason) => {
                    is_said = false;
                    self.unsaid(model, None, Some(operation), Some(&rule.place), reason);
                }
            }
        }
        if !is_said {
            policies.clear();
        }
        policies
    }

    /// Why a rule about new rows would be asked of other values than the engine asks it of.
    fn of_new_rows(
        &self,
        model: &Model,
        operation: Operation,
        rule: &Policy,
    ) -> Option<&'static str> {
        if operation != Operation::Create {
            return None;
        }
        let is_counted = |field: &Field| {
            matches!(
                field.default,
                Some(DefaultValue::Autoincrement | DefaultValue::DbGenerated(_))
            )
        };
        let names_it = |name: &String| model.field(name).is_some_and(is_counted);
        let is_this = |expr: &Expr| expr.kind == ExprKind::This;
        let asks = rule.condition.any(&|expr| match &expr.kind {
            ExprKind::Member(entity, name) => is_this(entity) && names_it(name),
            ExprKind::Compare(one, _, other) | ExprKind::In(one, other) => {
                (is_this(one) || is_this(other)) && model.id.iter().any(names_it)
            }
            _ => false,
        });
        asks.then_some("it asks for what the database makes, which is null to rules of create")
    }

    fn rule(
        &self,
        model: &'e Model,
        operation: Operation,
        rule: &'e Policy,
    ) -> Result<Asked, InvalidInput> {
        self.asked(model, operation, |asker| match rule.effect {
            Effect::Allow => asker.admits(rule),
            Effect::Deny => Ok(asker.refuses(rule)?.untrue()),
        })
    }

    /// Compiles a condition about a row of a table: as it stands where that reads nothing else, else for a function.
    pub(super) fn asked(
        &self,
        model: &'e Model,
        operation: Operation,
        compile: impl Fn(&Asker<'e, '_>) -> Result<Truth, InvalidInput>,
    ) -> Result<Asked, InvalidInput> {
        let made = |claims| {
            let bounds = Bounds::default();
            let row = row(model, &model.table);
            let asker = Asker::new(self.planner, self.nobody, &bounds, operation, row, claims);
            compile(&asker)
        };
        let truth = made(Claims {
            document: Rules::Person.call(Vec::new()),
            is_once: true,
        })?;
        let reads = matches!(&truth, Truth::When(condition) if condition.has_query());
        Ok(Asked {
            truth: if reads { made(handed_in())? } else { truth },
            is_function: reads,
        })
    }

    /// Rules about what a change makes of a row: asked after the statement, since they may look at rows that it changed, and
    /// at the row as it was.
    fn after_update(&mut self, model: &'e Model, table: &mut SecuredTable) {
        if table.grants.update.is_empty() {
            return;
        }
        let asked = rules(&model.policies, Operation::PostUpdate);
        let asked: Vec<&Policy> = asked.collect();
        let Some(first) = asked.first() else {
            return;
        };
        let bounds = Bounds::default();
        let asker = Asker::new(
            self.planner,
            self.nobody,
            &bounds,
            Operation::PostUpdate,
            row(model, &model.table),
            handed_in(),
        );
        let asker = asker.with_before(row(model, BEFORE));
        let failed = asked.iter().find_map(|rule| {
            let error = asker.admits(rule).err()?;
            Some((*rule, reason(&error)))
        });
        let truth = match failed {
            Some((rule, reason)) => Err((rule, reason)),
            None => asker
                .admitted(&model.policies, Operation::PostUpdate)
                .map_err(|error| (*first, reason(&error))),
        };
        match truth {
            Err((rule, reason)) => {
                let operation = Some(Operation::Update);
                self.unsaid(model, None, operation, Some(&rule.place), reason);
                close_updates(table);
            }
            Ok(Truth::Never) => close_updates(table),
            Ok(Truth::Always) => {}
            Ok(Truth::When(condition)) => table.triggers.push(RowTrigger {
                name: "post-update".to_owned(),
                remark: asked
                    .iter()
                    .map(|rule| source(rule))
                    .collect::<Vec<_>>()
                    .join("; "),
                columns: Vec::new(),
                condition,
            }),
        }
        // As the engine has it, a row that is judged afterwards stays the row that it was.
        let ids = model.id.iter().filter_map(|name| model.field(name));
        let ids: Vec<_> = ids.map(|field| field.column.clone()).collect();
        table.grants.update.retain(|column| !ids.contains(column));
    }

    /// Compiles a condition about a row as it was before a change.
    pub(super) fn in_trigger(
        &self,
        model: &'e Model,
        compile: impl Fn(&Asker<'e, '_>) -> Result<Truth, InvalidInput>,
    ) -> Result<Truth, InvalidInput> {
        let bounds = Bounds::default();
        let row = row(model, &model.table);
        let operation = Operation::Update;
        let asker = Asker::new(
            self.planner,
            self.nobody,
            &bounds,
            operation,
            row,
            handed_in(),
        );
        compile(&asker)
    }

    pub(super) fn unsaid(
        &mut self,
        model: &Model,
        field: Option<&Field>,
        operation: Option<Operation>,
        place: Option<&Place>,
        reason: &'static str,
    ) {
        self.unsaid.push(Unsaid {
            model: model.name.clone(),
            field: field.map(|field| field.name.clone()),
            operation,
            place: place.cloned(),
            reason,
        });
    }
}

fn close_updates(table: &mut SecuredTable) {
    columns::close(&mut table.grants, Operation::Update);
    let policies = &mut table.policies;
    policies.retain(|policy| policy.command != RowCommand::Update);
}

/// The person as functions and triggers hand it in.
pub(super) fn handed_in() -> Claims {
    Claims {
        document: Sql::of(ASKED, PERSON),
        is_once: false,
    }
}

pub(super) fn row<'e>(model: &'e Model, alias: &str) -> Row<'e> {
    Row::Table {
        model,
        alias: Rc::from(alias),
        bases: Bases::Elsewhere,
    }
}

fn rules(policies: &[Policy], operation: Operation) -> impl Iterator<Item = &Policy> {
    let about = move |rule: &&Policy| rule.operations.contains(operation);
    policies.iter().filter(about)
}

/// A rule as a policy; none where it never admits, or never refuses.
fn policy(
    rule: &Policy,
    operation: Operation,
    command: RowCommand,
    number: usize,
    asked: Asked,
) -> Option<RowPolicy> {
    let (word, is_permissive) = match rule.effect {
        Effect::Allow => ("allow", true),
        Effect::Deny => ("deny", false),
    };
    let condition = match asked.truth {
        Truth::Never if is_permissive => return None,
        Truth::Always if !is_permissive => return None,
        Truth::Never => Sql::Bool(false),
        Truth::Always => Sql::Bool(true),
        Truth::When(condition) => condition,
    };
    Some(RowPolicy {
        name: format!("{word} {} {number}", operation.name()),
        remark: source(rule),
        is_permissive,
        command,
        condition,
        is_function: asked.is_function,
    })
}

/// `schema.zmodel:12: @@allow('read', owner == auth())`
pub(super) fn source(rule: &Policy) -> String {
    let Place {
        source, line, text, ..
    } = &rule.place;
    let words: Vec<_> = text.split_whitespace().collect();
    format!("{source}:{line}: {}", words.join(" "))
}

pub(super) fn reason(error: &InvalidInput) -> &'static str {
    match error {
        InvalidInput::Policy { reason, .. } => reason,
        InvalidInput::Unjudged { .. } => "nobody knows what its column makes of a value",
        InvalidInput::Person { expected, .. } => expected,
        _ => "it names what has no column",
    }
}
