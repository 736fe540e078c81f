//! What a person sees.

use crate::load_text;

fn report(text: &str) -> String {
    load_text(text).unwrap_err().to_string()
}

#[test]
fn a_report_shows_place_line_underline_note_and_help() {
    insta::assert_snapshot!(report(
        "model User {\n  id    String @id\n\temail Strng\n  email String\n}\n\nmodel User {\n  id Int @id\n}\n"
    ));
}

#[test]
fn a_report_shows_every_mistake_of_a_run_in_order() {
    insta::assert_snapshot!(report(
        "datasource db { provider = \"oracle\" }\n\nmodel Todo {\n  id String @id @default(uid())\n  title String(\n  \
         done Boolean @default(\"no\")\n  @@allow('read', auth() == owner && tags?[name == 'x'])\n  @@index([titel])\n}\n\n\
         view Report {\n  id Int\n}\n\nmodel Open {\n  id Int @id\n"
    ));
}
