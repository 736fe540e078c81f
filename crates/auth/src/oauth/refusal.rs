//! The codes with which services refuse.

use serde_json::{Map, Value};

/// The codes of the standards, and those of services that write their own where the standards have one.
///
/// Source: RFC 6749 §4.1.2.1, §5.2; RFC 7009 §2.2.1; RFC 8707 §2; RFC 9449 §5; OpenID Connect Core 1.0 §3.1.2.6; GitHub's documentation.
const CODES: &[&str] = &[
    "access_denied",
    "account_selection_required",
    "bad_verification_code",
    "consent_required",
    "incorrect_client_credentials",
    "interaction_required",
    "invalid_client",
    "invalid_dpop_proof",
    "invalid_grant",
    "invalid_request",
    "invalid_request_object",
    "invalid_request_uri",
    "invalid_scope",
    "invalid_target",
    "invalid_token",
    "login_required",
    "redirect_uri_mismatch",
    "registration_not_supported",
    "request_not_supported",
    "request_uri_not_supported",
    "server_error",
    "temporarily_unavailable",
    "unauthorized_client",
    "unmet_authentication_requirements",
    "unsupported_grant_type",
    "unsupported_response_type",
    "unsupported_token_type",
    "unverified_user_email",
    "use_dpop_nonce",
];

/// The code of the table that this is, else `unknown_error`: nothing that a stranger wrote goes further
/// (CVE-2025-71404).
pub(super) fn code(text: &str) -> &'static str {
    let known = CODES.iter().find(|code| **code == text);
    known.copied().unwrap_or("unknown_error")
}

/// The code of an error answer (RFC 6749 §5.2). A service may give it with any status, 200 included.
///
/// An `error` that is no text says nothing: some services describe their success in it.
pub(super) fn of(answer: &Map<String, Value>) -> Option<&'static str> {
    let error = answer.get("error")?.as_str()?;
    (!error.is_empty()).then(|| code(error))
}
