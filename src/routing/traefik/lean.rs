//! A typed object straight to bytes, without a tree of values in between: what [`object`](super::encode::object) and
//! [`to_json`](super::encode::to_json) give one after the other.
//!
//! A field is written, and taken back when it turns out to say nothing. Fields are sorted by name, as in a tree.

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{
    Error as _, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple, Serializer,
};
use serde_json::Error;

use super::encode::{MAX_KEY, Place, write_json};
use super::section::Section;

/// An object as it is written, or why it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lean {
    /// It stands.
    Written(Vec<u8>),
    /// Nothing is left of it.
    Nothing,
    /// One of its keys is too long for YAML.
    LongKey,
}

/// Writes an object behind what is there already.
pub fn lean<T: Serialize>(section: Section, value: &T, begin: Vec<u8>) -> Lean {
    let mut writer = Writer {
        out: begin,
        long_key: None,
    };
    let place = Place::root(section);
    let slot = Slot {
        writer: &mut writer,
        place,
    };
    let wrote = value.serialize(slot);
    match wrote.expect("our document types have string keys and no variants with several fields") {
        Wrote::Nothing | Wrote::EmptyList => Lean::Nothing,
        Wrote::Something if writer.long_key.is_some() => Lean::LongKey,
        Wrote::Something => Lean::Written(writer.out),
    }
}

struct Writer {
    out: Vec<u8>,
    /// Where the first key stands that is too long.
    long_key: Option<usize>,
}

