//! Whatever text stands in a schema, loading it ends with a schema or with mistakes that can be shown.
#![no_main]

use hallpass_zmodel::{Source, load};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(mistakes) = load(&[Source { name: "fuzz.zmodel", text }]) {
        assert!(mistakes.iter().count() > 0);
        let _ = mistakes.to_string();
    }
});
