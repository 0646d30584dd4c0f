//! What the benchmarks share.

pub(crate) mod figures;
pub(crate) mod table;
pub(crate) mod world;
