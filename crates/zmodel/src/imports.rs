//! `import`: the files of a schema, each read once.
//!
//! Paths are relative to the importing file, and `.zmodel` is added where it is missing. Who opens files is the caller.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::ast::{File, Name};
use crate::diagnostic::{Mistake, Mistakes};
use crate::parse::parse;
use crate::source::{Source, Span};
use crate::{MAX_BYTES, MAX_FILES};

/// Every source of a schema, read.
#[derive(Debug, Default)]
pub(crate) struct Sources<'a> {
    texts: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    names: HashSet<String>,
    bytes: usize,
}

impl<'a> Sources<'a> {
    /// Reads `sources` and what they import. Mistakes are told with the places of the sources in [`Sources::all`].
    pub(crate) fn read(
        &mut self,
        sources: &[Source<'a>],
        open: &mut dyn FnMut(&str) -> Option<String>,
        mistakes: &mut Mistakes,
    ) -> Vec<File> {
        for source in sources {
            self.names.insert(normal(source.name));
            let span = Span::start_of(self.texts.len());
            self.add(source.name.into(), source.text.into(), span, mistakes);
        }
        let mut files = Vec::new();
        while let Some((name, text)) = self.texts.get(files.len()) {
            let (index, directory) = (files.len(), directory(name).to_owned());
            let file = parse(index, text, mistakes);
            for import in &file.imports {
                if mistakes.is_full() {
                    break;
                }
                self.import(&directory, import, open, mistakes);
            }
            files.push(file);
        }
        files
    }

    /// The sources, those that were imported included.
    pub(crate) fn all(&self) -> Vec<Source<'_>> {
        let texts = self.texts.iter();
        texts.map(|(name, text)| Source { name, text }).collect()
    }

    fn import(
        &mut self,
        directory: &str,
        import: &Name,
        open: &mut dyn FnMut(&str) -> Option<String>,
        mistakes: &mut Mistakes,
    ) {
        let refuse = |message: String| Mistake::at(import.span, message);
        if import.text.is_empty() || import.text.chars().any(char::is_control) {
            mistakes.push(refuse("this is no path".to_owned()));
            return;
        }
        let path = path(directory, &import.text);
        if !self.names.insert(path.clone()) {
            return;
        }
        if self.texts.len() >= MAX_FILES {
            mistakes.push(refuse(format!("a schema has at most {MAX_FILES} files")));
            return;
        }
        match open(&path) {
            Some(text) => self.add(path.into(), text.into(), import.span, mistakes),
            None => mistakes.push(
                refuse(format!("`{path}` cannot be read"))
                    .help("imports are relative to the file that they stand in"),
            ),
        }
    }

    /// Adds a text, unless there is too much text already.
    fn add(&mut self, name: Cow<'a, str>, text: Cow<'a, str>, span: Span, mistakes: &mut Mistakes) {
        let before = self.bytes;
        self.bytes = before.saturating_add(text.len());
        if self.bytes <= MAX_BYTES {
            self.texts.push((name, text));
            return;
        }
        self.texts.push((name, "".into()));
        if before <= MAX_BYTES {
            mistakes.push(
                Mistake::at(span, format!("the schema is longer than {MAX_BYTES} bytes"))
                    .help("keep data out of the schema"),
            );
        }
    }
}

/// The directory of a path, with its last separator.
fn directory(path: &str) -> &str {
    let end = path.rfind(['/', '\\']).map_or(0, |index| index + 1);
    path.get(..end).unwrap_or_default()
}

fn path(directory: &str, written: &str) -> String {
    let joined = if written.starts_with('/') {
        written.to_owned()
    } else {
        format!("{directory}{written}")
    };
    let path = normal(&joined);
    if path.ends_with(".zmodel") {
        path
    } else {
        path + ".zmodel"
    }
}

/// The path without `.`, and with `..` only at its start.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("." | "", Some(_)) | (".", None) => {}
            ("..", Some(last)) if !matches!(*last, "" | "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file() {
        for (file, written, expected) in [
            ("schema.zmodel", "./user", "user.zmodel"),
            ("schema.zmodel", "user.zmodel", "user.zmodel"),
            ("a/b/schema.zmodel", "../user", "a/user.zmodel"),
            ("a/schema.zmodel", "x/./../y", "a/y.zmodel"),
            ("schema.zmodel", "../../up", "../../up.zmodel"),
            ("/srv/a/schema.zmodel", "../b", "/srv/b.zmodel"),
            ("/schema.zmodel", "../b", "/../b.zmodel"),
            ("a/schema.zmodel", "/etc/b", "/etc/b.zmodel"),
        ] {
            assert_eq!(path(directory(file), written), expected, "{file} {written}");
        }
    }
}
