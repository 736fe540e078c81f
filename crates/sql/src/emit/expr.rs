use super::Emitter;
use crate::{Aggregate, Arithmetic, Bind, Comparison, EmitError, Expr, Select, TableName, Value};

/// Conditions that stand in one chain, at most; its square is more than one statement binds.
const CHAIN: usize = 250;

impl Emitter {
    pub(crate) fn expr(&mut self, expr: &Expr) -> Result<(), EmitError> {
        match expr {
            Expr::Column { table, name } => self.column_reference(table.as_deref(), name)?,
            Expr::Value(value) => self.bind(Bind::Value(value.clone()))?,
            Expr::Parameter(number) => self.bind(Bind::Parameter(*number))?,
            Expr::Bool(value) => self.push(if *value { "TRUE" } else { "FALSE" }),
            Expr::Compare(left, comparison, right) => {
                self.infix(left, operator(*comparison), right)?;
            }
            Expr::Exactly(left, right) => self.exactly(left, right)?,
            Expr::AsText(inner) => {
                self.push("CAST(");
                self.expr(inner)?;
                self.push(self.capability.cast_to_text);
            }
            Expr::Bytewise(inner) => {
                let [before, after] = self.capability.bytewise;
                self.around(before, inner, after)?;
            }
            Expr::Collated(inner, collation) => {
                self.operand(inner)?;
                self.push(" COLLATE ");
                self.identifier(collation)?;
            }
            Expr::Lower(inner) => {
                self.push("LOWER(");
                self.expr(inner)?;
                self.push(")");
            }
            Expr::Trim(inner) => {
                self.push("TRIM(");
                self.expr(inner)?;
                self.push(")");
            }
            Expr::IsNull(inner) => self.postfix(inner, " IS NULL")?,
            Expr::IsNotNull(inner) => self.postfix(inner, " IS NOT NULL")?,
            Expr::And(parts) => self.connected(parts, " AND ", "TRUE")?,
            Expr::Or(parts) => self.connected(parts, " OR ", "FALSE")?,
            Expr::Not(inner) => {
                self.push("NOT (");
                self.expr(inner)?;
                self.push(")");
            }
            Expr::In(inner, list) => self.membership(inner, list, " IN (", "FALSE")?,
            Expr::NotIn(inner, list) => self.membership(inner, list, " NOT IN (", "TRUE")?,
            Expr::Like(inner, pattern) => {
                self.infix(inner, " LIKE ", pattern)?;
                self.push(" ESCAPE '!'");
            }
            Expr::LikeAnyCase(inner, pattern) => {
                self.infix(inner, self.capability.like_any_case, pattern)?;
                self.push(" ESCAPE '!'");
            }
            Expr::Add(one, other) => self.infix(one, " + ", other)?,
            Expr::Arithmetic(one, how, other) => self.arithmetic(one, *how, other)?,
            Expr::Append(one, other) => {
                self.require(self.capability.lists, "lists of values")?;
                self.push("ARRAY_CAT(");
                self.expr(one)?;
                self.push(", ");
                self.expr(other)?;
                self.push(")");
            }
            Expr::Within(number, least, most) => self.within(number, *least, *most)?,
            Expr::Case(condition, one, other) => {
                self.push("CASE WHEN ");
                self.expr(condition)?;
                self.push(" THEN ");
                self.expr(one)?;
                self.push(" ELSE ");
                self.expr(other)?;
                self.push(" END");
            }
            Expr::OnlyWhere(condition, value) => self.only_where(condition, value)?,
            Expr::ListHas(list, element) => {
                self.require(self.capability.lists, "lists in columns")?;
                self.operand(element)?;
                self.push(" = ANY(COALESCE(");
                self.expr(list)?;
                self.push(", '{}'))");
            }
            Expr::ListLength(list) => {
                self.require(self.capability.lists, "lists in columns")?;
                self.push("COALESCE(CARDINALITY(");
                self.expr(list)?;
                self.push("), 0)");
            }
            Expr::Coalesce(parts) => self.call("COALESCE(", parts)?,
            Expr::Concat(parts) if parts.is_empty() => {
                return Err(EmitError::Incomplete { part: "texts" });
            }
            Expr::Concat(parts) if self.capability.concat_operator => {
                self.connected(parts, " || ", "")?;
            }
            Expr::Concat(parts) => self.call("CONCAT(", parts)?,
            Expr::Replace(text, sought, other) => {
                self.push("REPLACE(");
                for (position, part) in [text, sought, other].into_iter().enumerate() {
                    self.push(if position > 0 { ", " } else { "" });
                    self.expr(part)?;
                }
                self.push(")");
            }
            Expr::CountAll => self.push("COUNT(*)"),
            Expr::Aggregate(aggregate, inner) => self.aggregate(*aggregate, inner)?,
            Expr::JsonRow(values) => self.json_row(values)?,
            Expr::JsonValue(inner, form) => self.json_value(inner, *form)?,
            Expr::JsonRows(select) => self.json_rows(select)?,
            Expr::JsonRowsWithin(select, bytes) => self.json_rows_within(select, *bytes)?,
            Expr::JsonAt(document, steps) => self.json_at(document, steps)?,
            Expr::JsonEqual(one, other) => self.json_equal(one, other)?,
            Expr::JsonText(document) => self.json_text(document)?,
            Expr::JsonIsArray(document) => self.json_is_array(document)?,
            Expr::Exact(number) => self.exact(number)?,
            Expr::HasWords(search) => self.has_words(search)?,
            Expr::WordRank(search) => self.word_rank(search)?,
            Expr::Alike(likeness, least) => self.alike(likeness, *least)?,
            Expr::LikenessRank(likeness) => self.likeness_rank(likeness)?,
            Expr::Greatest(parts) => {
                let [only] = parts.as_slice() else {
                    // SQLite calls it as the aggregate, and ranks nothing that it would be needed for.
                    return self.call("GREATEST(", parts);
                };
                self.expr(only)?;
            }
            Expr::JsonNumber(document) => self.json_number(document)?,
            Expr::JsonExact(document) => self.json_exact(document)?,
            Expr::JsonSome(array, name, condition) => self.json_some(array, name, condition)?,
            Expr::JsonElement(array, name) => self.json_element(array, name)?,
            Expr::Kept(number) if self.capability.exact_numbers => self.expr(number)?,
            Expr::Kept(number) => self.around("CAST(printf('%.15g', ", number, ") AS NUMERIC)")?,
            Expr::JsonAppend(list, documents) => self.json_append(list, documents)?,
            Expr::JsonHas(array, element) => self.json_has(array, element)?,
            Expr::RowNumber(partition, order) => self.row_number(partition, order)?,
            Expr::Scalar(select) => {
                self.push("(");
                self.select(select)?;
                self.push(")");
            }
            Expr::Exists(select) => {
                self.push("EXISTS (");
                self.select(select)?;
                self.push(")");
            }
            Expr::InQuery(row, select) => self.in_query(row, select)?,
            Expr::Call(function, arguments) => self.function(function, arguments)?,
            Expr::Once(inner) => {
                self.push("(SELECT ");
                self.expr(inner)?;
                self.push(")");
            }
            Expr::Row(table) => {
                self.identifier(table)?;
                self.push(".*");
            }
            Expr::Given(column) => self.given(column)?,
        }
        Ok(())
    }

