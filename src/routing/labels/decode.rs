//! A label tree to typed values: a serde deserializer with Traefik's conventions.
//!
//! Field names match without regard to case; lists of scalars are split at commas and trimmed, and what is below
//! them says nothing; bools are what Go takes for one; a struct needs sub-fields unless its field is marked by
//! [`ALLOW_EMPTY`]; in a map marked by [`FLAT_MAP`] paths are keys.

use std::fmt;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use thiserror::Error;

use crate::routing::traefik::scalar::{ALLOW_EMPTY, FLAT_MAP, MAP_ENTRY};

use super::tree::Node;

/// Why a tree does not fit its type.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct DecodeError {
    /// Where, below the object: `tls.domains[0].main`; empty for the object itself.
    pub path: String,
    /// In words.
    pub message: String,
}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            path: String::new(),
            message: message.to_string(),
        }
    }
}

impl DecodeError {
    fn at(self, name: &str) -> Self {
        let joint = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        Self {
            path: format!("{name}{joint}{}", self.path),
            message: self.message,
        }
    }
}

/// Reads one object.
pub fn decode<'de, T: Deserialize<'de>>(node: &'de Node) -> Result<T, DecodeError> {
    T::deserialize(NodeDeserializer(node))
}

#[derive(Clone, Copy)]
struct NodeDeserializer<'de>(&'de Node);

impl<'de> NodeDeserializer<'de> {
    fn text(self) -> Result<&'de str, DecodeError> {
        match (&self.0.value, self.0.children.is_empty()) {
            (Some(value), true) => Ok(value),
            _ => Err(de::Error::custom("a plain value is wanted, not sub-fields")),
        }
    }

    fn number<T: std::str::FromStr>(self) -> Result<T, DecodeError> {
        let text = self.text()?;
        text.parse()
            .map_err(|_cause| de::Error::custom(format!("{text:?} is not a whole number")))
    }

    fn boolean(text: &str) -> Option<bool> {
        match text {
            "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
            "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
            _ => None,
        }
    }

    /// With a value and no sub-fields only fields that may be empty are objects.
    fn fields(self) -> Result<&'de [Node], DecodeError> {
        match (self.0.children.is_empty(), &self.0.value) {
            (true, Some(_)) => Err(de::Error::custom(
                "sub-fields are wanted, not a plain value",
            )),
            _ => Ok(&self.0.children),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            visitor.$visit(self.number()?)
        })*
    };
}

impl<'de> Deserializer<'de> for NodeDeserializer<'de> {
    type Error = DecodeError;

    numbers!(deserialize_i64 visit_i64, deserialize_u64 visit_u64, deserialize_u32 visit_u32, deserialize_u16 visit_u16);

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let text = self.text()?;
        let value = Self::boolean(text).ok_or_else(|| {
            <DecodeError as de::Error>::custom(format!("{text:?} is neither true nor false"))
        })?;
        visitor.visit_bool(value)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match (name, self.0.value.as_deref()) {
            (ALLOW_EMPTY, Some(text)) if !text.is_empty() && !text.eq_ignore_ascii_case("true") => {
                visitor.visit_none()
            }
            (ALLOW_EMPTY, _) => visitor.visit_some(Switched(self.0)),
            (FLAT_MAP, _) => {
                let mut leaves = Vec::new();
                flatten("", self.fields()?, &mut leaves);
                visitor.visit_map(MapDeserializer::new(leaves.into_iter()))
            }
            (MAP_ENTRY, _) => visitor.visit_newtype_struct(Switched(self.0)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Elements::new(self.0))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_map(Fields {
            rest: self.fields()?.iter(),
            known: &[],
            current: None,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_map(Fields {
            rest: self.fields()?.iter(),
            known,
            current: None,
        })
    }

    /// Free-form content (plugins): leaves are strings, the rest is maps and lists.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.0.children.is_empty() {
            return self.deserialize_str(visitor);
        }
        if self.0.children.iter().any(Node::is_index) {
            return visitor.visit_seq(FreeElements(self.0.children.iter()));
        }
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
        ignored_any
    }
}

