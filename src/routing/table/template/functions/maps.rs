//! Functions on maps, and what reaches into maps and lists alike.

use std::collections::BTreeMap;

use super::super::value::{Fault, Value};
use super::args::wrong;
use super::{ANY, Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("index", (1, ANY), |mut args| {
        let item = args.any();
        if item == Value::Nil {
            return Err(Fault::new("there is nothing to look into"));
        }
        args.rest()
            .iter()
            .try_fold(item, |item, key| within(&item, key))
    }),
    function("len", (1, 1), |mut args| length(&args.any())),
    function("dict", (0, ANY), |args| dict(args.rest())),
    function("get", (2, 2), |mut args| {
        let (dict, key) = (args.dict()?, args.text()?);
        Ok(dict
            .get(key.as_ref())
            .cloned()
            .unwrap_or_else(|| Value::text("")))
    }),
    function("hasKey", (2, 2), |mut args| {
        let (dict, key) = (args.dict()?, args.text()?);
        Ok(Value::Bool(dict.contains_key(key.as_ref())))
    }),
];

/// A list's part by its number, a map's by its key. A label that is not there is empty.
fn within<'a>(item: &Value<'a>, key: &Value<'a>) -> Result<Value<'a>, Fault> {
    match (item, key) {
        (Value::List(list), Value::Int(at) | Value::Int64(at)) => {
            let found = usize::try_from(*at).ok().and_then(|at| list.get(at));
            found.cloned().ok_or_else(|| {
                Fault::new(format!(
                    "there is no number {at} in a list of {}",
                    list.len()
                ))
            })
        }
        (Value::Texts(map), Value::Text(key)) => Ok(Value::text(
            map.get(key.as_ref()).map_or("", String::as_str),
        )),
        (Value::Dict(map), Value::Text(key)) => {
            Ok(map.get(key.as_ref()).cloned().unwrap_or(Value::Nil))
        }
        _ => Err(Fault::new(format!(
            "a {} has no parts by {}",
            item.sort(),
            key.sort()
        ))),
    }
}

fn length<'a>(value: &Value<'_>) -> Result<Value<'a>, Fault> {
    match value {
        Value::Text(text) => Ok(Value::size(text.len())),
        Value::List(list) => Ok(Value::size(list.len())),
        Value::Texts(map) => Ok(Value::size(map.len())),
        Value::Dict(map) => Ok(Value::size(map.len())),
        Value::Nil | Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Root(_) => {
            Err(wrong("text, list or map", value))
        }
    }
}

/// Keys and values in turn; a last key alone has an empty value.
fn dict(values: Vec<Value<'_>>) -> Result<Value<'_>, Fault> {
    let mut map = BTreeMap::new();
    let mut values = values.into_iter();
    while let Some(key) = values.next() {
        map.insert(
            key.shown()?,
            values.next().unwrap_or_else(|| Value::text("")),
        );
    }
    Ok(Value::Dict(map))
}
