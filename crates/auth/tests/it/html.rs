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

/// The insides of all tags of this name, each with the blank before its first attribute.
pub(crate) fn tags(html: &str, name: &str) -> Vec<String> {
    html.split(&format!("<{name} "))
        .skip(1)
        .map(|rest| format!(" {}", rest.split('>').next().unwrap()))
        .collect()
}

/// Forms with action, method and hidden fields.
pub(crate) fn forms(html: &str) -> Vec<Value> {
    let mut forms = forms_in_full(html);
    for form in &mut forms {
        let inputs = form["inputs"].as_array_mut().unwrap();
        inputs.retain(|input| input["type"] == "hidden");
    }
    forms
}

/// Forms as the vectors summarise them: what people fill in too.
pub(crate) fn forms_in_full(html: &str) -> Vec<Value> {
    html.split("<form ")
        .skip(1)
        .map(|rest| {
            let form = rest.split("</form>").next().unwrap();
            let tag = format!(" {}", form.split('>').next().unwrap());
            let inputs: Vec<Value> = tags(form, "input")
                .into_iter()
                .map(|input| summary(&input))
                .collect();
            json!({
                "action": attribute(&tag, "action"),
                "method": attribute(&tag, "method"),
                "inputs": inputs,
                "button": tags(form, "button").first().map(|tag| tag.trim().to_owned()),
            })
        })
        .collect()
}

fn summary(input: &str) -> Value {
    let (kind, name) = (attribute(input, "type"), attribute(input, "name"));
    if kind.as_deref() == Some("hidden") {
        return json!({ "type": kind, "name": name, "value": attribute(input, "value") });
    }
    json!({
        "name": name, "id": attribute(input, "id"), "type": kind,
        "placeholder": attribute(input, "placeholder").is_some(),
    })
}

/// Links as the vectors summarise them.
pub(crate) fn links(html: &str) -> Vec<Value> {
    tags(html, "a")
        .into_iter()
        .map(|tag| json!({ "class": attribute(&tag, "class"), "href": attribute(&tag, "href") }))
        .collect()
}
