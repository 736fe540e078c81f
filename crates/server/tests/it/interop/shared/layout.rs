//! The adapters, and what their tables can hold apart.

use hallpass_db::testing::TestDatabase;

/// The tables of one adapter on one kind of database.
#[derive(Debug)]
pub(super) struct Layout {
    /// As `interop/authjs/adapters.mjs` calls it.
    pub(super) adapter: &'static str,
    /// As `database.layout` calls it.
    pub(super) name: &'static str,
    pub(super) database: &'static str,
    /// Whether the adapter deletes a token and gets it in one step.
    pub(super) tokens_are_atomic: bool,
    /// Whether no two users have one address.
    pub(super) addresses_are_unique: bool,
}

const LAYOUTS: &[Layout] = &[
    Layout {
        adapter: "pg",
        name: "pg-adapter",
        database: "postgres",
        tokens_are_atomic: true,
        addresses_are_unique: false,
    },
    Layout {
        adapter: "drizzle-postgresql",
        name: "drizzle",
        database: "postgres",
        tokens_are_atomic: true,
        addresses_are_unique: true,
    },
    Layout {
        adapter: "drizzle-mysql",
        name: "drizzle",
        database: "mysql",
        // It selects, and deletes then.
        tokens_are_atomic: false,
        addresses_are_unique: true,
    },
    Layout {
        adapter: "drizzle-sqlite",
        name: "drizzle",
        database: "sqlite",
        tokens_are_atomic: true,
        addresses_are_unique: true,
    },
    Layout {
        adapter: "prisma-postgresql",
        name: "prisma",
        database: "postgres",
        tokens_are_atomic: true,
        addresses_are_unique: true,
    },
    Layout {
        adapter: "prisma-mysql",
        name: "prisma",
        database: "mysql",
        // MySQL returns nothing of a deletion: Prisma selects, and deletes then.
        tokens_are_atomic: false,
        addresses_are_unique: true,
    },
    Layout {
        adapter: "prisma-sqlite",
        name: "prisma",
        database: "sqlite",
        tokens_are_atomic: true,
        addresses_are_unique: true,
    },
];

pub(super) fn layout(adapter: &str) -> &'static Layout {
    let mut layouts = LAYOUTS.iter();
    let found = layouts.find(|layout| layout.adapter == adapter);
    found.unwrap_or_else(|| panic!("no layout of {adapter}"))
}

impl Layout {
    /// The address of the database as JavaScript drivers take it.
    pub(super) fn address(&self, database: &TestDatabase) -> String {
        database.address.replacen("sqlite:", "file:", 1)
    }
}
