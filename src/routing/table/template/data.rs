//! What a template may look at.

use std::collections::BTreeMap;

/// The root: `.` at the beginning, and `$` everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::routing::table) struct Data<'a> {
    /// `.Name`
    pub(in crate::routing::table) name: &'a str,
    /// `.ContainerName`
    pub(in crate::routing::table) container_name: &'a str,
    /// `.Labels`
    pub(in crate::routing::table) labels: &'a BTreeMap<String, String>,
}

/// The fields of the root.
pub(super) const FIELDS: [&str; 3] = ["Name", "ContainerName", "Labels"];
