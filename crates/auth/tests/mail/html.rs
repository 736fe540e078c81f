//! A small reader of our own markup: tags, attributes and the text between.

/// One tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Every tag, in order; closing tags are `/name`. Panics at markup that is not well formed.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = &comment[comment.find("-->").expect("comment ends")..];
            continue;
        }
        let (tag, after) = tag(rest);
        rest = after;
        if tag.name == "style" {
            rest = &rest[rest.find("</style").expect("style ends")..];
        }
        tags.push(tag);
    }
    balanced(&tags);
    tags
}

/// Names of tags and attributes: what an injection would change.
pub(crate) fn skeleton(html: &str) -> Vec<String> {
    let shape = |tag: &Tag| {
        let names: Vec<&str> = tag
            .attributes
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        format!("{} {}", tag.name, names.join(" "))
    };
    tags(html).iter().map(shape).collect()
}

fn tag(text: &str) -> (Tag, &str) {
    let end = text
        .find(|sign: char| sign.is_whitespace() || sign == '>')
        .expect("tag ends");
    let mut tag = Tag {
        name: text[..end].to_lowercase(),
        attributes: Vec::new(),
    };
    let mut rest = text[end..].trim_start();
    while !rest.starts_with('>') {
        rest = rest.strip_prefix('/').unwrap_or(rest);
        let end = rest
            .find(|sign: char| sign.is_whitespace() || "=>".contains(sign))
            .expect("attribute ends");
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').expect("value ends");
            value = &quoted[..end];
            rest = &quoted[end + 1..];
        }
        assert!(
            !value.contains(['<', '>']),
            "unescaped sign in a value: {value}"
        );
        tag.attributes.push((name, value.to_owned()));
        rest = rest.trim_start();
    }
    (tag, &rest[1..])
}

fn balanced(tags: &[Tag]) {
    let void = [
        "!doctype", "meta", "img", "input", "hr", "br", "rect", "path", "link",
    ];
    let mut open = Vec::new();
    for tag in tags {
        if let Some(name) = tag.name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closing tag out of place");
        } else if !void.contains(&tag.name.as_str()) {
            open.push(tag.name.as_str());
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}
