include!("../schema/mod.rs");

fn new() {
    let _ = Todo::new().content("milk").content("eggs");
}

fn main() {}
