//! The call of the macro.

use proc_macro::{TokenStream, TokenTree};

/// What stands between the brackets.
pub(crate) struct Input {
    pub(crate) schema: Schema,
    /// Where the types of `hallpass-typed` are.
    pub(crate) root: String,
}

/// Where the schema stands.
pub(crate) enum Schema {
    /// In a file.
    Path(String),
    /// In the call itself.
    Text(String),
}

const USAGE: &str = "expected `schema!(\"schema.zmodel\")`, perhaps followed by `, crate = path::of::hallpass_typed`";

impl Input {
    pub(crate) fn parse(input: TokenStream) -> Result<Self, String> {
        let mut tokens = input.into_iter();
        let literal = tokens.next().ok_or(USAGE)?;
        let literal: syn::LitStr =
            syn::parse(TokenStream::from(literal)).map_err(|_| USAGE.to_owned())?;
        let text = literal.value();
        let schema = if text.ends_with(".zmodel") && !text.contains('\n') {
            Schema::Path(text)
        } else {
            Schema::Text(text)
        };
        let root = root(&tokens.collect::<Vec<_>>())?;
        Ok(Self { schema, root })
    }
}

fn root(rest: &[TokenTree]) -> Result<String, String> {
    let mut words = rest.iter().map(ToString::to_string);
    let Some(comma) = words.next() else {
        return Ok("::hallpass::typed".to_owned());
    };
    let head = [Some(comma), words.next(), words.next()];
    let expected = [",", "crate", "="];
    let is_expected = head
        .iter()
        .zip(expected)
        .all(|(found, expected)| found.as_deref() == Some(expected));
    let path: String = words.collect();
    let path = path.strip_suffix(',').unwrap_or(&path);
    if !is_expected || path.is_empty() {
        return Err(USAGE.to_owned());
    }
    Ok(path.to_owned())
}
