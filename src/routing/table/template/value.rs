//! The values that templates work with, and how they are printed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use thiserror::Error;

use super::data::{Data, FIELDS};
use super::limit::Bounded;

/// A value. Two sorts of integers and of maps, because Go's functions tell them apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// Nothing: a missing key, or `nil`.
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// A number as written, a length.
    Int(i64),
    /// What arithmetic gives.
    Int64(i64),
    /// Text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Self>),
    /// A map of texts: labels, and what `split` gives.
    Texts(Cow<'a, BTreeMap<String, String>>),
    /// A map of anything: what `dict` gives.
    Dict(BTreeMap<String, Self>),
    /// The root.
    Root(Data<'a>),
}

/// Why a template cannot go on for one container.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub(super) struct Fault(String);

impl Fault {
    /// With this message.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl Value<'_> {
    /// Text of its own.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    /// A length or an index.
    pub(super) fn size(size: usize) -> Self {
        Self::Int(i64::try_from(size).unwrap_or(i64::MAX))
    }

    /// Does it count as true.
    pub(super) fn truth(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Int(number) | Self::Int64(number) => *number != 0,
            Self::Text(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Texts(map) => !map.is_empty(),
            Self::Dict(map) => !map.is_empty(),
            Self::Root(_) => true,
        }
    }

    /// What sort of value it is, in Go's words.
    pub(super) const fn sort(&self) -> &'static str {
        match self {
            Self::Nil => "nothing (a missing label?)",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Int64(_) => "int64",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Texts(_) => "map[string]string",
            Self::Dict(_) => "dict",
            Self::Root(_) => "the root",
        }
    }

    /// How much it is to copy.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Nil
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Int64(_)
            | Self::Root(_)
            | Self::Texts(Cow::Borrowed(_)) => 1,
            Self::Text(text) => 1 + text.len(),
            Self::List(list) => 1 + list.iter().map(Self::weight).sum::<usize>(),
            Self::Texts(Cow::Owned(map)) => {
                1 + map
                    .iter()
                    .map(|(key, text)| 2 + key.len() + text.len())
                    .sum::<usize>()
            }
            Self::Dict(map) => {
                1 + map
                    .iter()
                    .map(|(key, value)| 1 + key.len() + value.weight())
                    .sum::<usize>()
            }
        }
    }

    /// `.name` of it.
    pub(super) fn field(&self, name: &str) -> Result<Self, Fault> {
        match self {
            // Go goes on with nothing
            Self::Nil => Ok(Self::Nil),
            Self::Texts(Cow::Borrowed(map)) => Ok(map
                .get(name)
                .map_or(Self::Nil, |text| Self::Text(Cow::Borrowed(text)))),
            Self::Texts(Cow::Owned(map)) => Ok(map.get(name).map_or(Self::Nil, Self::text)),
            Self::Dict(map) => Ok(map.get(name).cloned().unwrap_or(Self::Nil)),
            Self::Root(data) => root_field(*data, name),
            Self::Bool(_) | Self::Int(_) | Self::Int64(_) | Self::Text(_) | Self::List(_) => Err(
                Fault::new(format!("there is no field .{name} of a {}", self.sort())),
            ),
        }
    }

    /// As text among other texts (`%v`).
    pub(super) fn shown(&self) -> Result<String, Fault> {
        let mut text = Bounded::default();
        self.show(&mut text)?;
        Ok(text.into_text())
    }

    /// Adds it to a text (`%v`).
    pub(super) fn show(&self, out: &mut Bounded) -> Result<(), Fault> {
        match self {
            Self::Nil => out.push("<nil>"),
            Self::Bool(truth) => out.push(if *truth { "true" } else { "false" }),
            Self::Int(number) | Self::Int64(number) => out.push(&number.to_string()),
            Self::Text(text) => out.push(text),
            Self::List(list) => {
                out.push("[")?;
                for (index, value) in list.iter().enumerate() {
                    out.push(if index == 0 { "" } else { " " })?;
                    value.show(out)?;
                }
                out.push("]")
            }
            Self::Texts(map) => show_map(map, out, |text, out| out.push(text)),
            Self::Dict(map) => show_map(map, out, Self::show),
            Self::Root(data) => {
                out.push("{")?;
                out.push(data.name)?;
                out.push(" ")?;
                out.push(data.container_name)?;
                out.push(" ")?;
                show_map(data.labels, out, |text, out| out.push(text))?;
                out.push("}")
            }
        }
    }
}

fn root_field<'a>(data: Data<'a>, name: &str) -> Result<Value<'a>, Fault> {
    match name {
        "Name" => Ok(Value::Text(Cow::Borrowed(data.name))),
        "ContainerName" => Ok(Value::Text(Cow::Borrowed(data.container_name))),
        "Labels" => Ok(Value::Texts(Cow::Borrowed(data.labels))),
        _ => Err(Fault::new(format!(
            "there is no field .{name}: the fields are .{}",
            FIELDS.join(", .")
        ))),
    }
}

type Show<T> = fn(&T, &mut Bounded) -> Result<(), Fault>;

fn show_map<T>(map: &BTreeMap<String, T>, out: &mut Bounded, show: Show<T>) -> Result<(), Fault> {
    out.push("map[")?;
    for (index, (key, value)) in map.iter().enumerate() {
        out.push(if index == 0 { "" } else { " " })?;
        out.push(key)?;
        out.push(":")?;
        show(value, out)?;
    }
    out.push("]")
}
