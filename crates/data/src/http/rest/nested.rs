//! Resources within another: `/user/1/posts/2`. The path says to whom they belong, and a body cannot say otherwise.

use super::arguments::object;
use super::body::{Body, Payload};
use super::document::{Document, Frame};
use super::problem::{Code, Failure, Problem};
use super::query::Query;
use super::read::find;
use super::reading::{Reading, ids};
use super::resources::{Relationship, Resource};
use super::route::One;
use super::write::{Moment, data, delete_where};
use super::{Answer, Api};
use crate::args::ArgValue;
use crate::client::Client;
use crate::operation::Operation;
use crate::record::Record;

/// A resource, and those of a relationship of it.
pub(super) struct Within<'r> {
    pub(super) parent: &'r One<'r>,
    pub(super) relationship: &'r Relationship,
    pub(super) target: &'r Resource,
}

impl Within<'_> {
    /// `GET /user/1/posts/2`
    pub(super) async fn single(
        &self,
        api: &Api<'_>,
        id: &str,
        query: &Query,
    ) -> Result<Answer, Failure> {
        let reading = Reading::of(api, self.target, query)?;
        let mut arguments = reading.arguments(api);
        arguments.push(("where".to_owned(), self.child(api, id)?));
        let row = api
            .call(self.target, Operation::FindUnique, arguments)
            .await?
            .into_record();
        let row = row.ok_or_else(|| Code::NotFound.bare())?;
        Ok(Answer::ok(self.document(api, &reading, &row, Some(id))))
    }

    /// `POST /user/1/posts`
    pub(super) async fn create(
        &self,
        api: &Api<'_>,
        body: Body,
        query: &Query,
    ) -> Result<Answer, Failure> {
        if !self.relationship.is_many {
            return Err(Code::InvalidVerb.bare().into());
        }
        let reading = Reading::of(api, self.target, query)?;
        let mut payload = body.payload()?;
        payload.require_type(api, self.target)?;
        self.refuse_moves(&payload)?;
        payload.identify(api, self.target)?;
        let mut data = data(api, self.target, &payload, Moment::Create)?;
        let parent = api.ids(self.parent.resource).unique(&self.parent.id)?;
        data.push((
            self.relationship.opposite.clone(),
            object([("connect", parent)]),
        ));
        let arguments = vec![("data".to_owned(), ArgValue::Object(data))];
        // Who may not see the parent may not add to it either, although its key would do.
        let row = api
            .client
            .transaction(async |tx: Client| -> Result<Record, Failure> {
                let inside = api.inside(&tx);
                let seen = vec![("select".to_owned(), ids(self.parent.resource))];
                find(&inside, self.parent, seen).await?;
                inside
                    .write(self.target, Operation::Create, arguments.clone(), &reading)
                    .await
            });
        let row = row.await?;
        Ok(Answer::created(self.document(api, &reading, &row, None)))
    }

    /// `PATCH /user/1/posts/2`
    pub(super) async fn update(
        &self,
        api: &Api<'_>,
        id: &str,
        body: Body,
        query: &Query,
    ) -> Result<Answer, Failure> {
        let reading = Reading::of(api, self.target, query)?;
        let payload = body.payload()?;
        payload.require_id(id)?;
        let data = self.changes(api, &payload)?;
        let row = self.change(api, id, data, &reading).await?;
        Ok(Answer::ok(self.document(api, &reading, &row, Some(id))))
    }

    /// `PATCH /post/1/author`
    pub(super) async fn update_only(
        &self,
        api: &Api<'_>,
        body: Body,
        query: &Query,
    ) -> Result<Answer, Failure> {
        if self.relationship.is_many {
            return Err(Code::InvalidPath.bare().into());
        }
        let reading = Reading::of(api, self.target, query)?;
        let payload = body.payload()?;
        let data = self.changes(api, &payload)?;
        let name = self.relationship.name.as_str();
        let row = api
            .client
            .transaction(async |tx: Client| -> Result<Record, Failure> {
                let inside = api.inside(&tx);
                let select = object([(name, object([("select", ids(self.target))]))]);
                let parent =
                    find(&inside, self.parent, vec![("select".to_owned(), select)]).await?;
                let only = parent.related(name).ok().flatten();
                let id = only.and_then(|only| inside.ids(self.target).text(only));
                let id = id.ok_or_else(|| Code::NotFound.bare())?;
                payload.require_id(&id)?;
                self.change(&inside, &id, data.clone(), &reading).await
            });
        let row = row.await?;
        let place = format!("{}/{name}", api.address_of(self.parent));
        let frame = Frame::at(place.clone());
        let document = Document::new(api, &reading).found_at(place);
        Ok(Answer::ok(document.one(&row, &frame)))
    }

    /// `DELETE /user/1/posts/2`
    pub(super) async fn delete(&self, api: &Api<'_>, id: &str) -> Result<Answer, Failure> {
        delete_where(api, self.target, self.child(api, id)?).await
    }

    async fn change(
        &self,
        api: &Api<'_>,
        id: &str,
        data: Vec<(String, ArgValue)>,
        reading: &Reading<'_>,
    ) -> Result<Record, Failure> {
        let arguments = vec![
            ("where".to_owned(), self.child(api, id)?),
            ("data".to_owned(), ArgValue::Object(data)),
        ];
        api.write(self.target, Operation::Update, arguments, reading)
            .await
    }

    fn changes(
        &self,
        api: &Api<'_>,
        payload: &Payload,
    ) -> Result<Vec<(String, ArgValue)>, Problem> {
        payload.require_type(api, self.target)?;
        self.refuse_moves(payload)?;
        data(api, self.target, payload, Moment::Update)
    }

    /// Refuses a payload that says to whom the resource belongs.
    fn refuse_moves(&self, payload: &Payload) -> Result<(), Problem> {
        let relationship = self.relationship;
        let names = |name: &String| {
            *name == relationship.opposite || relationship.opposite_key.contains(name)
        };
        let mut attributes = payload.attributes.iter().map(|(name, _)| name);
        let mut relationships = payload.relationships.iter().map(|(name, _)| name);
        if attributes.any(names) || relationships.any(names) {
            let detail = "the path says to which resource it belongs";
            return Err(Code::InvalidPayload.because(detail));
        }
        Ok(())
    }

    /// The condition that names a resource, if it is one of the parent that can be seen.
    fn child(&self, api: &Api<'_>, id: &str) -> Result<ArgValue, Problem> {
        let ArgValue::Object(mut members) = api.ids(self.target).unique(id)? else {
            return Err(Code::InvalidId.bare());
        };
        let back = self.target.relationship(&self.relationship.opposite);
        let back = back.ok_or_else(|| Code::InvalidPath.bare())?;
        let parent = api.ids(self.parent.resource).condition(&self.parent.id)?;
        let test = if back.is_many { "some" } else { "is" };
        members.push((back.name.clone(), object([(test, parent)])));
        Ok(ArgValue::Object(members))
    }

    fn document(
        &self,
        api: &Api<'_>,
        reading: &Reading<'_>,
        row: &Record,
        id: Option<&str>,
    ) -> Vec<u8> {
        let own = api.ids(self.target).text(row);
        let id = id.map(str::to_owned).or(own).unwrap_or_default();
        let around = api.address_of(self.parent);
        let id = api.resources.charset.encode(&id);
        let place = format!("{around}/{}/{id}", self.relationship.name);
        let frame = Frame::at(place.clone());
        Document::new(api, reading).found_at(place).one(row, &frame)
    }
}
