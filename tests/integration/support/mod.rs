//! What the tests share.

pub(crate) mod fake_reconciler;
pub(crate) mod http;
pub(crate) mod listeners;
