//! Pieces of code.

/// Adds formatted code.
macro_rules! say {
    ($code:expr, $($format:tt)*) => {{
        use std::fmt::Write as _;
        // Writing into text cannot fail.
        let _ = write!($code, $($format)*);
        $code.push('\n');
    }};
}

pub(super) use say;

/// The documentation of an item: what the schema says of it, or this.
pub(super) fn docs(code: &mut String, doc: Option<&str>, otherwise: &str) {
    match doc.filter(|doc| !doc.trim().is_empty()) {
        Some(doc) => say!(code, "#[doc = {:?}]", shown(doc)),
        None => say!(code, "#[doc = {otherwise:?}]"),
    }
}

/// A comment as documentation: rustdoc would run code in it, and look for what stands in brackets.
fn shown(doc: &str) -> String {
    let mut is_code = false;
    let lines = doc.lines().map(|line| {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
            let fence = line.trim();
            return if is_code && fence == "```" {
                "```text".to_owned()
            } else {
                fence.to_owned()
            };
        }
        if is_code {
            line.to_owned()
        } else {
            plain(line.trim())
        }
    });
    let mut shown = lines.collect::<Vec<_>>().join("\n");
    if is_code {
        shown.push_str("\n```");
    }
    shown
}

/// A line without links and tags.
fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut is_code = false;
    for letter in line.chars() {
        is_code ^= letter == '`';
        if !is_code && matches!(letter, '[' | ']' | '<' | '>') {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_documentation_and_nothing_more() {
        for (doc, expected) in [
            ("Something to do.", "Something to do."),
            ("    indented", "indented"),
            ("see [x] and `a[0]`, <b>", "see \\[x\\] and `a[0]`, \\<b\\>"),
            ("```\nlet x;\n```", "```text\nlet x;\n```"),
            ("```sh\nls", "```sh\nls\n```"),
        ] {
            assert_eq!(shown(doc), expected, "{doc}");
        }
    }
}
