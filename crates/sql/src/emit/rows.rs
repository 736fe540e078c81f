use super::Emitter;
use crate::{
    Conflict, ConflictClause, Delete, Direction, EmitError, EmptyInsert, Expr, Insert, Join,
    JoinKind, Nulls, Order, RowLock, Select, Source, TableName, Update,
};

/// What rows about to be added are called where they are read.
const NEW_ROWS: &str = "new";

/// How an expression was written.
pub(super) struct Said<'e> {
    expr: &'e Expr,
    text: String,
}

impl Emitter {
    pub(crate) fn select(&mut self, select: &Select) -> Result<(), EmitError> {
        self.select_as(select, &select.names)
    }

    pub(super) fn select_as(&mut self, select: &Select, names: &[String]) -> Result<(), EmitError> {
        if select.columns.is_empty() {
            return Err(EmitError::Incomplete { part: "columns" });
        }
        self.push("SELECT ");
        let distinct = self.distinct(&select.distinct)?;
        self.columns(&select.columns, names)?;
        self.rest(select, &distinct)
    }

    /// What follows the columns. What is distinct was written like this.
    pub(super) fn rest(&mut self, select: &Select, distinct: &[Said<'_>]) -> Result<(), EmitError> {
        if let Some(source) = &select.from {
            self.push(" FROM ");
            self.source(source)?;
        }
        for join in &select.joins {
            self.join(join)?;
        }
        self.filter(select.filter.as_ref())?;
        self.group(select)?;
        self.order(&select.order, distinct)?;
        self.page(select)?;
        match select.lock {
            Some(RowLock::Update) => {
                self.require(self.capability.select_for_update, "FOR UPDATE")?;
                self.push(" FOR UPDATE");
            }
            None => {}
        }
        Ok(())
    }

    fn distinct<'e>(&mut self, columns: &'e [Expr]) -> Result<Vec<Said<'e>>, EmitError> {
        if columns.is_empty() {
            return Ok(Vec::new());
        }
        self.require(self.capability.distinct_on, "DISTINCT ON")?;
        self.push("DISTINCT ON (");
        let mut said = Vec::with_capacity(columns.len());
        self.list(columns, |emitter, expr| {
            let start = emitter.text.len();
            emitter.expr(expr)?;
            let text = emitter.text.get(start..).unwrap_or_default().to_owned();
            said.push(Said { expr, text });
            Ok(())
        })?;
        self.push(") ");
        Ok(said)
    }

    /// Writes an expression as it was written before, with the same parameters: to PostgreSQL two parameters of the same
    /// value are two expressions, and the rows of `DISTINCT ON` are to be in the order of its own.
    fn expr_as_said(&mut self, expr: &Expr, said: &[Said<'_>]) -> Result<(), EmitError> {
        let (start, binds) = (self.text.len(), self.binds.len());
        self.expr(expr)?;
        if let Some(said) = said.iter().find(|said| said.expr == expr) {
            self.text.truncate(start);
            self.binds.truncate(binds);
            self.text.push_str(&said.text);
        }
        Ok(())
    }

    fn columns(&mut self, columns: &[Expr], names: &[String]) -> Result<(), EmitError> {
        if names.is_empty() {
            return self.list(columns, Self::expr);
        }
        if names.len() != columns.len() {
            return Err(EmitError::Incomplete {
                part: "names of columns",
            });
        }
        let named: Vec<_> = columns.iter().zip(names).collect();
        self.list(&named, |emitter, (column, name)| {
            emitter.expr(column)?;
            emitter.alias(name)
        })
    }

    fn source(&mut self, source: &Source) -> Result<(), EmitError> {
        match source {
            Source::Table { table, alias } => {
                self.table_name(table)?;
                if let Some(sources) = &mut self.sources {
                    sources.push(table.clone());
                }
                match alias {
                    Some(alias) => self.alias(alias),
                    None => Ok(()),
                }
            }
            Source::Query { select, alias } => {
                self.push("(");
                self.select(select)?;
                self.push(")");
                self.alias(alias)
            }
            Source::Call {
                function,
                arguments,
                alias,
            } => {
                self.require(self.capability.schemas, "functions that give rows")?;
                self.function(function, arguments)?;
                self.alias(alias)
            }
        }
    }

    pub(super) fn alias(&mut self, alias: &str) -> Result<(), EmitError> {
        self.push(" AS ");
        self.identifier(alias)
    }

    fn join(&mut self, join: &Join) -> Result<(), EmitError> {
        self.push(match join.kind {
            JoinKind::Inner => " INNER JOIN ",
            JoinKind::Left => " LEFT JOIN ",
        });
        self.source(&join.source)?;
        self.push(" ON ");
        self.expr(&join.on)
    }

    fn filter(&mut self, filter: Option<&Expr>) -> Result<(), EmitError> {
        if let Some(filter) = filter {
            self.push(" WHERE ");
            self.expr(filter)?;
        }
        Ok(())
    }

    fn group(&mut self, select: &Select) -> Result<(), EmitError> {
        if !select.group.is_empty() {
            self.push(" GROUP BY ");
            self.list(&select.group, Self::expr)?;
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.expr(having)?;
        }
        Ok(())
    }

    pub(super) fn order(&mut self, order: &[Order], said: &[Said<'_>]) -> Result<(), EmitError> {
        if order.is_empty() {
            return Ok(());
        }
        self.push(" ORDER BY ");
        self.list(order, |emitter, key| emitter.order_key(key, said))
    }

    fn order_key(&mut self, key: &Order, said: &[Said<'_>]) -> Result<(), EmitError> {
        if !self.capability.nulls_ordering {
            self.emulate_nulls(key)?;
        }
        self.expr_as_said(&key.expr, said)?;
        self.push(match key.direction {
            Direction::Ascending => " ASC",
            Direction::Descending => " DESC",
        });
        if self.capability.nulls_ordering {
            self.push(match key.nulls {
                Nulls::Default => "",
                Nulls::First => " NULLS FIRST",
                Nulls::Last => " NULLS LAST",
            });
        }
        Ok(())
    }

    /// `IS NULL` is 1 for nulls, so sorting by it first puts them at either end.
    fn emulate_nulls(&mut self, key: &Order) -> Result<(), EmitError> {
        let direction = match key.nulls {
            Nulls::Default => return Ok(()),
            Nulls::First => " IS NULL DESC, ",
            Nulls::Last => " IS NULL ASC, ",
        };
        self.operand(&key.expr)?;
        self.push(direction);
        Ok(())
    }

    fn page(&mut self, select: &Select) -> Result<(), EmitError> {
        match &select.limit {
            Some(limit) => {
                self.push(" LIMIT ");
                self.expr(limit)?;
            }
            None if select.offset.is_some() && !self.capability.offset_without_limit => {
                // The largest number both MySQL (unsigned) and SQLite (signed) read as "all".
                self.push(" LIMIT 9223372036854775807");
            }
            None => {}
        }
        if let Some(offset) = &select.offset {
            self.push(" OFFSET ");
            self.expr(offset)?;
        }
        Ok(())
    }

    pub(super) fn insert(&mut self, insert: &Insert) -> Result<(), EmitError> {
        self.push("INSERT INTO ");
        self.table_name(&insert.table)?;
        check_rows(insert)?;
        if insert.columns.is_empty() {
            self.push(match self.capability.empty_insert {
                EmptyInsert::DefaultValues => " DEFAULT VALUES",
                EmptyInsert::EmptyRow => " () VALUES ()",
            });
        } else {
            self.push(" (");
            self.identifiers(&insert.columns)?;
            self.push(")");
            match &insert.unless {
                None => self.values(&insert.rows)?,
                Some(found) => self.values_unless(insert, found)?,
            }
        }
        if let Some(conflict) = &insert.conflict {
            self.conflict(insert, conflict)?;
        }
        self.returning(
            &insert.returning,
            self.capability.insert_returning,
            "INSERT … RETURNING",
        )
    }

    fn values(&mut self, rows: &[Vec<Expr>]) -> Result<(), EmitError> {
        self.push(" VALUES ");
        self.list(rows, |emitter, row| {
            emitter.push("(");
            emitter.list(row, Self::expr)?;
            emitter.push(")");
            Ok(())
        })
    }

    /// The rows stand behind a read of none of the table's: else PostgreSQL, which does not see here where they go, would take
    /// every placeholder for text.
    fn values_unless(&mut self, insert: &Insert, found: &Select) -> Result<(), EmitError> {
        self.push(" SELECT ");
        self.identifiers(&insert.columns)?;
        self.push(" FROM (SELECT ");
        self.identifiers(&insert.columns)?;
        self.push(" FROM ");
        self.table_name(&insert.table)?;
        self.push(" WHERE FALSE");
        for row in &insert.rows {
            self.push(" UNION ALL SELECT ");
            self.list(row, Self::expr)?;
        }
        self.push(")");
        self.alias(NEW_ROWS)?;
        self.push(" WHERE NOT EXISTS (");
        self.select(found)?;
        self.push(")");
        Ok(())
    }

    /// See [`Expr::Given`].
    pub(super) fn given(&mut self, column: &str) -> Result<(), EmitError> {
        let [before, after] = match self.capability.conflict_clause {
            ConflictClause::OnConflict => ["excluded.", ""],
            ConflictClause::OnDuplicateKey => ["VALUES(", ")"],
        };
        self.push(before);
        self.identifier(column)?;
        self.push(after);
        Ok(())
    }

    fn conflict(&mut self, insert: &Insert, conflict: &Conflict) -> Result<(), EmitError> {
        match (self.capability.conflict_clause, conflict) {
            (
                ConflictClause::OnConflict,
                Conflict::Change {
                    key,
                    assignments,
                    only,
                },
            ) => self.change_on_conflict(&insert.table, key, assignments, only.as_ref()),
            (ConflictClause::OnConflict, Conflict::Skip) => {
                self.push(" ON CONFLICT DO NOTHING");
                Ok(())
            }
            (
                ConflictClause::OnDuplicateKey,
                Conflict::Change {
                    assignments, only, ..
                },
            ) => {
                self.require(
                    only.is_none(),
                    "condition for changing the row that is there",
                )?;
                self.push(" ON DUPLICATE KEY UPDATE ");
                self.assignments(assignments)
            }
            (ConflictClause::OnDuplicateKey, Conflict::Skip) => self.keep_on_duplicate(insert),
        }
    }

    fn change_on_conflict(
        &mut self,
        table: &TableName,
        key: &[String],
        assignments: &[(String, Expr)],
        only: Option<&Expr>,
    ) -> Result<(), EmitError> {
        if key.is_empty() {
            return Err(EmitError::Incomplete { part: "a key" });
        }
        self.push(" ON CONFLICT (");
        self.identifiers(key)?;
        self.push(") DO UPDATE SET ");
        self.assignments(assignments)?;
        self.push(" WHERE ");
        if let Some(only) = only {
            return self.expr(only);
        }
        for (position, (column, value)) in assignments.iter().enumerate() {
            if position > 0 {
                self.push(" OR ");
            }
            self.differs(&Expr::of(&*table.name, column), value)?;
        }
        Ok(())
    }

    /// Sets a column of the row that is there to what it is. Not `INSERT IGNORE`, which also lets values through that
    /// do not fit and leaves out rows whose relation points nowhere.
    fn keep_on_duplicate(&mut self, insert: &Insert) -> Result<(), EmitError> {
        // It would give back rows that were there before.
        self.require(insert.returning.is_empty(), "RETURNING of new rows only")?;
        let column = insert.columns.first();
        let column = column.ok_or(EmitError::Incomplete { part: "columns" })?;
        self.push(" ON DUPLICATE KEY UPDATE ");
        self.identifier(column)?;
        self.push(" = ");
        self.expr(&Expr::of(&*insert.table.name, column))
    }

    fn assignments(&mut self, assignments: &[(String, Expr)]) -> Result<(), EmitError> {
        if assignments.is_empty() {
            return Err(EmitError::Incomplete {
                part: "assignments",
            });
        }
        if !self.capability.assignments_see_old_row && reads_assigned(assignments) {
            return Err(self.unsupported("an assignment that reads a column assigned before it"));
        }
        self.list(assignments, |emitter, (column, value)| {
            emitter.identifier(column)?;
            emitter.push(" = ");
            emitter.expr(value)
        })
    }

    pub(super) fn update(&mut self, update: &Update) -> Result<(), EmitError> {
        self.push("UPDATE ");
        self.table_name(&update.table)?;
        self.push(" SET ");
        self.assignments(&update.assignments)?;
        self.filter(update.filter.as_ref())?;
        self.returning(
            &update.returning,
            self.capability.update_returning,
            "UPDATE … RETURNING",
        )
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Result<(), EmitError> {
        self.push("DELETE FROM ");
        self.table_name(&delete.table)?;
        self.filter(delete.filter.as_ref())?;
        self.returning(
            &delete.returning,
            self.capability.delete_returning,
            "DELETE … RETURNING",
        )
    }

    fn returning(
        &mut self,
        columns: &[Expr],
        able: bool,
        clause: &'static str,
    ) -> Result<(), EmitError> {
        if columns.is_empty() {
            return Ok(());
        }
        self.require(able, clause)?;
        self.push(" RETURNING ");
        self.list(columns, Self::expr)
    }
}

/// Whether a value depends on a column that an earlier assignment changed.
fn reads_assigned(assignments: &[(String, Expr)]) -> bool {
    let mut assigned: Vec<&str> = Vec::new();
    assignments.iter().any(|(column, value)| {
        let reads = value.reads(&assigned);
        assigned.push(column);
        reads
    })
}

fn check_rows(insert: &Insert) -> Result<(), EmitError> {
    let is_bare = insert.columns.is_empty();
    if insert.rows.is_empty() || (is_bare && (insert.rows.len() > 1 || insert.unless.is_some())) {
        return Err(EmitError::Incomplete { part: "rows" });
    }
    let columns = insert.columns.len();
    match insert.rows.iter().find(|row| row.len() != columns) {
        None => Ok(()),
        Some(row) => Err(EmitError::RowWidth {
            values: row.len(),
            columns,
        }),
    }
}
