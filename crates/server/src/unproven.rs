//! Users whom registration shuts out: they have a password of another application, which never asked for a proof of the address.

use hallpass::Client;
use hallpass::auth::providers::Unverified;
use hallpass::data::zmodel::schema::Arity;
use hallpass::data::{Error, field, not};

use crate::config::Passwords;

const USER: &str = "User";
/// Where passwords stand if the settings name no other field.
const PASSWORD: &str = "password";

/// Says how many there are, where nobody said that a proof is to be asked for. The count reads the table, and nobody waits for it.
pub(crate) fn warn(passwords: Option<&Passwords>, client: &Client) {
    let Some(passwords) = passwords else {
        return;
    };
    if passwords.unverified_is_said || passwords.unverified == Unverified::MaySignIn {
        return;
    }
    let kept_in = passwords.field.as_deref().unwrap_or(PASSWORD);
    let model = client.schema().model(USER);
    if model.and_then(|model| model.field(kept_in)).is_none() {
        // In a table of our own there is nobody whom another application registered.
        return;
    }
    let (client, kept_in) = (client.clone(), kept_in.to_owned());
    tokio::spawn(async move {
        match count(&client, &kept_in).await {
            Ok(0) => {}
            Ok(users) => tracing::warn!(
                users,
                "users have a password and an address that was never proven: they cannot sign in with it since people can register \
                 (`register.enabled`), but by a mailed link or with a new password. If your application proved their addresses, fill \
                 `emailVerified`; if this is meant, set `password.require_verified` (HALLPASS_PASSWORD_REQUIRE_VERIFIED) to `true`"
            ),
            Err(error) => {
                tracing::debug!(%error, "users without a proven address were not counted")
            }
        }
    });
}

async fn count(client: &Client, kept_in: &str) -> Result<u64, Error> {
    let unproven = field("emailVerified").is_null();
    // Where every user must have one, an empty one is none.
    let mut has_password = not(field(kept_in).exactly(""));
    let model = client.schema().model(USER);
    let place = model.and_then(|model| model.field(kept_in));
    if place.is_some_and(|place| place.arity == Arity::Optional) {
        has_password = has_password.and(field(kept_in).is_not_null());
    }
    let users = client.count(USER).filter(unproven.and(has_password));
    users.run().await
}
