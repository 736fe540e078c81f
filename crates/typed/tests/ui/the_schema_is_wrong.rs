mod unknown_type {
    hallpass_typed::schema! {
        "model Todo {
           id      Int @id
           content Strng
         }",
        crate = hallpass_typed
    }
}

mod two_of_a_name {
    hallpass_typed::schema! {
        "model Todo { id Int @id  dueAt Int  due_at Int }",
        crate = hallpass_typed
    }
}

mod no_schema {
    hallpass_typed::schema!(1);
}

fn main() {}
