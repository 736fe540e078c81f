//! Ways around the policies.

use serde_json::{Value as Json, json};

use super::{ROLE, ROWS, SCHEMA, ids, is_refused, options, query, secured, unsecured};
use crate::{Accessor, RowSecurityError, RowSecurityOptions};

const READ: &str = "SELECT id FROM \"Doc\" ORDER BY id";

#[tokio::test]
async fn functions_that_see_everything_cannot_be_called() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let of = json!({"id": 5});
    let functions = "SELECT oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_proc \
        WHERE pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'hallpass_rules') AND prorettype <> 'trigger'::regtype";
    let functions = secured.test.rows(functions).await;
    assert!(functions.len() > 20, "{functions:?}");
    for attempt in [
        "SELECT hallpass_rules.person()",
        "SELECT hallpass_rules.as_text('\"x\"')",
        "SELECT \"hallpass_rules\".\"Doc 1\"(ROW(1, 'a', 'b', NULL, NULL, 1, 1, 1)::\"Doc\", '{\"id\": 1}')",
        "CREATE FUNCTION hallpass_rules.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION hallpass_auth.claims() RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'",
        "CREATE OPERATOR pg_temp.### (FUNCTION = hallpass_rules.as_text, RIGHTARG = jsonb)",
    ] {
        let refused = secured.sql(&of, &[attempt]).await;
        assert!(is_refused(&refused), "{attempt}: {refused:?}");
    }
    // Who asks may be asked by all.
    let id = secured
        .sql(&of, &["SELECT hallpass_auth.user_id()"])
        .await
        .unwrap();
    assert_eq!(id.rows, [vec!["5".into()]]);
}

#[tokio::test]
async fn names_of_the_caller_are_not_taken_for_ours() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let of = json!({"id": 5});
    let plain = secured.ids(&of, READ).await;
    let found = secured
        .sql(
            &of,
            &[
                "CREATE TEMP TABLE \"User\" (id int, name text, role text, since timestamp, \"orgId\" int)",
                "INSERT INTO \"User\" VALUES (5, 'cid', 'it''s admin', '2000-01-01', 2)",
                "CREATE FUNCTION pg_temp.jsonb_typeof(jsonb) RETURNS text LANGUAGE sql AS 'SELECT ''object''::text'",
                "CREATE FUNCTION pg_temp.same(integer, bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
                "CREATE OPERATOR pg_temp.= (FUNCTION = pg_temp.same, LEFTARG = integer, RIGHTARG = bigint)",
                "SET LOCAL search_path = pg_temp, public, pg_catalog",
                "SELECT id FROM public.\"Doc\" ORDER BY id",
            ],
        )
        .await;
    assert_eq!(ids(found.unwrap()), plain);
}

#[tokio::test]
async fn conditions_of_the_caller_see_no_hidden_row() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let of = json!({"id": 5});
    let leak = "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 \
        AS 'BEGIN RAISE EXCEPTION ''leaked''; END'";
    let found = secured
        .sql(
            &of,
            &[leak, "SELECT id FROM \"Doc\" WHERE pg_temp.leak(title)"],
        )
        .await;
    assert_eq!(ids(found.unwrap()), [0; 0]);
    let view = "CREATE TEMP VIEW mine AS SELECT id FROM \"Doc\"";
    let found = secured.sql(&of, &[view, "SELECT id FROM mine"]).await;
    assert_eq!(ids(found.unwrap()), [0; 0]);
}

#[tokio::test]
async fn the_role_switches_nothing_off() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    for attempt in [
        "ALTER TABLE \"Doc\" DISABLE ROW LEVEL SECURITY",
        "DROP POLICY \"hallpass: deny read 3\" ON \"Doc\"",
        "CREATE POLICY mine ON \"Doc\" USING (true)",
        "DROP TRIGGER \"hallpass: post-update\" ON \"Doc\"",
        "CREATE RULE mine AS ON SELECT TO \"Doc\" DO INSTEAD SELECT 1",
        "ALTER FUNCTION hallpass_auth.claims() SECURITY DEFINER",
    ] {
        let refused = secured.sql(&json!({"id": 5}), &[attempt]).await;
        assert!(is_refused(&refused), "{attempt}: {refused:?}");
    }
    // It then refuses instead of hiding.
    let refused = secured
        .sql(&json!({"id": 5}), &["SET LOCAL row_security = off", READ])
        .await;
    assert!(is_refused(&refused), "{refused:?}");
}

