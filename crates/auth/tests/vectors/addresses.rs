//! Mail addresses, link tokens and redirects: `email_normalizer`, `verification_tokens`, `redirect_default`.

use hallpass_auth::identifier::Email;
use hallpass_auth::origin::Origin;
use hallpass_auth::redirect;
use hallpass_auth::secret::LinkToken;

use crate::support::{list, secrets, section, text};

#[test]
fn addresses_are_normalised_as_by_auth_js() {
    for vector in list(section("email_normalizer")) {
        let parsed = Email::parse(text(&vector["input"]));
        let address = parsed.as_ref().ok().map(Email::as_str);
        assert_eq!(address, vector["output"].as_str(), "{}", vector["input"]);
        assert_eq!(parsed.is_err(), vector["error"] == true);
    }
}

#[test]
fn link_tokens_are_hashed_as_by_auth_js() {
    for vector in list(section("verification_tokens")) {
        let token = LinkToken::new(text(&vector["token_in_link"]));
        let hash = token.hash(secrets(&vector["secret"]).joined());
        let expected = text(&vector["token_in_database"]);
        assert_eq!(hash.expose(), expected, "{}", vector["name"]);
    }
}

#[test]
fn redirects_are_judged_as_by_auth_js() {
    for vector in list(section("redirect_default")) {
        let base = Origin::parse(text(&vector["baseUrl"])).unwrap();
        let target = redirect::default_rule(text(&vector["url"]), &base).ok();
        assert_eq!(
            target.as_deref(),
            vector["result"].as_str(),
            "{}",
            vector["url"]
        );
        assert_eq!(target.is_none(), vector["throws"] == true);
    }
}
