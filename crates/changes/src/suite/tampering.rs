//! What somebody does to the tables of the audit trail, who has them and not the secret, is found.

use super::audit::{Trail, draft, keys};
use crate::audit::{Audit, Checkpoint, CheckpointState, Fault};

/// What somebody does to the tables, and what is found.
fn tamperings() -> Vec<(&'static str, Vec<Fault>)> {
    let changed = || vec![Fault::Changed { number: 5 }];
    let set = |text| (text, changed());
    vec![
        set("UPDATE hallpass_audit SET kind = 'a.c' WHERE number = 5"),
        set("UPDATE hallpass_audit SET at = '2026-01-01T00:00:00.000000Z' WHERE number = 5"),
        set("UPDATE hallpass_audit SET actor = 'u9' WHERE number = 5"),
        set("UPDATE hallpass_audit SET actor = NULL WHERE number = 5"),
        set("UPDATE hallpass_audit SET actor = '' WHERE number = 5"),
        set("UPDATE hallpass_audit SET client = '192.0.2.2' WHERE number = 5"),
        set("UPDATE hallpass_audit SET agent = 'curl' WHERE number = 5"),
        set("UPDATE hallpass_audit SET subject = 'todo' WHERE number = 5"),
        set("UPDATE hallpass_audit SET subject_id = 'u3' WHERE number = 5"),
        set("UPDATE hallpass_audit SET subject = NULL, subject_id = NULL WHERE number = 5"),
        set("UPDATE hallpass_audit SET details = '{}' WHERE number = 5"),
        // The same to whoever parses it.
        set("UPDATE hallpass_audit SET details = replace(details, '{', '{ ') WHERE number = 5"),
        set("UPDATE hallpass_audit SET key_name = 'other' WHERE number = 5"),
        set("UPDATE hallpass_audit SET previous = hash WHERE number = 5"),
        (
            "UPDATE hallpass_audit SET hash = previous WHERE number = 5",
            vec![Fault::Changed { number: 5 }, Fault::Unlinked { number: 6 }],
        ),
        (
            "UPDATE hallpass_audit SET seal = hash WHERE number = 5",
            vec![Fault::Forged { number: 5 }],
        ),
        (
            "UPDATE hallpass_audit SET seal = upper(hash) WHERE number = 5",
            vec![Fault::Unreadable { place: 5 }],
        ),
        (
            "UPDATE hallpass_audit SET at = '2026-01-01' WHERE number = 5",
            vec![Fault::Unreadable { place: 5 }],
        ),
        (
            "UPDATE hallpass_audit SET number = 50 WHERE number = 5",
            vec![
                Fault::Missing { from: 5, to: 5 },
                Fault::Missing { from: 9, to: 49 },
                Fault::Moved {
                    number: 50,
                    belongs: 5,
                },
                Fault::Beyond { from: 9 },
            ],
        ),
        (
            "UPDATE hallpass_audit SET number = -5 WHERE number = 1",
            vec![
                Fault::OutOfOrder { number: -5 },
                Fault::Missing { from: 1, to: 1 },
            ],
        ),
        (
            "DELETE FROM hallpass_audit WHERE number = 5",
            vec![Fault::Missing { from: 5, to: 5 }],
        ),
        (
            "DELETE FROM hallpass_audit WHERE number < 4",
            vec![Fault::Missing { from: 1, to: 3 }],
        ),
        (
            "DELETE FROM hallpass_audit WHERE number > 6",
            vec![Fault::CutOff { last: 6, known: 8 }],
        ),
        (
            "DELETE FROM hallpass_audit",
            vec![Fault::CutOff { last: 0, known: 8 }],
        ),
        (
            "UPDATE hallpass_audit_head SET number = 7",
            vec![Fault::Beyond { from: 8 }],
        ),
        (
            "UPDATE hallpass_audit_head SET hash = (SELECT hash FROM hallpass_audit WHERE number = 7)",
            vec![Fault::OtherHead { number: 8 }],
        ),
        ("DELETE FROM hallpass_audit_head", vec![Fault::NoEnd]),
        // That the beginning was removed, the chain has to say, and not the head.
        ("UPDATE hallpass_audit_head SET cut = 8", Vec::new()),
    ]
}

