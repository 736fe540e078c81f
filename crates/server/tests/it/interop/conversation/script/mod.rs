//! The requests, scene by scene. The scenes follow the contract: intake §1.1, configuration §1.2, routes §1.4, the JSON
//! mode §1.5, errors §1.6, cookies §2, sessions §3 and §4, mail §5.1, services §5.3 and §6.1, passkeys §5.4 and §6.3, pages §9.
//!
//! To add a request: a step in its scene. What differs on purpose is a row in `deviations`.

mod callback_url;
mod credentials;
mod email;
mod intake;
mod pages;
mod passkeys;
mod services;
mod sessions;

use super::services::Services;
use super::setup::Setup;
use super::step::Scene;

/// The scenes that say something of this setup.
pub(super) fn scenes(setup: &Setup) -> Vec<Scene> {
    if setup.credentials {
        return [credentials::scenes(), pages::scenes()].concat();
    }
    match setup.services {
        None => {}
        Some(Services::Honest) => return [services::scenes(), pages::scenes()].concat(),
        Some(Services::Lying) => return services::lying(),
    }
    if setup.passkeys {
        return passkeys::scenes();
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
