//! Ceremonies: the recorded one of Auth.js, those of an authenticator in software, and every way to lie about one.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use coset::cbor::Value as Cbor;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::ceremony::{Expected, Registered, authenticate, counts_on, register};
use super::response::{AssertionAnswer, RegistrationAnswer};
use super::{Authenticator, CeremonyError, CredentialId, DeviceType};
use crate::adapter::UserId;
use crate::testing::authenticator::{Algorithm, HONEST_FLAGS, Page, SoftAuthenticator};

const ORIGIN: &str = "http://localhost:3000";
const CHALLENGE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

const EXPECTED: Expected<'static> = Expected {
    challenge: CHALLENGE,
    origin: ORIGIN,
    relying_party: "localhost",
};

fn creation() -> Value {
    json!({ "challenge": CHALLENGE, "rp": { "id": "localhost" }, "user": { "id": "ab".repeat(32) } })
}

fn request() -> Value {
    json!({ "challenge": CHALLENGE, "rpId": "localhost" })
}

fn registered(data: &str) -> Result<Registered, CeremonyError> {
    register(&RegistrationAnswer::parse(data)?, EXPECTED)
}

fn stored(registered: &Registered) -> Authenticator {
    Authenticator {
        credential_id: registered.id.clone(),
        user_id: UserId("1".to_owned()),
        provider_account_id: registered.id.to_stored(),
        public_key: registered.public_key.clone(),
        counter: registered.counter,
        device_type: registered.device_type,
        is_backed_up: registered.is_backed_up,
        transports: registered.transports.clone(),
    }
}

fn used(data: &str, known: &Authenticator) -> Result<u32, CeremonyError> {
    let answer = AssertionAnswer::parse(data)?;
    let handle = "ab".repeat(32);
    Ok(authenticate(&answer, EXPECTED, known, Some(&handle))?.counter)
}

/// A text with one member changed.
fn with(data: &str, path: &str, value: Value) -> String {
    let mut data: Value = serde_json::from_str(data).unwrap();
    *data.pointer_mut(path).unwrap() = value;
    data.to_string()
}

fn new_key(algorithm: Algorithm) -> (SoftAuthenticator, Authenticator) {
    let mut key = SoftAuthenticator::new(algorithm, 7);
    key.counter = 4;
    let known = registered(&key.create(&creation(), &Page::at(ORIGIN))).unwrap();
    (key, stored(&known))
}

/// The vectors' exchange, made with @simplewebauthn/server, which Auth.js uses.
#[test]
fn the_recorded_ceremony_of_auth_js_passes_and_stores_the_same() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../tests/vectors/authjs.json")).unwrap();
    let recorded = &vectors["webauthn"];
    let expected = |options: &str| Expected {
        challenge: recorded[options]["options"]["challenge"].as_str().unwrap(),
        ..EXPECTED
    };
    let answer = RegistrationAnswer::parse(&recorded["registerResponse"].to_string()).unwrap();
    let key = register(&answer, expected("registerOptions")).unwrap();
    let row = &recorded["db"]["auths"][0];
    assert_eq!(row["credentialID"], key.id.to_stored());
    let public_key = BASE64_STANDARD.encode(&key.public_key);
    assert_eq!(row["credentialPublicKey"], public_key);
    assert_eq!(row["counter"], key.counter);
    assert_eq!(row["credentialDeviceType"], key.device_type.name());
    assert_eq!(row["credentialBackedUp"], key.is_backed_up);
    assert_eq!(row["transports"], key.transports.join(","));

    let answer = AssertionAnswer::parse(&recorded["authResponse"].to_string()).unwrap();
    let known = stored(&key);
    let use_of = authenticate(&answer, expected("authOptions"), &known, None).unwrap();
    assert_eq!(use_of.counter, 7);
    // The same answer is worth nothing for another challenge.
    let other = authenticate(&answer, expected("registerOptions"), &known, None);
    assert_eq!(other.unwrap_err(), CeremonyError::Challenge);
}

#[test]
fn every_algorithm_that_is_offered_registers_and_signs_in() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256] {
        let (mut key, known) = new_key(algorithm);
        let data = key.get(&request(), &Page::at(ORIGIN));
        assert_eq!(used(&data, &known), Ok(5), "{algorithm:?}");
    }
}

