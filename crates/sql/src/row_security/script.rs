//! The script.

use super::{
    ASKED, Accessor, BEFORE, PERSON, RULES, RowCommand, RowPolicy, RowSecurity, RowTrigger,
    SecuredTable,
};
use crate::emit::{Emitter, identifier_text, literal_text, table_text};
use crate::{Dialect, EmitError, Expr, Select, TableName, Value};

/// What all policies and triggers are called in front, and nothing else.
const PREFIX: &str = "hallpass: ";
const POSTGRES: Dialect = Dialect::Postgres;

/// The statements that bring a database to what was said, in one text; to be run in one transaction.
///
/// # Errors
/// [`EmitError`] when the dialect has no row-level security, or a condition has no text.
pub fn row_security(said: &RowSecurity, dialect: Dialect) -> Result<String, EmitError> {
    if dialect != POSTGRES {
        return Err(EmitError::Unsupported {
            clause: "row-level security",
            dialect,
        });
    }
    let mut script = Script {
        role: identifier_text(&said.role, POSTGRES)?,
        role_literal: text_literal(&said.role)?,
        text: String::new(),
        functions: 0,
    };
    script.beginning(said)?;
    for table in &said.tables {
        script.table(table, &said.full_access)?;
    }
    script.fixed(include_str!("after.sql"));
    Ok(script.text)
}

/// Finds all that row-level security is made of, one text a row: the same before and after the script has run where there
/// is nothing to do.
pub fn row_security_state() -> &'static str {
    include_str!("state.sql")
}

struct Script {
    role: String,
    role_literal: String,
    text: String,
    functions: usize,
}

impl Script {
    fn beginning(&mut self, said: &RowSecurity) -> Result<(), EmitError> {
        if said.accessor == Accessor::VerifiedToken {
            self.push(include_str!("before_token.sql"));
        }
        let before = include_str!("before.sql").replace("{role}", &self.role_literal);
        self.push(&before);
        self.push(match said.accessor {
            Accessor::Setting => include_str!("accessor_setting.sql"),
            Accessor::VerifiedToken => include_str!("accessor_token.sql"),
        });
        self.push(include_str!("functions.sql"));
        let person = match &said.person {
            Some(select) => select_text(select)?,
            None => "SELECT hallpass_auth.claims()".to_owned(),
        };
        let body = quoted(&person);
        self.push(&format!(
            "CREATE FUNCTION {RULES}.person() RETURNS jsonb\n\
             LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS {body};\n"
        ));
        Ok(())
    }

    fn table(&mut self, table: &SecuredTable, full_access: &[String]) -> Result<(), EmitError> {
        let name = table_text(&table.table, POSTGRES)?;
        self.remark(&format!("{}.", table.table.name));
        for remark in &table.remarks {
            self.remark(remark);
        }
        let role = self.role.clone();
        let check = include_str!("table.sql").replace("{role}", &self.role_literal);
        self.push(&check.replace("{table}", &text_literal(&name)?));
        self.push(&format!(
            "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;\n\
             ALTER TABLE {name} FORCE ROW LEVEL SECURITY;\n\
             REVOKE ALL ON TABLE {name} FROM PUBLIC, {role};\n"
        ));
        let mut whom = vec!["CURRENT_USER".to_owned()];
        for role in full_access {
            whom.push(identifier_text(role, POSTGRES)?);
        }
        let own = self.name("full access")?;
        self.push(&format!(
            "CREATE POLICY {own} ON {name} TO {} USING (TRUE) WITH CHECK (TRUE);\n",
            whom.join(", ")
        ));
        for policy in &table.policies {
            self.policy(table, &name, policy)?;
        }
        for trigger in &table.triggers {
            self.trigger(table, &name, trigger)?;
        }
        self.grants(table, &name)
    }

    fn policy(
        &mut self,
        table: &SecuredTable,
        name: &str,
        policy: &RowPolicy,
    ) -> Result<(), EmitError> {
        self.remark(&policy.remark);
        let condition = if policy.is_function {
            self.function(table, name, policy)?
        } else {
            expr_text(&policy.condition)?
        };
        let own = self.name(&policy.name)?;
        let kind = if policy.is_permissive {
            "PERMISSIVE"
        } else {
            "RESTRICTIVE"
        };
        let (command, clauses) = match policy.command {
            RowCommand::Select => ("SELECT", format!("USING ({condition})")),
            RowCommand::Insert => ("INSERT", format!("WITH CHECK ({condition})")),
            // What a row becomes is for others to judge; unsaid, the condition would be asked of it too.
            RowCommand::Update => ("UPDATE", format!("USING ({condition}) WITH CHECK (TRUE)")),
            RowCommand::Delete => ("DELETE", format!("USING ({condition})")),
        };
        let role = self.role.clone();
        let remark = literal_text(&Value::Text(policy.remark.clone()), POSTGRES)?;
        self.push(&format!(
            "CREATE POLICY {own} ON {name} AS {kind} FOR {command} TO {role}\n  {clauses};\n\
             COMMENT ON POLICY {own} ON {name} IS {remark};\n"
        ));
        Ok(())
    }

