//! Reads: lists, single resources, what relationships lead to.

use super::arguments::{number, object};
use super::document::{Document, Frame, of_identifiers};
use super::filter::conditions;
use super::page::Page;
use super::problem::{Code, Failure};
use super::query::Query;
use super::reading::{Reading, ids};
use super::resources::{Relationship, Resource};
use super::route::One;
use super::sort::order;
use super::{Answer, Api};
use crate::args::ArgValue;
use crate::operation::{Operation, Reply};
use crate::record::Record;

type Arguments = Vec<(String, ArgValue)>;

/// `GET /user`
pub(super) async fn list(
    api: &Api<'_>,
    resource: &Resource,
    query: &Query,
) -> Result<Answer, Failure> {
    let reading = Reading::of(api, resource, query)?;
    let most = api.client.limits().rows;
    let page = Page::read(query, api.resources.page_size, most);
    let filter = conditions(api, resource, query)?;
    let mut arguments = rows(api, resource, query, page, filter.clone())?;
    arguments.extend(reading.arguments(api));
    let records = api
        .call(resource, Operation::FindMany, arguments)
        .await?
        .into_records();
    let total = match page.total(records.len()) {
        Some(total) => total,
        None => count(api, resource, filter).await?,
    };
    let address = api.address(resource);
    let frame = paged(address, page, query, total);
    let document = Document::new(api, &reading);
    Ok(Answer::ok(document.many(&records, &frame)))
}

async fn count(
    api: &Api<'_>,
    resource: &Resource,
    filter: Option<ArgValue>,
) -> Result<u64, Failure> {
    let arguments = filter.map(|filter| ("where".to_owned(), filter));
    let reply = api
        .call(resource, Operation::Count, arguments.into_iter().collect())
        .await?;
    Ok(match reply {
        Reply::Count(total) => total,
        _ => 0,
    })
}

/// `GET /user/1`
pub(super) async fn single(api: &Api<'_>, one: &One<'_>, query: &Query) -> Result<Answer, Failure> {
    let reading = Reading::of(api, one.resource, query)?;
    let row = find(api, one, reading.arguments(api)).await?;
    let frame = Frame::at(api.address_of(one));
    Ok(Answer::ok(Document::new(api, &reading).one(&row, &frame)))
}

/// `GET /user/1/posts`
pub(super) async fn related(
    api: &Api<'_>,
    one: &One<'_>,
    relationship: &Relationship,
    query: &Query,
) -> Result<Answer, Failure> {
    let through = Through::of(api, one, relationship)?;
    let reading = Reading::beyond(api, through.target, query, Some(&relationship.name))?;
    let (row, page) = through.read(api, query, reading.arguments(api)).await?;
    let address = format!("{}/{}", api.address_of(one), relationship.name);
    let document = Document::new(api, &reading);
    if relationship.is_many {
        let records = row
            .related_many(&relationship.name)
            .map_err(crate::Error::from)?;
        let frame = paged(
            address,
            page,
            query,
            through.total(&row, page, records.len()),
        );
        return Ok(Answer::ok(document.many(records, &frame)));
    }
    let found = row
        .related(&relationship.name)
        .map_err(crate::Error::from)?;
    let found = found.ok_or_else(|| Code::NotFound.bare())?;
    Ok(Answer::ok(document.one(found, &Frame::at(address))))
}

/// `GET /user/1/relationships/posts`
pub(super) async fn relationship(
    api: &Api<'_>,
    one: &One<'_>,
    relationship: &Relationship,
    query: &Query,
) -> Result<Answer, Failure> {
    let through = Through::of(api, one, relationship)?;
    let select = vec![("select".to_owned(), ids(through.target))];
    let (row, page) = through.read(api, query, select).await?;
    let address = format!(
        "{}/relationships/{}",
        api.address_of(one),
        relationship.name
    );
    let frame = match row.related_many(&relationship.name) {
        Ok(found) => paged(address, page, query, through.total(&row, page, found.len())),
        Err(_) => Frame::at(address),
    };
    Ok(Answer::ok(of_identifiers(
        api,
        through.target,
        &row,
        relationship,
        &frame,
    )))
}

/// A relationship of one resource, and what it leads to.
struct Through<'r> {
    one: &'r One<'r>,
    relationship: &'r Relationship,
    target: &'r Resource,
}

impl<'r> Through<'r> {
    fn of(
        api: &Api<'r>,
        one: &'r One<'r>,
        relationship: &'r Relationship,
    ) -> Result<Self, Failure> {
        Ok(Self {
            one,
            relationship,
            target: api.target(relationship)?,
        })
    }

    /// The row, and what it leads to: the page of it that is asked for, and how much there is, where it is many.
    async fn read(
        &self,
        api: &Api<'_>,
        query: &Query,
        mut arguments: Arguments,
    ) -> Result<(Record, Page), Failure> {
        let name = self.relationship.name.as_str();
        let most = api.client.limits().nested_rows;
        let page = Page::read(query, api.resources.page_size, most);
        let mut select = match ids(self.one.resource) {
            ArgValue::Object(members) => members,
            _ => Vec::new(),
        };
        if self.relationship.is_many {
            let filter = conditions(api, self.target, query)?;
            arguments.extend(rows(api, self.target, query, page, filter.clone())?);
            if page.limit.is_some() {
                let counted = filter.map(|filter| object([("where", filter)]));
                let counted = object([(name, counted.unwrap_or(ArgValue::Boolean(true)))]);
                select.push(("_count".to_owned(), object([("select", counted)])));
            }
        }
        let inner = match arguments.is_empty() {
            true => ArgValue::Boolean(true),
            false => ArgValue::Object(arguments),
        };
        select.push((name.to_owned(), inner));
        let select = vec![("select".to_owned(), ArgValue::Object(select))];
        Ok((find(api, self.one, select).await?, page))
    }

    fn total(&self, row: &Record, page: Page, found: usize) -> u64 {
        let counted = row.group("_count").ok();
        let counted = counted.and_then(|counts| counts.get::<i64>(&self.relationship.name).ok());
        let counted = counted.and_then(|count| u64::try_from(count).ok());
        counted.or_else(|| page.total(found)).unwrap_or_default()
    }
}

/// Which rows of a list, in which order.
fn rows(
    api: &Api<'_>,
    resource: &Resource,
    query: &Query,
    page: Page,
    filter: Option<ArgValue>,
) -> Result<Arguments, Failure> {
    let mut arguments = Vec::new();
    let mut say = |name: &str, value: ArgValue| arguments.push((name.to_owned(), value));
    if let Some(filter) = filter {
        say("where", filter);
    }
    say("orderBy", order(api, resource, query)?);
    if page.offset > 0 {
        say("skip", number(page.offset));
    }
    if let Some(limit) = page.limit {
        say("take", number(limit));
    }
    Ok(arguments)
}

/// The frame of a list.
fn paged(address: String, page: Page, query: &Query, total: u64) -> Frame {
    let further = page.links(&address, query, total);
    let mut frame = Frame::at(address);
    frame.links.extend(further);
    frame.total = Some(total);
    frame
}

/// The row of an id, or that there is none.
pub(super) async fn find(
    api: &Api<'_>,
    one: &One<'_>,
    mut arguments: Arguments,
) -> Result<Record, Failure> {
    let ids = api.ids(one.resource);
    arguments.insert(0, ("where".to_owned(), ids.unique(&one.id)?));
    let reply = api
        .call(one.resource, Operation::FindUnique, arguments)
        .await?;
    let row = reply.into_record();
    Ok(row.ok_or_else(|| Code::NotFound.bare())?)
}
