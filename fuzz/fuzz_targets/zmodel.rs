//! Whatever text stands in a schema, loading it ends with a schema or with mistakes that can be shown.
#![no_main]

use hallpass_zmodel::{Source, load};

libfuzzer_sys::fuzz_target!(|text: &str| {
    match load(&[Source { name: "fuzz.zmodel", text }]) {
        Ok(schema) => {
            let policies = schema.models.iter().flat_map(|model| &model.policies);
            policies.for_each(|policy| assert!(!policy.condition.to_string().is_empty()));
        }
        Err(mistakes) => {
            assert!(mistakes.iter().count() > 0);
            let _ = mistakes.to_string();
        }
    }
});
