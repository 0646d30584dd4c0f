//! Values to JSON that Traefik's YAML reader takes.
//!
//! Traefik parses the body as YAML. JSON escapes nothing from U+007F up, YAML refuses some of those characters
//! raw, and one of them in a label would stop all updates; so they are written as `\uXXXX`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};
use serde_json::{Map, Value};

use super::section::Section;

/// Compact JSON with every character escaped that YAML would refuse.
pub fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    write_json(&mut out, value)
        .expect("our document types have string keys and writing to memory cannot fail");
    out
}

/// The same behind what is there already.
pub(super) fn write_json<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
) -> Result<(), serde_json::Error> {
    value.serialize(&mut Serializer::with_formatter(
        out,
        YamlSafe(CompactFormatter),
    ))
}

/// A typed object as the document holds it: absent fields left out, and no empty object where Traefik would refuse
/// the whole document for it: one that is there and says nothing keeps an empty list. `None` when nothing is left.
pub fn object<T: Serialize>(section: Section, value: &T) -> Option<Value> {
    let value = serde_json::to_value(value).expect("our document types have string keys");
    prune(value, Place::root(section))
}

/// Where a value stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    section: Section,
    parent: &'a str,
    key: &'a str,
}

/// Longest key as it is written. YAML gives up on a key that does not end within 1024 bytes, and Traefik with it on the
/// whole document.
pub(super) const MAX_KEY: usize = 1000;

/// Is a name or key too long for YAML, quotes and escapes counted.
pub fn is_long_key(key: &str) -> bool {
    // no byte is written as more than six
    key.len() * 6 + 2 > MAX_KEY && to_json(&key).len() > MAX_KEY
}

/// Does a value have such a key anywhere.
#[cfg(test)]
pub(super) fn has_long_key(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_long_key),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, field)| is_long_key(key) || has_long_key(field)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

impl<'a> Place<'a> {
    pub(super) const fn root(section: Section) -> Self {
        Self {
            section,
            parent: "",
            key: "",
        }
    }

    pub(super) const fn is_root(self) -> bool {
        self.key.is_empty()
    }

    pub(super) const fn below(self, key: &'a str) -> Self {
        Self {
            section: self.section,
            parent: self.key,
            key,
        }
    }

    /// `parent.key: {}` that means "on, with defaults".
    pub(super) fn may_be_empty(self) -> bool {
        match self.key {
            "cookie" | "compress" | "contentType" | "proxyProtocol" | "spiffe" => true,
            // of a router or a TCP servers transport; the one towards a server that is asked must say something
            "tls" => self.parent.is_empty(),
            "sticky" => self.parent == "loadBalancer",
            "ipStrategy" => self.parent != "sourceCriterion",
            "healthCheck" => self.parent != "loadBalancer" || self.section == Section::TcpServices,
            _ => self.parent == "plugin",
        }
    }
}

fn prune(value: Value, place: Place<'_>) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let items: Vec<Value> = items
                .into_iter()
                .filter_map(|item| prune(item, place))
                .collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(fields) => prune_object(fields, place),
        scalar @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => Some(scalar),
    }
}

fn prune_object(fields: Map<String, Value>, place: Place<'_>) -> Option<Value> {
    let list = fields.iter().find(|(_, field)| field.is_array());
    let list = list.map(|(name, _)| (name.clone(), Value::Array(Vec::new())));
    let mut kept = Map::new();
    for (name, field) in fields {
        if let Some(field) = prune(field, place.below(&name)) {
            kept.insert(name, field);
        }
    }
    // what says nothing is still there: a load balancer has no servers, a chain no middlewares
    if kept.is_empty() && !place.is_root() && !place.may_be_empty() {
        kept.extend(list);
    }
    (!kept.is_empty() || place.may_be_empty()).then_some(Value::Object(kept))
}

struct YamlSafe(CompactFormatter);

/// Characters that JSON leaves raw and YAML refuses, folds or treats as marks.
const fn is_hostile(c: char) -> bool {
    matches!(
        c,
        '\u{7f}'..='\u{a0}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

impl Formatter for YamlSafe {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // most texts are plain; a look at bytes is cheaper than one at characters
        if fragment.bytes().all(|byte| byte < 0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, hostile)) = rest.char_indices().find(|(_, c)| is_hostile(*c)) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            write!(writer, "\\u{:04x}", u32::from(hostile))?;
            rest = after.strip_prefix(hostile).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_survive() {
        for text in [
            "a\u{7f}b",
            "\u{80}\u{85}\u{9f}",
            "\u{fffe}x\u{ffff}",
            "\u{2028}",
            "plain",
            "\"\\\n\u{1}",
            "\u{1f600}",
        ] {
            let json = to_json(&text);
            let printed = String::from_utf8(json.clone()).unwrap();
            assert!(!printed.chars().any(is_hostile), "{printed:?} is safe");
            assert_eq!(
                serde_json::from_slice::<String>(&json).unwrap(),
                text,
                "and says the same"
            );
        }
    }

    #[test]
    fn emoji_stay_raw_because_surrogate_escapes_are_refused() {
        assert_eq!(
            to_json(&"\u{1f600}"),
            "\"\u{1f600}\"".as_bytes(),
            "raw UTF-8"
        );
    }
}