#[test]
fn states_of_backups_and_transports_are_kept() {
    for (flags, device, backed_up) in [
        (0, DeviceType::SingleDevice, false),
        (1 << 3, DeviceType::MultiDevice, false),
        (1 << 3 | 1 << 4, DeviceType::MultiDevice, true),
    ] {
        let mut key = SoftAuthenticator::new(Algorithm::Es256, 7);
        key.flags |= flags;
        key.transports = vec![
            "usb".to_owned(),
            "usb".to_owned(),
            "evil,name".to_owned(),
            "x".repeat(33),
            "smart-card".to_owned(),
        ];
        let made = registered(&key.create(&creation(), &Page::at(ORIGIN))).unwrap();
        assert_eq!((made.device_type, made.is_backed_up), (device, backed_up));
        assert_eq!(made.transports, ["usb", "smart-card"]);
    }
    let mut key = SoftAuthenticator::new(Algorithm::Es256, 7);
    key.flags |= 1 << 4;
    let impossible = registered(&key.create(&creation(), &Page::at(ORIGIN)));
    assert_eq!(
        impossible.unwrap_err(),
        CeremonyError::Malformed("backup state")
    );
}

/// GitLab #585333: a verdict that nobody looks at. Each lie, in both ceremonies, ends in its error.
#[test]
fn gitlab_585333_whatever_differs_fails_both_ceremonies() {
    type Lie = fn(&mut SoftAuthenticator, &mut Page, &mut Value);
    let lies: [(Lie, CeremonyError); 13] = [
        (
            |_, page, _| page.origin = "https://localhost:3000".to_owned(),
            CeremonyError::Origin,
        ),
        (
            |_, page, _| page.origin = "http://localhost:3001".to_owned(),
            CeremonyError::Origin,
        ),
        (
            |_, page, _| page.origin = "http://localhost:3000/".to_owned(),
            CeremonyError::Origin,
        ),
        (
            |_, page, _| page.origin = "http://evil.localhost:3000".to_owned(),
            CeremonyError::Origin,
        ),
        (|_, page, _| page.cross_origin = true, CeremonyError::Origin),
        (
            |_, page, _| page.kind = Some("payment.get"),
            CeremonyError::Kind,
        ),
        (
            |_, _, options| {
                options["rp"] = json!({ "id": "evil.example" });
                options["rpId"] = json!("evil.example");
            },
            CeremonyError::RelyingParty,
        ),
        (
            |_, _, options| {
                options["rp"] = json!({ "id": "LOCALHOST" });
                options["rpId"] = json!("LOCALHOST");
            },
            CeremonyError::RelyingParty,
        ),
        (
            |_, _, options| options["challenge"] = json!("AAAA"),
            CeremonyError::Challenge,
        ),
        (
            |_, _, options| options["challenge"] = json!(""),
            CeremonyError::Challenge,
        ),
        (|key, _, _| key.flags &= !1, CeremonyError::UserAbsent),
        (
            |key, _, _| key.flags &= !(1 << 2),
            CeremonyError::UserUnverified,
        ),
        // Another key, which is not the one that is named.
        (
            |key, _, _| key.id = vec![1; 8],
            CeremonyError::Malformed("id"),
        ),
    ];
    for (lie, error) in lies {
        let (mut key, known) = new_key(Algorithm::Es256);
        let (mut page, mut options) = (Page::at(ORIGIN), creation());
        lie(&mut key, &mut page, &mut options);
        let made = registered(&key.create(&options, &page));
        assert_eq!(made.unwrap_err(), error, "registration");
        let mut options = request();
        lie(&mut key, &mut page, &mut options);
        let signed = key.get(&options, &page);
        assert_eq!(used(&signed, &known), Err(error), "sign-in");
    }
}