#[tokio::test]
async fn what_is_no_person_is_refused_and_not_repeated() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    for said in [
        "planted",
        "[\"planted\"]",
        "\"planted\"",
        "7",
        "{",
        "{\"id\": \"planted\"}",
        "{\"id\": {}}",
        "{\"id\": 1.5}",
        "{\"id\": 99999999999999999999}",
    ] {
        let refused = secured.said(said, &[READ]).await;
        assert!(is_refused(&refused), "{said}: {refused:?}");
        let words = format!("{refused:?}");
        assert!(!words.contains("planted"), "{words}");
    }
    for nobody in ["", "null", "{}", "{\"id\": null}", "{\"id\": 99}"] {
        let found = secured.said(nobody, &[READ]).await;
        assert_eq!(ids(found.unwrap()), [0; 0], "{nobody}");
    }
}

/// Whoever has the connection says who asks: so the documentation says.
#[tokio::test]
async fn the_owner_of_the_connection_says_who_asks_and_nothing_of_it_stays() {
    let Some(secured) = secured(SCHEMA, ROWS).await else {
        return;
    };
    let other = "SELECT CAST(set_config('hallpass.user', '{\"id\": 3}', TRUE) AS TEXT)";
    let found = secured.sql(&json!({"id": 5}), &[other, READ]).await;
    assert!(!ids(found.unwrap()).is_empty());
    let found = secured.said("", &[READ]).await;
    assert_eq!(ids(found.unwrap()), [0; 0]);
}

#[tokio::test]
async fn a_role_that_could_pass_by_is_refused() {
    let Some(secured) = unsecured(SCHEMA, ROWS).await else {
        return;
    };
    let refused = async |role: &str, words: &str| {
        let options = RowSecurityOptions {
            role: role.to_owned(),
            ..options()
        };
        let plan = secured.db.row_security(&options).unwrap();
        match secured.db.apply_row_security(&plan).await {
            Err(RowSecurityError::Script(error)) => {
                let told = error.to_string();
                assert!(told.contains(words), "{role}: {told}");
            }
            other => panic!("{role}: {other:?}"),
        }
    };
    let unique = unique(&secured.test);
    let (above, owner) = (format!("above_{unique}"), format!("owner_{unique}"));
    secured
        .test
        .run(&format!("CREATE ROLE {above} BYPASSRLS"))
        .await;
    secured.test.run(&format!("CREATE ROLE {owner}")).await;
    refused(&above, "is above row-level security").await;
    secured
        .test
        .run(&format!("ALTER TABLE \"Doc\" OWNER TO {owner}"))
        .await;
    refused(&owner, "owns the table").await;
    secured
        .test
        .run("CREATE POLICY everybody ON \"Doc\" USING (true)")
        .await;
    refused(ROLE, "would admit more").await;
    secured.test.run("DROP POLICY everybody ON \"Doc\"").await;
    secured.apply().await.unwrap();
    // Whoever owns a table without having made this is held as well.
    let held = secured.test.database.begin().await;
    let mut held = held.unwrap();
    held.exec(&query(&format!("SET LOCAL ROLE {owner}")), &[])
        .await
        .unwrap();
    let found = held
        .exec(&query("SELECT id FROM \"Doc\""), &[])
        .await
        .unwrap();
    assert!(found.rows.is_empty(), "{found:?}");
    held.rollback().await.unwrap();
    secured
        .test
        .run("ALTER TABLE \"Doc\" OWNER TO CURRENT_USER")
        .await;
    secured.test.run(&format!("DROP ROLE {above}")).await;
    secured.test.run(&format!("DROP ROLE {owner}")).await;
}

