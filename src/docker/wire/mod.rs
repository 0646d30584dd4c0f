//! The Engine's JSON as we read it: only the fields that we use, and none that can fail for being unexpected.
//!
//! A new state, a number for a text, `null` for anything: daemons of ten years and Podman differ in all of them, and one
//! strict field would hide every container of the list. So unknown is a value, missing is the default, and only
//! what is not JSON at all is an error. What the values mean is decided in `convert`.

mod container;
mod event;
mod lenient;
mod network;
mod usage;
mod version;

pub(super) use container::{Inspected, Listed, ListedEndpoint, ListedPort};
pub(super) use event::{Event, Kind};
pub(super) use lenient::{or_default, text, text_list, text_map};
pub(super) use network::{Info, Network};
pub(super) use usage::{DiskUsage, Stats, Volumes};
pub(super) use version::{Refusal, VersionAnswer};
