use std::convert::Infallible;
use std::mem;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hallpass_sql::Value;
use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serialize;

use super::compact;
use super::tokens::Token;
use crate::args::ArgValue;
use crate::codec::{stored_moment, to_millis};
use crate::operation::Reply;
use crate::policy::DialectVersion;
use crate::procedures::ProcedureReply;
use crate::record::{Cell, Record};
use crate::shape::Content;
use crate::zulu;

/// Milliseconds, as JavaScript has them.
const MOMENT: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
/// Bytes for which room is made before they are there, at most.
const LIKELY: usize = 256 * 1024;

/// In which form values go out where the generations of clients disagree.
type Form = DialectVersion;

/// Writes JSON and the annotations of what it has no form for, in one walk.
///
/// Whoever uses it writes the punctuation of objects of its own.
///
/// Source: contract zenstack §4.3.
#[derive(Debug)]
pub struct Writer {
    json: Vec<u8>,
    /// Members of `values`, with commas between them.
    annotations: Vec<u8>,
    /// Annotation of the value as a whole.
    root: Option<String>,
    /// Where the next value stands, as annotations say it.
    path: String,
    /// How many steps that is.
    depth: usize,
    pub(super) form: Form,
    /// Room to read documents in.
    tokens: Vec<Token>,
}

/// How far a writer is.
#[derive(Debug)]
pub(super) struct Mark {
    json: usize,
    annotations: usize,
    root: Option<String>,
    path: usize,
    depth: usize,
}

impl Writer {
    /// An empty one, for clients of this generation of the language.
    pub fn new(form: DialectVersion) -> Self {
        Self {
            json: Vec::with_capacity(1024),
            annotations: Vec::new(),
            root: None,
            path: String::new(),
            depth: 0,
            form,
            tokens: Vec::new(),
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            json: self.json.len(),
            annotations: self.annotations.len(),
            root: self.root.clone(),
            path: self.path.len(),
            depth: self.depth,
        }
    }

    /// Forgets what was written since.
    pub(super) fn back_to(&mut self, mark: Mark) {
        self.json.truncate(mark.json);
        self.annotations.truncate(mark.annotations);
        self.root = mark.root;
        self.path.truncate(mark.path);
        self.depth = mark.depth;
    }

    pub(super) fn take_tokens(&mut self) -> Vec<Token> {
        mem::take(&mut self.tokens)
    }

    pub(super) fn keep_tokens(&mut self, tokens: Vec<Token>) {
        self.tokens = tokens;
    }

    /// Writes this text as it is: punctuation, or JSON that holds nothing to annotate.
    pub fn raw(&mut self, json: &str) {
        self.json.extend_from_slice(json.as_bytes());
    }

    /// How many bytes of JSON were written.
    pub(crate) fn written(&self) -> usize {
        self.json.len()
    }

    /// Writes what JSON has a form for.
    pub fn plain(&mut self, value: &(impl Serialize + ?Sized)) {
        // Writing texts, numbers and documents into memory cannot fail.
        drop(serde_json::to_writer(&mut self.json, value));
    }

    /// Writes a text and a colon.
    pub fn name(&mut self, name: &str) {
        if is_name(name) {
            self.raw("\"");
            self.raw(name);
            self.raw("\":");
        } else {
            self.plain(name);
            self.raw(":");
        }
    }

    /// Writes what stands at a step below this place.
    pub fn within<T>(&mut self, step: &str, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        self.step();
        if is_name(step) {
            self.path.push_str(step);
        } else {
            for letter in step.chars() {
                if matches!(letter, '.' | '\\') {
                    self.path.push('\\');
                }
                self.path.push(letter);
            }
        }
        let written = write(self);
        self.depth -= 1;
        self.path.truncate(before);
        written
    }

