//! The structure of a page, line by line: tags with their attributes, and the words on titles, labels and buttons.
//! Styles, scripts, ornaments, the wording of paragraphs and what is said to screen readers are each server's own.

/// Elements whose words count.
const WORDED: &[&str] = &["title", "h1", "label", "button", "a", "span"];

/// Elements that are not looked at: what they hold is looked at all the same.
const PASSED_OVER: &[&str] = &[
    "html", "head", "meta", "link", "style", "script", "p", "br", "b", "strong", "svg", "path",
    "rect",
];

/// One line an element, in their order.
pub(super) fn lines(html: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let words = rest[..start].trim();
        if let Some(line) = lines.last_mut()
            && WORDED.iter().any(|name| is_named(line, name))
            && !words.is_empty()
            && !line.contains(": ")
        {
            line.push_str(": ");
            line.push_str(&unescape(words));
        }
        let tag = &rest[start..start + tag_length(&rest[start..])];
        rest = &rest[start + tag.len()..];
        let name = tag_name(tag);
        if name == "style" || name == "script" {
            let end = format!("</{name}>");
            rest = rest.find(&end).map_or("", |at| &rest[at + end.len()..]);
        } else if !name.is_empty() && !PASSED_OVER.contains(&name) {
            let line = format!("{name}{}", attributes(tag));
            // A bare `div` groups for styling.
            if line != "div" {
                lines.push(line);
            }
        }
    }
    lines
}

fn is_named(line: &str, name: &str) -> bool {
    line.strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
}

/// The name of an opening tag; empty for others.
fn tag_name(tag: &str) -> &str {
    let inside = tag[1..].trim_end_matches(['>', '/']);
    if inside.starts_with(['/', '!']) {
        return "";
    }
    inside.split_whitespace().next().unwrap_or_default()
}

/// To the `>` that ends it; one inside of quotes does not.
fn tag_length(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Sorted, as `[name=value]`. An empty value is none; `style`, `role` and `aria-` are left out.
fn attributes(tag: &str) -> String {
    let inside = tag[1..].trim_end_matches(['>', '/']);
    let mut rest = inside
        .split_once(char::is_whitespace)
        .map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        let name = &rest[..end];
        rest = &rest[end..];
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').unwrap_or(quoted.len());
            value = &quoted[..end];
            rest = quoted.get(end + 1..).unwrap_or_default();
        }
        match value {
            _ if name == "style" || name == "role" || name.starts_with("aria-") => {}
            "" => found.push(format!("[{name}]")),
            value => found.push(format!("[{name}={}]", unescape(value))),
        }
    }
    found.sort();
    found.concat()
}

fn unescape(text: &str) -> String {
    [
        ("&#60;", "<"),
        ("&lt;", "<"),
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}