    pub(super) fn function(
        &mut self,
        function: &TableName,
        arguments: &[Expr],
    ) -> Result<(), EmitError> {
        self.table_name(function)?;
        self.push("(");
        self.list(arguments, Self::expr)?;
        self.push(")");
        Ok(())
    }

    fn call(&mut self, function: &str, arguments: &[Expr]) -> Result<(), EmitError> {
        if arguments.is_empty() {
            return Err(EmitError::Incomplete { part: "arguments" });
        }
        self.push(function);
        self.list(arguments, Self::expr)?;
        self.push(")");
        Ok(())
    }

    fn only_where(&mut self, condition: &Expr, value: &Expr) -> Result<(), EmitError> {
        let [before, between, after] = if self.capability.typed_expressions {
            ["CASE WHEN ", " THEN ", " END"]
        } else {
            // The affinity of a column goes through a query, and is lost in every other expression.
            ["(SELECT ", " WHERE ", ")"]
        };
        let (one, other) = if self.capability.typed_expressions {
            (condition, value)
        } else {
            (value, condition)
        };
        self.push(before);
        self.expr(one)?;
        self.push(between);
        self.expr(other)?;
        self.push(after);
        Ok(())
    }

    fn aggregate(&mut self, aggregate: Aggregate, inner: &Expr) -> Result<(), EmitError> {
        let average = aggregate == Aggregate::Average;
        // Averages of exact numbers have so many digits here and so many there: floating ones are the same everywhere.
        let [before, after] = if average {
            self.capability.as_double
        } else {
            ["", ""]
        };
        self.push(match aggregate {
            Aggregate::Count => "COUNT(",
            Aggregate::Sum => "SUM(",
            Aggregate::Average => "AVG(",
            Aggregate::Minimum => "MIN(",
            Aggregate::Maximum => "MAX(",
            Aggregate::Every if self.capability.boolean_type => "BOOL_AND(",
            Aggregate::Any if self.capability.boolean_type => "BOOL_OR(",
            Aggregate::Every => "MIN(",
            Aggregate::Any => "MAX(",
        });
        self.push(before);
        self.expr(inner)?;
        self.push(after);
        self.push(")");
        Ok(())
    }

    fn arithmetic(&mut self, one: &Expr, how: Arithmetic, other: &Expr) -> Result<(), EmitError> {
        let word = match how {
            Arithmetic::Subtract => " - ",
            Arithmetic::Multiply => " * ",
            Arithmetic::Divide => " / ",
            Arithmetic::DivideWhole => self.capability.whole_division,
        };
        if how == Arithmetic::Divide && !self.capability.exact_numbers {
            // Exact numbers without a fraction are kept as whole ones there, whose quotient would be cut.
            self.push("CAST(");
            self.expr(one)?;
            self.push(" AS REAL) / ");
            return self.operand(other);
        }
        self.infix(one, word, other)
    }

