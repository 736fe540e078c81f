//! What rules judge of a new row is what stands in its column afterwards, for every native type of every dialect: proven by
//! writing, and by asking the same of the row that is there.

mod cases;

use hallpass_sql::{Access, Dialect, NativeColumn, Query};
use serde_json::{Value as Json, json};

use self::cases::{Case, Kept};
use crate::suite::support::{Place, options, places_of, schema};
use crate::{ArgValue, Client, Error, InvalidInput, Operation, Rejection, field};

/// New rows of persons have numbers from here on.
const JUDGED: i64 = 1000;

/// The rules that are asked, over what the person brings.
fn rules(scalar: &str, is_long: bool) -> Vec<&'static str> {
    let mut rules = vec![
        "@@allow('create,read', v == auth().c)",
        "@@allow('create,read', true) @@deny('create,read', v == auth().c)",
    ];
    if !matches!(scalar, "Int" | "BigInt" | "Boolean") {
        rules.extend([
            "@@allow('create,read', v != auth().c)",
            "@@allow('create,read', v in auth().list)",
            "@@allow('create,read', !(v in auth().list))",
            "@@allow('create,read', true) @@deny('create,read', v != auth().c)",
        ]);
    }
    match scalar {
        "String" if !is_long => rules.extend([
            "@@allow('create,read', contains(v, auth().c))",
            "@@allow('create,read', startsWith(v, auth().c))",
            "@@allow('create,read', endsWith(v, auth().c))",
            "@@allow('create,read', startsWith(auth().c, v))",
            "@@allow('create,read', true) @@deny('create,read', endsWith(v, auth().c))",
        ]),
        "Float" | "Decimal" | "DateTime" => rules.extend([
            "@@allow('create,read', v < auth().c)",
            "@@allow('create,read', v <= auth().c)",
            "@@allow('create,read', v > auth().c)",
            "@@allow('create,read', !(v < auth().c))",
        ]),
        _ => {}
    }
    rules
}

struct Table<'p> {
    place: &'p Place,
    case: &'p Case,
    name: String,
}