#[tokio::test]
async fn what_others_made_beforehand_is_taken_from_them() {
    let Some(secured) = unsecured(SCHEMA, ROWS).await else {
        return;
    };
    let test = &secured.test;
    let eve = format!("eve_{}", unique(test));
    test.run(&format!("CREATE ROLE {eve}")).await;
    for statement in [
        "CREATE SCHEMA hallpass_auth",
        "CREATE FUNCTION hallpass_auth.claims() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{\"id\": 3}'::jsonb $$",
        "CREATE FUNCTION hallpass_auth.user_id() RETURNS text LANGUAGE sql AS $$ SELECT '3' $$",
        "ALTER FUNCTION hallpass_auth.claims() OWNER TO EVE",
        "ALTER FUNCTION hallpass_auth.user_id() OWNER TO EVE",
        "ALTER SCHEMA hallpass_auth OWNER TO EVE",
    ] {
        test.run(&statement.replace("EVE", &eve)).await;
    }
    secured.apply().await.unwrap();
    assert_eq!(secured.ids(&Json::Null, READ).await, [0; 0]);
    let theirs =
        format!("SELECT COUNT(*) FROM pg_catalog.pg_shdepend WHERE refobjid = '{eve}'::regrole");
    let left = test.rows(&theirs).await;
    assert_eq!(left, [vec![crate::Value::Int(0)]]);
    test.run(&format!("DROP ROLE {eve}")).await;
}

/// Row-level security does not apply to a superuser, whatever was forgotten: so here nobody is one.
#[tokio::test]
async fn an_owner_without_privileges_makes_what_works_for_others() {
    let Some(secured) = unsecured(SCHEMA, ROWS).await else {
        return;
    };
    let test = &secured.test;
    let unique = unique(test);
    let owner = format!("plain_{unique}");
    test.run(&format!("CREATE ROLE {owner}")).await;
    secured.apply().await.unwrap();
    let before = secured.ids(&json!({"id": 1}), READ).await;
    let plan = secured.db.row_security(&options()).unwrap();
    let name = test.rows("SELECT CAST(current_database() AS TEXT)").await;
    let Some([crate::Value::Text(name)]) = name.first().map(Vec::as_slice) else {
        panic!("{name:?}");
    };
    test.run(&format!("GRANT CREATE ON DATABASE {name} TO {owner}"))
        .await;
    test.run(&format!("ALTER SCHEMA public OWNER TO {owner}"))
        .await;
    for table in ["User", "Org", "Team", "Doc", "_TeamToUser"] {
        test.run(&format!("ALTER TABLE \"{table}\" OWNER TO {owner}"))
            .await;
    }
    test.run("DROP SCHEMA hallpass_rules, hallpass_auth CASCADE")
        .await;
    let mut transaction = test.database.begin_change().await.unwrap();
    transaction
        .exec(&query(&format!("SET LOCAL ROLE {owner}")), &[])
        .await
        .unwrap();
    transaction.script(&plan.script).await.unwrap();
    // The owner itself goes on seeing everything.
    let all = transaction.exec(&query(READ), &[]).await.unwrap();
    assert_eq!(ids(all), [1, 2, 3, 4, 5]);
    transaction.commit().await.unwrap();
    assert_eq!(secured.ids(&json!({"id": 1}), READ).await, before);
    let update = "UPDATE \"Doc\" SET state = 'x'";
    assert_eq!(
        secured
            .sql(&json!({"id": 1}), &[update])
            .await
            .unwrap()
            .affected,
        2
    );
    test.run(&format!("REASSIGN OWNED BY {owner} TO CURRENT_USER"))
        .await;
    test.run(&format!("DROP OWNED BY {owner}")).await;
    test.run(&format!("DROP ROLE {owner}")).await;
}

