//! Arguments that are not what an operation takes, and where it says so.

use serde_json::json;

use super::{SCHEMA, refused};
use crate::Operation::{self, FindFirst, FindMany, FindUnique};
use crate::suite::support::places_of;

#[tokio::test]
async fn mistakes_are_told_with_their_place() {
    let places = places_of(SCHEMA).await;
    let unique = "expected a value of `id` or `email` at \"where\"";
    for place in &places.places {
        for (operation, model, args, expected) in [
            (
                FindMany,
                "User",
                json!({"wher": {}}),
                "Unrecognized key: \"wher\", did you mean `where`?",
            ),
            (FindMany, "User", json!([]), "expected object, found array"),
            (
                FindMany,
                "User",
                json!({"where": 1}),
                "expected object, found number at \"where\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"nam": "x"}}),
                "Unrecognized key: \"nam\", did you mean `name`? at \"where\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"name": 1}}),
                "expected string, found number at \"where.name\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": "1"}}),
                "expected number, found string at \"where.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": null}}),
                "expected number, found null at \"where.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": 1.5}}),
                "expected a whole number at \"where.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": 2_147_483_648_i64}}),
                "expected a whole number of 32 bits at \"where.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": {"contain": 1}}}),
                "Unrecognized key: \"contain\" at \"where.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": {"contains": 1}}}),
                "Unrecognized key: \"contains\" at \"where.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": {"in": 1}}}),
                "expected array, found number at \"where.id.in\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": {"in": [1, "x"]}}}),
                "expected number, found string at \"where.id.in[1]\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"name": {"in": [null]}}}),
                "expected string, found null at \"where.name.in[0]\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"id": {"between": [1]}}}),
                "expected two values at \"where.id.between\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"role": "ROOT"}}),
                "expected one of `USER`, `ADMIN` at \"where.role\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"role": "user"}}),
                "expected one of `USER`, `ADMIN` at \"where.role\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"role": {"lt": "USER"}}}),
                "Unrecognized key: \"lt\" at \"where.role\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"name": "a\u{0}b"}}),
                "expected text without NUL characters at \"where.name\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"done": {"in": [true]}}}),
                "Unrecognized key: \"in\" at \"where.done\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"at": 5}}),
                "expected date, found number at \"where.at\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"at": "soon"}}),
                "expected a date and time in ISO 8601 at \"where.at\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"at": "2026-02-30"}}),
                "expected a date and time in ISO 8601 at \"where.at\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"big": "9223372036854775808"}}),
                "expected a whole number of 64 bits at \"where.big\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"big": 9_223_372_036_854_775_808_u64}}),
                "expected a whole number at \"where.big\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"price": "1,5"}}),
                "expected a decimal number at \"where.price\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"price": "NaN"}}),
                "expected a decimal number at \"where.price\"",
            ),
            (
                FindMany,
                "Post",
                json!({"where": {"picture": "AQI="}}),
                "expected bytes, found string at \"where.picture\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"AND": 1}}),
                "expected object, found number at \"where.AND\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"OR": {}}}),
                "expected array, found object at \"where.OR\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"OR": [{}, {"NOT": [{"nope": 1}]}]}}),
                "Unrecognized key: \"nope\" at \"where.OR[1].NOT[0]\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"posts": {"any": {}}}}),
                "Unrecognized key: \"any\" at \"where.posts\"",
            ),
            (
                FindMany,
                "User",
                json!({"where": {"posts": null}}),
                "expected object, found null at \"where.posts\"",
            ),
            (
                FindMany,
                "Comment",
                json!({"where": {"post": null}}),
                "expected object, found null at \"where.post\"",
            ),
            (
                FindMany,
                "Comment",
                json!({"where": {"post": {"is": null}}}),
                "expected object, found null at \"where.post.is\"",
            ),
            (
                FindMany,
                "Comment",
                json!({"where": {"post": {"is": {"author": {"isNot": {"age": 1}}}}}}),
                "Unrecognized key: \"age\" at \"where.post.is.author.isNot\"",
            ),
            (
                FindMany,
                "Seat",
                json!({"where": {"row_number": {"row": "a", "number": 1}}}),
                "Unrecognized key: \"row_number\" at \"where\"",
            ),
            (FindUnique, "User", json!({}), "`where` is missing"),
            (FindUnique, "User", json!({"where": {}}), unique),
            (FindUnique, "User", json!({"where": {"name": "x"}}), unique),
            (
                FindUnique,
                "User",
                json!({"where": {"id": {"gt": 1}}}),
                unique,
            ),
            (
                FindUnique,
                "User",
                json!({"where": {"OR": [{"id": 1}, {"id": 2}]}}),
                unique,
            ),
            (
                FindUnique,
                "User",
                json!({"where": {"id": 1}, "take": 1}),
                "Unrecognized key: \"take\"",
            ),
            (
                FindUnique,
                "Seat",
                json!({"where": {"row_number": {"row": "a"}}}),
                "`number` is missing at \"where.row_number\"",
            ),
            (
                FindUnique,
                "Seat",
                json!({"where": {"row_number": {"row": "a", "number": 1, "x": 1}}}),
                "Unrecognized key: \"x\" at \"where.row_number\"",
            ),
            (
                FindUnique,
                "Seat",
                json!({"where": {"row": "a"}}),
                "expected a value of `row_number` or `labelled` at \"where\"",
            ),
            (
                FindMany,
                "User",
                json!({"take": 1.5}),
                "expected a whole number at \"take\"",
            ),
            (
                FindMany,
                "User",
                json!({"take": "1"}),
                "expected number, found string at \"take\"",
            ),
            (
                FindMany,
                "User",
                json!({"skip": -1}),
                "expected 0 or more at \"skip\"",
            ),
            (
                FindFirst,
                "User",
                json!({"take": 2}),
                "expected 1 at \"take\"",
            ),
            (
                FindMany,
                "User",
                json!({"cursor": {"name": "x"}}),
                "expected a value of `id` or `email` at \"cursor\"",
            ),
            (
                FindMany,
                "User",
                json!({"orderBy": {"id": "asc", "name": "asc"}}),
                "expected one key at most at \"orderBy\"",
            ),
            (
                FindMany,
                "User",
                json!({"orderBy": [{"id": "up"}]}),
                "expected `asc` or `desc` at \"orderBy[0].id\"",
            ),
            (
                FindMany,
                "User",
                json!({"orderBy": {"id": {"sort": "asc", "nulls": "last"}}}),
                "expected string, found object at \"orderBy.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"orderBy": {"name": {"sort": "asc", "nulls": "x"}}}),
                "expected `first` or `last` at \"orderBy.name.nulls\"",
            ),
            (
                FindMany,
                "User",
                json!({"orderBy": {"posts": {"id": "asc"}}}),
                "Unrecognized key: \"id\" at \"orderBy.posts\"",
            ),
            (
                FindMany,
                "User",
                json!({"orderBy": {"nope": "asc"}}),
                "Unrecognized key: \"nope\" at \"orderBy\"",
            ),
            (
                FindMany,
                "Post",
                json!({"orderBy": {"meta": "asc"}}),
                "rows cannot be sorted by JSON at \"orderBy.meta\"",
            ),
            (
                FindMany,
                "User",
                json!({"select": {}}),
                "expected one field at least at \"select\"",
            ),
            (
                FindMany,
                "User",
                json!({"select": {"id": false}}),
                "expected one field at least at \"select\"",
            ),
            (
                FindMany,
                "User",
                json!({"select": {"id": true}, "include": {"posts": true}}),
                "`select` and `include` exclude each other",
            ),
            (
                FindMany,
                "User",
                json!({"select": {"id": true}, "omit": {"name": true}}),
                "`select` and `omit` exclude each other",
            ),
            (
                FindMany,
                "User",
                json!({"select": {"id": 1}}),
                "expected boolean, found number at \"select.id\"",
            ),
            (
                FindMany,
                "User",
                json!({"select": {"ids": true}}),
                "Unrecognized key: \"ids\", did you mean `id`? at \"select\"",
            ),
            (
                FindMany,
                "User",
                json!({"select": {"ids": false}}),
                "Unrecognized key: \"ids\", did you mean `id`? at \"select\"",
            ),
            (
                FindMany,
                "User",
                json!({"include": {"name": true}}),
                "Unrecognized key: \"name\" at \"include\"",
            ),
            (
                FindMany,
                "User",
                json!({"omit": {"posts": true}}),
                "Unrecognized key: \"posts\" at \"omit\"",
            ),
            (
                FindMany,
                "User",
                json!({"include": {"posts": {"takes": 1}}}),
                "Unrecognized key: \"takes\", did you mean `take`? at \"include.posts\"",
            ),
            (
                FindMany,
                "User",
                json!({"include": {"posts": {"where": {"id": "x"}}}}),
                "expected number, found string at \"include.posts.where.id\"",
            ),
            (
                FindMany,
                "Post",
                json!({"include": {"author": {"take": 1}}}),
                "Unrecognized key: \"take\" at \"include.author\"",
            ),
            (
                FindMany,
                "Comment",
                json!({"include": {"post": {"where": {}}}}),
                "Unrecognized key: \"where\" at \"include.post\"",
            ),
            (
                FindMany,
                "User",
                json!({"include": {"_count": {"select": {"profile": true}}}}),
                "Unrecognized key: \"profile\" at \"include._count.select\"",
            ),
            (
                FindMany,
                "User",
                json!({"include": {"_count": {"posts": true}}}),
                "Unrecognized key: \"posts\" at \"include._count\"",
            ),
            (
                Operation::Exists,
                "User",
                json!({"select": {"id": true}}),
                "Unrecognized key: \"select\"",
            ),
        ] {
            let told = refused(&place.client, model, operation, args.clone()).await;
            let expected = format!(
                "Invalid {operation} args for model \"{model}\": Validation error: {expected}"
            );
            assert_eq!(told, expected, "{} {args}", place.name);
        }
        assert_eq!(
            refused(&place.client, "Nobody", FindMany, json!({})).await,
            "there is no model `Nobody`"
        );
    }
}
