//! The world outside, as traits: time, randomness, and work that nobody waits for. Tests fix them; `server` supplies the real
//! ones.

use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Work that goes on when the answer is out.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs work that nobody waits for.
pub trait Tasks: Send + Sync + 'static {
    /// Begins a task, or gives it back where none can run here: then it is waited for.
    ///
    /// # Errors
    /// The task.
    fn begin(&self, task: Task) -> Result<(), Task>;
}

/// Gives random bytes, good enough for keys. Only [`fill`](Random::fill) is to be written; the other methods
/// are the forms in which the engine uses the bytes.
pub trait Random: Send + Sync + 'static {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);

    /// 32 random bytes as 64 lower-case hex digits.
    fn hex_token(&self) -> String {
        hex(&array::<32, Self>(self))
    }

    /// A version 4 UUID in its usual text form, 122 random bits.
    fn uuid(&self) -> String {
        uuid_text(array(self))
    }
}

/// `N` random bytes.
pub(crate) fn array<const N: usize, R: Random + ?Sized>(random: &R) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| {
        char::from(if half < 10 {
            b'0' + half
        } else {
            b'a' + half - 10
        })
    };
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// Stamps version 4 and the RFC 4122 variant on random bytes and writes them as text.
fn uuid_text(bytes: [u8; 16]) -> String {
    const VERSION: (u128, u128) = (0xf << 76, 0x4 << 76);
    const VARIANT: (u128, u128) = (0x3 << 62, 0x2 << 62);
    let bits = u128::from_be_bytes(bytes) & !VERSION.0 & !VARIANT.0 | VERSION.1 | VARIANT.1;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xffff,
        (bits >> 48) & 0xffff,
        bits & 0xffff_ffff_ffff,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Constant(u8);

    impl Random for Constant {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn uuids_carry_version_four_and_the_variant() {
        assert_eq!(Constant(0).uuid(), "00000000-0000-4000-8000-000000000000");
        assert_eq!(
            Constant(0xff).uuid(),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
    }

    #[test]
    fn hex_tokens_are_sixty_four_lower_case_digits() {
        assert_eq!(Constant(0xab).hex_token(), "ab".repeat(32));
    }
}
