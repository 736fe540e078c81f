//! Whatever text stands in a schema: what is formatted means the same, keeps its comments, and is formatted for good.

#![no_main]

use hallpass_zmodel::{Source, format, load};

fn source(text: &str) -> Source<'_> {
    Source {
        name: "fuzz.zmodel",
        text,
    }
}

/// Letters and digits alone: what formatting may not touch. Spaces, line breaks and commas it may.
fn letters(text: &str) -> String {
    text.chars().filter(|one| one.is_alphanumeric()).collect()
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(once) = format(&source(text)) else {
        return;
    };
    assert_eq!(letters(text), letters(&once));
    let Ok(twice) = format(&source(&once)) else {
        panic!("what was formatted cannot be read: {once}");
    };
    assert_eq!(once, twice);
    assert_eq!(load(&[source(text)]).is_ok(), load(&[source(&once)]).is_ok());
});