/// WebAuthn Level 3 sections 7.1 and 7.2: what the browser says, to the letter. What is said twice is not believed.
#[test]
fn client_data_says_each_thing_once_and_names_no_frame() {
    use super::client_data::{self, Kind};
    let judged = |text: &str| {
        let bytes = text.replace('\'', "\"").into_bytes();
        client_data::check(&bytes, Kind::Get, "AAAA", ORIGIN).map(|_| ())
    };
    let said = |more: &str| {
        judged(&format!(
            "{{'type':'webauthn.get','challenge':'AAAA','origin':'{ORIGIN}'{more}}}"
        ))
    };
    let malformed = Err(CeremonyError::Malformed("clientDataJSON"));
    assert_eq!(said(""), Ok(()));
    assert_eq!(said(",'crossOrigin':false,'new':{}"), Ok(()));
    assert_eq!(said(",'crossOrigin':true"), Err(CeremonyError::Origin));
    let framed = format!(",'topOrigin':'{ORIGIN}'");
    assert_eq!(said(&framed), Err(CeremonyError::Origin));
    for more in [
        ",'challenge':'AAAA'",
        ",'type':'webauthn.get'",
        ",'crossOrigin':false,'crossOrigin':false",
        ",'crossOrigin':'no'",
        "}",
    ] {
        assert_eq!(said(more), malformed, "{more}");
    }
}

#[test]
fn one_ceremony_does_not_pass_for_the_other() {
    let (mut key, known) = new_key(Algorithm::Es256);
    let page = |kind| Page {
        kind: Some(kind),
        ..Page::at(ORIGIN)
    };
    let data = key.get(&request(), &page("webauthn.create"));
    assert_eq!(used(&data, &known), Err(CeremonyError::Kind));
    let data = key.create(&creation(), &page("webauthn.get"));
    assert_eq!(registered(&data).unwrap_err(), CeremonyError::Kind);
    // A sign-in in place of a registration has no key in it.
    let data = key.get(&request(), &Page::at(ORIGIN));
    assert!(registered(&data).is_err());
}

/// rodauth 2.46: a passkey signed in to another account than its own.
#[test]
fn rodauth_2_46_a_key_is_judged_by_its_own_id_key_and_user() {
    let (mut own, known) = new_key(Algorithm::Es256);
    let (mut other, mut others) = new_key(Algorithm::Es256);
    others.credential_id = CredentialId::new(&[8; 32]).unwrap();
    let page = Page::at(ORIGIN);
    // The same id, signed by another key.
    let data = other.get(&request(), &page);
    assert_eq!(used(&data, &known), Err(CeremonyError::Signature));
    // Looked up by another name than it has.
    let data = own.get(&request(), &page);
    assert_eq!(used(&data, &others), Err(CeremonyError::IdMismatch));
    // Two names in one answer.
    let two = with(&data, "/rawId", json!(others.credential_id.to_wire()));
    assert_eq!(used(&two, &known), Err(CeremonyError::IdMismatch));
    // The authenticator says that the key is somebody else's.
    own.user_handle = Some("cd".repeat(32));
    let data = own.get(&request(), &page);
    assert_eq!(used(&data, &known), Err(CeremonyError::UserHandle));
    // `next-auth/webauthn` posts the text itself, in which anything may stand.
    let told = "ab".repeat(32);
    let text = |said: &str| with(&data, "/response/userHandle", json!(said));
    assert!(used(&text(&told), &known).is_ok());
    for other in ["ef".repeat(32), "Anné!".to_owned()] {
        assert_eq!(used(&text(&other), &known), Err(CeremonyError::UserHandle));
    }
    // One that says nothing is believed: security keys do not remember users.
    own.user_handle = None;
    let data = own.get(&request(), &page);
    assert!(used(&data, &known).is_ok());
}

#[test]
fn a_registration_under_another_id_than_the_keys_is_refused() {
    let mut key = SoftAuthenticator::new(Algorithm::Es256, 7);
    let data = key.create(&creation(), &Page::at(ORIGIN));
    let other = CredentialId::new(&[9; 32]).unwrap().to_wire();
    let data = with(&with(&data, "/id", json!(other)), "/rawId", json!(other));
    assert_eq!(registered(&data).unwrap_err(), CeremonyError::IdMismatch);
}

