//! Ids that the engine makes.

use hallpass_zmodel::schema::DefaultValue;

use crate::client::Engine;
use crate::environment::Random;

/// How an id is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Generator {
    /// `uuid(4)`, `uuid(7)`
    Uuid(u8),
    /// `cuid(1)`, `cuid(2)`
    Cuid(u8),
    /// `nanoid(length)`
    Nanoid(u16),
    /// `ulid()`
    Ulid,
    /// Any of them with a `format`: the texts between which the id stands.
    Formatted(Box<Generator>, Vec<String>),
}

const BASE36: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const LETTERS: &[u8; 26] = b"abcdefghijklmnopqrstuvwxyz";
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NANOID: &[u8; 64] = b"useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict";

impl Generator {
    /// What makes the id of a default, where it is one.
    pub(crate) fn of(default: &DefaultValue) -> Option<Self> {
        Some(match default {
            DefaultValue::Uuid(version) => Self::Uuid(*version),
            DefaultValue::Cuid(version) => Self::Cuid(*version),
            DefaultValue::Nanoid(length) => Self::Nanoid(*length),
            DefaultValue::Ulid => Self::Ulid,
            DefaultValue::Formatted(id, texts) => {
                Self::Formatted(Box::new(Self::of(id)?), texts.clone())
            }
            _ => return None,
        })
    }

    pub(crate) fn make(&self, engine: &Engine) -> String {
        match self {
            Self::Uuid(7) => uuid(7, Some(millis(engine)), &*engine.random),
            Self::Uuid(_) => uuid(4, None, &*engine.random),
            Self::Cuid(2) => picked(engine, LETTERS, 1) + &picked(engine, BASE36, 23),
            Self::Cuid(_) => cuid(engine),
            Self::Nanoid(length) => picked(engine, NANOID, (*length).into()),
            Self::Ulid => in_base(millis(engine), CROCKFORD, 10) + &picked(engine, CROCKFORD, 16),
            Self::Formatted(id, texts) => texts.join(&id.make(engine)),
        }
    }
}

/// The shape of cuid's first version: `c`, time, and 16 random characters where the original counts calls and
/// names the host, which only ever served to make clashes rarer than its weak randomness did.
fn cuid(engine: &Engine) -> String {
    let time = in_base(millis(engine), BASE36, 8);
    ["c", &time, &picked(engine, BASE36, 16)].concat()
}

/// Source: RFC 9562, sections 5.4 and 5.7.
pub(crate) fn uuid(version: u8, millis: Option<u64>, random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    let mut number = u128::from_be_bytes(bytes);
    if let Some(millis) = millis {
        number = (number & (u128::MAX >> 48)) | (u128::from(millis) << 80);
    }
    number = (number & !(0xf << 76)) | (u128::from(version) << 76);
    number = (number & !(0b11 << 62)) | (0b10 << 62);
    let hex = format!("{number:032x}");
    let mut text = String::with_capacity(36);
    for (position, digit) in hex.chars().enumerate() {
        if matches!(position, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

fn millis(engine: &Engine) -> u64 {
    u64::try_from(engine.clock.now().as_millisecond()).unwrap_or_default()
}

/// The last `width` digits of a number, most significant first.
fn in_base(mut number: u64, alphabet: &[u8], width: usize) -> String {
    let base = u64::try_from(alphabet.len()).unwrap_or(1).max(1);
    let mut digits = Vec::with_capacity(width);
    for _ in 0..width {
        let digit = usize::try_from(number % base).unwrap_or_default();
        digits.extend(alphabet.get(digit).copied().map(char::from));
        number /= base;
    }
    digits.into_iter().rev().collect()
}

/// Characters picked evenly: bytes that would favour the first characters are thrown away.
fn picked(engine: &Engine, alphabet: &[u8], length: usize) -> String {
    let even = 256 - 256 % alphabet.len().max(1);
    let mut text = String::with_capacity(length);
    let mut bytes = [0; 32];
    while text.len() < length {
        engine.random.fill(&mut bytes);
        let room = length - text.len();
        let fair = bytes
            .iter()
            .map(|byte| usize::from(*byte))
            .filter(|byte| *byte < even);
        let signs = fair.filter_map(|byte| alphabet.get(byte % alphabet.len().max(1)));
        text.extend(signs.take(room).copied().map(char::from));
    }
    text
}
