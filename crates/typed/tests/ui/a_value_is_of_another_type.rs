include!("../schema/mod.rs");

fn find(db: &Client) {
    let _ = db.todo().find_many().filter(todo::completed().eq("yes"));
    let _ = db.todo().find_many().filter(todo::completed().gt(true));
    let _ = Todo::new().content(1);
}

fn main() {}
