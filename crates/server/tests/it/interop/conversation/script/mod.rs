//! The requests, scene by scene. The scenes follow the contract: intake §1.1, configuration §1.2, routes §1.4, the JSON
//! mode §1.5, errors §1.6, cookies §2, sessions §3 and §4, mail §5.1, pages §9.
//!
//! To add a request: a step in its scene. What differs on purpose is a row in `deviations`.

mod callback_url;
mod credentials;
mod email;
mod intake;
mod pages;
mod sessions;

use super::setup::Setup;
use super::step::Scene;

/// The scenes that say something of this setup.
pub(super) fn scenes(setup: &Setup) -> Vec<Scene> {
    if setup.credentials {
        return [credentials::scenes(), pages::scenes()].concat();
    }
    [
        intake::scenes(),
        callback_url::scenes(),
        pages::scenes(),
        email::scenes(),
        sessions::scenes(),
    ]
    .concat()
}
