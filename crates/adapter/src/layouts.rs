//! The layouts: what the sign-in tables look like in databases of Auth.js applications, one `.zmodel` file each.
//!
//! To add a layout: its file in `layouts/`, its constant and its row here, its DDL as a fixture of the suite.

use std::fmt;
use std::str::FromStr;

use hallpass_data::Dialect;
use hallpass_data::Dialect::{MariaDb, MySql, Postgres, Sqlite};

use crate::own::OWN_TABLES;

/// What a new database gets: the tables of Prisma by their unmapped names, each with a primary key.
pub const PRISMA: &str = include_str!("../layouts/prisma.zmodel");
/// The Prisma adapter, as documented for PostgreSQL.
pub const PRISMA_POSTGRESQL: &str = include_str!("../layouts/prisma-postgresql.zmodel");
/// The Prisma adapter, as documented for MySQL.
pub const PRISMA_MYSQL: &str = include_str!("../layouts/prisma-mysql.zmodel");
/// The Prisma adapter, as documented for SQLite, and in older versions for every database.
pub const PRISMA_SQLITE: &str = include_str!("../layouts/prisma-sqlite.zmodel");
/// The Prisma adapter with names in snake case, roles and passwords.
pub const PRISMA_SNAKE: &str = include_str!("../layouts/prisma-snake.zmodel");
/// The pg adapter.
pub const PG_ADAPTER: &str = include_str!("../layouts/pg-adapter.zmodel");
/// The pg adapter as a guide writes it, with `verification_tokens`.
pub const PG_ADAPTER_GUIDE: &str = include_str!("../layouts/pg-adapter-guide.zmodel");
/// The Neon adapter.
pub const NEON: &str = include_str!("../layouts/neon.zmodel");
/// The Drizzle adapter on PostgreSQL.
pub const DRIZZLE_POSTGRESQL: &str = include_str!("../layouts/drizzle-postgresql.zmodel");
/// The Drizzle adapter on MySQL.
pub const DRIZZLE_MYSQL: &str = include_str!("../layouts/drizzle-mysql.zmodel");
/// The Drizzle adapter on SQLite.
pub const DRIZZLE_SQLITE: &str = include_str!("../layouts/drizzle-sqlite.zmodel");

/// Which layout to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LayoutChoice {
    /// The one that the database has; in a database without sign-in tables the default one.
    #[default]
    Auto,
    /// `prisma`
    Prisma,
    /// `prisma-snake`
    PrismaSnake,
    /// `pg-adapter`
    PgAdapter,
    /// `neon`
    Neon,
    /// `drizzle`
    Drizzle,
}

impl LayoutChoice {
    /// Every choice, with its name.
    pub const ALL: [(&'static str, Self); 6] = [
        ("auto", Self::Auto),
        ("prisma", Self::Prisma),
        ("prisma-snake", Self::PrismaSnake),
        ("pg-adapter", Self::PgAdapter),
        ("neon", Self::Neon),
        ("drizzle", Self::Drizzle),
    ];
}

impl fmt::Display for LayoutChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = Self::ALL.iter().find(|(_, choice)| choice == self);
        formatter.write_str(row.map_or("", |(name, _)| name))
    }
}

/// A name that no layout has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no layout of this name")]
pub struct UnknownLayout;

impl FromStr for LayoutChoice {
    type Err = UnknownLayout;

    fn from_str(name: &str) -> Result<Self, UnknownLayout> {
        let row = Self::ALL.iter().find(|(known, _)| *known == name);
        row.map(|(_, choice)| *choice).ok_or(UnknownLayout)
    }
}

/// One layout file.
#[derive(Debug, PartialEq, Eq)]
pub struct LayoutFile {
    /// Its name, without the ending.
    pub name: &'static str,
    /// The choice it belongs to.
    pub choice: LayoutChoice,
    /// Its text.
    pub text: &'static str,
    /// Databases that get it when its choice is made and no table is there.
    pub made_on: &'static [Dialect],
    /// Databases in which tables of this layout may be found.
    pub found_on: &'static [Dialect],
}

const EVERYWHERE: &[Dialect] = &[Postgres, MySql, MariaDb, Sqlite];
const MYSQLS: &[Dialect] = &[MySql, MariaDb];

