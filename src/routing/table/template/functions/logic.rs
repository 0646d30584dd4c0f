//! Truth, comparison, and what stands in for nothing.

use std::cmp::Ordering;

use super::super::value::{Fault, Value};
use super::{ANY, Args, Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    // how they end early is told by `Function::ends_at`
    function("and", (1, ANY), |args| Ok(last(args))),
    function("or", (1, ANY), |args| Ok(last(args))),
    function("not", (1, 1), |mut args| {
        Ok(Value::Bool(!args.any().truth()))
    }),
    function("eq", (2, ANY), |mut args| {
        let first = args.any();
        equals_any(&first, &args.rest())
    }),
    function("ne", (2, 2), |mut args| {
        Ok(Value::Bool(!equal(&args.any(), &args.any())?))
    }),
    function("lt", (2, 2), |args| {
        ordered(args, |found| found == Ordering::Less)
    }),
    function("le", (2, 2), |args| {
        ordered(args, |found| found != Ordering::Greater)
    }),
    function("gt", (2, 2), |args| {
        ordered(args, |found| found == Ordering::Greater)
    }),
    function("ge", (2, 2), |args| {
        ordered(args, |found| found != Ordering::Less)
    }),
    function("default", (1, ANY), |mut args| {
        let (otherwise, given) = (args.any(), args.any());
        Ok(if is_empty(&given) { otherwise } else { given })
    }),
    function("empty", (1, 1), |mut args| {
        Ok(Value::Bool(is_empty(&args.any())))
    }),
    function("coalesce", (0, ANY), |args| {
        let found = args.rest().into_iter().find(|value| !is_empty(value));
        Ok(found.unwrap_or(Value::Nil))
    }),
    function("all", (0, ANY), |args| {
        Ok(Value::Bool(!args.rest().iter().any(is_empty)))
    }),
    function("any", (0, ANY), |args| {
        Ok(Value::Bool(!args.rest().iter().all(is_empty)))
    }),
    function("ternary", (3, 3), |mut args| {
        let (yes, no) = (args.any(), args.any());
        Ok(if args.boolean()? { yes } else { no })
    }),
    function("fail", (1, 1), |mut args| Err(Fault::new(args.text()?))),
];

fn last(args: Args<'_>) -> Value<'_> {
    args.rest().pop().unwrap_or(Value::Nil)
}

fn is_empty(value: &Value<'_>) -> bool {
    !value.truth()
}

fn equals_any<'a>(first: &Value<'_>, others: &[Value<'_>]) -> Result<Value<'a>, Fault> {
    for other in others {
        if equal(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn equal(a: &Value<'_>, b: &Value<'_>) -> Result<bool, Fault> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Int(a) | Value::Int64(a), Value::Int(b) | Value::Int64(b)) => Ok(a == b),
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Nil, Value::Nil) => Ok(true),
        (Value::Nil, _) | (_, Value::Nil) => Ok(false),
        _ => Err(incomparable(a, b)),
    }
}

fn ordered(mut args: Args<'_>, wanted: fn(Ordering) -> bool) -> Result<Value<'_>, Fault> {
    let (a, b) = (args.any(), args.any());
    let found = match (&a, &b) {
        (Value::Int(a) | Value::Int64(a), Value::Int(b) | Value::Int64(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => return Err(incomparable(&a, &b)),
    };
    Ok(Value::Bool(wanted(found)))
}

fn incomparable(a: &Value<'_>, b: &Value<'_>) -> Fault {
    Fault::new(format!("{} and {} cannot be compared", a.sort(), b.sort()))
}