    /// Writes an array.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let Ok(()) = self.items(items, |writer, item| {
            write(writer, item);
            Ok::<_, Infallible>(())
        });
    }

    /// Writes an array, up to the first item that cannot be written.
    pub(super) fn items<T, E>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.raw("[");
        let before = self.path.len();
        let items = items.into_iter();
        let (most, start) = (items.size_hint().0, self.json.len());
        for (number, item) in items.enumerate() {
            if number == 1 {
                // Those that follow may be as long as the first.
                self.reserve((self.json.len() - start).saturating_mul(most));
            }
            if number > 0 {
                self.raw(",");
            }
            self.step();
            push_number(&mut self.path, number);
            write(self, item)?;
            self.depth -= 1;
            self.path.truncate(before);
        }
        self.raw("]");
        Ok(())
    }

    /// Writes what a call gave.
    pub fn reply(&mut self, reply: &Reply) {
        match reply {
            Reply::Record(Some(record)) => self.record(record),
            Reply::Record(None) => self.raw("null"),
            Reply::Records(records) => self.list(records, Self::record),
            Reply::Count(count) => self.plain(count),
            Reply::Affected(count) => {
                self.raw("{\"count\":");
                self.plain(count);
                self.raw("}");
            }
            Reply::Truth(truth) => self.plain(truth),
        }
    }

    /// Writes what a procedure gave.
    pub fn procedure(&mut self, reply: &ProcedureReply) {
        match reply {
            ProcedureReply::Nothing => {
                self.annotate(r#"["undefined"]"#);
                self.raw("null");
            }
            ProcedureReply::Reply(reply) => self.reply(reply),
            ProcedureReply::Value(value) => self.argument(value),
        }
    }

    /// Writes a value in the form of arguments.
    pub fn argument(&mut self, value: &ArgValue) {
        match value {
            ArgValue::Null => self.raw("null"),
            ArgValue::Boolean(value) => self.plain(value),
            ArgValue::Number(number) => self.plain(number),
            ArgValue::Literal(text) => self.raw(text),
            ArgValue::Text(text) => self.plain(text),
            ArgValue::List(items) => self.list(items, Self::argument),
            ArgValue::Object(members) => {
                self.raw("{");
                for (number, (name, value)) in members.iter().enumerate() {
                    if number > 0 {
                        self.raw(",");
                    }
                    self.name(name);
                    self.within(name, |writer| writer.argument(value));
                }
                self.raw("}");
            }
            ArgValue::DateTime(moment) => self.moment(*moment),
            ArgValue::BigInt(number) => self.annotated(r#"["bigint"]"#, &number.to_string()),
            ArgValue::Decimal(text) => self.annotated(r#"[["custom","Decimal"]]"#, text),
            ArgValue::Bytes(bytes) => self.bytes(bytes),
            ArgValue::JsonNull | ArgValue::DbNull | ArgValue::AnyNull => self.raw("null"),
        }
    }

    /// Writes a row.
    pub fn record(&mut self, record: &Record) {
        self.raw("{");
        let fields = record.shape.fields.iter().zip(&record.cells);
        for (number, (field, cell)) in fields.enumerate() {
            if number > 0 {
                self.raw(",");
            }
            self.name(&field.name);
            self.within(&field.name, |writer| writer.cell(cell, &field.content));
        }
        self.raw("}");
    }

    /// Writes what stands in a field of a row.
    pub(crate) fn cell(&mut self, cell: &Cell, content: &Content) {
        match cell {
            Cell::Related(None) => self.raw("null"),
            Cell::Related(Some(record)) | Cell::Group(record) => self.record(record),
            Cell::Many(records) => self.list(records, Self::record),
            Cell::Value(value) => self.value(value, is_big(content)),
        }
    }

    /// Writes a value; whole ones as text where they may be larger than numbers of clients are exact.
    pub fn value(&mut self, value: &Value, big: bool) {
        match value {
            Value::Null => self.raw("null"),
            Value::Bool(value) => self.plain(value),
            Value::Int(number) if big => self.annotated(r#"["bigint"]"#, &number.to_string()),
            Value::Int(number) => self.plain(number),
            Value::Float(number) if !number.is_finite() => self.no_number(*number),
            Value::Float(number) => self.plain(number),
            // The sum of large whole numbers is one itself.
            Value::Decimal(text) if big => self.annotated(r#"["bigint"]"#, text),
            Value::Decimal(text) => self.annotated(r#"[["custom","Decimal"]]"#, text),
            Value::Text(text) => self.plain(text),
            Value::Bytes(bytes) => self.bytes(bytes),
            Value::Timestamp(moment) => self.moment(*moment),
            Value::Json(document) => self.plain(document),
            Value::List(values) => {
                self.list(values, |writer, value| writer.value(value, big));
            }
        }
    }

    /// Writes the moment that a text says; `None` where it says none.
    pub(super) fn moment_of(&mut self, text: &str) -> Option<()> {
        self.moment(to_millis(stored_moment(text)?));
        Some(())
    }

    /// Writes the document that a text says, as far as that is copying; `None` where it is not.
    pub(super) fn document_of(&mut self, text: &str) -> Option<()> {
        let before = self.json.len();
        let written = compact::write(text, &mut self.json);
        if written.is_none() {
            self.json.truncate(before);
        }
        written
    }

    /// Writes a whole number, of these digits.
    pub(super) fn big(&mut self, digits: &str) {
        self.annotate(r#"["bigint"]"#);
        self.raw("\"");
        self.raw(digits);
        self.raw("\"");
    }

    pub(super) fn moment(&mut self, moment: Timestamp) {
        self.annotate(r#"["Date"]"#);
        self.raw("\"");
        match zulu::write(moment) {
            Some(written) => {
                self.raw(written.as_str());
                self.raw("Z");
            }
            // Writing into memory cannot fail.
            None => drop(MOMENT.print_timestamp(&moment, &mut self.json)),
        }
        self.raw("\"");
    }

    fn bytes(&mut self, bytes: &[u8]) {
        match self.form {
            Form::Two => self.annotated(r#"[["custom","Bytes"]]"#, &STANDARD.encode(bytes)),
            Form::Three => {
                self.annotate(r#"[["typed-array","Uint8Array"]]"#);
                self.plain(bytes);
            }
        }
    }

    fn no_number(&mut self, number: f64) {
        let name = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        self.annotated(r#"["number"]"#, name);
    }

    fn annotated(&mut self, annotation: &str, text: &str) {
        self.annotate(annotation);
        self.plain(text);
    }

    /// Says what stands at this place.
    fn annotate(&mut self, annotation: &str) {
        if self.depth == 0 {
            self.root = Some(annotation.to_owned());
            return;
        }
        if !self.annotations.is_empty() {
            self.annotations.push(b',');
        }
        drop(serde_json::to_writer(&mut self.annotations, &self.path));
        self.annotations.push(b':');
        self.annotations.extend_from_slice(annotation.as_bytes());
    }

    /// Makes room for so many bytes, if they are not too many to be likely.
    fn reserve(&mut self, bytes: usize) {
        self.json.reserve(bytes.min(LIKELY));
    }

    fn step(&mut self) {
        if self.depth > 0 {
            self.path.push('.');
        }
        self.depth += 1;
    }

    /// The JSON of an object that was begun and not ended, with its `meta` where it needs one, and its end.
    pub fn ended(self) -> Bytes {
        let (mut json, serialization) = self.finish();
        if let Some(serialization) = serialization {
            json.extend_from_slice(b",\"meta\":{\"serialization\":");
            json.extend_from_slice(&serialization);
            json.push(b'}');
        }
        json.push(b'}');
        json.into()
    }

    /// The JSON, and `serialization` where it needs one.
    pub(crate) fn finish(self) -> (Vec<u8>, Option<Vec<u8>>) {
        let values = match self.root {
            Some(annotation) => annotation.into_bytes(),
            None if self.annotations.is_empty() => return (self.json, None),
            None => [b"{", &self.annotations[..], b"}"].concat(),
        };
        let end: &[u8] = match self.form {
            Form::Two => b"}",
            Form::Three => b",\"v\":1}",
        };
        let serialization = [b"{\"values\":", &values[..], end].concat();
        (self.json, Some(serialization))
    }
}

/// Whether a text stands for itself in JSON and in paths, as names of fields do.
fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether whole numbers there may be larger than those of clients are exact.
fn is_big(content: &Content) -> bool {
    match content {
        Content::Column { codec, .. } => codec.is_big(),
        Content::Measured(measured) => measured.is_big(),
        _ => false,
    }
}

/// Its digits.
fn push_number(text: &mut String, number: usize) {
    if number >= 10 {
        push_number(text, number / 10);
    }
    let digit = u8::try_from(number % 10).unwrap_or_default();
    text.push(char::from(b'0' + digit));
}
