//! Regular expressions, in Go's syntax.

use regex::{Captures, Regex};

use crate::routing::table::golang::regexp;

use super::super::limit::Bounded;
use super::super::value::{Fault, Value};
use super::{Args, Function, function};

/// Compiling is work.
const COST: usize = 1 << 13;

/// Most bytes that the groups in a replacement may come to.
const MAX_FILLED: usize = 1 << 20;

const fn costly(name: &'static str, count: usize, body: super::Body) -> Function {
    let mut function = function(name, (count, count), body);
    function.cost = COST;
    function
}

pub(super) const FUNCTIONS: &[Function] = &[
    // an expression that is none matches nothing
    costly("regexMatch", 2, |mut args| {
        let (expression, text) = (args.text()?, args.text()?);
        Ok(Value::Bool(
            regexp::compile(&expression).is_ok_and(|regex| regex.is_match(&text)),
        ))
    }),
    costly("regexFind", 2, |mut args| {
        let (regex, text) = (compile(&args.text()?)?, args.text()?);
        Ok(Value::text(
            regex.find(&text).map_or("", |found| found.as_str()),
        ))
    }),
    costly("regexReplaceAll", 3, |args| replace(args, Groups::Filled)),
    costly("regexReplaceAllLiteral", 3, |args| {
        replace(args, Groups::Plain)
    }),
    function("regexQuoteMeta", (1, 1), |mut args| {
        Ok(Value::text(quoted(&args.text()?)))
    }),
];

fn compile(expression: &str) -> Result<Regex, Fault> {
    regexp::compile(expression).map_err(|error| Fault::new(format!("{expression:?}: {error}")))
}

/// What `$1` in a replacement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Groups {
    /// The group's text.
    Filled,
    /// Itself.
    Plain,
}

fn replace(mut args: Args<'_>, groups: Groups) -> Result<Value<'_>, Fault> {
    let (regex, text, by) = (compile(&args.text()?)?, args.text()?, args.text()?);
    let mut out = Bounded::default();
    let mut end = 0;
    for captures in regex.captures_iter(&text) {
        let Some(found) = captures.get(0) else {
            continue;
        };
        out.push(text.get(end..found.start()).unwrap_or_default())?;
        match groups {
            Groups::Filled => out.push(&filled(&captures, &by, found.len())?)?,
            Groups::Plain => out.push(&by)?,
        }
        end = found.end();
    }
    out.push(text.get(end..).unwrap_or_default())?;
    Ok(Value::text(out.into_text()))
}

/// The replacement for one match of this length.
fn filled(captures: &Captures<'_>, by: &str, length: usize) -> Result<String, Fault> {
    let groups = by.matches('$').count();
    if groups.saturating_mul(length) > MAX_FILLED {
        return Err(Fault::new("the replacement becomes too long"));
    }
    let mut text = String::new();
    captures.expand(by, &mut text);
    Ok(text)
}

fn quoted(text: &str) -> String {
    let special = |c| "\\.+*?()|[]{}^$".contains(c);
    text.chars()
        .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
        .collect()
}
