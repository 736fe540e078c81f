//! One look for every schema, and nothing lost on the way to it.

use hallpass_zmodel::{Source, format};
use proptest::prelude::*;

use crate::{load_text, schemas};

fn formatted(text: &str) -> String {
    let name = "schema.zmodel";
    format(&Source { name, text }).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

/// Text without what is between tokens. Comments are among the texts of these tests as words that stay apart.
fn essence(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_whitespace()).collect()
}

fn assert_kept(text: &str) -> String {
    let once = formatted(text);
    assert_eq!(formatted(&once), once, "formatting again changes it");
    assert_eq!(essence(&once), essence(text), "something is lost");
    once
}

#[test]
fn members_stand_in_columns() {
    let text = "
datasource db{provider='sqlite' url=env('DATABASE_URL')}
generator client { provider = \"prisma-client-js\"   previewFeatures = [ \"a\",\"b\" ] }
enum Role{USER @map('user') ADMINISTRATOR}
model User{id String @id @default( cuid() ) email String? @unique role Role @default(USER)


posts Post[] @@map('users') @@allow('all',auth()==this)}
model Post { id Int @id
  author User @relation(fields:[authorId],references:[id],onDelete:Cascade)
  authorId String}
model Nothing { }";
    assert_eq!(
        formatted(text),
        "\
datasource db {
    provider = 'sqlite'
    url      = env('DATABASE_URL')
}

generator client {
    provider        = \"prisma-client-js\"
    previewFeatures = [\"a\", \"b\"]
}

enum Role {
    USER          @map('user')
    ADMINISTRATOR
}

model User {
    id    String  @id @default(cuid())
    email String? @unique
    role  Role    @default(USER)

    posts Post[]
    @@map('users')
    @@allow('all', auth() == this)
}

model Post {
    id       Int    @id
    author   User   @relation(fields: [authorId], references: [id], onDelete: Cascade)
    authorId String
}

model Nothing {}
"
    );
    assert_kept(text);
}

#[test]
fn comments_stay_where_they_belong() {
    let text = "// of the file

/// A thing.
/// More of it.
model A { // behind the brace
  // before a field
  id Int @id // behind a field
  /// What it says.
  text String /* in between */ @default('x') // last
  // at the end
}
// after the block
model B { id Int @id } // behind the block
model C { /* nothing */ id Int @id }
// the end";
    assert_eq!(
        assert_kept(text),
        "\
// of the file

/// A thing.
/// More of it.
model A { // behind the brace
    // before a field
    id   Int                     @id // behind a field
    /// What it says.
    text String /* in between */ @default('x') // last
    // at the end
}

// after the block
model B {
    id Int @id
} // behind the block

model C {
    /* nothing */
    id Int @id
}

// the end
"
    );
}

#[test]
fn long_conditions_keep_their_lines() {
    let text = "model A {
 id Int @id
 text String @default('a')
      @deny('read',   text==null)
 @@allow('read',
 auth()!=null&&!(text=='x')
       || text in ['a','b'] &&
      (contains(text,'q')
||startsWith( text , 'r' )
 ))
}";
    assert_eq!(
        assert_kept(text),
        "\
model A {
    id   Int    @id
    text String @default('a')
        @deny('read', text == null)
    @@allow('read',
        auth() != null && !(text == 'x')
        || text in ['a', 'b'] &&
        (contains(text, 'q')
            || startsWith(text, 'r')
        ))
}
"
    );
}

#[test]
fn predicates_and_negations_are_told_apart() {
    let text = "model User { id Int @id groups Group[] @@allow('read', !(groups ? [ m , m.id > -1 ]) && groups ! [id==1] || groups ^ [ !flag ] ) }
model Group { id Int @id flag Boolean userId Int user User @relation(fields:[userId],references:[id]) }";
    assert!(
        assert_kept(text).contains(
            "@@allow('read', !(groups?[m, m.id > -1]) && groups![id == 1] || groups^[!flag])"
        ),
        "{}",
        formatted(text)
    );
}

