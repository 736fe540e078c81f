//! Forms of texts: addresses, moments, numbers of telephones.
//!
//! Source: contract zenstack §1.5; what it leaves open is as zod 4 has it, which is what clients were checked by.

/// `name@example.com`: letters, digits and `_'+-.` before the sign, no dots beside each other, a domain of two labels
/// at least whose last one is of letters.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    is_local_part(local) && is_domain(domain) && !text.contains("..")
}

fn is_local_part(local: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'-');
    let fits = local
        .bytes()
        .all(|byte| is_word(byte) || matches!(byte, b'\'' | b'.'));
    fits && !local.starts_with('.') && local.bytes().last().is_some_and(is_word)
}

fn is_domain(domain: &str) -> bool {
    let Some((labels, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_label = |label: &str| {
        let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && !label.starts_with('-') && label.bytes().all(rest)
    };
    top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        && labels.split('.').all(is_label)
}

/// What the URL standard can parse without a base.
pub(super) fn is_url(text: &str) -> bool {
    url::Url::parse(text).is_ok()
}

/// `2026-01-31T23:59:59.123Z`, seconds and their digits if you like; always with `Z`.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else {
        return false;
    };
    is_date(date)
        && time
            .strip_suffix('Z')
            .is_some_and(|time| is_time(time, None))
}

/// `2026-01-31`, a day that there is.
pub(super) fn is_date(text: &str) -> bool {
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_written = digits(year, 4) && digits(month, 2) && digits(day, 2);
    let date = (year.parse(), month.parse(), day.parse());
    match date {
        (Ok(year), Ok(month), Ok(day)) if is_written => {
            jiff::civil::Date::new(year, month, day).is_ok()
        }
        _ => false,
    }
}

/// `23:59`, `23:59:59`, `23:59:59.123`. A precision asks for seconds with so many digits after the point.
pub(super) fn is_time(text: &str, precision: Option<u8>) -> bool {
    let mut parts = text.splitn(3, ':');
    let below = |part: Option<&str>, limit: u8| {
        part.filter(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|part| part.parse::<u8>().ok())
            .is_some_and(|number| number < limit)
    };
    if !below(parts.next(), 24) || !below(parts.next(), 60) {
        return false;
    }
    let Some(rest) = parts.next() else {
        return precision.is_none();
    };
    let (seconds, fraction) = match rest.split_once('.') {
        Some((seconds, fraction)) => (seconds, Some(fraction)),
        None => (rest, None),
    };
    let is_fraction =
        |fraction: &str| !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let wanted = match (precision, fraction) {
        (None | Some(0), None) => true,
        (None, Some(fraction)) => is_fraction(fraction),
        (Some(0), Some(_)) | (Some(_), None) => false,
        (Some(digits), Some(fraction)) => {
            is_fraction(fraction) && fraction.len() == usize::from(digits)
        }
    };
    wanted && below(Some(seconds), 60)
}

/// E.164: `+` and 7 to 15 digits, the first of them no zero.
pub(super) fn is_phone(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else {
        return false;
    };
    (7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What JavaScript trims: with the byte order mark, without the next-line control.
pub(super) fn is_space(letter: char) -> bool {
    letter == '\u{feff}' || (letter.is_whitespace() && letter != '\u{85}')
}
