include!("../schema/mod.rs");

fn find(db: &Client) {
    let _ = db.todo().find_many().filter(todo::contnt().eq("milk"));
}

fn main() {}
