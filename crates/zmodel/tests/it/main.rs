//! The language from outside: text in, schema or mistakes out.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this crate is nothing but tests"
)]

mod corpus;
mod diagram;
mod format;
mod hostile;
mod imports;
mod inheritance;
mod prisma;
mod reports;
mod rules;
mod schemas;

use hallpass_zmodel::{Diagnostics, Schema, Source, load};

/// Loads one source.
fn load_text(text: &str) -> Result<Schema, Diagnostics> {
    load(&[Source {
        name: "schema.zmodel",
        text,
    }])
}

/// Loads one source that is known to be sound.
fn schema(text: &str) -> Schema {
    load_text(text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}