#[tokio::test]
async fn whatever_is_done_to_a_row_is_found_and_named() {
    for trail in Trail::all().await {
        let rows = trail.rows().await;
        let head = trail.audit.head().await.unwrap();
        for (text, faults) in tamperings() {
            trail.test.run(text).await;
            let name = trail.test.name;
            assert_eq!(trail.verify().await.faults, faults, "{name}: {text}");
            trail.put_all(&rows).await;
            trail.test.run("DELETE FROM hallpass_audit_head").await;
            let whole = format!(
                "INSERT INTO hallpass_audit_head (id, number, hash, cut) VALUES (1, 8, '{}', 0)",
                head.hash
            );
            trail.test.run(&whole).await;
        }
        assert!(trail.verify().await.is_sound(), "{}", trail.test.name);
    }
}

#[tokio::test]
async fn entries_that_changed_places_are_named() {
    for trail in Trail::all().await {
        let mut rows = trail.rows().await;
        let (third, sixth) = (rows[2][0].clone(), rows[5][0].clone());
        rows.swap(2, 5);
        rows[2][0] = third;
        rows[5][0] = sixth;
        trail.put_all(&rows).await;
        let faults = trail.verify().await.faults;
        let moved = |number, belongs| Fault::Moved { number, belongs };
        for fault in [moved(3, 6), moved(6, 3)] {
            assert!(faults.contains(&fault), "{}: {faults:?}", trail.test.name);
        }
    }
}

#[tokio::test]
async fn who_has_the_table_but_not_the_secret_can_write_nothing_anew() {
    for trail in Trail::all().await {
        let name = trail.test.name;
        let whole = trail.rows().await;
        // From entry 5 on, with hashes that hang together; sealed by a key of their own, under its name or ours.
        for own_name in [true, false] {
            trail
                .test
                .run("DELETE FROM hallpass_audit WHERE number > 4")
                .await;
            let fourth = trail.entries().await.pop().unwrap();
            let back = format!(
                "UPDATE hallpass_audit_head SET number = 4, hash = '{}'",
                fourth.hash
            );
            trail.test.run(&back).await;
            let forger = Audit::of(&trail.test.database, keys("another secret"));
            let forged = vec![draft("a.b").actor("innocent"); 4];
            forger.record(&forged).await.unwrap();
            if !own_name {
                let ours = trail.audit.keys().name();
                let text =
                    format!("UPDATE hallpass_audit SET key_name = '{ours}' WHERE number > 4");
                trail.test.run(&text).await;
            }
            let faults = trail.verify().await.faults;
            if own_name {
                assert_eq!(faults, [Fault::UnknownKey { from: 5 }], "{name}");
            } else {
                // The name belongs to what is hashed.
                let changed = |number| Fault::Changed { number };
                assert_eq!(faults, [5, 6, 7, 8].map(changed), "{name}");
            }
            trail.put_all(&whole).await;
        }
    }
}

#[tokio::test]
async fn newest_entries_that_were_removed_with_their_end_are_found_by_a_checkpoint() {
    for trail in Trail::all().await {
        let name = trail.test.name;
        let kept = Checkpoint(trail.audit.head().await.unwrap());
        let again: Checkpoint = kept.to_string().parse().unwrap();
        assert_eq!(again, kept);
        let met = trail.verify_from(Some(kept)).await;
        assert_eq!(
            (met.is_sound(), met.checkpoint),
            (true, CheckpointState::Met),
            "{name}"
        );
        trail
            .test
            .run("DELETE FROM hallpass_audit WHERE number > 6")
            .await;
        let last = trail.entries().await.pop().unwrap().hash;
        let back = format!("UPDATE hallpass_audit_head SET number = 6, hash = '{last}'");
        trail.test.run(&back).await;
        assert!(
            trail.verify().await.is_sound(),
            "{name}: nothing else tells"
        );
        let found = trail.verify_from(Some(kept)).await;
        assert_eq!(
            found.faults,
            [Fault::CutOff { last: 6, known: 8 }],
            "{name}"
        );
        // Also when as many came after them.
        trail
            .audit
            .record(&[draft("a.b"), draft("a.b"), draft("a.b")])
            .await
            .unwrap();
        let found = trail.verify_from(Some(kept)).await;
        let other = [Fault::OtherThanCheckpoint { number: 8 }];
        assert_eq!(
            (found.faults.as_slice(), found.checkpoint),
            (&other[..], CheckpointState::Failed),
            "{name}"
        );
    }
    for odd in ["", "8", "8:", ":a", "0:a", "8:zz", "-1:00"] {
        assert!(odd.parse::<Checkpoint>().is_err(), "{odd}");
    }
}
