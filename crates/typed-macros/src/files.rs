//! The files of a schema, read while the application is compiled.

use std::path::{Path, PathBuf};

use hallpass_zmodel::{Schema, Source, load_with_imports};

use crate::input;

/// A schema and the texts that it stands in.
pub(crate) struct Files {
    pub(crate) schema: Schema,
    /// The main one first.
    pub(crate) texts: Vec<Text>,
}

/// A text of a schema.
pub(crate) struct Text {
    /// What messages and `import` call it.
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// Where the compiler finds it.
pub(crate) enum Place {
    /// An absolute path.
    File(String),
    /// In the call itself.
    Call(String),
}

impl Files {
    pub(crate) fn read(schema: &input::Schema) -> Result<Self, String> {
        match schema {
            input::Schema::Path(path) => Self::of_path(path, &directory()?),
            input::Schema::Text(text) => Self::load(
                "schema.zmodel",
                text,
                |_| None,
                |_| Place::Call(text.clone()),
            ),
        }
    }

    fn of_path(path: &str, directory: &Path) -> Result<Self, String> {
        let main = directory.join(path);
        let text = std::fs::read_to_string(&main)
            .map_err(|error| format!("`{}` cannot be read: {error}", main.display()))?;
        let open = |path: &str| std::fs::read_to_string(directory.join(path)).ok();
        Self::load(path, &text, open, |path| {
            Place::File(directory.join(path).to_string_lossy().into_owned())
        })
    }

    fn load(
        name: &str,
        text: &str,
        mut open: impl FnMut(&str) -> Option<String>,
        place: impl Fn(&str) -> Place,
    ) -> Result<Self, String> {
        let mut names = vec![name.to_owned()];
        let loaded = load_with_imports(&[Source { name, text }], |path| {
            let text = open(path)?;
            names.push(path.to_owned());
            Some(text)
        });
        let loaded =
            loaded.map_err(|mistakes| format!("the schema cannot be used\n\n{mistakes}"))?;
        let texts = names.into_iter().map(|name| Text {
            place: place(&name),
            name,
        });
        Ok(Self {
            schema: loaded.schema,
            texts: texts.collect(),
        })
    }
}

/// That of the `Cargo.toml` of the application.
#[expect(
    clippy::disallowed_methods,
    reason = "this is how cargo tells a macro where it is used"
)]
fn directory() -> Result<PathBuf, String> {
    let directory = std::env::var("CARGO_MANIFEST_DIR");
    let directory =
        directory.map_err(|_| "`CARGO_MANIFEST_DIR` is not set; cargo sets it".to_owned())?;
    Ok(PathBuf::from(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_what_it_imports() {
        let directory = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        std::fs::create_dir(directory.path().join("models")).unwrap();
        write(
            "models/schema.zmodel",
            "import '../user' model Todo { id Int @id }",
        );
        write("user.zmodel", "model User { id Int @id }");
        let files = Files::of_path("models/schema.zmodel", directory.path()).unwrap();
        let names: Vec<_> = files.texts.iter().map(|text| text.name.as_str()).collect();
        assert_eq!(names, ["models/schema.zmodel", "user.zmodel"]);
        assert_eq!(files.schema.models.len(), 2);
        for text in &files.texts {
            let Place::File(path) = &text.place else {
                panic!("{} is a file", text.name);
            };
            assert!(Path::new(path).is_file(), "{path}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let missing = Files::of_path("schema.zmodel", directory.path())
            .err()
            .unwrap();
        assert!(
            missing.contains("schema.zmodel` cannot be read"),
            "{missing}"
        );
        std::fs::write(directory.path().join("schema.zmodel"), "import 'user'").unwrap();
        let missing = Files::of_path("schema.zmodel", directory.path())
            .err()
            .unwrap();
        assert!(missing.contains("schema.zmodel:1:8"), "{missing}");
    }
}
