//! `@password` fields of what is about to be written, on every level. Before a transaction begins, which would wait.

use hallpass_sql::Value;
use hallpass_zmodel::schema::{Field, Model};

use super::Step;
use crate::args::{Change, Changes, Nested, NewRow};
use crate::client::{Client, Engine};
use crate::codec::Codec;
use crate::error::{Error, InvalidInput};

/// Puts hashes in the place of the passwords of new rows.
pub(crate) async fn hash_rows(client: &Client, rows: &mut [NewRow<'_>]) -> Result<(), Error> {
    if rows
        .iter()
        .any(|row| may_hold_any(&row.values, &row.nested))
    {
        return hash_all(client, rows).await;
    }
    Ok(())
}

/// Whether there may be passwords among values, or in what belongs to them.
fn may_hold_any<T>(values: &[(&Field, T)], nested: &[(&Field, Vec<Nested<'_>>)]) -> bool {
    let mut fields = values.iter().map(|(field, _)| field);
    !nested.is_empty() || fields.any(|field| field.password.is_some())
}

fn hash_all<'f>(client: &'f Client, rows: &'f mut [NewRow<'_>]) -> Step<'f, ()> {
    Box::pin(async move {
        if !has_passwords(client) {
            return Ok(());
        }
        for row in rows {
            for (field, value) in &mut row.values {
                hash(client.engine(), row.model, field, value).await?;
            }
            for (_, actions) in &mut row.nested {
                hash_nested(client, actions).await?;
            }
        }
        Ok(())
    })
}

/// Puts hashes in the place of the passwords that rows get.
pub(crate) async fn hash_changes(client: &Client, changes: &mut Changes<'_>) -> Result<(), Error> {
    if may_hold_any(&changes.values, &changes.nested) {
        return hash_all_changes(client, changes).await;
    }
    Ok(())
}

fn hash_all_changes<'f>(client: &'f Client, changes: &'f mut Changes<'_>) -> Step<'f, ()> {
    Box::pin(async move {
        if !has_passwords(client) {
            return Ok(());
        }
        for (field, change) in &mut changes.values {
            if let Change::Set(value) = change {
                hash(client.engine(), changes.model, field, value).await?;
            }
        }
        for (_, actions) in &mut changes.nested {
            hash_nested(client, actions).await?;
        }
        Ok(())
    })
}

async fn hash_nested(client: &Client, actions: &mut [Nested<'_>]) -> Result<(), Error> {
    for action in actions {
        match action {
            Nested::Create(rows) | Nested::CreateMany { rows, .. } => {
                hash_rows(client, rows).await?;
            }
            Nested::ConnectOrCreate(items) => {
                for (_, row) in items {
                    hash_rows(client, std::slice::from_mut(row)).await?;
                }
            }
            Nested::Update(items) | Nested::UpdateMany(items) => {
                for (_, changes) in items {
                    hash_changes(client, changes).await?;
                }
            }
            Nested::Upsert(items) => {
                for (_, row, changes) in items {
                    hash_rows(client, std::slice::from_mut(row)).await?;
                    hash_changes(client, changes).await?;
                }
            }
            Nested::Connect(_)
            | Nested::Disconnect(_)
            | Nested::Set(_)
            | Nested::Delete(_)
            | Nested::DeleteMany(_) => {}
        }
    }
    Ok(())
}

/// A field may be sealed as well, which then is done here, because only now it is known what is stored.
async fn hash(
    engine: &Engine,
    model: &Model,
    field: &Field,
    value: &mut Value,
) -> Result<(), Error> {
    let (Some(settings), Value::Text(text)) = (&field.password, &mut *value) else {
        return Ok(());
    };
    let random = &*engine.random;
    engine
        .services
        .hash_password(random, settings, text)
        .await?;
    let codec = Codec::of(engine, model, field);
    let stored = codec.and_then(|codec| codec.store(value).ok());
    *value = stored.ok_or_else(|| InvalidInput::NotColumn {
        model: model.name.clone(),
        field: field.name.clone(),
    })?;
    Ok(())
}

fn has_passwords(client: &Client) -> bool {
    let models = client.schema().models.iter();
    let mut fields = models.flat_map(|model| &model.fields);
    fields.any(|field| field.password.is_some())
}
