//! A label tree to typed values: a serde deserializer with Traefik's conventions.
//!
//! Field names match without regard to case; lists of scalars are split at commas and trimmed; bools are what Go
//! takes for one; a struct needs sub-fields unless its field is marked by
//! [`ALLOW_EMPTY`].

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use thiserror::Error;

use crate::routing::traefik::scalar::ALLOW_EMPTY;

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
        if name != ALLOW_EMPTY {
            return visitor.visit_newtype_struct(self);
        }
        match self.0.value.as_deref() {
            Some(text) if !text.is_empty() && Self::boolean(text) != Some(true) => {
                visitor.visit_none()
            }
            _ => visitor.visit_some(Switched(self.0)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0.value.as_deref() {
            _ if self.0.children.iter().any(Node::is_index) => {
                visitor.visit_seq(Elements(self.0.children.iter()))
            }
            Some("") | None if self.0.children.is_empty() => visitor.visit_seq(Scalars(None)),
            _ => visitor.visit_seq(Scalars(Some(self.text()?.split(',')))),
        }
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
            return self.deserialize_seq(visitor);
        }
        self.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
        ignored_any
    }
}

/// A field that may be empty and is on: its own value says nothing more, its sub-fields count.
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

struct Elements<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Elements<'de> {
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

struct Scalars<'de>(Option<std::str::Split<'de, char>>);

impl<'de> SeqAccess<'de> for Scalars<'de> {
    type Error = DecodeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, DecodeError> {
        let Some(element) = self.0.as_mut().and_then(Iterator::next) else {
            return Ok(None);
        };
        let element: StrDeserializer<'_, DecodeError> =
            de::IntoDeserializer::into_deserializer(element.trim());
        seed.deserialize(element).map(Some)
    }
}