#[tokio::test]
async fn what_was_made_is_made_again_and_what_was_changed_is_noticed() {
    let Some(secured) = unsecured(SCHEMA, ROWS).await else {
        return;
    };
    let plan = secured.db.row_security(&options()).unwrap();
    assert!(!secured.db.has_row_security(&plan).await.unwrap());
    // To look changes nothing.
    assert!(!secured.db.has_row_security(&plan).await.unwrap());
    for _ in 0..2 {
        secured.db.apply_row_security(&plan).await.unwrap();
        assert!(secured.db.has_row_security(&plan).await.unwrap());
    }
    for (change, back) in [
        ("ALTER TABLE \"Doc\" NO FORCE ROW LEVEL SECURITY", None),
        ("DROP POLICY \"hallpass: deny read 3\" ON \"Doc\"", None),
        (
            "ALTER TABLE \"Doc\" DISABLE TRIGGER \"hallpass: post-update\"",
            None,
        ),
        ("GRANT SELECT ON \"Doc\" TO PUBLIC", None),
        (
            "CREATE OR REPLACE FUNCTION hallpass_rules.person() RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'",
            None,
        ),
        (
            "CREATE POLICY stricter ON \"Doc\" AS RESTRICTIVE USING (true)",
            Some("DROP POLICY stricter ON \"Doc\""),
        ),
    ] {
        secured.test.run(change).await;
        if back.is_none() {
            assert!(
                !secured.db.has_row_security(&plan).await.unwrap(),
                "{change}"
            );
        }
        if let Some(back) = back {
            secured.test.run(back).await;
        }
        secured.db.apply_row_security(&plan).await.unwrap();
        assert!(
            secured.db.has_row_security(&plan).await.unwrap(),
            "{change}"
        );
    }
}

#[tokio::test]
async fn tokens_need_what_verifies_them() {
    let Some(secured) = unsecured(SCHEMA, ROWS).await else {
        return;
    };
    let options = RowSecurityOptions {
        accessor: Accessor::VerifiedToken,
        ..options()
    };
    let plan = secured.db.row_security(&options).unwrap();
    match secured.db.apply_row_security(&plan).await {
        Err(RowSecurityError::Script(error)) => {
            assert!(error.to_string().contains("pg_session_jwt"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    // Without a key, what a setting says is believed by the extension and by nobody here.
    let test = &secured.test;
    test.run("CREATE SCHEMA auth").await;
    test.run(
        "CREATE FUNCTION auth.session() RETURNS jsonb LANGUAGE sql STABLE \
         AS $$ SELECT NULLIF(current_setting('request.jwt.claims', true), '')::jsonb $$",
    )
    .await;
    let script = plan.script.split_once("END $hallpass$;").unwrap().1;
    let mut transaction = test.database.begin_change().await.unwrap();
    transaction.script(script).await.unwrap();
    transaction
        .exec(&query("GRANT USAGE ON SCHEMA auth TO PUBLIC"), &[])
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    let claims = "SELECT CAST(set_config('request.jwt.claims', '{\"sub\": \"3\"}', TRUE) AS TEXT)";
    let found = secured.sql(&Json::Null, &[claims, READ]).await;
    assert_eq!(ids(found.unwrap()), [0; 0]);
    let key = "SELECT CAST(set_config('pg_session_jwt.jwk', '{}', TRUE) AS TEXT)";
    let found = secured.sql(&Json::Null, &[key, claims, READ]).await;
    assert_eq!(ids(found.unwrap()), secured_admin());
    let without = "SELECT CAST(set_config('request.jwt.claims', '{\"id\": 3}', TRUE) AS TEXT)";
    let found = secured.sql(&Json::Null, &[key, without, READ]).await;
    assert_eq!(ids(found.unwrap()), [0; 0]);
}

/// What an administrator sees of [`ROWS`]: all but what was withdrawn from everybody of another name.
fn secured_admin() -> Vec<i64> {
    vec![1, 2, 3, 4, 5]
}

/// A name for roles of this database alone: they are there for all of the server.
fn unique(test: &hallpass_db::testing::TestDatabase) -> String {
    let name = test.address.rsplit('/').next().unwrap();
    name.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}
