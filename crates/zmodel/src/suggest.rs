//! "Did you mean": the known name nearest to an unknown one.

/// Longer names are compared with nothing: no one mistypes them, and comparing costs the product of the lengths.
const MAX_LENGTH: usize = 64;

/// The help for an unknown name, where a known one is near.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, known).map(|near| format!("did you mean `{near}`?"))
}

/// The known name that differs by at most a third of the letters, capitals aside.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.len() / 3).max(1);
    let lowered = name.to_lowercase();
    if name.len() > MAX_LENGTH {
        return None;
    }
    known
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= most)
        .map(|candidate| {
            (
                strsim::osa_distance(&lowered, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn near_names_are_suggested_and_far_ones_are_not() {
        let known = ["String", "DateTime", "Int", "User", "@id", "@@id"];
        for (name, expected) in [
            ("Strng", Some("String")),
            ("string", Some("String")),
            ("Datetime", Some("DateTime")),
            ("Uesr", Some("User")),
            ("Integer", None),
            ("@lt", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
    }
}
