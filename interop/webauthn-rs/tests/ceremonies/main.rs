//! The same ceremonies, judged by the engine over its routes and by webauthn-rs: both take them, or both refuse.
//!
//! An authenticator in software answers the engine's options, honestly or with one lie. webauthn-rs makes challenges of its
//! own, so that the engine's is written into its kept state. Where the two differ, a row says why.

mod engine;
mod judge;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hallpass_auth::testing::authenticator::{Algorithm, HONEST_FLAGS, Page, SoftAuthenticator};
use serde_json::{Value, json};

use engine::{Engine, ORIGIN};
use judge::Judge;

/// Without Ed25519, which webauthn-rs-core 0.6 takes no key of; vectors and `passkey::tests` have it.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Es256, Algorithm::Rs256];

/// What one lie changes: the device, the page, or the answer afterwards.
struct Lie {
    name: &'static str,
    device: fn(&mut SoftAuthenticator),
    page: fn(&mut Page),
    answer: fn(&mut Value),
    /// Where webauthn-rs takes it though the engine does not.
    taken_by_the_other: &'static [Taken],
}

/// A lie that webauthn-rs takes.
struct Taken {
    ceremony: Ceremony,
    #[expect(dead_code, reason = "for whoever reads the table")]
    why: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ceremony {
    Registration,
    SignIn,
}

use Ceremony::{Registration, SignIn};

const fn taken(ceremony: Ceremony, why: &'static str) -> Taken {
    Taken { ceremony, why }
}

const HONEST: Lie = Lie {
    name: "honest",
    device: |_| (),
    page: |_| (),
    answer: |_| (),
    taken_by_the_other: &[],
};

/// The bytes of a member in base64url, changed.
fn change(answer: &mut Value, path: &str, by: impl FnOnce(&mut Vec<u8>)) {
    let Some(member) = answer.pointer_mut(path) else {
        return;
    };
    let mut bytes = BASE64.decode(member.as_str().unwrap()).unwrap();
    by(&mut bytes);
    *member = json!(BASE64.encode(bytes));
}

/// The client data as JSON, changed.
fn change_client_data(answer: &mut Value, by: impl FnOnce(&mut Value)) {
    change(answer, "/response/clientDataJSON", |bytes| {
        let mut said: Value = serde_json::from_slice(bytes).unwrap();
        by(&mut said);
        *bytes = said.to_string().into_bytes();
    });
}

/// Lies that spoil both ceremonies. What a registration with attestation `none` says is signed by nobody, so that only what
/// is compared can spoil it.
const LIES: &[Lie] = &[
    Lie {
        name: "another origin",
        page: |page| "https://evil.test".clone_into(&mut page.origin),
        ..HONEST
    },
    Lie {
        name: "another port",
        page: |page| "http://localhost:3001".clone_into(&mut page.origin),
        ..HONEST
    },
    Lie {
        name: "the other ceremony",
        page: |page| page.kind = Some("payment.get"),
        ..HONEST
    },
    Lie {
        name: "a frame on another page",
        page: |page| page.cross_origin = true,
        taken_by_the_other: &[taken(SignIn, "it looks at frames in registrations alone")],
        ..HONEST
    },
    Lie {
        name: "another challenge",
        answer: |answer| change_client_data(answer, |said| said["challenge"] = json!("AAAA")),
        ..HONEST
    },
    Lie {
        name: "nobody was present",
        device: |device| device.flags &= !1,
        ..HONEST
    },
    Lie {
        name: "nobody was verified",
        device: |device| device.flags &= !4,
        ..HONEST
    },
    Lie {
        name: "backed up without being able to",
        device: |device| device.flags |= 1 << 4,
        ..HONEST
    },
    Lie {
        name: "client data that is no JSON",
        answer: |answer| change(answer, "/response/clientDataJSON", |bytes| bytes.push(b'}')),
        ..HONEST
    },
    Lie {
        name: "client data without origin",
        answer: |answer| {
            change_client_data(answer, |said| {
                said.as_object_mut().unwrap().remove("origin");
            });
        },
        ..HONEST
    },
    Lie {
        name: "no key of this kind",
        answer: |answer| answer["type"] = json!("password"),
        taken_by_the_other: &[
            taken(Registration, "it does not look at the type"),
            taken(SignIn, "it does not look at the type"),
        ],
        ..HONEST
    },
];

/// Lies that spoil a registration alone.
const LIES_OF_REGISTRATIONS: &[Lie] = &[
    Lie {
        name: "no attestation object",
        answer: |answer| {
            change(answer, "/response/attestationObject", |bytes| {
                bytes.truncate(10);
            });
        },
        ..HONEST
    },
    Lie {
        name: "more behind the attestation object",
        answer: |answer| change(answer, "/response/attestationObject", |bytes| bytes.push(0)),
        ..HONEST
    },
    Lie {
        name: "the id of another key",
        answer: |answer| {
            let other = json!(BASE64.encode([9; 32]));
            answer["id"] = other.clone();
            answer["rawId"] = other;
        },
        taken_by_the_other: &[taken(
            Registration,
            "it keeps the id in the authenticator data and looks at no other",
        )],
        ..HONEST
    },
    Lie {
        name: "a packed attestation of another key",
        device: |device| {
            let members = vec![
                ("alg".to_owned(), (-7).into()),
                ("sig".to_owned(), coset::cbor::Value::Bytes(vec![1; 70])),
            ];
            device.attestation = ("packed".to_owned(), members);
        },
        ..HONEST
    },
];

/// Lies that spoil a sign-in alone.
const LIES_OF_SIGN_INS: &[Lie] = &[
    Lie {
        name: "another signature",
        answer: |answer| {
            change(answer, "/response/signature", |bytes| {
                let last = bytes.last_mut().unwrap();
                *last ^= 1;
            });
        },
        ..HONEST
    },
    Lie {
        name: "no signature",
        answer: |answer| change(answer, "/response/signature", Vec::clear),
        ..HONEST
    },
    Lie {
        name: "a counter that goes back",
        device: |device| device.counter = 1,
        ..HONEST
    },
    Lie {
        name: "a counter that was changed on the way",
        answer: |answer| {
            change(answer, "/response/authenticatorData", |bytes| {
                bytes[36] = 99;
            });
        },
        ..HONEST
    },
    Lie {
        name: "another domain",
        answer: |answer| change(answer, "/response/authenticatorData", |bytes| bytes[0] ^= 1),
        ..HONEST
    },
    Lie {
        name: "authenticator data that ends early",
        answer: |answer| {
            change(answer, "/response/authenticatorData", |bytes| {
                bytes.truncate(36);
            });
        },
        ..HONEST
    },
    Lie {
        name: "more behind the authenticator data",
        answer: |answer| change(answer, "/response/authenticatorData", |bytes| bytes.push(0)),
        ..HONEST
    },
];

fn device(algorithm: Algorithm) -> SoftAuthenticator {
    let mut device = SoftAuthenticator::new(algorithm, 7);
    device.counter = 4;
    device
}

fn told(text: &str, lie: &Lie) -> Value {
    let mut answer: Value = serde_json::from_str(text).unwrap();
    (lie.answer)(&mut answer);
    answer
}

fn page_of(lie: &Lie) -> Page {
    let mut page = Page::at(ORIGIN);
    (lie.page)(&mut page);
    page
}

/// What the two say of a lie that is not as its row says.
fn difference(
    lie: &Lie,
    (ceremony, algorithm): (Ceremony, Algorithm),
    ours: bool,
    other: &Result<(), String>,
) -> Option<String> {
    let is_honest = lie.name == HONEST.name;
    let is_taken = |row: &Taken| row.ceremony == ceremony;
    let expected = is_honest || lie.taken_by_the_other.iter().any(is_taken);
    (ours != is_honest || other.is_ok() != expected).then(|| {
        format!(
            "{}, {ceremony:?}, {algorithm:?}: ours {ours}, {other:?}",
            lie.name
        )
    })
}

#[tokio::test]
async fn registrations_are_judged_alike() {
    let lies = [&[HONEST][..], LIES, LIES_OF_REGISTRATIONS].concat_all();
    let mut differences = Vec::new();
    for algorithm in ALGORITHMS {
        for lie in &lies {
            let (mut engine, judge) = (Engine::new(), Judge::new());
            let options = engine.options("register").await;
            let mut device = device(algorithm);
            (lie.device)(&mut device);
            let answer = told(&device.create(&options, &page_of(lie)), lie);
            let other = judge.register(&options, &answer).map(drop);
            let ours = engine.finish("register", &answer).await;
            let place = (Registration, algorithm);
            differences.extend(difference(lie, place, ours, &other));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

#[tokio::test]
async fn sign_ins_are_judged_alike() {
    let lies = [&[HONEST][..], LIES, LIES_OF_SIGN_INS].concat_all();
    let mut differences = Vec::new();
    for algorithm in ALGORITHMS {
        for lie in &lies {
            let (mut engine, judge) = (Engine::new(), Judge::new());
            let mut device = device(algorithm);
            let options = engine.options("register").await;
            let answer = told(&device.create(&options, &Page::at(ORIGIN)), &HONEST);
            let key = judge.register(&options, &answer).expect("it is honest");
            assert!(engine.finish("register", &answer).await);
            engine.forget_everything();

            let options = engine.options("authenticate").await;
            device.flags = HONEST_FLAGS;
            (lie.device)(&mut device);
            let answer = told(&device.get(&options, &page_of(lie)), lie);
            let other = judge.authenticate(&options, &answer, key);
            let ours = engine.finish("authenticate", &answer).await;
            differences.extend(difference(lie, (SignIn, algorithm), ours, &other));
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// The states of backups are read alike.
#[tokio::test]
async fn keys_that_may_be_copied_are_recognised_alike() {
    for (flags, is_synced, is_backed_up) in [
        (0, false, false),
        (1 << 3, true, false),
        (1 << 3 | 1 << 4, true, true),
    ] {
        let (mut engine, judge) = (Engine::new(), Judge::new());
        let options = engine.options("register").await;
        let mut device = device(Algorithm::Es256);
        device.flags |= flags;
        let answer = told(&device.create(&options, &Page::at(ORIGIN)), &HONEST);
        let key = judge.register(&options, &answer).unwrap();
        assert!(engine.finish("register", &answer).await);
        assert_eq!(
            (key.backup_eligible, key.backup_state),
            (is_synced, is_backed_up)
        );
        let kept = engine.key();
        assert_eq!(kept.is_backed_up, is_backed_up);
        assert_eq!(kept.device_type.name() == "multiDevice", is_synced);
        assert_eq!(kept.credential_id.as_bytes(), key.cred_id.as_slice());
        assert_eq!(kept.counter, key.counter);
    }
}

/// Slices joined by reference: a row cannot be cloned.
trait ConcatAll<'a> {
    fn concat_all(&self) -> Vec<&'a Lie>;
}

impl<'a> ConcatAll<'a> for [&'a [Lie]; 3] {
    fn concat_all(&self) -> Vec<&'a Lie> {
        self.iter().flat_map(|rows| rows.iter()).collect()
    }
}
