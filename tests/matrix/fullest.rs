//! A value of any document type with every field in it: a deserializer that answers each question with a sample.
//!
//! A field that is added to a type is in the next document without anybody having to think of it.

use std::fmt::Display;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::Error;

/// A text that also is a number, a duration and a status.
const SAMPLE: &str = "1";

/// Every field, every optional one included, one element in every list, one entry in every map.
pub(crate) fn fullest<T: DeserializeOwned>() -> T {
    T::deserialize(Sample { depth: 0 }).unwrap_or_else(|error| panic!("no sample: {error}"))
}

/// Answers with a sample of whatever is asked for.
#[derive(Clone, Copy)]
struct Sample {
    /// How deep in a value of free form; it must end somewhere.
    depth: u8,
}

impl<'de> Deserializer<'de> for Sample {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.depth {
            0 | 1 => visitor.visit_map(Once::entry(self.depth + 1)),
            2 => visitor.visit_seq(Once::element(self.depth + 1)),
            _ => visitor.visit_str(SAMPLE),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(true)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(7)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u32(7)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(SAMPLE)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(SAMPLE)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Once::element(0))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Once::entry(0))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Fields(fields.iter()))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u8 u16 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum
        identifier ignored_any
    }
}

/// All fields of a struct.
struct Fields(std::slice::Iter<'static, &'static str>);

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let key = self.0.next();
        key.map(|key| seed.deserialize(StrDeserializer::new(key)))
            .transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(Sample { depth: 0 })
    }
}

/// One element or entry.
struct Once {
    left: bool,
    depth: u8,
}

impl Once {
    const fn element(depth: u8) -> Self {
        Self { left: true, depth }
    }

    const fn entry(depth: u8) -> Self {
        Self { left: true, depth }
    }

    fn take(&mut self) -> Option<Sample> {
        let depth = self.depth;
        std::mem::take(&mut self.left).then_some(Sample { depth })
    }
}

impl<'de> SeqAccess<'de> for Once {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        self.take()
            .map(|sample| seed.deserialize(sample))
            .transpose()
    }
}

impl<'de> MapAccess<'de> for Once {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let key = self.left.then(|| StrDeserializer::new(SAMPLE));
        key.map(|key| seed.deserialize(key)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let sample = self.take().ok_or_else(|| no("value"))?;
        seed.deserialize(sample)
    }
}

fn no(what: impl Display) -> Error {
    Error::custom(format!("no {what} is left"))
}
