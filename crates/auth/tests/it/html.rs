//! Looks into pages: what a vector's summary speaks of.

use serde_json::{Value, json};

/// The text between `<tag>` and `</tag>`, where it stands first.
pub(crate) fn text_of<'a>(html: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = html.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(text, _)| text)
}

/// The value of an attribute in the text of one tag.
pub(crate) fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&#38;", "&")
            .replace("&amp;", "&")
            .replace("&#34;", "\""),
    )
}

/// The texts of all tags of this name, without brackets.
pub(crate) fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!("<{name} ");
    html.split(&opening)
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .map(|inner| &html[offset(html, inner) - 1..offset(html, inner) + inner.len()])
        .collect()
}

fn offset(html: &str, part: &str) -> usize {
    part.as_ptr() as usize - html.as_ptr() as usize
}

/// Forms as the vectors summarise them: action, method and hidden fields.
pub(crate) fn forms(html: &str) -> Vec<Value> {
    html.split("<form ")
        .skip(1)
        .map(|rest| {
            let form = rest.split("</form>").next().unwrap();
            let tag = format!(" {}", form.split('>').next().unwrap());
            let inputs: Vec<Value> = tags(form, "input")
                .into_iter()
                .filter(|input| attribute(input, "type").as_deref() == Some("hidden"))
                .map(|input| {
                    json!({
                        "type": "hidden",
                        "name": attribute(input, "name"),
                        "value": attribute(input, "value"),
                    })
                })
                .collect();
            json!({
                "action": attribute(&tag, "action"),
                "method": attribute(&tag, "method"),
                "inputs": inputs,
                "button": tags(form, "button").first().map(|tag| tag.trim()),
            })
        })
        .collect()
}

/// Links as the vectors summarise them.
pub(crate) fn links(html: &str) -> Vec<Value> {
    tags(html, "a")
        .into_iter()
        .map(|tag| json!({ "class": attribute(tag, "class"), "href": attribute(tag, "href") }))
        .collect()
}
