//! Functions on text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::routing::table::golang::letters;

use super::super::limit::Bounded;
use super::super::value::{Fault, Value};
use super::{Args, Function, function};

pub(super) const FUNCTIONS: &[Function] = &[
    function("normalize", (1, 1), |args| each(args, letters::normalize)),
    function("lower", (1, 1), |args| each(args, letters::lower)),
    function("upper", (1, 1), |args| each(args, letters::upper)),
    function("title", (1, 1), |args| each(args, letters::title)),
    function("trim", (1, 1), |args| {
        each(args, |text| text.trim().to_owned())
    }),
    function("nospace", (1, 1), |args| {
        each(args, |text| text.split_whitespace().collect())
    }),
    function("trimAll", (2, 2), trim_all),
    function("trimall", (2, 2), trim_all),
    function("trimPrefix", (2, 2), |args| {
        both(args, |prefix, text| {
            text.strip_prefix(prefix).unwrap_or(text).to_owned()
        })
    }),
    function("trimSuffix", (2, 2), |args| {
        both(args, |suffix, text| {
            text.strip_suffix(suffix).unwrap_or(text).to_owned()
        })
    }),
    function("contains", (2, 2), |args| {
        test(args, |part, text| text.contains(part))
    }),
    function("hasPrefix", (2, 2), |args| {
        test(args, |prefix, text| text.starts_with(prefix))
    }),
    function("hasSuffix", (2, 2), |args| {
        test(args, |suffix, text| text.ends_with(suffix))
    }),
    function("replace", (3, 3), |mut args| {
        let (old, new, text) = (args.text()?, args.text()?, args.text()?);
        Ok(Value::text(Bounded::joined(
            parts(&old, &text, usize::MAX, Around::Yes),
            &new,
        )?))
    }),
    function("repeat", (2, 2), |mut args| {
        let (count, text) = (args.int()?, args.text()?);
        let count = usize::try_from(count).map_err(|_cause| Fault::new("the count is negative"))?;
        let count = if text.is_empty() { 0 } else { count };
        Ok(Value::text(Bounded::joined(
            std::iter::repeat_n(text.as_ref(), count),
            "",
        )?))
    }),
    function("substr", (3, 3), |mut args| {
        let (start, end, text) = (args.int()?, args.int()?, args.text()?);
        substring(start, end, &text)
    }),
    function("trunc", (2, 2), |mut args| {
        let (count, text) = (args.int()?, args.text()?);
        truncated(count, &text)
    }),
    function("split", (2, 2), |mut args| {
        let (separator, text) = (args.text()?, args.text()?);
        Ok(numbered(&parts(&separator, &text, usize::MAX, Around::No)))
    }),
    function("splitn", (3, 3), |mut args| {
        let (separator, count, text) = (args.text()?, args.int()?, args.text()?);
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(numbered(&parts(&separator, &text, most, Around::No)))
    }),
    function("splitList", (2, 2), |mut args| {
        let (separator, text) = (args.text()?, args.text()?);
        let parts = parts(&separator, &text, usize::MAX, Around::No);
        Ok(Value::List(parts.into_iter().map(Value::text).collect()))
    }),
];

fn each(mut args: Args<'_>, change: fn(&str) -> String) -> Result<Value<'_>, Fault> {
    Ok(Value::text(change(&args.text()?)))
}

fn both(mut args: Args<'_>, change: fn(&str, &str) -> String) -> Result<Value<'_>, Fault> {
    let (first, text) = (args.text()?, args.text()?);
    Ok(Value::text(change(&first, &text)))
}

fn test(mut args: Args<'_>, holds: fn(&str, &str) -> bool) -> Result<Value<'_>, Fault> {
    let (first, text) = (args.text()?, args.text()?);
    Ok(Value::Bool(holds(&first, &text)))
}

fn trim_all(args: Args<'_>) -> Result<Value<'_>, Fault> {
    both(args, |letters, text| {
        text.trim_matches(|c| letters.contains(c)).to_owned()
    })
}

/// Does an empty separator also stand before the first character and after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Around {
    Yes,
    No,
}

/// The parts between separators, at most so many; between characters when the separator is empty.
fn parts<'t>(separator: &str, text: &'t str, most: usize, around: Around) -> Vec<&'t str> {
    if most == 0 {
        return Vec::new();
    }
    if !separator.is_empty() || around == Around::Yes {
        return text.splitn(most, separator).collect();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next().filter(|_| parts.len() + 1 < most) {
        let (first, tail) = rest.split_at_checked(c.len_utf8()).unwrap_or((rest, ""));
        parts.push(first);
        rest = tail;
    }
    parts.extend((!rest.is_empty()).then_some(rest));
    parts
}

/// `_0`, `_1` and so on.
fn numbered<'a>(parts: &[&str]) -> Value<'a> {
    let keyed = parts.iter().enumerate();
    let map: BTreeMap<String, String> = keyed
        .map(|(at, part)| (format!("_{at}"), (*part).to_owned()))
        .collect();
    Value::Texts(Cow::Owned(map))
}

/// From the first byte to before the second; a negative start is the beginning, an end beyond the text its end.
fn substring<'a>(start: i64, end: i64, text: &str) -> Result<Value<'a>, Fault> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if start < 0 {
        return cut(text, 0, end);
    }
    if end < 0 || end > length {
        return cut(text, start, length);
    }
    cut(text, start, end)
}

/// The first bytes, or the last of a negative count.
fn truncated<'a>(count: i64, text: &str) -> Result<Value<'a>, Fault> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if count < 0 && length.saturating_add(count) > 0 {
        return cut(text, length + count, length);
    }
    cut(text, 0, if count < 0 { length } else { count.min(length) })
}

fn cut<'a>(text: &str, start: i64, end: i64) -> Result<Value<'a>, Fault> {
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(start, end)| text.get(start..end));
    let wrong = || {
        Fault::new(format!(
            "bytes {start} to {end} are not within the text, or cut a letter in two"
        ))
    };
    part.map(Value::text).ok_or_else(wrong)
}
