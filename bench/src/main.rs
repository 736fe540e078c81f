//! Measures the server beside two bare ones.
fn main() {}