#[test]
fn counters_that_do_not_grow_betray_a_copy() {
    for (before, now, goes_on) in [
        (0, 0, true),
        (0, 1, true),
        (4, 5, true),
        (4, 4, false),
        (4, 3, false),
        (4, 0, false),
        (u32::MAX, 0, false),
    ] {
        assert_eq!(counts_on(before, now), goes_on, "{before} {now}");
    }
    let (mut key, mut known) = new_key(Algorithm::Es256);
    known.counter = 5;
    let data = key.get(&request(), &Page::at(ORIGIN));
    assert_eq!(used(&data, &known), Err(CeremonyError::Counter));
}

/// `SimpleWebAuthn` GHSA-6hxq-p678-4hr2: a certificate that signed itself counted as a root. No certificate counts here:
/// with one, the same is registered as without.
#[test]
fn ghsa_6hxq_p678_4hr2_certificates_change_nothing() {
    let chain = Cbor::Array(vec![Cbor::Bytes(
        b"a certificate that signed itself".to_vec(),
    )]);
    for format in ["packed", "tpm", "apple", "unheard-of"] {
        let mut key = SoftAuthenticator::new(Algorithm::Es256, 7);
        let plain = registered(&key.create(&creation(), &Page::at(ORIGIN))).unwrap();
        key.attestation = (
            format.to_owned(),
            vec![
                ("x5c".to_owned(), chain.clone()),
                ("sig".to_owned(), Cbor::Bytes(vec![0; 70])),
            ],
        );
        let attested = registered(&key.create(&creation(), &Page::at(ORIGIN))).unwrap();
        assert_eq!(stored(&attested), stored(&plain), "{format}");
    }
}

#[test]
fn statements_that_can_be_checked_without_trust_are() {
    let made = |format: &str, members: Vec<(&str, Cbor)>| {
        let mut key = SoftAuthenticator::new(Algorithm::EdDsa, 7);
        let members = members
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        key.attestation = (format.to_owned(), members.collect());
        registered(&key.create(&creation(), &Page::at(ORIGIN))).map(|_| ())
    };
    let malformed = Err(CeremonyError::Malformed("attestation statement"));
    assert_eq!(made("none", vec![]), Ok(()));
    assert_eq!(made("none", vec![("x", 1.into())]), malformed);
    assert_eq!(made("packed", vec![]), Ok(()));
    let signature = |bytes: Vec<u8>| ("sig", Cbor::Bytes(bytes));
    assert_eq!(made("packed", vec![signature(vec![0; 64])]), malformed);
    assert_eq!(
        made("packed", vec![signature(vec![0; 64]), ("alg", (-7).into())]),
        malformed
    );
    assert_eq!(
        made("packed", vec![signature(vec![0; 64]), ("alg", (-8).into())]),
        Err(CeremonyError::Signature)
    );
}

/// A public key of every wrong kind, in a registration that is right otherwise.
#[test]
fn keys_of_other_kinds_are_refused() {
    let refused = |key: Vec<(i64, Cbor)>| {
        let members = key.into_iter().map(|(name, value)| (name.into(), value));
        let mut bytes = Vec::new();
        coset::cbor::into_writer(&Cbor::Map(members.collect()), &mut bytes).unwrap();
        super::public_key::PublicKey::parse(&bytes).is_err()
    };
    let bytes = |length: usize, byte: u8| Cbor::Bytes(vec![byte; length]);
    let p256 = |x: Cbor, y: Cbor| {
        vec![
            (1, 2.into()),
            (3, (-7).into()),
            (-1, 1.into()),
            (-2, x),
            (-3, y),
        ]
    };
    // No point of the curve, and coordinates of other lengths.
    assert!(refused(p256(bytes(32, 1), bytes(32, 1))));
    assert!(refused(p256(bytes(31, 1), bytes(32, 1))));
    assert!(refused(p256(bytes(32, 0), bytes(32, 0))));
    // A sign in place of the second coordinate.
    assert!(refused(p256(bytes(32, 1), true.into())));
    // Without an algorithm, of another one, of another curve, said twice.
    let good = [0x11; 32];
    let ed25519 = |algorithm: i64, curve: i64| {
        vec![
            (1, 1.into()),
            (3, algorithm.into()),
            (-1, curve.into()),
            (-2, Cbor::Bytes(good.to_vec())),
        ]
    };
    assert!(refused(vec![
        (1, 1.into()),
        (-1, 6.into()),
        (-2, bytes(32, 0x11))
    ]));
    assert!(refused(ed25519(-7, 6)));
    assert!(refused(ed25519(-8, 7)));
    assert!(refused(ed25519(-39, 6)));
    let mut twice = ed25519(-8, 6);
    twice.push((-2, bytes(32, 0x22)));
    assert!(refused(twice));
    let rsa = |n: Cbor| {
        vec![
            (1, 3.into()),
            (3, (-257).into()),
            (-1, n),
            (-2, bytes(3, 1)),
        ]
    };
    assert!(refused(rsa(bytes(128, 0xff))), "1024 bits");
    assert!(refused(rsa(bytes(2000, 0xff))), "too long");
}

