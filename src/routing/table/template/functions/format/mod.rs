//! Values to text: `print`, `printf` and their relatives.

mod verb;

use crate::routing::table::golang::letters;

use super::super::limit::Bounded;
use super::super::value::{Fault, Value};
use super::{ANY, Args, Function, function};
use verb::Part;

pub(super) const FUNCTIONS: &[Function] = &[
    function("print", (0, ANY), print),
    function("println", (0, ANY), |args| {
        let mut text = spaced(&args.rest())?;
        text.push('\n');
        Ok(Value::text(text))
    }),
    function("printf", (1, ANY), printf),
    function("cat", (0, ANY), |args| {
        Ok(Value::text(spaced(&present(args))?))
    }),
    function("quote", (0, ANY), |args| quoted(args, letters::quote)),
    function("squote", (0, ANY), |args| {
        quoted(args, |text| format!("'{text}'"))
    }),
    function("toString", (1, 1), |mut args| {
        Ok(Value::text(args.any().shown()?))
    }),
];

/// Is it a format that is understood.
pub(super) fn check(format: &str) -> Result<(), String> {
    verb::parts(format)
        .map(|_parts| ())
        .map_err(|fault| fault.to_string())
}

/// Blanks stand between two values of which neither is text.
fn print(args: Args<'_>) -> Result<Value<'_>, Fault> {
    let mut out = Bounded::default();
    let mut before_was_text = true;
    for value in args.rest() {
        let is_text = matches!(value, Value::Text(_));
        out.push(if before_was_text || is_text { "" } else { " " })?;
        value.show(&mut out)?;
        before_was_text = is_text;
    }
    Ok(Value::text(out.into_text()))
}

fn spaced(values: &[Value<'_>]) -> Result<String, Fault> {
    let shown: Vec<String> = values.iter().map(Value::shown).collect::<Result<_, _>>()?;
    Bounded::joined(shown.iter().map(String::as_str), " ")
}

fn present(args: Args<'_>) -> Vec<Value<'_>> {
    args.rest()
        .into_iter()
        .filter(|value| *value != Value::Nil)
        .collect()
}

fn quoted(args: Args<'_>, quote: fn(&str) -> String) -> Result<Value<'_>, Fault> {
    let shown = present(args)
        .iter()
        .map(|value| Ok(quote(&value.shown()?)))
        .collect::<Result<Vec<_>, Fault>>()?;
    Ok(Value::text(Bounded::joined(
        shown.iter().map(String::as_str),
        " ",
    )?))
}

fn printf(mut args: Args<'_>) -> Result<Value<'_>, Fault> {
    let format = args.text()?;
    let mut values = args.rest().into_iter();
    let mut out = Bounded::default();
    for part in verb::parts(&format)? {
        match part {
            Part::Text(text) => out.push(text)?,
            Part::Verb(verb) => {
                let value = values
                    .next()
                    .ok_or_else(|| Fault::new("there are more verbs than values"))?;
                out.push(&verb.format(&value)?)?;
            }
        }
    }
    match values.next() {
        None => Ok(Value::text(out.into_text())),
        Some(_) => Err(Fault::new("there are more values than verbs")),
    }
}
