//! As much of reading HTML as our own pages need.

/// The attribute of the first tag that holds `marker`.
pub(crate) fn attribute(html: &str, marker: &str, name: &str) -> Option<String> {
    let at = html.find(marker)?;
    let start = html[..at + marker.len()].rfind('<')?;
    let tag = &html[start..start + html[start..].find('>')?];
    let value = tag
        .split_once(&format!(" {name}=\""))?
        .1
        .split('"')
        .next()?;
    Some(unescape(value))
}

/// The attributes of all tags that hold `marker`, in order.
pub(crate) fn attributes(html: &str, marker: &str, name: &str) -> Vec<String> {
    let starts = html.match_indices('<').map(|(at, _)| at);
    let tags = starts.filter_map(|at| Some(&html[at..at + html[at..].find('>')? + 1]));
    tags.filter(|tag| tag.contains(marker))
        .filter_map(|tag| attribute(tag, marker, name))
        .collect()
}

fn unescape(text: &str) -> String {
    [
        ("&#38;", "&"),
        ("&amp;", "&"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#x2F;", "/"),
        ("&#47;", "/"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}
