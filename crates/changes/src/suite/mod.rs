//! One suite for every database.

mod acting;
mod audit;
mod capture;
mod cascading;
mod comparing;
mod concurrency;
mod following;
mod hardship;
mod installing;
mod living;
mod reading;
mod referring;
mod refusing;
mod sync;
mod taking;
mod tampering;
mod telling;
mod working;
mod world;
