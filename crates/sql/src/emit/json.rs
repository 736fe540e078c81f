//! Rows as JSON documents, and the numbers of rows.

use super::Emitter;
use crate::{EmitError, Expr, JsonForm, JsonFunctions, Order, Select, Value};

/// What the column of a document is called where rows are put in order first.
const DOCUMENT: &str = "document";

impl Emitter {
    fn json_functions(&self) -> Result<JsonFunctions, EmitError> {
        let functions = self.capability.json_rows;
        functions.ok_or_else(|| self.unsupported("rows as JSON documents"))
    }

    pub(super) fn json_row(&mut self, values: &[Expr]) -> Result<(), EmitError> {
        if values.len() <= Expr::JSON_ROW {
            return self.json_array(values);
        }
        let arrays = values.chunks(Expr::JSON_ROW);
        let arrays: Vec<_> = arrays.map(|part| Expr::JsonRow(part.to_vec())).collect();
        self.json_array(&arrays)
    }

    fn json_array(&mut self, values: &[Expr]) -> Result<(), EmitError> {
        self.push(match self.json_functions()? {
            JsonFunctions::Postgres => "json_build_array(",
            JsonFunctions::Sqlite => "json_array(",
        });
        self.list(values, Self::expr)?;
        self.push(")");
        Ok(())
    }

    pub(super) fn json_value(&mut self, inner: &Expr, form: JsonForm) -> Result<(), EmitError> {
        match (self.json_functions()?, form) {
            (_, JsonForm::Plain) | (JsonFunctions::Postgres, JsonForm::Document) => {
                self.expr(inner)
            }
            (JsonFunctions::Postgres, JsonForm::Text) => self.around("CAST(", inner, " AS TEXT)"),
            (JsonFunctions::Postgres, JsonForm::Texts) => {
                self.around("CAST(", inner, " AS TEXT[])")
            }
            // Shorter floats become the same double that a plain read makes of them.
            (JsonFunctions::Postgres, JsonForm::Float) => {
                self.around("CAST(CAST(", inner, " AS DOUBLE PRECISION) AS TEXT)")
            }
            (JsonFunctions::Postgres, JsonForm::Hex) => self.around("encode(", inner, ", 'hex')"),
            (JsonFunctions::Sqlite, JsonForm::Text | JsonForm::Float) => {
                self.around(
                    "CASE typeof(",
                    inner,
                    ") WHEN 'real' THEN printf('%!.17gr', ",
                )?;
                self.expr(inner)?;
                self.around(") ELSE ", inner, " END")
            }
            (JsonFunctions::Sqlite, JsonForm::Hex) => {
                // `hex` makes an empty text of null.
                self.around("CASE WHEN ", inner, " IS NOT NULL THEN hex(")?;
                self.expr(inner)?;
                self.push(") END");
                Ok(())
            }
            (JsonFunctions::Sqlite, JsonForm::Document) => self.around("json(", inner, ")"),
            (JsonFunctions::Sqlite, JsonForm::Texts) => Err(self.unsupported("lists of values")),
        }
    }

    pub(super) fn around(
        &mut self,
        before: &str,
        inner: &Expr,
        after: &str,
    ) -> Result<(), EmitError> {
        self.push(before);
        self.operand(inner)?;
        self.push(after);
        Ok(())
    }

    /// The text is made by a query of its own, of rows put together, which no planner opens: so it is made once, though it
    /// is named twice.
    pub(super) fn json_rows_within(
        &mut self,
        select: &Select,
        bytes: i32,
    ) -> Result<(), EmitError> {
        let text = Expr::column(DOCUMENT);
        self.around("(SELECT CASE WHEN octet_length(", &text, ") <= ")?;
        self.expr(&Expr::Value(Value::Int(bytes.into())))?;
        self.around(" THEN ", &text, " END FROM (SELECT ")?;
        self.json_rows_as(select, |emitter, document, read| {
            emitter.push("CAST(");
            emitter.json_aggregate(document, read)?;
            emitter.push(emitter.capability.cast_to_text);
            emitter.alias(DOCUMENT)
        })?;
        self.push(")");
        self.alias("made")?;
        self.push(")");
        Ok(())
    }

    pub(super) fn json_rows(&mut self, select: &Select) -> Result<(), EmitError> {
        self.push("(SELECT ");
        self.json_rows_as(select, Self::json_aggregate)?;
        self.push(")");
        Ok(())
    }

    /// What follows SELECT, with the documents of all rows put together in a way.
    fn json_rows_as(
        &mut self,
        select: &Select,
        together: impl FnOnce(&mut Self, &Expr, bool) -> Result<(), EmitError>,
    ) -> Result<(), EmitError> {
        let [document] = select.columns.as_slice() else {
            return Err(EmitError::Incomplete {
                part: "one document a row",
            });
        };
        let in_order = !select.order.is_empty()
            || select.limit.is_some()
            || select.offset.is_some()
            || !select.distinct.is_empty();
        if !in_order {
            together(self, document, false)?;
            return self.rest(select, &[]);
        }
        together(self, &Expr::column(DOCUMENT), true)?;
        self.push(" FROM (");
        self.select_as(select, &[DOCUMENT.to_owned()])?;
        self.push(")");
        self.alias("rows")
    }

    /// `read` says that another statement made the document, so that SQLite takes it for text.
    fn json_aggregate(&mut self, document: &Expr, read: bool) -> Result<(), EmitError> {
        match self.json_functions()? {
            JsonFunctions::Postgres => self.around("COALESCE(json_agg(", document, "), '[]')"),
            JsonFunctions::Sqlite if read => self.around("json_group_array(json(", document, "))"),
            JsonFunctions::Sqlite => self.around("json_group_array(", document, ")"),
        }
    }

    pub(super) fn row_number(
        &mut self,
        partition: &[Expr],
        order: &[Order],
    ) -> Result<(), EmitError> {
        self.push("ROW_NUMBER() OVER (");
        if !partition.is_empty() {
            self.push("PARTITION BY ");
            self.list(partition, Self::expr)?;
        }
        self.order(order, &[])?;
        self.push(")");
        Ok(())
    }
}
