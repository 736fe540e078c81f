//! Adding rows with what belongs to them, level by level: first the rows whose keys they hold, then they themselves,
//! then the rows that hold theirs. All rows of a level are one statement.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Field, Model};

use super::answer::Flat;
use super::end::{End, Keeper};
use super::insert::{Row, Source};
use super::known::{Known, carried};
use super::parts::{kinds, parts_of, require_own_rows};
use super::{Step, Writer};
use crate::args::{Nested, NewRow};
use crate::error::{Error, Rejection};
use crate::plan::key_fields;
use crate::record::Record;

impl<'s> Writer<'s> {
    /// Adds rows of a model and what belongs to them, and gives what was wanted of each, in their order.
    pub(crate) fn create<'f>(
        &'f self,
        model: &'s Model,
        mut rows: Vec<NewRow<'s>>,
        wanted: Vec<&'s Field>,
    ) -> Step<'f, Vec<Known<'s>>>
    where
        's: 'f,
    {
        Box::pin(async move {
            if rows.is_empty() {
                return Ok(Vec::new());
            }
            self.settle_owned(model, &mut rows).await?;
            let nested: Vec<_> = rows
                .iter_mut()
                .map(|row| std::mem::take(&mut row.nested))
                .collect();
            let wanted = self.wanted(model, nested.iter().flatten(), wanted)?;
            let rows = self.filled(model, rows)?;
            self.check_create(model, &rows).await?;
            let known = self.insert(model, rows, &wanted, Source::Given).await?;
            self.create_children(model, &known, nested).await?;
            Ok(known)
        })
    }

    /// Adds rows without others, leaving out those whose keys are there; gives what was wanted of those that were added.
    pub(crate) async fn create_new(
        &self,
        model: &'s Model,
        rows: Vec<NewRow<'s>>,
        wanted: &[&'s Field],
    ) -> Result<(u64, Vec<Known<'s>>), Error> {
        if model.is_polymorphic() {
            return Err(Error::NotSupported(
                "`skipDuplicates` is not supported for polymorphic models".to_owned(),
            ));
        }
        let rows = self.filled(model, rows)?;
        self.check_create(model, &rows).await?;
        self.insert_new(model, rows, wanted).await
    }

    /// The same, with the identities of those that were added.
    pub(crate) async fn create_new_known(
        &self,
        model: &'s Model,
        rows: Vec<NewRow<'s>>,
    ) -> Result<Vec<Known<'s>>, Error> {
        let key = key_fields(model)?;
        Ok(self.create_new(model, rows, &key).await?.1)
    }

    /// The same, with what was selected of those that were added.
    pub(crate) async fn create_new_flat(
        &self,
        model: &'s Model,
        rows: Vec<NewRow<'s>>,
        flat: &Flat<'s>,
    ) -> Result<Vec<Record>, Error> {
        let (_, rows) = self.create_new(model, rows, &flat.fields).await?;
        rows.iter().map(|row| flat.record(model, row)).collect()
    }

    /// Adds rows without others, and gives what was selected of each, as stored.
    pub(crate) async fn create_flat(
        &self,
        model: &'s Model,
        rows: Vec<NewRow<'s>>,
        flat: &Flat<'s>,
    ) -> Result<Vec<Record>, Error> {
        let rows = self.filled(model, rows)?;
        self.check_create(model, &rows).await?;
        let rows = self
            .insert(model, rows, &flat.fields, Source::Stored)
            .await?;
        rows.iter().map(|row| flat.record(model, row)).collect()
    }

    /// Every column that the engine fills, filled.
    pub(super) fn filled(
        &self,
        model: &'s Model,
        rows: Vec<NewRow<'s>>,
    ) -> Result<Vec<Row<'s>>, Error> {
        require_own_rows(model)?;
        let mut planner = self.planner();
        let kinds = kinds(&planner, model)?;
        let rows = rows.into_iter().map(|mut row| {
            row.values.extend(kinds.iter().cloned());
            planner.filled(model, &row.values)
        });
        rows.collect()
    }

    /// The rules of the schema for rows that are added, over the values they get.
    ///
    /// Source: contract zenstack §2.3.
    pub(super) async fn check_create(
        &self,
        model: &'s Model,
        rows: &[Row<'s>],
    ) -> Result<(), Error> {
        let rejection = Rejection::NoAccess;
        if !model.is_polymorphic() {
            let verdict = self.planner().creatable(model, rows)?;
            return verdict.require(&self.at, model, rejection).await;
        }
        for (part, rows) in parts_of(&self.planner(), model, rows)? {
            let verdict = self.planner().creatable(part, &rows)?;
            verdict.require(&self.at, model, rejection).await?;
        }
        Ok(())
    }

    /// What the caller wants, and what rows that belong to these must hold.
    pub(super) fn wanted<'n>(
        &self,
        model: &'s Model,
        nested: impl Iterator<Item = &'n (&'s Field, Vec<Nested<'s>>)>,
        mut wanted: Vec<&'s Field>,
    ) -> Result<Vec<&'s Field>, Error>
    where
        's: 'n,
    {
        let planner = self.planner();
        for (field, _) in nested {
            wanted.extend(End::of(&planner, model, field)?.own_fields());
        }
        let mut names = Vec::new();
        wanted.retain(|field| {
            let is_new = !names.contains(&field.name.as_str());
            names.push(field.name.as_str());
            is_new
        });
        Ok(wanted)
    }

    /// Rows that hold the keys of new rows.
    async fn create_children(
        &self,
        model: &'s Model,
        parents: &[Known<'s>],
        nested: Vec<Vec<(&'s Field, Vec<Nested<'s>>)>>,
    ) -> Result<(), Error> {
        let mut levels: Vec<Level<'s>> = Vec::new();
        let mut others = Vec::new();
        for (position, (parent, nested)) in parents.iter().zip(nested).enumerate() {
            for (field, actions) in nested {
                let end = End::of(&self.planner(), model, field)?;
                for action in actions {
                    match action {
                        Nested::Create(rows)
                        | Nested::CreateMany {
                            rows,
                            skip_duplicates: false,
                        } => {
                            let rows = self.belonging(parent, &end, rows)?;
                            Level::of(&mut levels, &end).add(position, rows);
                        }
                        other => others.push((parent, end.clone(), other)),
                    }
                }
            }
        }
        for level in levels {
            self.create_level(parents, level).await?;
        }
        for (parent, end, action) in others {
            self.act(parent, &end, action).await?;
        }
        Ok(())
    }

    async fn create_level(&self, parents: &[Known<'s>], level: Level<'s>) -> Result<(), Error> {
        let end = level.end;
        let wanted = end.other_fields();
        let rows = self.create(end.target, level.rows, wanted).await?;
        if let Keeper::Table(table) = end.keeper {
            let parents = level.parents.iter().filter_map(|one| parents.get(*one));
            let pairs: Vec<_> = parents.zip(&rows).collect();
            self.link(&end, table, &pairs).await?;
        }
        Ok(())
    }

    /// New rows that hold the key of another.
    pub(super) fn belonging(
        &self,
        parent: &Known<'s>,
        end: &End<'s>,
        mut rows: Vec<NewRow<'s>>,
    ) -> Result<Vec<NewRow<'s>>, Error> {
        let planner = self.planner();
        let mut key = Vec::new();
        for (field, value) in key_at(end.model, parent, end)? {
            let value = carried(&planner, end.target, field, &value)?;
            key.push((field, value));
        }
        for row in &mut rows {
            row.values.extend(key.iter().cloned());
        }
        Ok(rows)
    }
}

