//! What the document calls the objects of one version.

use crate::routing::ids::Version;
use crate::routing::traefik::Section;
use crate::routing::traefik::references::own_name;

use super::super::naming;
use super::super::stack::Stack;
use super::{Docker, Output};

impl Output<'_> {
    pub(super) fn name(&self, local: &str) -> String {
        format!("{}-{local}", self.env.record.key.prefix())
    }

    pub(super) fn child_name(&self, local: &str, version: &Version) -> String {
        format!("{}-{local}-{version}", self.env.record.key.prefix())
    }

    /// What labels name, as the document calls it: the version's own, where it has it, else as written.
    pub(super) fn reference(
        &self,
        (version, stack): (&Version, &Stack),
        section: Section,
        written: &str,
    ) -> String {
        let name = own_name(written);
        let stack_name = self.env.record.key.stack_name(version);
        let local = naming::local(name, &stack_name, name);
        if !name.contains('@') && stack.has(section, &local) {
            self.child_name(&local, version)
        } else {
            match self.env.docker {
                Docker::Replaced => name.to_owned(),
                Docker::Beside => written.to_owned(),
            }
        }
    }
}