impl Table<'_> {
    fn client(&self, rules: &str) -> Client {
        let provider = match self.place.dialect {
            Dialect::Postgres => "postgresql",
            Dialect::MySql | Dialect::MariaDb => "mysql",
            Dialect::Sqlite => "sqlite",
        };
        let Case { native, scalar, .. } = self.case;
        let text = format!(
            "datasource db {{ provider = \"{provider}\" }}
             type Me {{ c {scalar}? list {scalar}[] @@auth }}
             model Row {{ id Int @id v {scalar}? {native} @@map(\"{}\") {rules} }}",
            self.name
        );
        let database = self.place.client.engine().database.clone();
        let schema = schema(&text).into();
        Client::speaking(self.place.dialect, database, schema, options()).unwrap()
    }

    fn told(&self) -> String {
        let Case { native, scalar, .. } = self.case;
        format!("{}: {scalar} {native}", self.place.name)
    }
}

/// A value of the case as arguments have it.
fn arg(scalar: &str, value: &Json) -> ArgValue {
    match (scalar, value) {
        ("Bytes", Json::String(text)) => ArgValue::Bytes(text.clone().into_bytes()),
        _ => ArgValue::from_json(value.clone()).unwrap(),
    }
}

fn object<const N: usize>(members: [(&str, ArgValue); N]) -> ArgValue {
    let members = members.map(|(name, value)| (name.to_owned(), value));
    ArgValue::Object(members.into())
}

async fn run(db: &Client, text: String) {
    let query = Query {
        text,
        binds: Vec::new(),
        access: Access::Write,
    };
    db.statement("", &query, &[]).await.unwrap();
}

async fn create(db: &Client, id: i64, value: ArgValue) -> Result<(), Error> {
    let row = object([("id", ArgValue::Number(id.into())), ("v", value)]);
    let data = object([("data", row)]);
    db.call("Row", Operation::CreateMany, &data).await.map(drop)
}

#[tokio::test]
async fn a_new_row_is_judged_as_it_will_stand_there() {
    let places = places_of("model Any { id Int @id }").await;
    for place in &places.places {
        if place.dialect == Dialect::Postgres {
            let citext = "CREATE EXTENSION IF NOT EXISTS citext".to_owned();
            run(&place.client, citext).await;
        }
        for (number, case) in cases::of(place.dialect).iter().enumerate() {
            let table = Table {
                place,
                case,
                name: format!("kept_{number}_{:?}", place.dialect),
            };
            let db = table.client("");
            db.create_missing_tables().await.unwrap();
            match &case.kept {
                Kept::As(pairs) => {
                    read_back(&table, &db, pairs).await;
                    judged_alike(&table, &db, pairs).await;
                    // The same where somebody looked at the tables.
                    let fitted = db.fitted().await.unwrap();
                    db.delete_many("Row").run().await.unwrap();
                    read_back(&table, &fitted, pairs).await;
                }
                Kept::Unjudged(value) => unjudged(&table, &db, value).await,
                Kept::Never(value) => {
                    let written = create(&db, 1, arg(case.scalar, value)).await;
                    assert!(written.is_err(), "{}", table.told());
                }
                Kept::Uncompared => {}
            }
        }
    }
}

async fn read_back(table: &Table<'_>, db: &Client, pairs: &[(Json, Json)]) {
    for (id, (given, kept)) in (0..).zip(pairs) {
        let made = create(db, id, arg(table.case.scalar, given)).await;
        assert!(made.is_ok(), "{}: {given} {made:?}", table.told());
        let found = db.find_unique("Row").filter(field("id").eq(id));
        let found = found.run().await.unwrap().unwrap();
        let found = serde_json::to_value(&found).unwrap();
        let expected = match kept {
            Json::String(text) if table.case.scalar == "Bytes" => json!(text.as_bytes()),
            Json::Number(number) if table.case.scalar == "BigInt" => json!(number.to_string()),
            other => other.clone(),
        };
        assert_eq!(found["v"], expected, "{}: {given}", table.told());
    }
}

/// What a person may write is what the person sees of the same values.
async fn judged_alike(table: &Table<'_>, db: &Client, pairs: &[(Json, Json)]) {
    let scalar = table.case.scalar;
    let constants = pairs.iter().flat_map(|(given, kept)| [given, kept]);
    let mut constants: Vec<&Json> = constants.collect();
    constants.dedup();
    // To look for a long text inside of another takes a database minutes.
    let is_long = |one: &&Json| one.as_str().is_some_and(|text| text.len() > 1000);
    let is_long = constants.iter().any(is_long);
    for (number, rules) in rules(scalar, is_long).into_iter().enumerate() {
        let ruled = table.client(rules);
        let looks: &[bool] = if number == 0 {
            &[false, true]
        } else {
            &[false]
        };
        for fitted in looks.iter().copied() {
            let ruled = if fitted {
                ruled.fitted().await.unwrap()
            } else {
                ruled.clone()
            };
            for constant in &constants {
                let list = ArgValue::List(vec![arg(scalar, constant)]);
                let person = object([("c", arg(scalar, constant)), ("list", list)]);
                let of = ruled.for_user(Some(person));
                let seen = of.find_many("Row").select(["id"]).run().await;
                let seen = match seen {
                    // A number of more digits than the database compares.
                    Err(Error::Invalid(InvalidInput::Person { .. })) => continue,
                    seen => seen.unwrap_or_else(|error| {
                        panic!("{}: {rules} {constant}: {error:?}", table.told())
                    }),
                };
                let seen: Vec<i64> = seen.iter().map(|row| row.get("id").unwrap()).collect();
                for (id, (given, _)) in (0..).zip(pairs) {
                    let made = create(&of, JUDGED + id, arg(scalar, given)).await;
                    let admitted = match made {
                        Ok(()) => true,
                        Err(Error::Rejected {
                            rejection: Rejection::NoAccess,
                            ..
                        }) => false,
                        other => panic!("{}: {rules} {constant} {given}: {other:?}", table.told()),
                    };
                    let told = table.told();
                    assert_eq!(
                        admitted,
                        seen.contains(&id),
                        "{told}: {rules}, of {constant}, of the new {given} (fitted: {fitted})"
                    );
                }
                let judged = db.delete_many("Row").filter(field("id").gte(JUDGED));
                judged.run().await.unwrap();
            }
        }
    }
}

async fn unjudged(table: &Table<'_>, db: &Client, value: &Json) {
    let scalar = table.case.scalar;
    let written = create(db, 1, arg(scalar, value)).await;
    assert!(written.is_ok(), "{}: {written:?}", table.told());
    let ruled = table.client("@@allow('create', true) @@deny('create', v == auth().c)");
    let of = ruled.for_user(Some(object([("c", arg(scalar, value))])));
    let refused = create(&of, 2, arg(scalar, value)).await;
    let is_refused = matches!(
        &refused,
        Err(Error::Invalid(InvalidInput::Unjudged { field, .. })) if field == "v"
    );
    assert!(is_refused, "{}: {refused:?}", table.told());
    // Nothing is in doubt about null.
    let null = create(&of, 3, ArgValue::Null).await;
    assert!(null.is_ok(), "{}: {null:?}", table.told());
}

/// A new native type needs its row above.
#[test]
fn every_native_type_has_its_values() {
    for dialect in [
        Dialect::Postgres,
        Dialect::MySql,
        Dialect::MariaDb,
        Dialect::Sqlite,
    ] {
        let cases = cases::of(dialect);
        for name in NativeColumn::names(dialect) {
            let is_of = |case: &&Case| {
                let named = case.native.strip_prefix("@db.").unwrap_or_default();
                named.split('(').next() == Some(name)
            };
            assert!(cases.iter().any(|case| is_of(&case)), "{dialect}: {name}");
        }
    }
}
