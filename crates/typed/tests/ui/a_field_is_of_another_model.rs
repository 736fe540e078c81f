include!("../schema/mod.rs");

fn find(db: &Client) {
    let _ = db.todo().find_many().filter(user::name().eq("ann"));
    let _ = db.todo().find_many().include(user::todos());
    let _ = db.todo().find_many().select((todo::id(), user::id()));
}

fn main() {}
