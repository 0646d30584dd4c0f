//! Whole numbers. Arithmetic takes anything for a number, and gives int64, as Sprig's does.

use super::super::lexer::integer;
use super::super::value::{Fault, Value};
use super::{ANY, Args, Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("int", (1, 1), |mut args| {
        Ok(Value::Int(number(&args.any())))
    }),
    function("int64", (1, 1), |mut args| {
        Ok(Value::Int64(number(&args.any())))
    }),
    function("atoi", (1, 1), |mut args| {
        Ok(Value::Int(decimal(&args.text()?)))
    }),
    function("add", (0, ANY), |args| {
        Ok(fold(args, Some(0), i64::wrapping_add))
    }),
    function("add1", (1, 1), |args| {
        Ok(fold(args, Some(1), i64::wrapping_add))
    }),
    function("sub", (2, 2), |args| {
        Ok(fold(args, None, i64::wrapping_sub))
    }),
    function("mul", (1, ANY), |args| {
        Ok(fold(args, None, i64::wrapping_mul))
    }),
    function("max", (1, ANY), |args| Ok(fold(args, None, Ord::max))),
    function("min", (1, ANY), |args| Ok(fold(args, None, Ord::min))),
    function("div", (2, 2), |args| divide(args, i64::wrapping_div)),
    function("mod", (2, 2), |args| divide(args, i64::wrapping_rem)),
];

/// `start` and all arguments, or all arguments.
fn fold(args: Args<'_>, start: Option<i64>, add: fn(i64, i64) -> i64) -> Value<'_> {
    let values = args.rest();
    let numbers = start.into_iter().chain(values.iter().map(number));
    Value::Int64(numbers.reduce(add).unwrap_or_default())
}

fn divide(mut args: Args<'_>, operation: fn(i64, i64) -> i64) -> Result<Value<'_>, Fault> {
    let (a, b) = (number(&args.any()), number(&args.any()));
    if b == 0 {
        return Err(Fault::new("the second number is zero"));
    }
    Ok(Value::Int64(operation(a, b)))
}

/// What is no number is zero.
fn number(value: &Value<'_>) -> i64 {
    match value {
        Value::Int(number) | Value::Int64(number) => *number,
        Value::Bool(truth) => i64::from(*truth),
        Value::Text(text) => integer(without_zeros(text)).unwrap_or_default(),
        Value::Nil | Value::List(_) | Value::Texts(_) | Value::Dict(_) | Value::Root(_) => 0,
    }
}

/// `5.00` is 5.
fn without_zeros(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) | None => text,
    }
}

/// Decimal digits with a sign; the nearest number there is when it is too large.
fn decimal(text: &str) -> i64 {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    let limit = if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    text.parse().unwrap_or(limit)
}