impl Writer {
    /// A comma and a key.
    fn key(&mut self, name: &str) -> Result<(), Error> {
        let at = self.out.len();
        self.out.push(b',');
        if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.out.push(b'"');
            self.out.extend_from_slice(name.as_bytes());
            self.out.push(b'"');
        } else {
            write_json(&mut self.out, name)?;
        }
        if self.out.len() - at - 1 > MAX_KEY {
            self.long_key.get_or_insert(at);
        }
        self.out.push(b':');
        Ok(())
    }

    fn take_back(&mut self, to: usize) {
        self.out.truncate(to);
        self.long_key = self.long_key.filter(|at| *at < to);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrote {
    Something,
    Nothing,
    EmptyList,
}

/// Where the next value goes.
struct Slot<'w, 'p> {
    writer: &'w mut Writer,
    place: Place<'p>,
}

impl<'w, 'p> Slot<'w, 'p> {
    fn scalar<T: Serialize + ?Sized>(self, value: &T) -> Result<Wrote, Error> {
        write_json(&mut self.writer.out, value)?;
        Ok(Wrote::Something)
    }

    fn list(self) -> List<'w, 'p> {
        let start = self.writer.out.len();
        self.writer.out.push(b'[');
        List {
            writer: self.writer,
            place: self.place,
            start,
        }
    }

    fn fields(self) -> Fields<'w, 'p> {
        let start = self.writer.out.len();
        Fields {
            writer: self.writer,
            place: self.place,
            start,
            key: String::new(),
            written: Vec::new(),
            list: None,
        }
    }
}

impl<'w, 'p> Serializer for Slot<'w, 'p> {
    type Ok = Wrote;
    type Error = Error;
    type SerializeSeq = List<'w, 'p>;
    type SerializeTuple = List<'w, 'p>;
    type SerializeTupleStruct = Impossible<Wrote, Error>;
    type SerializeTupleVariant = Impossible<Wrote, Error>;
    type SerializeMap = Fields<'w, 'p>;
    type SerializeStruct = Fields<'w, 'p>;
    type SerializeStructVariant = Impossible<Wrote, Error>;

    fn serialize_bool(self, value: bool) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_i8(self, value: i8) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_i16(self, value: i16) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_i32(self, value: i32) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_i64(self, value: i64) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_u8(self, value: u8) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_u16(self, value: u16) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_u32(self, value: u32) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_u64(self, value: u64) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_f32(self, value: f32) -> Result<Wrote, Error> {
        self.serialize_f64(f64::from(value))
    }
    fn serialize_f64(self, value: f64) -> Result<Wrote, Error> {
        if value.is_finite() {
            return self.scalar(&value);
        }
        Ok(Wrote::Nothing)
    }
    fn serialize_char(self, value: char) -> Result<Wrote, Error> {
        self.scalar(&value)
    }
    fn serialize_str(self, value: &str) -> Result<Wrote, Error> {
        self.scalar(value)
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<Wrote, Error> {
        value.serialize(self)
    }
    fn serialize_none(self) -> Result<Wrote, Error> {
        Ok(Wrote::Nothing)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Wrote, Error> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Wrote, Error> {
        Ok(Wrote::Nothing)
    }
    fn serialize_unit_struct(self, _name: &'static str) -> Result<Wrote, Error> {
        Ok(Wrote::Nothing)
    }
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Wrote, Error> {
        self.scalar(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<Wrote, Error> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Wrote, Error> {
        let mut fields = self.fields();
        fields.field(variant, value)?;
        fields.close()
    }
    fn serialize_seq(self, _len: Option<usize>) -> Result<List<'w, 'p>, Error> {
        Ok(self.list())
    }
    fn serialize_tuple(self, _len: usize) -> Result<List<'w, 'p>, Error> {
        Ok(self.list())
    }
    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleStruct, Error> {
        Err(Error::custom(name))
    }
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        Err(Error::custom(name))
    }
    fn serialize_map(self, _len: Option<usize>) -> Result<Fields<'w, 'p>, Error> {
        Ok(self.fields())
    }
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Fields<'w, 'p>, Error> {
        Ok(self.fields())
    }
    fn serialize_struct_variant(
        self,
        name: &'static str,
        _index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        Err(Error::custom(name))
    }
}

/// Items that say something.
struct List<'w, 'p> {
    writer: &'w mut Writer,
    place: Place<'p>,
    start: usize,
}

impl List<'_, '_> {
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Error> {
        let at = self.writer.out.len();
        if at > self.start + 1 {
            self.writer.out.push(b',');
        }
        let slot = Slot {
            writer: self.writer,
            place: self.place,
        };
        if item.serialize(slot)? != Wrote::Something {
            self.writer.take_back(at);
        }
        Ok(())
    }

    fn close(self) -> Wrote {
        if self.writer.out.len() == self.start + 1 {
            self.writer.take_back(self.start);
            return Wrote::EmptyList;
        }
        self.writer.out.push(b']');
        Wrote::Something
    }
}

impl SerializeSeq for List<'_, '_> {
    type Ok = Wrote;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<Wrote, Error> {
        Ok(self.close())
    }
}

impl SerializeTuple for List<'_, '_> {
    type Ok = Wrote;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.item(value)
    }

    fn end(self) -> Result<Wrote, Error> {
        Ok(self.close())
    }
}

/// Fields that say something, one behind the other, each with a comma in front.
struct Fields<'w, 'p> {
    writer: &'w mut Writer,
    place: Place<'p>,
    start: usize,
    /// Of a map, for the value that comes next.
    key: String,
    /// Names, and where each begins.
    written: Vec<(Cow<'static, str>, usize)>,
    /// The first by name of the lists that are left out.
    list: Option<String>,
}

impl Fields<'_, '_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<Wrote, Error> {
        let at = self.writer.out.len();
        self.writer.key(name)?;
        let slot = Slot {
            writer: self.writer,
            place: self.place.below(name),
        };
        let wrote = value.serialize(slot)?;
        if wrote != Wrote::Something {
            self.writer.take_back(at);
        }
        if wrote == Wrote::EmptyList && self.list.as_deref().is_none_or(|list| name < list) {
            self.list = Some(name.to_owned());
        }
        Ok(wrote)
    }

    /// What is left of the object.
    fn close(mut self) -> Result<Wrote, Error> {
        let optional = self.place.may_be_empty();
        if self.writer.out.len() == self.start {
            let list = self
                .list
                .take()
                .filter(|_| !self.place.is_root() && !optional);
            if let Some(list) = list {
                self.writer.key(&list)?;
                self.writer.out.extend(b"[]");
            } else if optional {
                self.writer.out.extend(b"{}");
                return Ok(Wrote::Something);
            } else {
                return Ok(Wrote::Nothing);
            }
        }
        self.sort();
        // the first comma is the brace
        if let Some(first) = self.writer.out.get_mut(self.start) {
            *first = b'{';
        }
        self.writer.out.push(b'}');
        Ok(Wrote::Something)
    }

    fn sort(&mut self) {
        if self.written.is_sorted() {
            return;
        }
        let ends = self.written.iter().skip(1).map(|(_, at)| *at);
        let ends: Vec<usize> = ends.chain([self.writer.out.len()]).collect();
        let parts = self.written.iter().zip(ends);
        let mut parts: Vec<(&str, &[u8])> = parts
            .filter_map(|((name, at), end)| Some((name.as_ref(), self.writer.out.get(*at..end)?)))
            .collect();
        parts.sort_unstable();
        let sorted: Vec<u8> = parts
            .iter()
            .flat_map(|(_, part)| part.iter().copied())
            .collect();
        self.writer.out.truncate(self.start);
        self.writer.out.extend(sorted);
    }
}

impl SerializeMap for Fields<'_, '_> {
    type Ok = Wrote;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let mut text = Vec::new();
        write_json(&mut text, key)?;
        self.key = serde_json::from_slice(&text)?;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let name = std::mem::take(&mut self.key);
        let at = self.writer.out.len();
        if self.field(&name, value)? == Wrote::Something {
            self.written.push((name.into(), at));
        }
        Ok(())
    }

    fn end(self) -> Result<Wrote, Error> {
        self.close()
    }
}

impl SerializeStruct for Fields<'_, '_> {
    type Ok = Wrote;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let at = self.writer.out.len();
        if self.field(name, value)? == Wrote::Something {
            self.written.push((name.into(), at));
        }
        Ok(())
    }

    fn end(self) -> Result<Wrote, Error> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::super::encode::{has_long_key, object, to_json};
    use super::*;

    /// By way of a tree.
    fn slow(section: Section, value: &Value) -> Lean {
        match object(section, value) {
            None => Lean::Nothing,
            Some(value) if has_long_key(&value) => Lean::LongKey,
            Some(value) => Lean::Written(to_json(&value)),
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let names = prop::sample::select(vec![
            "a",
            "b",
            "tls",
            "sticky",
            "cookie",
            "loadBalancer",
            "servers",
            "healthCheck",
            "plugin",
            "ipStrategy",
            "sourceCriterion",
            "compress",
            "\u{7f}",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,4}".prop_map(Value::from),
            Just(json!([])),
            Just(json!({})),
        ];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            let key = prop_oneof![9 => names.clone().prop_map(str::to_owned), 1 => Just("k".repeat(1_100))];
            let fields = prop::collection::btree_map(key, inner.clone(), 0..5);
            let fields = fields.prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>()));
            prop_oneof![prop::collection::vec(inner, 0..4).prop_map(Value::from), fields]
        })
    }

    proptest! {
        #[test]
        fn it_writes_what_a_tree_gives(value in value(), section in 0..Section::ALL.len()) {
            let section = Section::ALL[section];
            prop_assert_eq!(lean(section, &value, Vec::new()), slow(section, &value));
        }
    }

    // The list that keeps its object alive is written last, and its key was not measured.
    #[test]
    fn a_long_key_of_the_empty_list_that_stays_is_seen() {
        let value = json!({"loadBalancer": {"k".repeat(1_100): []}});
        for section in Section::ALL {
            assert_eq!(lean(section, &value, Vec::new()), slow(section, &value));
        }
    }

    #[test]
    fn fields_are_sorted_and_what_says_nothing_is_left_out() {
        #[derive(Serialize)]
        struct Router {
            service: Option<&'static str>,
            rule: &'static str,
            middlewares: Vec<&'static str>,
            entry: Option<u8>,
        }
        let router = Router {
            service: Some("s"),
            rule: "r",
            middlewares: Vec::new(),
            entry: None,
        };
        let written = lean(Section::HttpRouters, &router, b",\"x\":".to_vec());
        let expected = br#","x":{"rule":"r","service":"s"}"#.to_vec();
        assert_eq!(written, Lean::Written(expected));
    }
}
