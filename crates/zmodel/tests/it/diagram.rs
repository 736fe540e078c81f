//! Pictures of schemas.

use std::fmt::Write as _;

use hallpass_zmodel::diagram;

use crate::schema;

fn count(svg: &str, part: &str) -> usize {
    svg.matches(part).count()
}

#[test]
fn every_model_is_a_box_and_every_relation_a_line() {
    let svg = diagram(&schema(
        "model User { id Int @id posts Post[] profile Profile? tags Tag[] }
         model Profile { id Int @id userId Int @unique user User @relation(fields: [userId], references: [id]) }
         model Post { id Int @id authorId Int author User @relation(fields: [authorId], references: [id])
           parentId Int? parent Post? @relation('tree', fields: [parentId], references: [id]) replies Post[] @relation('tree') }
         model Tag { id Int @id users User[] }
         model Alone { id Int @id }
         model Hidden { id Int @id @@ignore }",
    ));
    assert_eq!(count(&svg, "class=\"box\""), 5);
    for title in [
        "Profile.user → User",
        "Post.author → User",
        "Post.parent → Post",
        "User.tags → Tag",
    ] {
        assert_eq!(
            count(&svg, &format!("<title>{title}</title>")),
            1,
            "{title}"
        );
    }
    assert_eq!(count(&svg, "class=\"line\""), 4);
    assert!(!svg.contains("Hidden"));
    assert!(svg.contains(">Int?</text>") && svg.contains("class=\"key\""));
}

#[test]
fn names_of_the_database_cannot_break_the_picture() {
    let svg = diagram(&schema(
        r#"model A { id Int @id shape Unsupported("x\"</text><script>&")? }"#,
    ));
    assert!(!svg.contains("<script>"));
    assert!(svg.contains("x&quot;&lt;/text&gt;&lt;script&gt;&amp;?"));
}

#[test]
fn circles_long_chains_and_nothing_at_all_are_drawn() {
    assert!(diagram(&schema("")).contains("</svg>"));
    let circle = diagram(&schema(
        "model A { id Int @id bId Int b B @relation('ab', fields: [bId], references: [id]) bs B[] @relation('ba') }
         model B { id Int @id aId Int a A @relation('ba', fields: [aId], references: [id]) as A[] @relation('ab') }",
    ));
    assert_eq!(count(&circle, "class=\"line\""), 2);
    let mut chain = "model M0 { id Int @id next M1[] }\n".to_owned();
    for number in 1..600 {
        let (before, after) = (number - 1, number + 1);
        let next = if number < 599 {
            format!("next M{after}[]")
        } else {
            String::new()
        };
        let _ = writeln!(
            chain,
            "model M{number} {{ id Int @id backId Int back M{before} @relation(fields: [backId], references: [id]) {next} }}"
        );
    }
    assert_eq!(count(&diagram(&schema(&chain)), "class=\"box\""), 600);
}
