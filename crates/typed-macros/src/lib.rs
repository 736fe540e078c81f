//! Writes the Rust types of a ZModel schema: [`schema!`].
//!
//! `input` reads the call, `files` the schema and what it imports, `generate` makes the code of the checked schema: a function
//! from [`Schema`](hallpass_zmodel::Schema) to text. What is generated is thin, for it is compiled in every application; what can
//! stand in `hallpass-typed` stands there.
//!
//! To add something to every model: its part in `generate/`, and its line in `generate/mod.rs`.

mod files;
mod generate;
mod input;
mod names;

use proc_macro::TokenStream;

use files::Files;
use input::Input;

/// The Rust types of a schema: `schema!("schema.zmodel")`, in a module of its own.
///
/// The path is that of a `.zmodel` file, relative to the directory of `Cargo.toml`; what it imports is read as well, and a change
/// of any of them compiles the crate anew. Any other text is the schema itself. Mistakes of the schema are errors of the
/// compiler, with file, line and column.
///
/// `crate = path` says where `hallpass-typed` is found, where that is not `::hallpass::typed`.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    match expand(input) {
        Ok(code) => code,
        Err(message) => refuse(&message),
    }
}

fn expand(input: TokenStream) -> Result<TokenStream, String> {
    let input = Input::parse(input)?;
    let files = Files::read(&input.schema)?;
    let code = generate::code(&files, &input.root).map_err(|clash| clash.to_string())?;
    code.parse()
        .map_err(|_| "the schema gives no Rust code: please report it".to_owned())
}

/// An error of the compiler at the call.
fn refuse(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});")
        .parse()
        .unwrap_or_default()
}
