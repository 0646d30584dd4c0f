//! Functions on lists.

use super::super::limit::Bounded;
use super::super::value::{Fault, Value};
use super::args::wrong;
use super::{ANY, Args, Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("list", (0, ANY), |args| Ok(Value::List(args.rest()))),
    function("tuple", (0, ANY), |args| Ok(Value::List(args.rest()))),
    function("first", (1, 1), |mut args| {
        Ok(args.list()?.into_iter().next().unwrap_or(Value::Nil))
    }),
    function("last", (1, 1), |mut args| {
        Ok(args.list()?.pop().unwrap_or(Value::Nil))
    }),
    function("rest", (1, 1), |mut args| {
        Ok(Value::List(args.list()?.into_iter().skip(1).collect()))
    }),
    function("initial", (1, 1), |mut args| {
        let mut list = args.list()?;
        list.pop();
        Ok(Value::List(list))
    }),
    function("reverse", (1, 1), |mut args| {
        Ok(Value::List(args.list()?.into_iter().rev().collect()))
    }),
    function("uniq", (1, 1), |mut args| {
        Ok(Value::List(distinct(args.list()?)))
    }),
    function("compact", (1, 1), |mut args| {
        Ok(Value::List(
            args.list()?.into_iter().filter(Value::truth).collect(),
        ))
    }),
    function("has", (2, 2), |mut args| {
        let needle = args.any();
        let list = args.list_or_none()?;
        Ok(Value::Bool(list.contains(&needle)))
    }),
    function("without", (1, ANY), |mut args| {
        let list = args.list()?;
        let unwanted = args.rest();
        Ok(Value::List(
            list.into_iter()
                .filter(|value| !unwanted.contains(value))
                .collect(),
        ))
    }),
    function("append", (2, 2), |mut args| {
        let mut list = args.list()?;
        list.push(args.any());
        Ok(Value::List(list))
    }),
    function("prepend", (2, 2), |mut args| {
        let (list, first) = (args.list()?, args.any());
        Ok(Value::List(std::iter::once(first).chain(list).collect()))
    }),
    function("concat", (0, ANY), concat),
    function("sortAlpha", (1, 1), |mut args| {
        let value = args.any();
        let mut texts = if value == Value::Nil {
            vec![value.shown()?]
        } else {
            texts(&value)?
        };
        texts.sort_unstable();
        Ok(Value::List(texts.into_iter().map(Value::text).collect()))
    }),
    function("toStrings", (1, 1), |mut args| {
        Ok(Value::List(
            texts(&args.any())?.into_iter().map(Value::text).collect(),
        ))
    }),
    function("join", (2, 2), |mut args| {
        let (separator, parts) = (args.text()?, texts(&args.any())?);
        Ok(Value::text(Bounded::joined(
            parts.iter().map(String::as_str),
            &separator,
        )?))
    }),
];

/// The parts of a list as texts; anything else is one part.
fn texts(value: &Value<'_>) -> Result<Vec<String>, Fault> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => list
            .iter()
            .filter(|value| **value != Value::Nil)
            .map(Value::shown)
            .collect(),
        Value::Bool(_)
        | Value::Int(_)
        | Value::Int64(_)
        | Value::Text(_)
        | Value::Texts(_)
        | Value::Dict(_)
        | Value::Root(_) => Ok(vec![value.shown()?]),
    }
}

fn distinct(list: Vec<Value<'_>>) -> Vec<Value<'_>> {
    let mut seen: Vec<Value<'_>> = Vec::new();
    for value in list {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

fn concat(args: Args<'_>) -> Result<Value<'_>, Fault> {
    let mut all = Vec::new();
    for value in args.rest() {
        let Value::List(list) = value else {
            return Err(wrong("list", &value));
        };
        all.extend(list);
    }
    Ok(Value::List(all))
}
