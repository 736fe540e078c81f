use std::collections::BTreeSet;

/// Tables of a database, or whatever tables there are.
///
/// By their names alone, without schemas and without case: two tables that are taken for one cost a read too many, one that
/// is not recognised would cost a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tables {
    names: BTreeSet<String>,
    is_any: bool,
}

impl Tables {
    /// Whatever tables there are.
    pub(crate) fn any() -> Self {
        Self {
            names: BTreeSet::new(),
            is_any: true,
        }
    }

    /// Adds a table; says whether it is new.
    pub(crate) fn add(&mut self, name: &str) -> bool {
        self.names.insert(name.to_lowercase())
    }

    pub(crate) fn add_all(&mut self, others: &Self) {
        self.is_any |= others.is_any;
        self.names.extend(others.names.iter().cloned());
    }

    pub(crate) fn add_any(&mut self) {
        self.is_any = true;
    }

    pub(crate) fn is_any(&self) -> bool {
        self.is_any
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.is_any && self.names.is_empty()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether they have one in common.
    pub(crate) fn meets(&self, others: &Self) -> bool {
        others.is_any
            || self.is_any && !others.is_empty()
            || others.names.iter().any(|name| self.names.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Tables {
        let mut tables = Tables::default();
        for name in names {
            tables.add(name);
        }
        tables
    }

    #[test]
    fn tables_meet_whatever_their_case() {
        assert!(of(&["Todo", "User"]).meets(&of(&["todo"])));
        assert!(!of(&["Todo"]).meets(&of(&["Todos"])));
        assert!(!of(&["Todo"]).meets(&of(&[])));
        assert!(Tables::any().meets(&of(&["Todo"])));
        assert!(!Tables::any().meets(&of(&[])));
        // That anything may have happened is told to queries that read no table, too: their rules may have changed their mind.
        assert!(of(&[]).meets(&Tables::any()));
    }
}
