/// A moment as databases say it, in the form in which it goes out: `2026-01-31T23:59:59.123Z`. `None` where it takes more than
/// copying digits to say the same.
pub(super) fn copied(text: &[u8]) -> Option<[u8; 24]> {
    let (civil, rest) = text.split_first_chunk::<19>()?;
    is_civil(civil).then_some(())?;
    let (fraction, zone) = match rest {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest.split_at_checked(digits).filter(|_| digits > 0)?
        }
        rest => (&[][..], rest),
    };
    // Without a zone it is UTC. Nanoseconds are what moments have at most.
    let is_utc = matches!(zone, b"" | b"Z" | b"+00:00");
    (is_utc && fraction.len() <= 9).then_some(())?;
    let mut moment = *b"0000-00-00T00:00:00.000Z";
    let digits = civil.iter().chain(b".").chain(fraction.iter().take(3));
    for (place, digit) in moment.iter_mut().zip(digits) {
        *place = *digit;
    }
    Some(moment)
}

/// Whether it is a day and a time of it, from 1970 on, that exist in every calendar.
fn is_civil(text: &[u8; 19]) -> bool {
    const FORM: &[u8; 19] = b"0000-00-00T00:00:00";
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    };
    if !text.iter().zip(FORM).all(fits) {
        return false;
    }
    let [
        y1,
        y2,
        y3,
        y4,
        _,
        m1,
        m2,
        _,
        d1,
        d2,
        _,
        h1,
        h2,
        _,
        n1,
        _,
        _,
        s1,
        _,
    ] = *text;
    let two = |tens: u8, ones: u8| tens.wrapping_sub(b'0') * 10 + ones.wrapping_sub(b'0');
    let (century, year) = (two(y1, y2), two(y3, y4));
    let (month, day) = (two(m1, m2), two(d1, d2));
    // Moments before 1970 are cut upwards; the last year has an end that depends on the zone.
    let is_year = century < 99 && (century > 19 || (century == 19 && year >= 70));
    let longest = match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    is_year && (1..=longest).contains(&day) && two(h1, h2) < 24 && n1 < b'6' && s1 < b'6'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::copied;
    use crate::codec::{read_moment, to_millis};

    fn slowly(text: &str) -> Option<String> {
        let moment = to_millis(read_moment(text)?);
        Some(format!("{moment:.3}"))
    }

    fn quickly(text: &str) -> Option<String> {
        let copied = copied(text.as_bytes())?;
        Some(String::from_utf8(copied.to_vec()).unwrap())
    }

    #[test]
    fn moments_of_databases_are_copied() {
        for (text, expected) in [
            ("2026-01-31T23:59:59.123Z", "2026-01-31T23:59:59.123Z"),
            ("2026-01-31T23:59:59.123", "2026-01-31T23:59:59.123Z"),
            ("2026-01-31T23:59:59.5", "2026-01-31T23:59:59.500Z"),
            ("2026-01-31T23:59:59", "2026-01-31T23:59:59.000Z"),
            ("2026-01-31T23:59:59.1239+00:00", "2026-01-31T23:59:59.123Z"),
        ] {
            assert_eq!(quickly(text).as_deref(), Some(expected), "{text}");
        }
        for other in [
            "",
            "2026-01-31",
            "2026-01-31 23:59:59Z",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T23:59:60Z",
            "2026-01-31T23:59:59.Z",
            "2026-01-31T23:59:59.1234567890Z",
            "2026-01-31T23:59:59+01:00",
            "2026-01-31T23:59:59Zx",
            "1969-12-31T23:59:59.9999Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(quickly(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_copied_is_what_is_read(
            text in "(19|20|00|99)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|\\+00:00|-00:00|\\+01:00|)"
        ) {
            if let Some(copied) = quickly(&text) {
                prop_assert_eq!(Some(copied), slowly(&text));
            }
        }
    }
}
