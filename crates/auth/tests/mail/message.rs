use hallpass_auth::mail::{Message, SendError};

use super::{message, shown};

#[test]
fn a_plain_message_passes() {
    assert!(message().checked().is_ok());
}

#[test]
fn a_line_break_in_a_header_is_refused() {
    for sign in ["\r\n", "\n", "\r", "\0", "\u{85}", "\u{7f}"] {
        let spoilt = |text: &str| format!("{text}{sign}Bcc: planted@evil.example");
        let original = message();
        let messages = [
            (
                "sender",
                Message {
                    from: spoilt(&original.from),
                    ..message()
                },
            ),
            (
                "recipient",
                Message {
                    to: spoilt(&original.to),
                    ..message()
                },
            ),
            (
                "subject",
                Message {
                    subject: spoilt(&original.subject),
                    ..message()
                },
            ),
        ];
        for (name, message) in messages {
            let error = message.checked().expect_err("refused");
            assert!(
                matches!(error, SendError::Invalid { part, .. } if part == name),
                "{sign:?} in {name}"
            );
            assert_eq!(
                shown(&error),
                format!("the mail's {name} holds a control character")
            );
        }
    }
}

#[test]
fn a_recipient_that_could_be_read_as_two_or_as_another_is_refused() {
    let recipients = [
        "",
        "planted",
        "@example.com",
        "planted@",
        "planted@evil.example@example.com",
        "planted@evil.example,x@example.com",
        "planted,b@example.com",
        "planted@evil.example;x@example.com",
        "\"planted@evil.example\"@example.com",
        "planted @example.com",
        "<planted@example.com>",
        "Name <planted@example.com>",
        "planted(comment)@example.com",
        "planted@[127.0.0.1]",
        "planted\\@evil.example",
    ];
    for to in recipients {
        let spoilt = Message {
            to: to.to_owned(),
            ..message()
        };
        let error = spoilt.checked().expect_err(to);
        assert_eq!(
            shown(&error),
            "the mail's recipient is not one plain mail address"
        );
    }
}

#[test]
fn a_message_prints_nothing_of_itself() {
    assert_eq!(format!("{:?}", message()), "Message(..)");
}
