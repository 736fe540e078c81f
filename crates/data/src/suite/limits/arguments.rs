//! What arguments add up to.

use serde_json::{Value as Json, json};

use super::{SCHEMA, call, limited, places_of, refused};
use crate::{Limits, Operation};

struct Case {
    change: fn(&mut Limits),
    model: &'static str,
    operation: Operation,
    within: Json,
    beyond: Json,
    path: &'static str,
    message: &'static str,
}

fn cases() -> Vec<Case> {
    use Operation::{Count, Create, CreateMany, FindFirst, FindMany, GroupBy, Update};
    let case = |change, model, operation, within, beyond, path, message| Case {
        change,
        model,
        operation,
        within,
        beyond,
        path,
        message,
    };
    vec![
        case(
            |limits| limits.depth = 5,
            "User",
            FindMany,
            json!({"where": {"NOT": {"NOT": {"id": 1}}}}),
            json!({"where": {"NOT": {"NOT": {"NOT": {"id": 1}}}}}),
            "where.NOT.NOT.NOT",
            "nests too deep: at most 5 levels",
        ),
        case(
            |limits| limits.values = 6,
            "User",
            FindMany,
            json!({"where": {"id": {"in": [1, 2]}}}),
            json!({"where": {"id": {"in": [1, 2, 3]}}}),
            "where.id.in[2]",
            "at most 6 values in the arguments of one call",
        ),
        case(
            |limits| limits.bytes = 20,
            "User",
            FindMany,
            json!({"where": {"name": "12345678901"}}),
            json!({"where": {"name": "123456789012"}}),
            "where.name",
            "at most 20 bytes in the arguments of one call",
        ),
        case(
            |limits| limits.value_bytes = 10,
            "User",
            FindMany,
            json!({"where": {"name": "1234567890"}}),
            json!({"where": {"name": "12345678901"}}),
            "where.name",
            "at most 10 bytes in one value",
        ),
        case(
            |limits| limits.value_bytes = 10,
            "User",
            Create,
            json!({"data": {"id": 1, "data": {"a": "1234", "b": "1234"}}}),
            json!({"data": {"id": 2, "data": {"a": "12345", "b": "1234"}}}),
            "data.data",
            "at most 10 bytes in one value",
        ),
        case(
            |limits| limits.include_depth = 2,
            "User",
            FindMany,
            json!({"include": {"posts": {"select": {"comments": true}}}}),
            json!({"include": {"posts": {"select": {"comments": {"include": {"post": true}}}}}}),
            "include.posts.select.comments.include.post",
            "at most 2 levels of related rows",
        ),
        case(
            |limits| limits.filter_depth = 3,
            "User",
            FindMany,
            json!({"where": {"OR": [{"posts": {"some": {"id": 1}}}]}}),
            json!({"where": {"OR": [{"posts": {"some": {"id": {"gt": 1}}}}]}}),
            "where.OR[0].posts.some.id",
            "at most 3 levels of conditions",
        ),
        case(
            |limits| limits.conditions = 4,
            "User",
            FindMany,
            json!({"where": {"id": 1, "AND": [{"id": 2}, {"id": 3}, {"name": "x"}]}}),
            json!({"where": {"id": 1, "AND": [{"id": 2}, {"id": 3}, {"name": "x"}, {"id": 4}]}}),
            "where.AND[3].id",
            "at most 4 conditions in one call, each value of a list counted",
        ),
        case(
            |limits| limits.conditions = 4,
            "User",
            FindMany,
            json!({"where": {"id": {"in": [1, 2, 3]}}}),
            json!({"where": {"id": {"in": [1, 2, 3, 4]}}}),
            "where.id.in",
            "at most 4 conditions in one call, each value of a list counted",
        ),
        case(
            |limits| limits.pattern_bytes = 5,
            "User",
            FindMany,
            json!({"where": {"OR": [{"name": {"contains": "abc"}}, {"name": {"not": {"startsWith": "de"}}}]}}),
            json!({"where": {"OR": [{"name": {"contains": "abc"}}, {"name": {"not": {"endsWith": "def"}}}]}}),
            "where.OR[1].name.not.endsWith",
            "at most 5 bytes to look for within texts in one call",
        ),
        case(
            |limits| limits.pattern_bytes = 5,
            "User",
            Count,
            json!({"where": {"data": {"path": "$.a", "string_contains": "abcde"}}}),
            json!({"where": {"data": {"path": "$.a", "string_starts_with": "abcdef"}}}),
            "where.data.string_starts_with",
            "at most 5 bytes to look for within texts in one call",
        ),
        case(
            |limits| limits.list = 2,
            "User",
            FindMany,
            json!({"where": {"id": {"notIn": [1, 2]}}}),
            json!({"where": {"id": {"notIn": [1, 2, 3]}}}),
            "where.id.notIn",
            "at most 2 values in one list",
        ),
        case(
            |limits| limits.list = 1,
            "User",
            GroupBy,
            json!({"by": ["id"]}),
            json!({"by": ["id", "name"]}),
            "by",
            "at most 1 values in one list",
        ),
        case(
            |limits| limits.order_keys = 1,
            "User",
            FindMany,
            json!({"orderBy": [{"id": "asc"}]}),
            json!({"orderBy": [{"id": "asc"}, {"name": "asc"}]}),
            "orderBy",
            "at most 1 keys in one order",
        ),
        case(
            |limits| limits.relations = 2,
            "User",
            FindMany,
            json!({"include": {"posts": true, "groups": true}}),
            json!({"include": {"posts": true, "_count": true}}),
            "include._count",
            "at most 2 relations in one call",
        ),
        case(
            |limits| limits.relations = 1,
            "Post",
            FindMany,
            json!({"where": {"user": {"is": {"id": 1}}}}),
            json!({"where": {"user": {"is": {"id": 1}}}, "orderBy": {"user": {"id": "asc"}}}),
            "orderBy.user",
            "at most 1 relations in one call",
        ),
        case(
            |limits| limits.rows = 3,
            "User",
            FindMany,
            json!({"take": -3}),
            json!({"take": -4}),
            "take",
            "at most 3 rows in one read; ask for pages with `take` and `skip`",
        ),
        case(
            |limits| limits.nested_rows = 3,
            "User",
            FindFirst,
            json!({"include": {"posts": {"take": 3}}}),
            json!({"include": {"posts": {"take": 4}}}),
            "include.posts.take",
            "at most 3 rows in one read; ask for pages with `take` and `skip`",
        ),
        case(
            |limits| limits.written_rows = 2,
            "Post",
            CreateMany,
            json!({"data": [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}]}),
            json!({"data": [{"id": 3, "title": "a"}, {"id": 4, "title": "b"}, {"id": 5, "title": "c"}]}),
            "data[2]",
            "at most 2 rows that one call adds",
        ),
        case(
            |limits| limits.written_rows = 2,
            "User",
            Create,
            json!({"data": {"id": 11, "posts": {"create": {"id": 11, "title": "a"}}}}),
            json!({"data": {"id": 12, "posts": {"createMany": {"data": [{"id": 12, "title": "a"}, {"id": 13, "title": "b"}]}}}}),
            "data.posts.createMany.data[1]",
            "at most 2 rows that one call adds",
        ),
        case(
            |limits| limits.actions = 2,
            "User",
            Update,
            json!({"where": {"id": 11}, "data": {"posts": {"connect": [{"id": 1}, {"id": 2}]}}}),
            json!({"where": {"id": 11}, "data": {"posts": {"connect": [{"id": 1}], "disconnect": [{"id": 1}, {"id": 2}]}}}),
            "data.posts.disconnect",
            "at most 2 rows that belong to others in the data of one call",
        ),
        case(
            |limits| limits.hashes = 1,
            "User",
            CreateMany,
            json!({"data": [{"id": 21, "secret": "a"}, {"id": 22}]}),
            json!({"data": [{"id": 23, "secret": "a"}, {"id": 24, "secret": "b"}]}),
            "data[1]",
            "at most 1 passwords in one call",
        ),
    ]
}

#[tokio::test]
async fn each_limit_is_met_at_its_number() {
    for place in places_of(SCHEMA).await.places {
        for case in cases() {
            let client = limited(&place.client, case.change);
            let within = call(&client, case.model, case.operation, case.within.clone()).await;
            assert!(within.is_ok(), "{} {}: {within:?}", place.name, case.within);
            let told = refused(&client, case.model, case.operation, case.beyond).await;
            let expected = (case.path.to_owned(), case.message.to_owned());
            assert_eq!(told, expected, "{}", place.name);
        }
    }
}
