//! Fragments into the document: what may stand of each.

use bytes::Bytes;

use crate::routing::model::Diagnostic;
use crate::routing::traefik::Section;

use super::Table;
use super::claims::{Claim, FragmentKey};
use super::fragment::{Object, members};

impl Table {
    /// Puts the objects that may stand into the document.
    /// Gives whether other objects made of others stand now.
    pub(super) fn assemble(&mut self, key: &FragmentKey) -> bool {
        let Some(fragment) = self.fragments.get(key) else {
            return false;
        };
        let claims = &self.claims;
        let loser = |object: &Object| {
            claims.lost_to(&Claim::Name(object.section, object.name.clone()), key)
        };
        let standing = fragment.standing(&|object| loser(object).is_some());
        let standing_count = standing.len();
        let sections = Section::ALL.into_iter().filter(|at| key.may_be_in(*at));
        let sections: Vec<(Section, Bytes)> = sections
            .map(|section| (section, members(&standing, section)))
            .collect();
        let composites = standing
            .iter()
            .filter_map(|object| {
                Some((
                    (object.section, object.name.clone()),
                    object.composite.clone()?,
                ))
            })
            .collect();
        let lost: Vec<Diagnostic> = fragment
            .objects
            .iter()
            .filter_map(|object| {
                let owner = loser(object)?;
                let message = format!(
                    "{} {} belongs to {owner}: it is left out; rename it",
                    object.section.noun(),
                    object.name
                );
                Some(Diagnostic::new("name-taken", key.to_string(), message))
            })
            .collect();
        let is_bare = fragment.objects.is_empty()
            && fragment.diagnostics.is_empty()
            && fragment.routed.is_empty();
        let fragment_key = key.to_string();
        let changed = self.composites.replace(key, composites);
        for (section, bytes) in sections {
            self.document.replace(section, &fragment_key, bytes);
        }
        if is_bare {
            self.fragments.remove(key);
            if let FragmentKey::Object(section, name) = key {
                self.wanters.remove(&(*section, name.clone()));
            }
        } else if let Some(fragment) = self.fragments.get_mut(key) {
            fragment.lost = lost;
            fragment.left_out = fragment.objects.len().saturating_sub(standing_count);
        }
        changed
    }

    /// Writes the objects made of others, with those of their parts that stand.
    pub(super) fn compose(&mut self) {
        let (claims, fragments) = (&self.claims, &self.fragments);
        let stands = |section: Section, name: &str| {
            let holder = claims.holder(&Claim::Name(section, name.to_owned()));
            let objects = holder
                .and_then(|key| fragments.get(key))
                .map(|fragment| &fragment.objects);
            objects.into_iter().flatten().any(|object| {
                object.section == section && object.name == name && object.composite.is_none()
            })
        };
        let traefik = self.options.traefik_version;
        for (section, name, bytes) in self.composites.resolve(&stands, traefik) {
            self.document
                .replace(section, &format!("composite {name}"), bytes);
        }
    }
}