const fn file(
    name: &'static str,
    choice: LayoutChoice,
    text: &'static str,
    made_on: &'static [Dialect],
    found_on: &'static [Dialect],
) -> LayoutFile {
    LayoutFile {
        name,
        choice,
        text,
        made_on,
        found_on,
    }
}

/// The layout of a new database.
pub const DEFAULT: &LayoutFile =
    &file("prisma", LayoutChoice::Auto, PRISMA, EVERYWHERE, EVERYWHERE);

/// Every layout file. Of two that fit tables equally well the first counts.
pub const LAYOUTS: &[LayoutFile] = &[
    file("prisma", LayoutChoice::Prisma, PRISMA, &[], EVERYWHERE),
    file(
        "prisma-postgresql",
        LayoutChoice::Prisma,
        PRISMA_POSTGRESQL,
        &[Postgres],
        EVERYWHERE,
    ),
    file(
        "prisma-mysql",
        LayoutChoice::Prisma,
        PRISMA_MYSQL,
        MYSQLS,
        MYSQLS,
    ),
    file(
        "prisma-sqlite",
        LayoutChoice::Prisma,
        PRISMA_SQLITE,
        &[Sqlite],
        EVERYWHERE,
    ),
    file(
        "prisma-snake",
        LayoutChoice::PrismaSnake,
        PRISMA_SNAKE,
        EVERYWHERE,
        EVERYWHERE,
    ),
    file(
        "pg-adapter",
        LayoutChoice::PgAdapter,
        PG_ADAPTER,
        &[Postgres],
        &[Postgres],
    ),
    file(
        "pg-adapter-guide",
        LayoutChoice::PgAdapter,
        PG_ADAPTER_GUIDE,
        &[],
        &[Postgres],
    ),
    file("neon", LayoutChoice::Neon, NEON, &[Postgres], &[Postgres]),
    file(
        "drizzle-postgresql",
        LayoutChoice::Drizzle,
        DRIZZLE_POSTGRESQL,
        &[Postgres],
        &[Postgres],
    ),
    file(
        "drizzle-mysql",
        LayoutChoice::Drizzle,
        DRIZZLE_MYSQL,
        MYSQLS,
        MYSQLS,
    ),
    file(
        "drizzle-sqlite",
        LayoutChoice::Drizzle,
        DRIZZLE_SQLITE,
        &[Sqlite],
        &[Sqlite],
    ),
];

impl LayoutFile {
    /// The layout file of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        LAYOUTS.iter().find(|file| file.name == name)
    }

    /// The file's checked schema, with the tables of our own.
    pub(crate) fn schema(&self) -> hallpass_zmodel::Schema {
        let source = hallpass_zmodel::Source {
            name: self.name,
            text: self.text,
        };
        // invariant: the files are part of this crate, and a test loads every one of `LAYOUTS`.
        #[expect(clippy::expect_used, reason = "a test loads every file of `LAYOUTS`")]
        hallpass_zmodel::load(&[&[source], OWN_TABLES].concat()).expect("layout files are sound")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    #[test]
    fn every_layout_has_what_sign_in_needs() {
        for file in LAYOUTS.iter().chain([DEFAULT]) {
            Layout::of(&file.schema()).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        }
    }

    #[test]
    fn the_schema_of_the_guide_serves_sign_in() {
        let page = include_str!("../../../docs/layouts.md");
        let text = page.split("```zmodel\n").nth(1).unwrap();
        let text = text.split("```").next().unwrap();
        let source = hallpass_zmodel::Source {
            name: "docs/layouts.md",
            text,
        };
        let schema = hallpass_zmodel::load(&[&[source], OWN_TABLES].concat()).unwrap();
        Layout::of(&schema).unwrap();
    }

    #[test]
    fn every_choice_makes_one_layout_at_most_on_each_database() {
        for dialect in EVERYWHERE {
            for (name, choice) in LayoutChoice::ALL {
                let files = LAYOUTS.iter().filter(|file| file.choice == choice);
                let made = files.filter(|file| file.made_on.contains(dialect)).count();
                assert!(made <= 1, "{name} on {dialect}");
                assert_eq!(name.parse(), Ok(choice));
                assert_eq!(choice.to_string(), name);
            }
        }
        assert_eq!("Prisma".parse::<LayoutChoice>(), Err(UnknownLayout));
    }
}
