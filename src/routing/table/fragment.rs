//! What one owner contributes to the document: objects, and what they need of each other.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::routing::ids::{TraefikVersion, Version};
use crate::routing::model::Diagnostic;
use crate::routing::traefik::any::{AnyMiddleware, AnyService};
use crate::routing::traefik::composite::Composite;
use crate::routing::traefik::encode::is_long_key;
use crate::routing::traefik::lean::{Lean, lean};
use crate::routing::traefik::since::{self, Newer, Otherwise};
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
    /// The age of its name in milliseconds since the epoch, when that is less than its owner's.
    pub since: u64,
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
            let subject = format!("{} {name}", section.noun());
            Diagnostic::new("object-refused", subject, why).at(section.label(&name))
        };
        if name.contains('@') || is_long_key(&name) {
            return Err(refuse("its name has an @ or more than 1000 bytes"));
        }
        let bytes = match lean(section, value, document::begin(&name)) {
            Lean::Written(bytes) => bytes,
            Lean::Nothing => {
                return Err(refuse(
                    "it says nothing: an empty object would make Traefik refuse everything",
                ));
            }
            Lean::LongKey => {
                return Err(refuse(
                    "one of its keys has more than 1000 bytes, which would make Traefik refuse everything",
                ));
            }
        };
        Ok(Self {
            section,
            name,
            bytes,
            needs,
            composite: None,
            since: 0,
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
            since: 0,
        }
    }
}

impl Object {
    /// What it says, read back.
    fn value(&self) -> Value {
        let entry = [b"{", self.bytes.get(1..).unwrap_or_default(), b"}"].concat();
        let entry: BTreeMap<String, Value> = serde_json::from_slice(&entry)
            .expect("`document::member` wrote it, and no label is nested too deeply to be read");
        entry.into_values().next().unwrap_or_default()
    }

    /// As this release of Traefik reads it, with what is to be told. Costs nothing for the newest; what is made of
    /// others has its turn when it is made.
    pub fn fit(self, traefik: TraefikVersion) -> (Option<Self>, Vec<Diagnostic>) {
        if traefik >= since::NEWEST || self.composite.is_some() {
            return (Some(self), Vec::new());
        }
        let fitted = since::fit(self.section, self.value(), traefik);
        if fitted.missing.is_empty() {
            return (Some(self), Vec::new());
        }
        let told = fitted.missing.iter();
        let told = told.map(|newer| self.lacks(newer, traefik)).collect();
        let value = fitted.value;
        let bytes = value.map(|value| document::member(&self.name, &value));
        (bytes.map(|bytes| Self { bytes, ..self }), told)
    }

    /// Told of a field that is missing.
    fn lacks(&self, newer: &Newer, traefik: TraefikVersion) -> Diagnostic {
        let value = newer.value.map(|value| format!(" {value}"));
        let what = format!("{}{}", newer.path, value.unwrap_or_default());
        let then = match newer.otherwise {
            Otherwise::LeaveOut => "it is left out, and Traefik's default applies",
            Otherwise::Close => {
                "without it more would be let in than was meant, so nothing is let in"
            }
        };
        let message = format!(
            "Traefik {traefik} does not know {what}, which came with {}: {then}",
            newer.since
        );
        let subject = format!("{} {}", self.section.noun(), self.name);
        Diagnostic::new("traefik-too-old", subject, message).at(newer.path)
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
    /// How many of its objects do not stand.
    pub left_out: usize,
    /// Versions of the env that are routed.
    pub routed: BTreeSet<Version>,
    /// Versions that are not routed because another keeps what they would share.
    pub refused: BTreeSet<Version>,
}

impl Fragment {
    /// The objects of which others may be made: services with servers, and middlewares.
    pub fn parts(&self) -> BTreeSet<(Section, &str)> {
        let is_part =
            |section: Section| section.is_services() || section == Section::HttpMiddlewares;
        let parts = self
            .objects
            .iter()
            .filter(|object| object.composite.is_none());
        parts
            .filter(|object| is_part(object.section))
            .map(|object| (object.section, object.name.as_str()))
            .collect()
    }

    /// It is as its owners want it, and there is nothing to tell.
    pub const fn is_settled(&self) -> bool {
        self.diagnostics.is_empty() && !self.objects.is_empty()
    }

    /// Takes out what this release of Traefik does not know, and tells.
    pub fn fit(&mut self, traefik: TraefikVersion) {
        let objects = std::mem::take(&mut self.objects);
        for object in objects {
            let (object, told) = object.fit(traefik);
            self.objects.extend(object);
            self.diagnostics.extend(told);
        }
    }

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
