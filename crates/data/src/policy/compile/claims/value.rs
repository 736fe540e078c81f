//! Claims as values of SQL.

use hallpass_sql::{Expr as Sql, Keeping, Value};
use hallpass_zmodel::schema::{Scalar, TypeBase};

use super::super::term::Column;
use super::{Asker, named};
use crate::codec::Codec;
use crate::error::InvalidInput;

/// Something of the person, or the moment.
#[derive(Debug, Clone)]
pub(crate) struct Claim<'e> {
    /// A JSON document, null where the person lacks it; of the moment the moment itself.
    pub(super) json: Sql,
    /// Of what type the schema says it is.
    pub(super) base: &'e TypeBase,
    pub(super) is_list: bool,
    /// Whether it is the same for all rows.
    pub(super) is_once: bool,
    pub(super) is_now: bool,
}

/// Functions that the script brings along (`sql/src/row_security/functions.sql`).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rules {
    /// The person who asks, as a JSON document.
    Person,
    /// The moment, in milliseconds.
    Now,
    /// A member of an object.
    Member,
    /// What the objects of a list have under one name, as a list.
    Members,
    /// The elements of a list, as rows; those that are null as null.
    Items,
    /// How many elements a list has.
    Length,
    /// A text.
    Text,
    /// A truth value.
    Truth,
    /// A whole number.
    Whole,
    /// An exact number.
    Number,
    /// A moment.
    Moment,
    /// A UUID.
    Uuid,
    /// A moment as the type of the second has it.
    MomentLike,
    /// What the database calls a member of an enum.
    Label,
    /// A moment of a column, with its zone.
    MomentOf,
    /// The id of the person, as a JSON document.
    UserId,
}

impl Rules {
    fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Now => "moment_now",
            Self::Member => "member",
            Self::Members => "members",
            Self::Items => "items",
            Self::Length => "length",
            Self::Text => "as_text",
            Self::Truth => "as_truth",
            Self::Whole => "as_whole",
            Self::Number => "as_number",
            Self::Moment => "as_moment",
            Self::Uuid => "as_uuid",
            Self::MomentLike => "moment_like",
            Self::Label => "label",
            Self::MomentOf => "moment_of",
            Self::UserId => "user_id",
        }
    }

    pub(crate) fn call(self, arguments: Vec<Sql>) -> Sql {
        Sql::Call(named(self.name()), arguments)
    }
}

impl<'e> Claim<'e> {
    /// Whether the person lacks it.
    pub(super) fn is_lacking(&self) -> Sql {
        Sql::IsNull(Box::new(self.once(self.json.clone())))
    }

    pub(super) fn is_there(&self) -> Sql {
        Sql::IsNotNull(Box::new(self.once(self.json.clone())))
    }

    /// The same element or member with another document.
    pub(super) fn of(&self, json: Sql, base: &'e TypeBase, is_once: bool) -> Self {
        Self {
            json,
            base,
            is_list: false,
            is_once,
            is_now: false,
        }
    }

    /// Whether it is an object, that of a model say.
    pub(super) fn is_object(&self) -> bool {
        matches!(self.base, TypeBase::Model(_) | TypeBase::Typed(_))
    }

    fn once(&self, expr: Sql) -> Sql {
        if self.is_once {
            Sql::Once(Box::new(expr))
        } else {
            expr
        }
    }

    fn read(&self, function: Rules) -> Sql {
        self.once(function.call(vec![self.json.clone()]))
    }
}

impl<'e> Asker<'e, '_> {
    pub(super) fn truth_value(&self, claim: &Claim<'e>) -> Result<Sql, InvalidInput> {
        if claim.is_list || claim.is_now || claim.is_object() {
            return Err(self.fail("a condition that is no truth value"));
        }
        Ok(claim.read(Rules::Truth))
    }

    /// As a value of the type that the schema gives it, else of the other side's.
    pub(super) fn scalar(&self, claim: &Claim<'e>, other: &TypeBase) -> Result<Sql, InvalidInput> {
        if claim.is_now {
            return Ok(claim.once(claim.json.clone()));
        }
        if claim.is_list {
            return Err(self.fail("a list where a value is compared"));
        }
        let base = if *claim.base == TypeBase::Null {
            other
        } else {
            claim.base
        };
        Ok(claim.read(match base {
            TypeBase::Scalar(Scalar::String) | TypeBase::Enum(_) => Rules::Text,
            TypeBase::Scalar(Scalar::Boolean) => Rules::Truth,
            TypeBase::Scalar(Scalar::Int | Scalar::BigInt) => Rules::Whole,
            TypeBase::Scalar(Scalar::Float | Scalar::Decimal) => Rules::Number,
            TypeBase::Scalar(Scalar::DateTime) => Rules::Moment,
            TypeBase::Scalar(Scalar::Bytes) => {
                return Err(
                    self.fail("bytes of the person, which row-level security cannot compare")
                );
            }
            _ => return Err(self.fail("something of the person that is no value")),
        }))
    }

    /// As a value that compares with a column, or with one element of it.
    pub(super) fn beside(
        &self,
        claim: &Claim<'e>,
        column: &Column,
        codec: &Codec,
        own: &TypeBase,
    ) -> Result<Sql, InvalidInput> {
        self.require_plain(codec)?;
        if let Some(item) = codec.enumeration() {
            let labels = item.members.iter();
            let labels = labels.map(|one| (one.name.clone(), one.mapped_name.clone().into()));
            let labels: serde_json::Map<_, serde_json::Value> = labels.collect();
            let labels = Sql::Value(Value::Json(Box::new(labels.into())));
            return Ok(claim.once(
                Rules::Label.call(vec![Rules::Text.call(vec![claim.json.clone()]), labels]),
            ));
        }
        if codec.is_uuid() {
            return Ok(claim.read(Rules::Uuid));
        }
        let value = self.scalar(claim, own)?;
        if codec.moments().is_some() {
            return Ok(Rules::MomentLike.call(vec![value, column.expr.clone()]));
        }
        Ok(value)
    }

    /// A column as it compares with a claim.
    pub(super) fn comparable(column: &Column, codec: &Codec) -> Sql {
        let is_named = codec.enumeration().is_some();
        if is_named {
            Sql::AsText(Box::new(column.expr.clone()))
        } else {
            column.expr.clone()
        }
    }

    fn require_plain(&self, codec: &Codec) -> Result<(), InvalidInput> {
        if codec.folds {
            return Err(self.fail("texts that are equal although they differ (citext, char)"));
        }
        if codec.keeping() == Keeping::Single {
            return Err(self.fail("numbers of 32 bits beside those of the person"));
        }
        Ok(())
    }
}
