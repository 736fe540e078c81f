//! Nothing: `tests/ceremonies` lets webauthn-rs judge what the engine judges. See docs/design/passkeys.md.
