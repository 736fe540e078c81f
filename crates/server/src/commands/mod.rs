//! The commands, one file each.

pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod db;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod policy;
pub(crate) mod secret;
pub(crate) mod serve;
pub(crate) mod sync;
pub(crate) mod webhooks;
pub(crate) mod zmodel;