    /// The condition in a function that sees all rows of all tables, and how it is called.
    fn function(
        &mut self,
        table: &SecuredTable,
        name: &str,
        policy: &RowPolicy,
    ) -> Result<String, EmitError> {
        let function = self.function_name(&table.table)?;
        let row = identifier_text(&table.table.name, POSTGRES)?;
        let asked = identifier_text(ASKED, POSTGRES)?;
        let condition = expr_text(&policy.condition)?;
        let body = format!(
            "SELECT COALESCE(({condition}), FALSE) FROM (SELECT ($1).*) AS {row} \
             CROSS JOIN (SELECT $2 AS {PERSON}) AS {asked}"
        );
        let body = quoted(&body);
        self.push(&format!(
            "CREATE FUNCTION {function}({name}, jsonb) RETURNS boolean\n\
             LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS {body};\n"
        ));
        Ok(format!("{function}({row}.*, (SELECT {RULES}.person()))"))
    }

    fn trigger(
        &mut self,
        table: &SecuredTable,
        name: &str,
        trigger: &RowTrigger,
    ) -> Result<(), EmitError> {
        self.remark(&trigger.remark);
        let function = self.function_name(&table.table)?;
        let row = identifier_text(&table.table.name, POSTGRES)?;
        let (asked, before) = (
            identifier_text(ASKED, POSTGRES)?,
            identifier_text(BEFORE, POSTGRES)?,
        );
        let condition = expr_text(&trigger.condition)?;
        let rows = if trigger.columns.is_empty() {
            format!("(SELECT (NEW).*) AS {row} CROSS JOIN (SELECT (OLD).*) AS {before}")
        } else {
            format!("(SELECT (OLD).*) AS {row}")
        };
        // Before the row is written the function may not see what the statement changed already; afterwards it must.
        let volatility = if trigger.columns.is_empty() {
            "VOLATILE"
        } else {
            "STABLE"
        };
        let message = text_literal(&format!(
            "new row of table \"{}\" is refused by the access rules: {}",
            table.table.name, trigger.name
        ))?;
        let body = format!(
            "\nBEGIN\n  IF NOT COALESCE((SELECT ({condition}) FROM {rows} \
             CROSS JOIN (SELECT {RULES}.person() AS {PERSON}) AS {asked}), FALSE) THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = {message};\n  END IF;\n  \
             RETURN NEW;\nEND "
        );
        let body = quoted(&body);
        let own = self.name(&trigger.name)?;
        let when = if trigger.columns.is_empty() {
            "AFTER UPDATE".to_owned()
        } else {
            let columns = trigger.columns.iter();
            let columns = columns.map(|column| identifier_text(column, POSTGRES));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            format!("BEFORE UPDATE OF {}", columns.join(", "))
        };
        let (table_literal, role) = (text_literal(name)?, &self.role_literal);
        let text = format!(
            "CREATE FUNCTION {function}() RETURNS trigger\n\
             LANGUAGE plpgsql {volatility} SECURITY DEFINER SET search_path = '' AS {body};\n\
             CREATE TRIGGER {own} {when} ON {name} FOR EACH ROW\n  \
             WHEN (pg_catalog.pg_has_role(CURRENT_USER, {role}::name, 'USAGE') \
             AND pg_catalog.row_security_active({table_literal}::pg_catalog.regclass))\n  \
             EXECUTE FUNCTION {function}();\n"
        );
        self.push(&text);
        Ok(())
    }

    fn grants(&mut self, table: &SecuredTable, name: &str) -> Result<(), EmitError> {
        let role = self.role.clone();
        if let Some(schema) = &table.table.schema {
            let schema = identifier_text(schema, POSTGRES)?;
            self.push(&format!("GRANT USAGE ON SCHEMA {schema} TO {role};\n"));
        }
        let grants = &table.grants;
        let by_column = [
            ("SELECT", &grants.select),
            ("INSERT", &grants.insert),
            ("UPDATE", &grants.update),
        ];
        for (word, columns) in by_column {
            if columns.is_empty() {
                continue;
            }
            let columns = columns.iter();
            let columns = columns.map(|column| identifier_text(column, POSTGRES));
            let columns = columns.collect::<Result<Vec<_>, _>>()?.join(", ");
            self.push(&format!(
                "GRANT {word} ({columns}) ON TABLE {name} TO {role};\n"
            ));
        }
        if grants.delete {
            self.push(&format!("GRANT DELETE ON TABLE {name} TO {role};\n"));
        }
        for column in &grants.counters {
            let text = include_str!("counter.sql")
                .replace("{role}", &self.role_literal)
                .replace("{table}", &text_literal(name)?)
                .replace("{column}", &text_literal(column)?);
            self.push(&text);
        }
        Ok(())
    }