#[test]
fn every_declaration_has_a_look() {
    let text = "import 'base'
import \"auth/user\" ;
plugin policy{provider='@zenstackhq/plugin-policy' options={a:[1,2],b:{c:true}}}
type Address{street String? zip String @length(5,5)}
abstract model Base{id Int @id createdAt DateTime @default(now())}
model Asset extends Base with Named,Owned{kind String @@delegate(kind)}
view Totals{id Int @unique}
function isAdmin(user:Any,strict:Boolean?):Boolean{user.role=='ADMIN'&&strict}
attribute @tag(_ name:String,weight:Int?) @@@once
attribute @@note(_ text : String)
mutation procedure signUp(email:String,age:Int?):User
procedure ranks(of : Int[]) : String[]
model Box{id Int @id address Address @json raw Unsupported('circle')? tags String[]}";
    assert_eq!(
        assert_kept(text),
        "\
import 'base'
import \"auth/user\";

plugin policy {
    provider = '@zenstackhq/plugin-policy'
    options  = { a: [1, 2], b: { c: true } }
}

type Address {
    street String?
    zip    String  @length(5, 5)
}

abstract model Base {
    id        Int      @id
    createdAt DateTime @default(now())
}

model Asset extends Base with Named, Owned {
    kind String
    @@delegate(kind)
}

view Totals {
    id Int @unique
}

function isAdmin(user: Any, strict: Boolean?): Boolean {
    user.role == 'ADMIN' && strict
}

attribute @tag(_ name: String, weight: Int?) @@@once

attribute @@note(_ text: String)

mutation procedure signUp(email: String, age: Int?): User

procedure ranks(of: Int[]): String[]

model Box {
    id      Int                    @id
    address Address                @json
    raw     Unsupported('circle')?
    tags    String[]
}
"
    );
}

#[test]
fn what_cannot_be_read_is_not_formatted() {
    for text in ["model A {", "model A { id Int @id(", "model A { 'x' }", "}"] {
        let name = "schema.zmodel";
        assert!(format(&Source { name, text }).is_err(), "{text}");
    }
    assert_eq!(formatted(""), "");
    assert_eq!(formatted(" \n\n"), "");
    assert_eq!(formatted("\r\n// a\r\n"), "// a\n");
}

const RULES: &str = "
enum Role { USER ADMIN }
model User { id Int @id role Role email String @email @length(3,190) posts Post[] @@auth
@@allow('read',auth()!=null) @@deny('delete',role==ADMIN) }
model Post { id Int @id title String @allow('update', owner==auth()) owner User @relation(fields:[ownerId],references:[id]) ownerId Int
@@allow('all',owner==auth()||auth().posts?[id==this.id]) @@validate(length(title)>3,'too short',['title']) }";

/// Formatting says the same: the schema that is read from it differs in nothing but where things stand.
#[test]
fn schemas_mean_the_same_formatted() {
    for text in [schemas::PRISMA, RULES] {
        let once = assert_kept(text);
        let (mut before, mut after) = (load_text(text).unwrap(), load_text(&once).unwrap());
        for schema in [&mut before, &mut after] {
            for model in &mut schema.models {
                model
                    .policies
                    .iter_mut()
                    .for_each(|one| one.place = Default::default());
                model
                    .rules
                    .iter_mut()
                    .for_each(|one| one.place = Default::default());
                let policies = model
                    .fields
                    .iter_mut()
                    .flat_map(|field| &mut field.policies);
                policies.for_each(|one| one.place = Default::default());
            }
        }
        assert_eq!(before, after);
    }
}

proptest! {
    /// Whatever stands between tokens: the look is the same as of the text it was before, and settled after one pass.
    #[test]
    fn what_stands_between_tokens_is_settled(gaps in proptest::collection::vec(0_usize..6, 40..400)) {
        let tidy = formatted(schemas::PRISMA);
        let mut gaps = gaps.into_iter().cycle();
        let mut untidy = String::new();
        for character in tidy.chars() {
            untidy.push(character);
            if character == '\n' || character == ' ' {
                untidy.push_str(["", " ", "\n", "\n\n\n", " // note\n", "/* note */ "][gaps.next().unwrap()]);
            }
        }
        // A comment inside of a text in quotes is no comment; such draws say nothing.
        if format(&Source { name: "schema.zmodel", text: &untidy }).is_ok() {
            assert_kept(&untidy);
        }
    }
}
