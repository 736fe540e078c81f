//! Views that are meant to leave out what belongs to users who are gone, and show it.
//!
//! A row that names nobody has no partner, so that every column of the partner is null there: `deleted_at IS NULL` behind a LEFT JOIN lets
//! it through.
//!
//! Source: contract neon §1.3.

use hallpass_db::Database;
use hallpass_sql::{Access, Dialect, Value};

use crate::error::ChangesError;
use crate::words::query;

/// The names of such views.
pub(super) async fn ghostly(database: &Database) -> Result<Vec<String>, ChangesError> {
    let text = match database.dialect() {
        Dialect::Postgres => {
            "SELECT schemaname || '.' || viewname, definition FROM pg_catalog.pg_views \
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema') UNION ALL \
             SELECT schemaname || '.' || matviewname, definition FROM pg_catalog.pg_matviews ORDER BY 1"
        }
        Dialect::Sqlite => "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY name",
        _ => {
            "SELECT table_name, view_definition FROM information_schema.views \
             WHERE table_schema = DATABASE() ORDER BY table_name"
        }
    };
    let rows = database
        .exec(&query(database.dialect(), Access::Read, text), &[])
        .await?
        .rows;
    let views = rows.into_iter().filter_map(|row| {
        // Of a view of somebody else there may be no text.
        let [Value::Text(name), Value::Text(definition)] = <[Value; 2]>::try_from(row).ok()? else {
            return None;
        };
        lets_ghosts_through(&definition).then_some(name)
    });
    Ok(views.collect())
}

/// Judges by the words alone: what is said of it is a hint for a person who knows what the view is for.
fn lets_ghosts_through(definition: &str) -> bool {
    let words = words(definition);
    let is_told = |word: &String| word.ends_with("users_sync");
    let joins = words.windows(3).position(|three| {
        matches!(three, [left, join, table] if left == "left" && join == "join" && is_told(table))
    });
    let Some(behind) = joins.and_then(|at| words.get(at..)) else {
        return false;
    };
    let Some(condition) = behind.iter().rposition(|word| word == "where") else {
        return false;
    };
    let condition = behind.get(condition..).unwrap_or_default();
    let says = |last: &[&str]| {
        condition.windows(last.len()).any(|some| {
            let mut pairs = some.iter().zip(last);
            pairs.all(|(word, end)| {
                word == end
                    || word
                        .strip_suffix(end)
                        .is_some_and(|rest| rest.ends_with('.'))
            })
        })
    };
    says(&["deleted_at", "is", "null"]) && !says(&["id", "is", "not", "null"])
}

/// In small letters, without quotes, brackets, and the word that may stand between LEFT and JOIN.
fn words(definition: &str) -> Vec<String> {
    let plain: String = definition
        .chars()
        .filter(|letter| !"\"`[]".contains(*letter))
        .map(|letter| if "();,".contains(letter) { ' ' } else { letter })
        .collect();
    plain
        .to_ascii_lowercase()
        .split_whitespace()
        .filter(|word| *word != "outer")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_behind_the_join_is_what_lets_them_through() {
        for (definition, expected) in [
            // As PostgreSQL writes it, as MariaDB does, and as somebody typed it.
            (
                " SELECT n.id, u.name\n   FROM (notes n\n     LEFT JOIN neon_auth.users_sync u ON ((u.id = n.owner_id)))\n  WHERE (u.deleted_at IS NULL);",
                true,
            ),
            (
                "select `n`.`id` AS `id` from (`app`.`notes` `n` left join `app`.`neon_auth_users_sync` `u` on(`u`.`id` = `n`.`owner_id`)) where `u`.`deleted_at` is null",
                true,
            ),
            (
                "CREATE VIEW v AS SELECT * FROM notes LEFT OUTER JOIN \"neon_auth_users_sync\" u\nON u.id = owner_id WHERE deleted_at IS NULL AND text <> ''",
                true,
            ),
            // In the ON clause it is right.
            (
                "SELECT * FROM notes n LEFT JOIN users_sync u ON u.id = n.owner_id AND u.deleted_at IS NULL WHERE n.done",
                false,
            ),
            (
                "SELECT * FROM notes n LEFT JOIN users_sync u ON u.id = n.owner_id WHERE u.deleted_at IS NULL AND u.id IS NOT NULL",
                false,
            ),
            (
                "SELECT * FROM notes n JOIN users_sync u ON u.id = n.owner_id WHERE u.deleted_at IS NULL",
                false,
            ),
            (
                "SELECT * FROM users_sync u LEFT JOIN notes n ON u.id = n.owner_id WHERE u.deleted_at IS NULL",
                false,
            ),
            (
                "SELECT * FROM notes LEFT JOIN users_sync u ON u.id = owner_id",
                false,
            ),
            ("SELECT 1", false),
            ("", false),
            ("left outer join", false),
        ] {
            assert_eq!(lets_ghosts_through(definition), expected, "{definition}");
        }
    }
}
