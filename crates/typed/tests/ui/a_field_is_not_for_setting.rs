include!("../schema/mod.rs");

fn change(db: &Client) {
    let _ = db.todo().update(todo::id().is(1)).set(todo::length().to(3));
    let _ = db.todo().find_unique(todo::content().is("milk"));
    let _ = db.total().delete_many();
}

fn main() {}
