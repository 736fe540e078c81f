//! `hallpass zmodel`: schemas are checked, tidied and documented, without a database.

use std::fs;
use std::path::Path;

use tempfile::tempdir;

use crate::harness::{Binary, Ended};

const UNTIDY: &str = "model User{id Int @id // who\n posts Post[] @@allow('all',auth()==this)}\nmodel Post{id Int @id userId Int\nuser User @relation(fields:[userId],references:[id])}";

fn zmodel(folder: &Path, arguments: &[&str]) -> Ended {
    let arguments: Vec<&str> = ["zmodel"].iter().chain(arguments).copied().collect();
    Binary::new(&arguments).directory(folder).finish()
}

#[test]
fn a_sound_schema_is_counted_and_every_mistake_of_another_is_told() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let missing = zmodel(at, &["check"]);
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.error.contains("`schema.zmodel`"),
        "{}",
        missing.error
    );

    fs::create_dir(at.join("parts")).unwrap();
    fs::write(
        at.join("schema.zmodel"),
        format!("import './parts/tag'\n{UNTIDY}"),
    )
    .unwrap();
    fs::write(at.join("parts/tag.zmodel"), "model Tag { id Int @id }").unwrap();
    let sound = zmodel(at, &["check"]);
    assert_eq!(sound.code, Some(0), "{}", sound.error);
    assert_eq!(
        sound.out,
        "schema.zmodel is sound: 3 models, 1 access rule\n"
    );

    fs::write(
        at.join("parts/tag.zmodel"),
        "model Tag { id Itn @id }\nmodel User { id Int @id }",
    )
    .unwrap();
    let wrong = zmodel(at, &["check"]);
    assert_eq!(wrong.code, Some(1));
    for expected in [
        "parts/tag.zmodel:1:16",
        "did you mean `Int`?",
        "`User`",
        "2 mistakes",
    ] {
        assert!(
            wrong.error.contains(expected),
            "{expected}: {}",
            wrong.error
        );
    }
}

#[test]
fn files_are_formatted_in_their_place_once() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    let file = at.join("schema.zmodel");
    fs::write(&file, UNTIDY).unwrap();
    let asked = zmodel(at, &["format", "--check"]);
    assert_eq!(
        (asked.code, asked.out.as_str()),
        (Some(2), "would be formatted: schema.zmodel\n")
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), UNTIDY);

    let done = zmodel(at, &["format"]);
    assert_eq!(
        (done.code, done.out.as_str()),
        (Some(0), "formatted: schema.zmodel\n")
    );
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("model User {\n    id    Int    @id // who\n"),
        "{text}"
    );
    let again = zmodel(at, &["format", "--check"]);
    assert_eq!((again.code, again.out.as_str()), (Some(0), ""));

    // What cannot be read stays as it is, and nothing is left beside it.
    fs::write(&file, "model User {").unwrap();
    assert_eq!(zmodel(at, &["format"]).code, Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), "model User {");
    assert_eq!(fs::read_dir(at).unwrap().count(), 1);
}

#[test]
fn a_page_and_a_diagram_are_written() {
    let folder = tempdir().unwrap();
    let at = folder.path();
    fs::write(
        at.join("schema.zmodel"),
        format!("/// <b>bold</b>\n{UNTIDY}"),
    )
    .unwrap();
    let done = zmodel(at, &["docs", "--out", "deep/docs"]);
    assert_eq!(done.code, Some(0), "{}", done.error);
    let page = fs::read_to_string(at.join("deep/docs/index.html")).unwrap();
    for expected in [
        "<h2 id=\"User\">",
        "auth() == this",
        "&#60;b&#62;bold",
        "<svg ",
    ] {
        let spaceless = page.replace("auth()==this", "auth() == this");
        assert!(spaceless.contains(expected), "{expected}");
    }
    let svg = fs::read_to_string(at.join("deep/docs/diagram.svg")).unwrap();
    assert!(svg.contains("<title>Post.user → User</title>"));
}
