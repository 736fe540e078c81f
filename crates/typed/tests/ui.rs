//! What must not compile, and how the compiler says it: each message names the field.
//!
//! Another version of the compiler may say it with other words: `TRYBUILD=overwrite cargo nextest run -p hallpass-typed` writes
//! them anew, to be read before they are kept. The first run compiles all that programs with types depend on.

#[test]
fn mistakes_are_told_by_name() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