    fn function_name(&mut self, table: &TableName) -> Result<String, EmitError> {
        self.functions += 1;
        // Names of tables may be as long as names can be, and longer ones are cut.
        let start: String = table.name.chars().take(12).collect();
        let name = TableName {
            schema: Some(RULES.to_owned()),
            name: format!("{start} {}", self.functions),
        };
        table_text(&name, POSTGRES)
    }

    fn name(&self, name: &str) -> Result<String, EmitError> {
        identifier_text(&format!("{PREFIX}{name}"), POSTGRES)
    }

    fn fixed(&mut self, text: &str) {
        let text = text.replace("{role}", &self.role);
        self.push(&text);
    }

    fn remark(&mut self, text: &str) {
        let words: Vec<_> = text.split_whitespace().collect();
        self.push(&format!("-- {}\n", words.join(" ")));
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

/// SECURITY: as it may also stand between the marks of a block, it may not hold one.
fn text_literal(text: &str) -> Result<String, EmitError> {
    if text.contains("$hallpass") {
        return Err(EmitError::Identifier);
    }
    literal_text(&Value::Text(text.to_owned()), POSTGRES)
}

fn expr_text(expr: &Expr) -> Result<String, EmitError> {
    let mut emitter = Emitter::of_script(POSTGRES);
    emitter.expr(expr)?;
    Ok(emitter.into_text())
}

fn select_text(select: &Select) -> Result<String, EmitError> {
    let mut emitter = Emitter::of_script(POSTGRES);
    emitter.select(select)?;
    Ok(emitter.into_text())
}

/// A body between marks that do not stand in it.
fn quoted(body: &str) -> String {
    let mut number = 0;
    let mut mark = "$hallpass$".to_owned();
    while body.contains(&mark) {
        number += 1;
        mark = format!("$hallpass{number}$");
    }
    format!("{mark}{body}{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_ends_where_its_mark_stands_and_nowhere_before() {
        assert_eq!(quoted("SELECT 1"), "$hallpass$SELECT 1$hallpass$");
        assert_eq!(
            quoted("'$hallpass$; DROP TABLE a; $hallpass1$'"),
            "$hallpass2$'$hallpass$; DROP TABLE a; $hallpass1$'$hallpass2$"
        );
    }

    #[test]
    fn other_databases_have_no_row_level_security() {
        let said = RowSecurity {
            role: "someone".to_owned(),
            full_access: Vec::new(),
            accessor: Accessor::Setting,
            person: None,
            tables: Vec::new(),
        };
        for dialect in [Dialect::Sqlite, Dialect::MySql, Dialect::MariaDb] {
            let refused = row_security(&said, dialect);
            assert_eq!(
                refused,
                Err(EmitError::Unsupported {
                    clause: "row-level security",
                    dialect
                })
            );
        }
    }

    #[test]
    fn names_and_remarks_cannot_leave_their_place() {
        let hostile = "a\"; DROP TABLE b; --'\n$x$";
        let said = RowSecurity {
            role: hostile.to_owned(),
            full_access: vec![hostile.to_owned()],
            accessor: Accessor::Setting,
            person: None,
            tables: vec![SecuredTable {
                table: TableName {
                    schema: Some("public".to_owned()),
                    name: "t".to_owned(),
                },
                remarks: vec![hostile.to_owned()],
                policies: Vec::new(),
                triggers: Vec::new(),
                grants: super::super::TableGrants::default(),
            }],
        };
        let text = row_security(&said, POSTGRES).unwrap();
        assert!(text.contains("-- a\"; DROP TABLE b; --' $x$\n"), "{text}");
        assert!(text.contains("\"a\"\"; DROP TABLE b; --'\n$x$\""), "{text}");
        assert!(text.contains("'a\"; DROP TABLE b; --''\n$x$'"), "{text}");
        let marked = RowSecurity {
            role: "a$hallpass$".to_owned(),
            ..said
        };
        assert_eq!(row_security(&marked, POSTGRES), Err(EmitError::Identifier));
    }
}
