//! Schemas of several files.

use std::collections::HashMap;

use hallpass_zmodel::{Diagnostics, Loaded, MAX_FILES, Source, load, load_with_imports};

/// Loads the file of this name from files in memory, and says which were asked for.
fn load_file(name: &str, files: &[(&str, &str)]) -> (Result<Loaded, Diagnostics>, Vec<String>) {
    let files: HashMap<_, _> = files.iter().copied().collect();
    let text = files.get(name).expect("the file is there");
    let main = Source { name, text };
    let mut asked = Vec::new();
    let loaded = load_with_imports(&[main], |path| {
        asked.push(path.to_owned());
        files.get(path).map(|text| (*text).to_owned())
    });
    (loaded, asked)
}

fn messages(result: &Result<Loaded, Diagnostics>) -> Vec<String> {
    let mistakes = result.as_ref().unwrap_err().iter();
    mistakes
        .map(|item| format!("{}:{}: {}", item.place.file, item.place.line, item.message))
        .collect()
}

#[test]
fn what_files_import_is_one_schema_and_read_once() {
    let (loaded, asked) = load_file(
        "app/schema.zmodel",
        &[
            (
                "app/schema.zmodel",
                "import './models/user';\nimport 'models/post.zmodel'\nenum Role { USER }",
            ),
            (
                "app/models/user.zmodel",
                "import \"post\" model User { id Int @id posts Post[] role Role }",
            ),
            (
                "app/models/post.zmodel",
                "import './../schema' import 'user'
                 model Post { id Int @id userId Int user User @relation(fields: [userId], references: [id]) }",
            ),
        ],
    );
    let schema = loaded.unwrap().schema;
    assert_eq!(schema.models.len(), 2);
    assert_eq!(asked, ["app/models/user.zmodel", "app/models/post.zmodel"]);
}

#[test]
fn a_file_that_is_missing_is_a_mistake_of_its_import() {
    let (loaded, _) = load_file(
        "schema.zmodel",
        &[
            ("schema.zmodel", "import 'a'\n\nimport 'lost'"),
            ("a.zmodel", "import '../lost'"),
        ],
    );
    assert_eq!(
        messages(&loaded),
        [
            "schema.zmodel:3: `lost.zmodel` cannot be read",
            "a.zmodel:1: `../lost.zmodel` cannot be read",
        ]
    );
}

#[test]
fn a_name_in_both_files_is_a_mistake() {
    let (loaded, _) = load_file(
        "schema.zmodel",
        &[
            ("schema.zmodel", "import 'a'\nmodel User { id Int @id }"),
            ("a.zmodel", "enum User { one }"),
        ],
    );
    assert_eq!(messages(&loaded), ["a.zmodel:1: `User` is declared twice"]);
}

#[test]
fn a_datasource_stands_in_one_of_the_files() {
    let datasource = "datasource db { provider = 'sqlite' }";
    let main = format!("import 'a'\n{datasource}");
    let (loaded, _) = load_file(
        "schema.zmodel",
        &[("schema.zmodel", &main), ("a.zmodel", datasource)],
    );
    assert_eq!(
        messages(&loaded),
        ["a.zmodel:1: a schema has one datasource"]
    );
}

#[test]
fn mistakes_name_the_file_that_they_stand_in() {
    let (loaded, _) = load_file(
        "schema.zmodel",
        &[
            (
                "schema.zmodel",
                "import 'a'\nmodel User with Named { id Int @id }",
            ),
            ("a.zmodel", "type Named {\n  name Strng\n}"),
        ],
    );
    let report = loaded.unwrap_err().to_string();
    assert!(report.contains("--> a.zmodel:2:8"), "{report}");
}

#[test]
fn without_files_an_import_is_met_by_the_sources_that_are_given() {
    let main = Source {
        name: "schema.zmodel",
        text: "import './user'",
    };
    let user = Source {
        name: "./user.zmodel",
        text: "model User { id Int @id }",
    };
    assert_eq!(load(&[main, user]).unwrap().models.len(), 1);
    assert!(load(&[main]).is_err());
}

#[test]
fn files_without_end_are_bounded() {
    let main = Source {
        name: "0.zmodel",
        text: "import '1'",
    };
    let mut asked = 0_usize;
    let mistakes = load_with_imports(&[main], |_| {
        asked += 1;
        Some(format!("import '{}'", asked + 1))
    });
    assert_eq!(asked, MAX_FILES - 1);
    assert_eq!(
        mistakes.unwrap_err().iter().next().unwrap().message,
        "a schema has at most 256 files"
    );
    let mistakes = load_with_imports(&[main], |_| Some(" ".repeat(2 << 20)));
    assert_eq!(
        mistakes.unwrap_err().iter().next().unwrap().message,
        "the schema is longer than 1048576 bytes"
    );
}