/// An object whose own value says nothing more: an entry of a map or list, or one that may be empty and is on.
struct Switched<'de>(&'de Node);

impl<'de> Deserializer<'de> for Switched<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_map(Fields {
            rest: self.0.children.iter(),
            known: &[],
            current: None,
        })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_map(Fields {
            rest: self.0.children.iter(),
            known,
            current: None,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

struct Fields<'de> {
    rest: std::slice::Iter<'de, Node>,
    known: &'static [&'static str],
    current: Option<&'de Node>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let Some(node) = self.rest.next() else {
            return Ok(None);
        };
        self.current = Some(node);
        let known = self
            .known
            .iter()
            .find(|known| known.eq_ignore_ascii_case(&node.name));
        let key: StrDeserializer<'_, DecodeError> =
            de::IntoDeserializer::into_deserializer(known.copied().unwrap_or(node.name.as_str()));
        seed.deserialize(key)
            .map(Some)
            .map_err(|error| error.at(&node.name))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        let node = self
            .current
            .expect("serde asks for a value only after its key");
        seed.deserialize(NodeDeserializer(node))
            .map_err(|error| error.at(&node.name))
    }
}

/// Every value below, under its path.
fn flatten(path: &str, children: &[Node], leaves: &mut Vec<(String, String)>) {
    for child in children {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", child.name);
        if let Some(value) = child.value.as_ref().filter(|_| child.children.is_empty()) {
            leaves.push((path.clone(), value.clone()));
        }
        flatten(&path, &child.children, leaves);
    }
}

/// A list of a field's type: what is below it when that is objects, else its own value, split.
struct Elements<'de> {
    list: &'de Node,
    objects: std::slice::Iter<'de, Node>,
    scalars: Option<std::str::Split<'de, char>>,
}

impl<'de> Elements<'de> {
    fn new(list: &'de Node) -> Self {
        let text = list.value.as_deref().filter(|text| !text.is_empty());
        Self {
            list,
            objects: list.children.iter(),
            scalars: text.map(|text| text.split(',')),
        }
    }

    fn scalar(&mut self) -> Result<&'de str, DecodeError> {
        let mut children = self.list.children.iter();
        if children.any(|child| !child.children.is_empty()) {
            return Err(de::Error::custom("plain values are wanted, not sub-fields"));
        }
        let element = self.scalars.as_mut().and_then(Iterator::next);
        let element = element.ok_or_else(no_more)?.trim();
        if element.contains(SEPARATOR) {
            let message = "an element has a U+2551, at which Traefik would split it";
            return Err(de::Error::custom(message));
        }
        Ok(element)
    }
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        match seed.deserialize(Element(self)) {
            Ok(element) => Ok(Some(element)),
            Err(error) if error.message == NO_MORE => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Says that a list has no more elements: which ones it has is known only once an element is asked for by its type.
const NO_MORE: &str = "$no_more";

/// Traefik joins and splits the elements of a document's lists by it; there is no other way to write it.
const SEPARATOR: char = '\u{2551}';

fn no_more() -> DecodeError {
    de::Error::custom(NO_MORE)
}

/// The next element of a list.
struct Element<'a, 'de>(&'a mut Elements<'de>);

impl<'de> Deserializer<'de> for Element<'_, 'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_str(self.0.scalar()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let node = self.0.objects.next().ok_or_else(no_more)?;
        let object = Switched(node).deserialize_struct(name, known, visitor);
        object.map_err(|error| error.at(&node.name))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A list in free-form content.
struct FreeElements<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for FreeElements<'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let Some(node) = self.0.next() else {
            return Ok(None);
        };
        seed.deserialize(NodeDeserializer(node))
            .map(Some)
            .map_err(|error| error.at(&node.name))
    }
}
