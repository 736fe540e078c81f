//! What the tests share: the running binary, a visitor with a browser's cookies, a mail service that keeps mails.

pub(crate) mod html;
mod mail_service;
mod process;
pub(crate) mod service;
mod visitor;

pub(crate) use mail_service::MailService;
pub(crate) use process::{Binary, Ended, Running};
pub(crate) use visitor::{Page, Visitor};
