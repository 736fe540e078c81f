//! JSON documents of users as we would write them: without blanks.

use super::scan::{Scan, Stands};

/// Values in values, at most; what is deeper is parsed, which has a bound of its own.
const MAX_DEPTH: usize = 64;
/// Members of an object whose names are compared with each other.
const MAX_MEMBERS: usize = 32;

/// Writes a document as parsing it and writing it again would: all but the blanks is copied. `None` where that would say
/// something else, or refuse it: names that stand twice, numbers and escapes in other forms, what is no JSON. Then `json` holds the
/// beginning of it.
pub(super) fn write(text: &str, json: &mut Vec<u8>) -> Option<()> {
    let mut writing = Writing {
        scan: Scan::of(text),
        json,
        copied: 0,
        names: Vec::new(),
    };
    writing.value(MAX_DEPTH)?;
    writing.blanks()?;
    writing.scan.is_at_end().then_some(())?;
    writing.copy()
}

struct Writing<'t, 'j> {
    scan: Scan<'t>,
    json: &'j mut Vec<u8>,
    /// Up to where the text was copied, or passed over.
    copied: usize,
    /// Names of the members of this object and of those around it.
    names: Vec<&'t str>,
}

impl Writing<'_, '_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        self.blanks()?;
        match self.scan.next()? {
            b'"' => self.string(),
            b'[' => self.array(depth.checked_sub(1)?),
            b'{' => self.object(depth.checked_sub(1)?),
            b'n' => self.scan.word("null"),
            b't' => self.scan.word("true"),
            b'f' => self.scan.word("false"),
            _ => (self.scan.number()? != Stands::Otherwise).then_some(()),
        }
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        self.scan.at += 1;
        self.blanks()?;
        if self.scan.next()? == b']' {
            self.scan.at += 1;
            return Some(());
        }
        loop {
            self.value(depth)?;
            if self.is_last(b']')? {
                return Some(());
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.scan.at += 1;
        self.blanks()?;
        if self.scan.next()? == b'}' {
            self.scan.at += 1;
            return Some(());
        }
        let around = self.names.len();
        loop {
            self.name(around)?;
            self.value(depth)?;
            if self.is_last(b'}')? {
                self.names.truncate(around);
                return Some(());
            }
        }
    }

    /// A name, the first of its object, and a colon.
    fn name(&mut self, around: usize) -> Option<()> {
        self.blanks()?;
        let start = self.scan.at;
        (self.scan.next()? == b'"').then_some(())?;
        self.string()?;
        let name = self.scan.since(start)?;
        let others = self.names.get(around..)?;
        (others.len() < MAX_MEMBERS && !others.contains(&name)).then_some(())?;
        self.names.push(name);
        self.blanks()?;
        (self.scan.next()? == b':').then_some(())?;
        self.scan.at += 1;
        Some(())
    }

    /// Goes past a comma, or the end of an array or an object.
    fn is_last(&mut self, end: u8) -> Option<bool> {
        self.blanks()?;
        let found = self.scan.next()?;
        (found == end || found == b',').then_some(())?;
        self.scan.at += 1;
        Some(found == end)
    }

    fn string(&mut self) -> Option<()> {
        (self.scan.string()? != Stands::Otherwise).then_some(())
    }

    /// Passes over blanks.
    fn blanks(&mut self) -> Option<()> {
        if let Some(b' ' | b'\n' | b'\t' | b'\r') = self.scan.next() {
            self.copy()?;
            self.scan.blanks();
            self.copied = self.scan.at;
        }
        Some(())
    }

    fn copy(&mut self) -> Option<()> {
        let span = self.scan.since(self.copied)?;
        self.json.extend_from_slice(span.as_bytes());
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    fn copied(text: &str) -> Option<String> {
        let mut json = Vec::new();
        super::write(text, &mut json)?;
        Some(String::from_utf8(json).unwrap())
    }

    fn parsed(text: &str) -> Option<String> {
        Some(serde_json::from_str::<Json>(text).ok()?.to_string())
    }

    #[test]
    fn documents_are_copied_without_blanks() {
        for (text, expected) in [
            ("{}", Some("{}")),
            (" [ ] ", Some("[]")),
            (
                r#"{"a": 1, "b": [1, {"a": null}], "c": {}}"#,
                Some(r#"{"a":1,"b":[1,{"a":null}],"c":{}}"#),
            ),
            (r#"" a b ""#, Some(r#"" a b ""#)),
            ("0.5", Some("0.5")),
            (r#"{"a":1,"a":2}"#, None),
            ("1.50", None),
            (r#""\/""#, None),
            ("{", None),
            ("[1,]", None),
            ("[1 2]", None),
            (r#"{"a"}"#, None),
            ("nul", None),
            ("", None),
            ("1 1", None),
        ] {
            assert_eq!(copied(text).as_deref(), expected, "{text}");
            assert!(
                expected.is_none() || parsed(text).as_deref() == expected,
                "{text}"
            );
        }
        let deep = "[".repeat(100_000);
        assert_eq!(copied(&deep), None);
    }

    fn document() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<i32>().prop_map(|number| Json::from(f64::from(number) / 4.0)),
            any::<String>().prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
                prop::collection::vec(("[a-c\"é]{0,3}", inner), 0..6)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_we_write_is_copied(document in document(), pretty in any::<bool>()) {
            let text = if pretty {
                serde_json::to_string_pretty(&document).unwrap()
            } else {
                document.to_string()
            };
            prop_assert_eq!(copied(&text), parsed(&text));
        }

        #[test]
        fn whatever_is_copied_is_what_is_parsed(text in r#"([\[\]{},: ]|"[ab]?"|"\\\\[nu/]"|-?[01]|\.|null|tru|true){0,16}"#) {
            if let Some(copied) = copied(&text) {
                prop_assert_eq!(Some(copied), parsed(&text));
            }
        }

        #[test]
        fn what_is_torn_is_refused(document in document(), at in any::<prop::sample::Index>()) {
            let text = Json::Array(vec![document]).to_string();
            let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            let end = ends[at.index(ends.len())];
            prop_assert_eq!(text.get(..end).and_then(copied), None);
        }
    }
}
