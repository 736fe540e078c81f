//! What values of columns are for clients over HTTP.

use hallpass_zmodel::schema::{Enum, Scalar};

use super::{Codec, Kind};
use crate::moments::Part;

/// What a value of a column is on the wire, where it needs no codec to become it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wire<'c> {
    /// The text that it is.
    Text,
    /// The whole number that it is.
    Whole,
    /// The digits of the whole number that it is.
    Big,
    /// Whether it is true.
    Truth,
    /// A moment, said as text or by the database's own type.
    Moment,
    /// The name of a member.
    Member(&'c Enum),
    /// The document that a text says.
    Document,
    /// What the codec makes of it.
    Other,
}

impl Codec {
    /// Whether its whole numbers may be larger than those of clients are exact.
    pub(crate) fn is_big(&self) -> bool {
        self.scalar() == Some(Scalar::BigInt)
    }

    /// What values of the column are on the wire.
    pub(crate) fn wire(&self) -> Wire<'_> {
        if self.list || self.is_sealed() {
            return Wire::Other;
        }
        match &self.kind {
            Kind::Scalar(Scalar::String) | Kind::Uuid => Wire::Text,
            Kind::Scalar(Scalar::Int) | Kind::NativeInt => Wire::Whole,
            Kind::Scalar(Scalar::BigInt) => Wire::Big,
            Kind::Scalar(Scalar::Boolean) => Wire::Truth,
            Kind::Moment(moments) if moments.part == Part::Time => Wire::Other,
            Kind::Scalar(Scalar::DateTime) | Kind::Moment(_) => Wire::Moment,
            Kind::Enum(item) => Wire::Member(item),
            Kind::Scalar(Scalar::Json) => Wire::Document,
            Kind::Scalar(Scalar::Float | Scalar::Decimal | Scalar::Bytes) | Kind::Rounded => {
                Wire::Other
            }
        }
    }
}
