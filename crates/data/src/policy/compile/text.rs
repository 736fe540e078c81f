//! Texts that a collation takes for equal although their bytes differ.
//!
//! Invariant: of two such texts this process decides only what no collation can change; the rest is asked of the database,
//! under the collation of the column. So are numbers of which databases disagree how they compare.

use hallpass_sql::{Comparison as SqlComparison, Expr as Sql, Keeping, Select, Value};
use hallpass_zmodel::schema::{Field, Model};

use super::certainty::Certainty;
use super::row::Origin;
use super::term::{Column, Term};
use super::{Compiler, Truth};
use crate::codec::Codec;
use crate::error::InvalidInput;
use crate::fit::Facts;
use crate::plan::{Planner, exactly};

impl<'e> Compiler<'e, '_> {
    /// A value of a row at hand. A text is compared as if it stood in its column already, where that may fold it.
    pub(super) fn known(
        &self,
        model: &'e Model,
        field: &'e Field,
        value: &Value,
        origin: Origin,
    ) -> Result<Term<'e>, InvalidInput> {
        let codec = self.codec(model, field)?;
        // SECURITY: another value than the one that is judged might then stand there.
        let is_in_doubt = origin == Origin::Given && codec.keeping() == Keeping::Unknown;
        if is_in_doubt && *value != Value::Null {
            return Err(InvalidInput::Unjudged {
                model: model.name.clone(),
                field: field.name.clone(),
            });
        }
        let known = match value {
            Value::Text(text) if self.may_fold(&codec) => Some(text.clone()),
            // Some databases round what is compared with it as well, others do not.
            Value::Float(_) if codec.keeping() == Keeping::Single => None,
            _ => return Ok(Term::Stored(value.clone())),
        };
        let encoded = codec.encode(value);
        let encoded = encoded.map_err(|_| self.fail("a value that its column cannot hold"))?;
        Ok(Term::Column(Column {
            expr: self.as_in_column(model, field, encoded)?,
            codec,
            known,
        }))
    }

    /// Whether texts of the column may be equal although their bytes differ.
    fn may_fold(&self, codec: &Codec) -> bool {
        let exact = self.engine_is_exact() && !codec.folds;
        codec.is_uuid() || (codec.is_text() && !exact)
    }

    /// Whether texts are compared byte by byte unless a type of its own says otherwise.
    fn engine_is_exact(&self) -> bool {
        self.planner.engine.capability().exact_text_equality
    }

    /// A value of the type and the collation of a column: the query finds no row, and lends both.
    fn as_in_column(
        &self,
        model: &'e Model,
        field: &Field,
        value: Value,
    ) -> Result<Sql, InvalidInput> {
        let owner = match model.origin(field) {
            Some(base) => self.planner.model(base)?,
            None => model,
        };
        let column = Sql::of(&*owner.table, &field.column);
        let mut nothing = Select::from(Planner::source(owner, None), vec![column]);
        nothing.filter = Some(Sql::Bool(false));
        let there = Sql::Coalesce(vec![Sql::Scalar(Box::new(nothing)), Sql::Value(value)]);
        let facts = self.planner.engine.facts(model, field);
        Ok(match facts.and_then(Facts::collation) {
            // Elsewhere the type carries it.
            Some(collation) if !self.planner.engine.capability().typed_expressions => {
                Sql::Collated(Box::new(there), collation.to_owned())
            }
            _ => there,
        })
    }

    /// A column of texts beside another text.
    pub(super) fn compare_texts(
        &self,
        left: Sql,
        comparison: SqlComparison,
        right: Sql,
        folds: bool,
    ) -> Sql {
        match (comparison, self.certainty) {
            (SqlComparison::Equal, Certainty::Sure) => exactly(left, right, folds),
            (SqlComparison::NotEqual, Certainty::Possible) => {
                Sql::Not(Box::new(exactly(left, right, folds)))
            }
            _ => Sql::Compare(Box::new(left), comparison, Box::new(right)),
        }
    }

    /// What the bytes of two texts tell already, whatever their collation.
    pub(super) fn by_bytes(
        &self,
        one: &Column,
        comparison: SqlComparison,
        other: &str,
    ) -> Option<Truth> {
        let known = one.text()?;
        let truth = match (comparison, self.certainty) {
            (SqlComparison::Equal, _) if known == other => true,
            (SqlComparison::NotEqual, _) if known == other => false,
            // The bytes of a UUID are not what it is written in.
            _ if !one.codec.is_text() => return None,
            (SqlComparison::Equal, Certainty::Sure) => false,
            (SqlComparison::NotEqual, Certainty::Possible) => true,
            _ => return None,
        };
        Some(Truth::known(truth))
    }
}
