//! Traefik's dynamic configuration: typed objects, their deterministic encoding, and the chunked document.
//!
//! A decode error makes Traefik refuse a whole document, so what is written here is correct by construction:
//! only known fields, no empty maps, no nulls, every control character escaped ([`encode`]). The [`Document`]
//! keeps each fragment's bytes and shares the unchanged ones between revisions.

pub mod any;
mod body;
pub mod composite;
pub mod difference;
pub mod document;
pub mod encode;
pub mod http;
pub mod lean;
pub mod middleware;
pub mod references;
pub mod rule;
pub mod scalar;
pub mod section;
pub mod share;
pub mod since;
pub mod tcp;
pub mod tls;
pub mod transport;
pub mod udp;

pub use body::Body;
pub use difference::Changes;
pub use document::Document;
pub use section::{Protocol, Section};
