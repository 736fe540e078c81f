//! What Prisma calls keys and indexes (contract zenstack §5.3).

use hallpass_zmodel::schema::Model;

/// PostgreSQL cuts names after 63 bytes, silently; MySQL refuses more than 64 characters.
const MAX_NAME: usize = 63;

/// The name of a key or index of some columns: `Table_a_b_key`.
pub(crate) fn default_name(model: &Model, columns: &[String], ending: &str) -> String {
    name_of(&model.table, columns, ending)
}

/// The name of a key or an index: `Table_column_key`.
pub(crate) fn name_of(table: &str, columns: &[String], ending: &str) -> String {
    let stem = format!("{table}_{}", columns.join("_"));
    with_ending(&stem, ending)
}

/// The name of a primary key: `Table_pkey`.
pub(crate) fn primary_key_name(table: &str) -> String {
    with_ending(table, "pkey")
}

/// Prisma cuts the stem, so that the ending stays.
fn with_ending(stem: &str, ending: &str) -> String {
    format!("{}_{ending}", cut(stem, MAX_NAME - ending.len() - 1))
}

fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{name_of, primary_key_name};

    #[test]
    fn names_keep_their_ending_whatever_the_length() {
        let long = "a".repeat(80);
        let columns = ["email".to_owned(), "name".to_owned()];
        assert_eq!(name_of("User", &columns, "key"), "User_email_name_key");
        let cut = name_of(&long, &columns, "fkey");
        assert_eq!(cut.len(), 63);
        assert!(cut.ends_with("a_fkey"), "{cut}");
        assert_eq!(primary_key_name(&long).len(), 63);
        // A letter of two bytes is not cut in half.
        let wide = "ä".repeat(40);
        assert_eq!(
            name_of(&wide, &columns, "key"),
            format!("{}_key", "ä".repeat(29))
        );
    }
}
