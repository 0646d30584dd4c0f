//! Text to declaration: what one container's labels say, typed, with a diagnostic for what they say wrongly.
//!
//! [`tree`] is the key grammar (paths, case, indices), [`decode`] reads a tree into the typed objects of
//! [`super::traefik`], `reader` puts one container's [`declaration`] together, `ignored` knows labels without
//! effect, [`managed`] reads `pointsman.*`. A broken object costs that object; it never hides the container's other
//! labels.

pub mod declaration;
pub mod decode;
mod ignored;
pub mod managed;
mod names;
mod reader;
pub mod tree;

pub use declaration::{Declaration, Objects, Setting};
pub use managed::{Managed, ManagedLabels};

#[cfg(test)]
mod tests;
