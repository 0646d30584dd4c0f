//! The tree and the data of one container to text: blocks here, what an action computes in `pipeline`.

mod pipeline;

use std::borrow::Cow;

use super::RenderError;
use super::data::Data;
use super::limit::{Bounded, Budget};
use super::tree::{Action, Assignment, Choice, Node, Pipeline};
use super::value::{Fault, Value};

/// Renders a whole template.
pub(super) fn render(nodes: &[Node], data: Data<'_>) -> Result<String, RenderError> {
    let mut eval = Eval {
        variables: vec![("$", Value::Root(data))],
        budget: Budget::default(),
        out: Bounded::default(),
    };
    eval.walk(nodes, &Value::Root(data))?;
    Ok(eval.out.into_text())
}

struct Eval<'a> {
    variables: Vec<(&'a str, Value<'a>)>,
    budget: Budget,
    out: Bounded,
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

impl Action {
    fn failed(&self) -> impl FnOnce(Fault) -> RenderError {
        |fault| RenderError {
            action: self.source.clone(),
            problem: fault.to_string(),
        }
    }
}

impl<'a> Eval<'a> {
    fn walk(&mut self, nodes: &'a [Node], dot: &Value<'a>) -> Result<Flow, RenderError> {
        for node in nodes {
            let flow = match node {
                Node::Text(text) => {
                    self.print_text(text)?;
                    Flow::On
                }
                Node::Print(action) => {
                    self.print(action, dot).map_err(action.failed())?;
                    Flow::On
                }
                Node::Choice {
                    sort,
                    branches,
                    otherwise,
                } => self.scoped(|eval| eval.choose(*sort, branches, otherwise, dot))?,
                Node::Range {
                    over,
                    body,
                    otherwise,
                } => self.scoped(|eval| eval.range(over, body, otherwise, dot))?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn print_text(&mut self, text: &str) -> Result<(), RenderError> {
        let printed = self
            .budget
            .spend(text.len())
            .and_then(|()| self.out.push(text));
        printed.map_err(|fault| RenderError {
            action: "text".to_owned(),
            problem: fault.to_string(),
        })
    }

    fn print(&mut self, action: &'a Action, dot: &Value<'a>) -> Result<(), Fault> {
        let value = self.assign(&action.pipeline, dot)?;
        if !action.pipeline.variables.is_empty() {
            return Ok(());
        }
        if value == Value::Nil {
            return self.out.push("<no value>");
        }
        value.show(&mut self.out)
    }

    /// Variables of a block end with it.
    fn scoped<T>(&mut self, walk: impl FnOnce(&mut Self) -> T) -> T {
        let known = self.variables.len();
        let walked = walk(self);
        self.variables.truncate(known);
        walked
    }

    fn choose(
        &mut self,
        sort: Choice,
        branches: &'a [(Action, Vec<Node>)],
        otherwise: &'a [Node],
        dot: &Value<'a>,
    ) -> Result<Flow, RenderError> {
        for (condition, body) in branches {
            let value = self
                .assign(&condition.pipeline, dot)
                .map_err(condition.failed())?;
            if value.truth() {
                return match sort {
                    Choice::If => self.walk(body, dot),
                    Choice::With => self.walk(body, &value),
                };
            }
        }
        self.walk(otherwise, dot)
    }

    fn range(
        &mut self,
        over: &'a Action,
        body: &'a [Node],
        otherwise: &'a [Node],
        dot: &Value<'a>,
    ) -> Result<Flow, RenderError> {
        let value = self.evaluate(&over.pipeline, dot).map_err(over.failed())?;
        let pipeline = &over.pipeline;
        let items = self
            .items(value, pipeline.variables.len())
            .map_err(over.failed())?;
        if items.is_empty() {
            return self.walk(otherwise, dot);
        }
        let slots = self.variables.len();
        if pipeline.assignment == Assignment::Declare {
            self.variables.extend(
                pipeline
                    .variables
                    .iter()
                    .map(|name| (name.as_str(), Value::Nil)),
            );
        }
        for (key, item) in items {
            self.budget
                .spend(1 + item.weight())
                .map_err(over.failed())?;
            self.take(pipeline, slots, key, &item);
            let flow = self.scoped(|eval| eval.walk(body, &item))?;
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    /// One round of a `range`: its variables take key and item.
    fn take(&mut self, pipeline: &'a Pipeline, slots: usize, key: Value<'a>, item: &Value<'a>) {
        let values = match pipeline.variables.as_slice() {
            [] => return,
            [_] => vec![item.clone()],
            _ => vec![key, item.clone()],
        };
        for (index, (name, value)) in pipeline.variables.iter().zip(values).enumerate() {
            match pipeline.assignment {
                Assignment::Declare => {
                    if let Some(slot) = self.variables.get_mut(slots + index) {
                        slot.1 = value;
                    }
                }
                Assignment::Set => self.set(name, value),
            }
        }
    }

    /// What a `range` goes through: index or key, and item.
    fn items(
        &mut self,
        value: Value<'a>,
        variables: usize,
    ) -> Result<Vec<(Value<'a>, Value<'a>)>, Fault> {
        self.budget.spend(value.weight())?;
        match value {
            Value::Nil => Ok(Vec::new()),
            Value::List(list) => Ok(list
                .into_iter()
                .enumerate()
                .map(|(at, item)| (Value::size(at), item))
                .collect()),
            Value::Texts(Cow::Borrowed(map)) => {
                let text = |text: &'a String| Value::Text(Cow::Borrowed(text));
                Ok(map
                    .iter()
                    .map(|(key, value)| (text(key), text(value)))
                    .collect())
            }
            Value::Texts(Cow::Owned(map)) => Ok(map
                .into_iter()
                .map(|(key, value)| (Value::text(key), Value::text(value)))
                .collect()),
            Value::Dict(map) => Ok(map
                .into_iter()
                .map(|(key, value)| (Value::text(key), value))
                .collect()),
            Value::Int(most) | Value::Int64(most) if variables < 2 => {
                let rounds = usize::try_from(most).unwrap_or_default();
                self.budget.spend(rounds)?;
                Ok((0..rounds)
                    .map(|at| (Value::Nil, Value::size(at)))
                    .collect())
            }
            other @ (Value::Bool(_)
            | Value::Int(_)
            | Value::Int64(_)
            | Value::Text(_)
            | Value::Root(_)) => Err(Fault::new(format!(
                "a range cannot go through a {}",
                other.sort()
            ))),
        }
    }
}
