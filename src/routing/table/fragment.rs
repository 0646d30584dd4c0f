//! What one owner contributes to the document: objects, and what they need of each other.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::Serialize;

use crate::routing::ids::Version;
use crate::routing::model::Diagnostic;
use crate::routing::traefik::any::{AnyMiddleware, AnyService};
use crate::routing::traefik::composite::Composite;
use crate::routing::traefik::encode::{has_long_key, is_long_key, object};
use crate::routing::traefik::{Section, document};

/// One named object, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where it stands.
    pub section: Section,
    /// Its name.
    pub name: String,
    /// `,"name":{...}`
    pub bytes: Vec<u8>,
    /// Names of services of the same fragment without which it must not appear.
    pub needs: Vec<String>,
    /// It is made of others: its bytes depend on which of them stand, and are made last.
    pub composite: Option<Composite>,
}

impl Object {
    /// Encodes an object; refuses what would make Traefik refuse the document.
    pub fn new<T: Serialize>(
        section: Section,
        name: String,
        value: &T,
        needs: Vec<String>,
    ) -> Result<Self, Diagnostic> {
        let refuse = |why: &str| {
            Diagnostic::new("object-refused", format!("{} {name}", section.noun()), why)
        };
        if name.contains('@') || is_long_key(&name) {
            return Err(refuse("its name has an @ or more than 1000 bytes"));
        }
        let Some(value) = object(section, value) else {
            return Err(refuse(
                "it says nothing: an empty object would make Traefik refuse everything",
            ));
        };
        if has_long_key(&value) {
            return Err(refuse(
                "one of its keys has more than 1000 bytes, which would make Traefik refuse everything",
            ));
        }
        let bytes = document::member(&name, &value);
        Ok(Self {
            section,
            name,
            bytes,
            needs,
            composite: None,
        })
    }

    /// A service, whether it has servers or is made of others.
    pub fn service(
        section: Section,
        name: String,
        service: AnyService,
    ) -> Result<Self, Diagnostic> {
        if service.is_composite() {
            return Ok(Self::composite(section, name, Composite::Service(service)));
        }
        Self::new(section, name, &service, Vec::new())
    }

    /// A middleware, whether it does something or is made of others.
    pub fn middleware(
        section: Section,
        name: String,
        middleware: AnyMiddleware,
    ) -> Result<Self, Diagnostic> {
        if middleware.chain().is_some() {
            return Ok(Self::composite(section, name, Composite::Chain(middleware)));
        }
        Self::new(section, name, &middleware, Vec::new())
    }

    const fn composite(section: Section, name: String, composite: Composite) -> Self {
        Self {
            section,
            name,
            bytes: Vec::new(),
            needs: Vec::new(),
            composite: Some(composite),
        }
    }
}

/// One owner's objects with all that is known about them.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    /// Before names are contested.
    pub objects: Vec<Object>,
    /// What was wrong while rendering.
    pub diagnostics: Vec<Diagnostic>,
    /// What was lost to others.
    pub lost: Vec<Diagnostic>,
    /// Versions that are not routed because another keeps what they would share.
    pub refused: BTreeSet<Version>,
}

impl Fragment {
    /// Tells what was wrong.
    pub fn report(&mut self, code: &'static str, subject: impl Into<String>, message: String) {
        self.diagnostics
            .push(Diagnostic::new(code, subject, message));
    }

    /// The objects that may stand: not lost to another owner, nor needing one that was.
    pub fn standing(&self, lost: &dyn Fn(&Object) -> bool) -> Vec<&Object> {
        let mut standing: Vec<&Object> =
            self.objects.iter().filter(|object| !lost(object)).collect();
        loop {
            let services: BTreeSet<(&str, &str)> = standing
                .iter()
                .filter(|object| object.section.is_services())
                .map(|object| (object.section.root(), object.name.as_str()))
                .collect();
            let complete = |object: &&&Object| {
                let root = object.section.root();
                object
                    .needs
                    .iter()
                    .all(|need| services.contains(&(root, need.as_str())))
            };
            let kept: Vec<&Object> = standing.iter().filter(complete).copied().collect();
            if kept.len() == standing.len() {
                return kept;
            }
            standing = kept;
        }
    }
}

/// The members of one section, one after the other.
pub fn members(objects: &[&Object], section: Section) -> Bytes {
    let parts = objects
        .iter()
        .filter(|object| object.section == section)
        .map(|object| object.bytes.as_slice());
    parts.collect::<Vec<_>>().concat().into()
}
