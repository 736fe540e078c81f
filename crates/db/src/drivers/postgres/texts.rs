//! Types that callers know as texts, in PostgreSQL's binary formats: times of day, rows of bits, addresses of the internet.
//!
//! SPEC: the server's `time_send` (microseconds since midnight), `timetz_send` (the same, then seconds west of UTC), `bit_send` (how many
//! bits, then the bits from the left), `inet_send` (family, length of the network, whether it is a network, length of the address, address).

use std::net::IpAddr;

use jiff::civil::Time;

const DAY_MICROS: i64 = 86_400_000_000;
/// The family of addresses of four bytes; the next one is that of sixteen.
const FOUR_BYTES: u8 = 2;
const SIXTEEN_BYTES: u8 = 3;

pub(super) fn time(text: &str) -> Option<Vec<u8>> {
    let time: Time = text.parse().ok()?;
    let since = time.duration_since(Time::midnight());
    let micros = i64::try_from(since.as_micros()).ok()?;
    Some(micros.to_be_bytes().to_vec())
}

pub(super) fn time_in_utc(text: &str) -> Option<Vec<u8>> {
    let mut bytes = time(text)?;
    bytes.extend(0_i32.to_be_bytes());
    Some(bytes)
}

/// `23:59:59.987000`, in UTC where the type knows an offset.
pub(super) fn read_time(raw: &[u8]) -> Option<String> {
    let (micros, offset) = raw.split_first_chunk::<8>()?;
    let mut micros = i64::from_be_bytes(*micros);
    if !offset.is_empty() {
        let west = i32::from_be_bytes(offset.try_into().ok()?);
        micros = micros.checked_add(i64::from(west) * 1_000_000)?;
    }
    // PostgreSQL has the end of a day, too.
    let micros = micros.rem_euclid(DAY_MICROS);
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(format!("{hour:02}:{minute:02}:{second:02}.{micros:06}"))
}

pub(super) fn bits(text: &str) -> Option<Vec<u8>> {
    let mut bytes = i32::try_from(text.len()).ok()?.to_be_bytes().to_vec();
    for digits in text.as_bytes().chunks(8) {
        let mut byte = 0;
        for (place, digit) in digits.iter().enumerate() {
            match digit {
                b'1' => byte |= 0x80 >> place,
                b'0' => {}
                _ => return None,
            }
        }
        bytes.push(byte);
    }
    Some(bytes)
}

pub(super) fn read_bits(raw: &[u8]) -> Option<String> {
    let (count, bytes) = raw.split_first_chunk::<4>()?;
    let count = usize::try_from(i32::from_be_bytes(*count)).ok()?;
    let is_set = |place: usize| Some(bytes.get(place / 8)? & (0x80 >> (place % 8)) != 0);
    let digits = (0..count).map(|place| is_set(place).map(|set| if set { '1' } else { '0' }));
    // No room is made for more than there can be.
    (count <= bytes.len() * 8).then(|| digits.collect())?
}

/// `10.0.0.1`, `10.0.0.0/8`, `2001:db8::1`
pub(super) fn address(text: &str) -> Option<Vec<u8>> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let (family, bytes) = match address.parse().ok()? {
        IpAddr::V4(address) => (FOUR_BYTES, address.octets().to_vec()),
        IpAddr::V6(address) => (SIXTEEN_BYTES, address.octets().to_vec()),
    };
    let size = u8::try_from(bytes.len()).ok()?;
    let length = length.unwrap_or(size * 8);
    let mut raw = vec![family, length, 0, size];
    raw.extend(bytes);
    (length <= size * 8).then_some(raw)
}

pub(super) fn read_address(raw: &[u8]) -> Option<String> {
    let ([family, length, is_network, _], bytes) = raw.split_first_chunk::<4>()?;
    let address = match *family {
        FOUR_BYTES => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        SIXTEEN_BYTES => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
        _ => return None,
    };
    let is_whole = usize::from(*length) == bytes.len() * 8 && *is_network == 0;
    Some(if is_whole {
        address.to_string()
    } else {
        format!("{address}/{length}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_went() {
        for text in ["00:00:00.000000", "23:59:59.987654"] {
            assert_eq!(read_time(&time(text).unwrap()).as_deref(), Some(text));
            assert_eq!(
                read_time(&time_in_utc(text).unwrap()).as_deref(),
                Some(text)
            );
        }
        for text in ["", "1", "101", "10101010", "000000001"] {
            assert_eq!(read_bits(&bits(text).unwrap()).as_deref(), Some(text));
        }
        for text in ["10.0.0.1", "10.1.0.0/16", "2001:db8::1", "::/0"] {
            assert_eq!(read_address(&address(text).unwrap()).as_deref(), Some(text));
        }
        assert_eq!(address("10.0.0.1/32"), address("10.0.0.1"));
        assert_eq!(bits("101").unwrap(), [0, 0, 0, 3, 0b1010_0000]);
    }

    #[test]
    fn an_offset_is_taken_away() {
        let mut raw = (3_600_000_000_i64).to_be_bytes().to_vec();
        // Two hours east of UTC.
        raw.extend((-7200_i32).to_be_bytes());
        assert_eq!(read_time(&raw).as_deref(), Some("23:00:00.000000"));
    }

    #[test]
    fn what_is_none_is_refused() {
        assert_eq!(time("25:00:00"), None);
        assert_eq!(time(""), None);
        assert_eq!(bits("102"), None);
        for text in [
            "10.0.0",
            "10.0.0.1/33",
            "10.0.0.1/x",
            "::1/129",
            "example.org",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
        assert_eq!(read_time(&[0; 7]), None);
        assert_eq!(read_time(&[0; 9]), None);
        assert_eq!(read_bits(&[0, 0, 0, 9, 0]), None);
        assert_eq!(read_bits(&[255, 255, 255, 255]), None);
        assert_eq!(read_address(&[2, 32, 0, 4, 1, 2, 3]), None);
        assert_eq!(read_address(&[9, 32, 0, 4, 1, 2, 3, 4]), None);
    }
}
