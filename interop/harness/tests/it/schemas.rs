//! Namespaces and the judging of schemas.

use serde_json::json;

use crate::program::Program;

#[test]
fn schemas_are_judged_with_all_their_mistakes() {
    let program = Program::start();
    let judge = |body| program.ask("POST", "/__test/validate", &[], Some(&body)).1;
    let good = "model User { id Int @id }";
    assert_eq!(
        judge(json!({"schema": good, "provider": "sqlite"})),
        json!({"ok": true, "errors": [], "warnings": []})
    );
    let bad =
        judge(json!({"schema": "model User { id Strng @id\n x Intt }", "provider": "sqlite"}));
    assert_eq!(bad["ok"], false);
    let errors = bad["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 2, "{bad}");
    assert!(errors[0].as_str().unwrap().contains("unknown type `Strng`"));
    let complete = judge(json!({"schema": good, "provider": "sqlite", "complete": true}));
    assert_eq!(complete["ok"], false);
    assert!(
        complete["errors"][0]
            .as_str()
            .unwrap()
            .contains("datasource")
    );
    let mixed = "model User { id Int @id\n a Boolean\n @@allow('read', a || a && a) }";
    let warned = judge(json!({"schema": mixed, "provider": "sqlite"}));
    assert_eq!(warned["ok"], true);
    assert_eq!(warned["warnings"].as_array().unwrap().len(), 1, "{warned}");
    let lists = json!({"schema": "model A { id Int @id\n tags String[] }", "provider": "sqlite"});
    assert_eq!(judge(lists)["ok"], false);
    assert_eq!(
        judge(json!({"schema": 1, "provider": "sqlite"}))["ok"],
        false
    );
}

#[test]
fn schemas_that_do_not_load_make_no_namespace() {
    let program = Program::start();
    for body in [
        json!({"schema": "model", "provider": "sqlite", "policy": false}),
        json!({"schema": "model A { id Int @id }", "provider": "oracle", "policy": false}),
        json!({"provider": "sqlite"}),
    ] {
        let (status, said) = program.ask("POST", "/__test/namespaces", &[], Some(&body));
        assert_eq!(status, 422, "{said}");
        assert!(!said["errors"].as_array().unwrap().is_empty());
    }
    let (status, _) = program.ask("GET", "/ns/n99/rpc/user/findMany", &[], None);
    assert_eq!(status, 404);
    let (status, _) = program.ask("GET", "/elsewhere", &[], None);
    assert_eq!(status, 404);
}

#[test]
fn a_namespace_has_tables_of_everything_the_schema_says() {
    let program = Program::start();
    let schema = r#"
        import "./base"
        enum Role { USER @map("user") ADMIN }
        model User {
          id    Int    @id @default(autoincrement())
          role  Role   @default(USER)
          tags  Tag[]
          email String @unique @map("mail") @db.Text
          @@map("people")
        }
        type Profile { city String }
    "#;
    let base = "model Tag { id Int @id\n users User[] }";
    for provider in &program.providers {
        let namespace = program.namespace_with(&json!({
            "schema": schema,
            "files": {"base.zmodel": base},
            "provider": provider,
            "policy": false,
        }));
        assert_eq!(namespace.said["authType"], "User");
        assert_eq!(namespace.said["provider"], *provider);
        let mut models: Vec<_> = namespace.said["models"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model.as_str().unwrap())
            .collect();
        models.sort_unstable();
        assert_eq!(models, ["Tag", "User"]);
        let data = json!({
            "data": {"email": "a@b.co", "tags": {"create": [{"id": 7}]}},
            "include": {"tags": true},
        });
        let (status, said) = namespace.post(&[], "user/create", &data);
        assert_eq!(status, 201, "{provider}: {said}");
        assert_eq!(
            said["data"],
            json!({"id": 1, "role": "USER", "email": "a@b.co", "tags": [{"id": 7}]}),
            "{provider}"
        );
        namespace.remove();
    }
}

#[test]
fn namespaces_do_not_see_each_other() {
    let program = Program::start();
    for provider in &program.providers {
        let schema = "model User { id Int @id }";
        let body = || json!({"schema": schema, "provider": provider, "policy": false});
        let one = program.namespace_with(&body());
        let other = program.namespace_with(&body());
        let (status, _) = one.post(&[], "user/create", &json!({"data": {"id": 1}}));
        assert_eq!(status, 201);
        let (_, said) = other.get(&[], "user/count", &json!({}));
        assert_eq!(said, json!({"data": 0}), "{provider}");
        one.remove();
        other.remove();
    }
}
