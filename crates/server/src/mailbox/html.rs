//! A mail's HTML, made ready for the frame it is shown in.

/// Lets links lead out of the frame: within it, the pages they lead to refuse to be shown.
pub(super) fn leading_out(html: &str) -> String {
    const OUT: &str = "<base target=\"_top\">";
    // Before the document type it would change how the whole mail is laid out, so it goes where the head begins.
    let (before, after) = end_of_head_tag(html)
        .and_then(|end| html.split_at_checked(end))
        .unwrap_or(("", html));
    format!("{before}{OUT}{after}")
}

fn end_of_head_tag(html: &str) -> Option<usize> {
    let lower = html.to_ascii_lowercase();
    let start = lower
        .match_indices("<head")
        .find(|(at, tag)| {
            lower
                .get(at + tag.len()..)
                .is_some_and(|rest| rest.starts_with(['>', ' ', '\n']))
        })?
        .0;
    Some(start + lower.get(start..)?.find('>')? + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_out_and_the_document_type_stays_first() {
        let rows = [
            (
                "<!doctype html><HEAD><title>",
                "<!doctype html><HEAD><base target=\"_top\"><title>",
            ),
            (
                "<html><head lang=\"x\">",
                "<html><head lang=\"x\"><base target=\"_top\">",
            ),
            (
                "<header>Hi</header>",
                "<base target=\"_top\"><header>Hi</header>",
            ),
            ("Hi", "<base target=\"_top\">Hi"),
            ("<head", "<base target=\"_top\"><head"),
        ];
        for (html, expected) in rows {
            assert_eq!(leading_out(html), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_of_the_mail_is_lost(html in "(?s)(<head|>|.){0,20}") {
            proptest::prop_assert_eq!(leading_out(&html).replacen("<base target=\"_top\">", "", 1), html);
        }
    }
}
