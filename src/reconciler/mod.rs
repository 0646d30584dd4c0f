//! THE ONE WRITER: changes, commands and deadlines go in; the table, the store and the snapshot follow.
//!
//! One task owns all that changes, in plain fields. For an operator's command the order is fixed: step, save,
//! publish, reply. Disk is never behind what Traefik was told, and nobody is answered before the document is out.

mod handle;

pub use handle::{Accepted, CommandError, CommandRequest, Handle, Request, Turn, handle_channel};
