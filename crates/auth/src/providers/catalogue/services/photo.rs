//! A picture within an address, for services that show none without the person's token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The largest picture, in bytes. It may end up in a session cookie, which browsers and proxies bound: with this, and
/// everything else that stands there, it stays below the 8 KiB that common servers take for all headers of a request.
pub(super) const MAX_BYTES: usize = 3 * 1024;

/// How every JPEG begins.
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// The address; `None` for what is no JPEG or too large.
pub(super) fn address(picture: &[u8]) -> Option<String> {
    let usable = picture.starts_with(JPEG) && picture.len() <= MAX_BYTES;
    usable.then(|| format!("data:image/jpeg;base64,{}", STANDARD.encode(picture)))
}

/// The address of a picture that is written in Base64 already.
pub(super) fn of_base64(text: &str) -> Option<String> {
    // Four letters stand for three bytes.
    if text.len() > MAX_BYTES.div_ceil(3) * 4 {
        return None;
    }
    address(&STANDARD.decode(text).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_jpegs_become_addresses() {
        let picture = |length: usize| [JPEG, &vec![7; length - JPEG.len()]].concat();
        assert_eq!(
            address(&picture(5)).as_deref(),
            Some("data:image/jpeg;base64,/9j/Bwc=")
        );
        assert!(address(&picture(MAX_BYTES)).is_some());
        assert_eq!(address(&picture(MAX_BYTES + 1)), None);
        assert_eq!(address(b"<svg onload=alert(1)>"), None);
        assert!(of_base64(&STANDARD.encode(picture(MAX_BYTES))).is_some());
        assert_eq!(of_base64(&STANDARD.encode(picture(MAX_BYTES + 9))), None);
        assert_eq!(of_base64("no base64"), None);
    }
}