#[test]
fn nothing_stands_behind_the_last_part() {
    let (mut key, known) = new_key(Algorithm::Es256);
    let data = key.get(&request(), &Page::at(ORIGIN));
    let text: Value = serde_json::from_str(&data).unwrap();
    let signed = text["response"]["authenticatorData"].as_str().unwrap();
    let mut signed = BASE64_URL_SAFE_NO_PAD.decode(signed).unwrap();
    for tampered in [
        {
            signed.push(0);
            signed.clone()
        },
        {
            signed.truncate(36);
            signed.clone()
        },
        Vec::new(),
    ] {
        let tampered = json!(BASE64_URL_SAFE_NO_PAD.encode(tampered));
        let data = with(&data, "/response/authenticatorData", tampered);
        assert_eq!(
            used(&data, &known),
            Err(CeremonyError::Malformed("authenticator data"))
        );
    }
}

#[test]
fn texts_that_are_no_answers_are_malformed() {
    let (mut key, known) = new_key(Algorithm::Es256);
    let good = key.get(&request(), &Page::at(ORIGIN));
    let long = with(&good, "/response/signature", json!("A".repeat(70_000)));
    for data in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        long,
        with(&good, "/type", json!("password")),
        with(&good, "/id", json!(1)),
        with(&good, "/response/signature", json!("not base64url!")),
        good.replacen("{\"id\"", "{\"id\":\"x\",\"id\"", 1),
    ] {
        let error = used(&data, &known).unwrap_err();
        assert!(matches!(error, CeremonyError::Malformed(_)), "{error:?}");
    }
    // CBOR that lies in itself a thousand times.
    let deep = BASE64_URL_SAFE_NO_PAD.encode([0x81; 1000]);
    let mut other = SoftAuthenticator::new(Algorithm::Es256, 7);
    let data = other.create(&creation(), &Page::at(ORIGIN));
    let data = with(&data, "/response/attestationObject", json!(deep));
    assert_eq!(
        registered(&data).unwrap_err(),
        CeremonyError::Malformed("CBOR")
    );
    assert_eq!(HONEST_FLAGS, 5);
}

proptest! {
    #[test]
    fn no_bytes_make_a_ceremony_panic(bytes: Vec<u8>) {
        let text = json!(BASE64_URL_SAFE_NO_PAD.encode(&bytes));
        let mut key = SoftAuthenticator::new(Algorithm::EdDsa, 7);
        let made = key.create(&creation(), &Page::at(ORIGIN));
        let made = with(&made, "/response/attestationObject", text);
        prop_assert!(registered(&made).is_err());
        prop_assert!(super::public_key::PublicKey::parse(&bytes).is_err());
    }

    /// One bit anywhere in what was signed, and the signature is worth nothing.
    #[test]
    fn no_bit_can_be_changed(place in 0..37usize, bit in 0..8u8) {
        let mut key = SoftAuthenticator::new(Algorithm::EdDsa, 7);
        let made = registered(&key.create(&creation(), &Page::at(ORIGIN))).unwrap();
        let data = key.get(&request(), &Page::at(ORIGIN));
        let text: Value = serde_json::from_str(&data).unwrap();
        let signed = text["response"]["authenticatorData"].as_str().unwrap();
        let mut signed = BASE64_URL_SAFE_NO_PAD.decode(signed).unwrap();
        signed[place] ^= 1 << bit;
        let signed = json!(BASE64_URL_SAFE_NO_PAD.encode(signed));
        let data = with(&data, "/response/authenticatorData", signed);
        prop_assert!(used(&data, &stored(&made)).is_err());
    }
}
