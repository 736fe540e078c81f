//! Accounts of other services for applications.

use super::access::{AccessToken, AccessTokenError};
use super::manage::{self, LinkedAccount};
use crate::Auth;
use crate::account::AccountError;
use crate::adapter::{AdapterError, Unlinked, UserId};

impl Auth {
    /// A token for the API of another service, for one person, good for at least half a minute where the service says how
    /// long it lasts. A token that has ended is renewed: once, however many ask at the same time, and kept.
    ///
    /// Costs one query where the kept token is good still. Of several accounts of the person at the service it is one whose
    /// tokens are worth something.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError::SignInAgain`] is for the person: lead to the sign-in page. The others pass, or are mistakes.
    ///
    /// ```no_run
    /// # async fn example(auth: hallpass_auth::Auth, session: hallpass_auth::Session) -> Result<(), Box<dyn std::error::Error>> {
    /// let token = auth.access_token(session.user_id(), "github").await?;
    /// let authorization = format!("Bearer {}", token.token.expose());
    /// # Ok(()) }
    /// ```
    pub async fn access_token(
        &self,
        user: &UserId,
        provider: &str,
    ) -> Result<AccessToken, AccessTokenError> {
        super::access_token(&self.context, user, provider).await
    }

    /// The accounts of a user at other services, sorted by provider.
    ///
    /// # Errors
    ///
    /// [`AccountError::Failed`] when the store fails.
    pub async fn linked_accounts(&self, user: &UserId) -> Result<Vec<LinkedAccount>, AccountError> {
        Ok(manage::list(&self.context, user).await?)
    }

    /// Removes an account of a user, unless it is the last way in. The application has to know who asks.
    ///
    /// # Errors
    ///
    /// What the store says.
    pub async fn unlink_account(
        &self,
        user: &UserId,
        provider: &str,
        provider_account_id: &str,
    ) -> Result<Unlinked, AdapterError> {
        manage::unlink(&self.context, user, provider, provider_account_id).await
    }
}
