//! The arguments of a call, taken one by one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::value::{Fault, Value};

/// Arguments that are left.
#[derive(Debug)]
pub(in super::super) struct Args<'a>(std::vec::IntoIter<Value<'a>>);

impl<'a> Args<'a> {
    /// All of them.
    pub(in super::super) fn new(values: Vec<Value<'a>>) -> Self {
        Self(values.into_iter())
    }

    /// The next, of any sort.
    pub(super) fn any(&mut self) -> Value<'a> {
        self.0.next().unwrap_or(Value::Nil)
    }

    /// The next, which is text.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, Fault> {
        let value = self.any();
        let Value::Text(text) = value else {
            return Err(wrong("string", &value));
        };
        Ok(text)
    }

    /// The next, which is a whole number as written (arithmetic gives int64, which Go does not take for it).
    pub(super) fn int(&mut self) -> Result<i64, Fault> {
        let value = self.any();
        let Value::Int(number) = value else {
            return Err(wrong("int", &value));
        };
        Ok(number)
    }

    /// The next, which is true or false.
    pub(super) fn boolean(&mut self) -> Result<bool, Fault> {
        let value = self.any();
        let Value::Bool(truth) = value else {
            return Err(wrong("bool", &value));
        };
        Ok(truth)
    }

    /// The next, which `dict` made; nothing is an empty one.
    pub(super) fn dict(&mut self) -> Result<BTreeMap<String, Value<'a>>, Fault> {
        match self.any() {
            Value::Dict(map) => Ok(map),
            Value::Nil => Ok(BTreeMap::new()),
            Value::Texts(_) => Err(Fault::new(
                "it works on what `dict` gives, not on labels: `index .Labels \"key\"` reads one",
            )),
            other @ (Value::Bool(_)
            | Value::Int(_)
            | Value::Int64(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Root(_)) => Err(wrong("dict", &other)),
        }
    }

    /// The next, which is a list; nothing is an empty one.
    pub(super) fn list_or_none(&mut self) -> Result<Vec<Value<'a>>, Fault> {
        match self.0.as_slice() {
            [Value::Nil, ..] => Ok(Vec::new()),
            _ => self.list(),
        }
    }

    /// The next, which is a list.
    pub(super) fn list(&mut self) -> Result<Vec<Value<'a>>, Fault> {
        let value = self.any();
        let Value::List(list) = value else {
            return Err(wrong("list", &value));
        };
        Ok(list)
    }

    /// All that are left.
    pub(super) fn rest(self) -> Vec<Value<'a>> {
        self.0.collect()
    }
}

pub(super) fn wrong(wanted: &str, given: &Value<'_>) -> Fault {
    Fault::new(format!(
        "it wants a {wanted} and was given {}",
        given.sort()
    ))
}
