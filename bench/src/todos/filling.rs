//! Todos made by the database itself: every second person has twice as many as the average.

use hallpass_data::Dialect;

use super::OWN;

/// Where the todos go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filling<'f> {
    /// The table, as it stands in statements.
    pub(crate) table: &'f str,
    /// An expression in SQL: the id of the person with the number `n`.
    pub(crate) owner: &'f str,
}

/// The statement that fills the table. `None` for databases that are not measured.
pub(crate) fn script(dialect: Dialect, people: usize, filling: Filling<'_>) -> Option<String> {
    let Filling { table, owner } = filling;
    let last = people.saturating_sub(1);
    let own = OWN - 1;
    Some(match dialect {
        Dialect::Postgres => format!(
            r#"INSERT INTO {table} (id, content, completed, "createdAt", "userId")
  SELECT 't' || lpad(n::text, 7, '0') || '-' || lpad(k::text, 2, '0'), 'Todo ' || k || ' of person ' || n, k % 3 = 0,
    timestamp '2026-01-01' + k * interval '1 hour', {owner}
  FROM generate_series(0, {own}) k, generate_series(0, {last}, 2) n;
"#
        ),
        Dialect::Sqlite => format!(
            r#"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 2 FROM numbers WHERE n < {last} - 1),
  own(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM own WHERE k < {own})
  INSERT INTO {table} (id, content, completed, "createdAt", "userId")
  SELECT printf('t%07d-%02d', n, k), 'Todo ' || k || ' of person ' || n, k % 3 = 0,
    strftime('%Y-%m-%dT%H:%M:%S', 1767225600 + k * 3600, 'unixepoch') || '.000Z', {owner}
  FROM own, numbers;
"#
        ),
        Dialect::MySql | Dialect::MariaDb => return None,
    })
}