    fn exact(&mut self, number: &Expr) -> Result<(), EmitError> {
        let Some([all, most]) = self.capability.exact_digits else {
            return self.expr(number);
        };
        // As many digits behind the point as it has: each leaves one less before it.
        let behind = match number {
            Expr::Value(Value::Decimal(text)) => {
                let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
                fraction.len().min(most)
            }
            _ => most,
        };
        self.push("CAST(");
        self.expr(number)?;
        self.push(&format!(" AS DECIMAL({all}, {behind}))"));
        Ok(())
    }

    fn within(&mut self, number: &Expr, least: i64, most: i64) -> Result<(), EmitError> {
        if self.capability.column_ranges {
            return self.expr(number);
        }
        // The absolute value of the least number there is cannot be said, and the statement fails over it.
        self.push("CASE WHEN ");
        self.operand(number)?;
        self.push(&format!(
            " NOT BETWEEN {least} AND {most} THEN ABS(-9223372036854775808) ELSE "
        ));
        self.expr(number)?;
        self.push(" END");
        Ok(())
    }

    fn in_query(&mut self, row: &[Expr], select: &Select) -> Result<(), EmitError> {
        if row.is_empty() || row.len() != select.columns.len() {
            return Err(EmitError::Incomplete {
                part: "as many columns as there are values",
            });
        }
        self.push("(");
        self.list(row, Self::expr)?;
        self.push(") IN (");
        self.select(select)?;
        self.push(")");
        Ok(())
    }

    fn column_reference(&mut self, table: Option<&str>, name: &str) -> Result<(), EmitError> {
        if let Some(table) = table {
            self.identifier(table)?;
            self.push(".");
        }
        self.identifier(name)
    }

    fn infix(&mut self, left: &Expr, operator: &str, right: &Expr) -> Result<(), EmitError> {
        self.operand(left)?;
        self.push(operator);
        self.operand(right)
    }

    fn postfix(&mut self, inner: &Expr, words: &str) -> Result<(), EmitError> {
        self.operand(inner)?;
        self.push(words);
        Ok(())
    }

    /// Writes an expression so that what stands around it cannot tear it apart.
    pub(super) fn operand(&mut self, expr: &Expr) -> Result<(), EmitError> {
        if is_atom(expr) {
            return self.expr(expr);
        }
        self.push("(");
        self.expr(expr)?;
        self.push(")");
        Ok(())
    }

    fn connected(&mut self, parts: &[Expr], word: &str, empty: &str) -> Result<(), EmitError> {
        match parts {
            [] => self.push(empty),
            [only] => self.expr(only)?,
            // SQLite counts how deep an expression is, and each word of a chain as one level.
            long if long.len() > CHAIN => {
                for (position, part) in long.chunks(CHAIN).enumerate() {
                    self.push(if position > 0 { word } else { "" });
                    self.push("(");
                    self.connected(part, word, empty)?;
                    self.push(")");
                }
            }
            [first, rest @ ..] => {
                self.operand(first)?;
                for part in rest {
                    self.push(word);
                    self.operand(part)?;
                }
            }
        }
        Ok(())
    }

    fn membership(
        &mut self,
        inner: &Expr,
        list: &[Expr],
        words: &str,
        empty: &str,
    ) -> Result<(), EmitError> {
        if list.is_empty() {
            // `IN ()` is an error in most dialects; the answer needs no row.
            self.push(empty);
            return Ok(());
        }
        self.operand(inner)?;
        self.push(words);
        self.list(list, Self::expr)?;
        self.push(")");
        Ok(())
    }

    /// Whether two differ, where null is a value like another.
    pub(super) fn differs(&mut self, one: &Expr, other: &Expr) -> Result<(), EmitError> {
        self.push("(");
        self.infix(one, " IS DISTINCT FROM ", other)?;
        self.push(")");
        Ok(())
    }

    fn exactly(&mut self, left: &Expr, right: &Expr) -> Result<(), EmitError> {
        if self.capability.exact_text_equality {
            return self.infix(left, " = ", right);
        }
        // The first comparison finds the row by its index under the collation, the second refuses what differs
        // in case, accents or trailing blanks.
        self.push("(");
        self.infix(left, " = ", right)?;
        self.push(" AND CAST(CONVERT(");
        self.expr(left)?;
        self.push(" USING utf8mb4) AS BINARY) = CAST(");
        self.expr(right)?;
        self.push(" AS BINARY))");
        Ok(())
    }
}

fn is_atom(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Column { .. }
            | Expr::Value(_)
            | Expr::Parameter(_)
            | Expr::Bool(_)
            | Expr::CountAll
            | Expr::Aggregate(..)
            | Expr::Lower(_)
            | Expr::Trim(_)
            | Expr::Scalar(_)
            | Expr::Coalesce(_)
            | Expr::ListLength(_)
            | Expr::Replace(..)
            | Expr::JsonRow(_)
            | Expr::JsonRows(_)
            | Expr::JsonRowsWithin(..)
            | Expr::Exists(_)
            | Expr::Call(..)
            | Expr::Once(_)
            | Expr::Given(_)
    )
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => " = ",
        Comparison::NotEqual => " <> ",
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}
