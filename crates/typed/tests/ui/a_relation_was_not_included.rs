include!("../schema/mod.rs");

async fn owner(db: &Client) -> Option<String> {
    let todo = db.todo().find_first().await.ok()??;
    todo.owner?.name
}

fn main() {}
