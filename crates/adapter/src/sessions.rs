//! The rows of sessions, by tokens as clients hold them; how those stand in the table is `at_rest`'s matter.

use hallpass_auth::adapter::{AdapterError, SessionRecord, User};
use hallpass_auth::secret::SessionToken;
use hallpass_data::{Client, Prepared, Record, Value};
use jiff::Timestamp;

use crate::at_rest::{self, Form};
use crate::convert;
use crate::layout::SESSION;
use crate::store::{DataAdapter, related_user, text};
use crate::unique;

impl DataAdapter {
    pub(crate) async fn add_session(
        &self,
        client: &Client,
        session: &SessionRecord,
    ) -> Result<(), AdapterError> {
        let row = self.new_session(client, session).await?;
        let created = self.statements.create_session.run(client, &row).await;
        created.map_err(convert::error)?;
        Ok(())
    }

    /// The same at the end of a transaction, which tells whether it was done.
    pub(crate) async fn add_session_later(
        &self,
        tx: &Client,
        session: &SessionRecord,
    ) -> Result<(), AdapterError> {
        let row = self.new_session(tx, session).await?;
        let created = self.statements.create_session.run_later(tx, &row).await;
        created.map_err(convert::error)
    }

    async fn new_session(
        &self,
        client: &Client,
        session: &SessionRecord,
    ) -> Result<[Value; 3], AdapterError> {
        let form = self.tokens.form(&self.client).await?;
        let stored = form.stored(&session.session_token);
        self.claim_token(client, &stored).await?;
        Ok([
            Value::Text(stored),
            text(session.user_id.as_str()),
            Value::Timestamp(session.expires),
        ])
    }

    /// One statement for a session that is there in the usual form. A second one looks for the other form, and sees the
    /// row whether or not somebody rewrites it meanwhile.
    pub(crate) async fn find_session(
        &self,
        token: &SessionToken,
    ) -> Result<Option<(SessionRecord, User)>, AdapterError> {
        if at_rest::is_no_token(token) {
            return Ok(None);
        }
        let form = self.tokens.form(&self.client).await?;
        let usual = [Value::Text(form.stored(token))];
        let find = &self.statements.session_and_user;
        if let Some(found) = self.session_by(find, &usual, token).await? {
            return Ok(Some(found));
        }
        let either = both(form, token);
        let find = &self.statements.session_of_either;
        let found = self.session_by(find, &either, token).await?;
        if found.is_some() {
            // The session is good whether this succeeds or not; the next read tries again.
            let _ = self.rewrite_session(form, token).await;
        }
        Ok(found)
    }

    async fn session_by(
        &self,
        find: &Prepared<Vec<Record>>,
        arguments: &[Value],
        token: &SessionToken,
    ) -> Result<Option<(SessionRecord, User)>, AdapterError> {
        let found = find.run(&self.client, arguments).await;
        let found = found.map_err(convert::error_by("sessionToken", token.expose()));
        let mut sessions = Vec::new();
        for record in found? {
            if let Some(user) = related_user(&record, &self.layout.session_user)? {
                sessions.push((convert::session(&record, token)?, user));
            }
        }
        unique::only(SESSION, "token", sessions, |(_, user)| &user.id)
    }

    pub(crate) async fn move_session(
        &self,
        token: &SessionToken,
        expires: Timestamp,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        if at_rest::is_no_token(token) {
            return Ok(None);
        }
        let form = self.tokens.form(&self.client).await?;
        let arguments = [Value::Text(form.stored(token)), Value::Timestamp(expires)];
        let extend = &self.statements.extend_session;
        let mut changed = extend.run(&self.client, &arguments).await;
        let is_missing = changed.as_ref().is_ok_and(Vec::is_empty);
        if is_missing && self.rewrite_session(form, token).await? {
            changed = extend.run(&self.client, &arguments).await;
        }
        let changed = changed.map_err(convert::error)?;
        let record = changed.first();
        record
            .map(|record| convert::session(record, token))
            .transpose()
    }

    /// In one statement for both forms, so that a session that is being rewritten does not escape.
    pub(crate) async fn remove_session(
        &self,
        client: &Client,
        token: &SessionToken,
    ) -> Result<Option<SessionRecord>, AdapterError> {
        if at_rest::is_no_token(token) {
            return Ok(None);
        }
        let form = self.tokens.form(&self.client).await?;
        let remove = &self.statements.delete_session;
        let removed = remove.run(client, &both(form, token)).await;
        let removed = removed.map_err(convert::error)?;
        let record = removed.first();
        record
            .map(|record| convert::session(record, token))
            .transpose()
    }

    /// Gives a row of the other form the usual one. Whether there was such a row.
    async fn rewrite_session(
        &self,
        form: Form,
        token: &SessionToken,
    ) -> Result<bool, AdapterError> {
        let arguments = [text(&form.other().stored(token)), text(&form.stored(token))];
        let rewrite = &self.statements.rewrite_session;
        let rewritten = rewrite.run(&self.client, &arguments).await;
        Ok(rewritten.map_err(convert::error)? > 0)
    }
}

fn both(form: Form, token: &SessionToken) -> [Value; 2] {
    [form, form.other()].map(|form| Value::Text(form.stored(token)))
}
