/// A variable that holds for one transaction and that triggers can read, on databases that have such.
///
/// PostgreSQL calls it by its name (`current_setting('a.b', true)`), MySQL and MariaDB by the same with an underscore (`@a_b`); there
/// it would stay with the connection, and is taken away when the transaction ends, however it does. SQLite has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Local<'v> {
    /// Two words of small letters with a point between them.
    pub name: &'static str,
    /// What it holds.
    pub value: &'v str,
}
