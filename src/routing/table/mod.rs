//! Facts and records to fragments of the document, incrementally.

mod status;

pub use status::{EnvStatus, Share, StackStatus};
