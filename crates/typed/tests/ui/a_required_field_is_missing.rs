include!("../schema/mod.rs");

fn new(db: &Client) {
    let _ = db.todo().create(Todo::new().owner(user::id().is("ann")));
    let _ = db.todo().create(Todo::new().content("milk"));
}

fn main() {}
