//! What may be said where a field of a type is compared or set.

use hallpass_data::{ArgValue, Decimal};

use crate::value::{FieldValue, Scalar};

/// Something that is taken for a value of a field of type `T`: the value, and what obviously is one, such as `&str` for
/// `String`. Where the field may be null, also an [`Option`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value for a field of type `{T}`",
    label = "expected `{T}`"
)]
pub trait Operand<T> {
    /// As arguments say it.
    fn into_operand(self) -> ArgValue;
}

impl<T: Scalar> Operand<T> for T {
    fn into_operand(self) -> ArgValue {
        self.into_arg()
    }
}

impl<T: Scalar> Operand<Option<T>> for T {
    fn into_operand(self) -> ArgValue {
        self.into_arg()
    }
}

impl<T: Scalar> Operand<Option<T>> for Option<T> {
    fn into_operand(self) -> ArgValue {
        self.into_arg()
    }
}

impl<T: Scalar, U: Operand<T>> Operand<Vec<T>> for Vec<U> {
    fn into_operand(self) -> ArgValue {
        list(self)
    }
}

impl<T: Scalar, U: Operand<T>, const N: usize> Operand<Vec<T>> for [U; N] {
    fn into_operand(self) -> ArgValue {
        list(self)
    }
}

fn list<T, U: Operand<T>>(items: impl IntoIterator<Item = U>) -> ArgValue {
    ArgValue::List(items.into_iter().map(Operand::into_operand).collect())
}

macro_rules! alike {
    ($($source:ty => $target:ty: $made:expr;)*) => { $(
        impl Operand<$target> for $source {
            fn into_operand(self) -> ArgValue {
                let made: fn($source) -> $target = $made;
                made(self).into_arg()
            }
        }

        impl Operand<Option<$target>> for $source {
            fn into_operand(self) -> ArgValue {
                Operand::<$target>::into_operand(self)
            }
        }

        impl Operand<Option<$target>> for Option<$source> {
            fn into_operand(self) -> ArgValue {
                self.map_or_else(<$target>::no_arg, Operand::<$target>::into_operand)
            }
        }
    )* };
}

alike! {
    &str => String: str::to_owned;
    &String => String: String::clone;
    i32 => i64: i64::from;
    u32 => i64: i64::from;
    &[u8] => Vec<u8>: <[u8]>::to_vec;
    i32 => Decimal: |number| i64::from(number).into();
    i64 => Decimal: Decimal::from;
}