/// New rows at the other end of one relation.
struct Level<'s> {
    end: End<'s>,
    /// To which row each belongs.
    parents: Vec<usize>,
    rows: Vec<NewRow<'s>>,
}

impl<'s> Level<'s> {
    /// The level of a relation.
    fn of<'l>(levels: &'l mut Vec<Self>, end: &End<'s>) -> &'l mut Self {
        let is_same = |level: &Self| level.end.field.name == end.field.name;
        let position = levels.iter().position(is_same).unwrap_or_else(|| {
            levels.push(Self {
                end: end.clone(),
                parents: Vec::new(),
                rows: Vec::new(),
            });
            levels.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "it was found or added just now")]
        &mut levels[position]
    }

    fn add(&mut self, parent: usize, rows: Vec<NewRow<'s>>) {
        self.parents.extend(rows.iter().map(|_| parent));
        self.rows.extend(rows);
    }
}

/// What rows at the other end of a relation hold when they belong to this one, as callers see it.
pub(super) fn key_at<'s>(
    model: &'s Model,
    parent: &Known<'s>,
    end: &End<'s>,
) -> Result<Vec<(&'s Field, Value)>, Error> {
    let Keeper::Other(pairs) = &end.keeper else {
        return Ok(Vec::new());
    };
    let key = pairs
        .iter()
        .map(|(own, other)| Ok((*other, parent.value(model, own)?.clone())));
    key.collect()
}
