//! The value of a pipeline, and the variables that take it.

use std::borrow::Cow;

use super::super::functions::{Args, Function};
use super::super::tree::{Assignment, Base, Command, Operand, Pipeline};
use super::super::value::{Fault, Value};
use super::Eval;

impl<'a> Eval<'a> {
    /// A pipeline's value, after its variables took it.
    pub(super) fn assign(
        &mut self,
        pipeline: &'a Pipeline,
        dot: &Value<'a>,
    ) -> Result<Value<'a>, Fault> {
        let value = self.evaluate(pipeline, dot)?;
        for name in &pipeline.variables {
            self.budget.spend(value.weight())?;
            match pipeline.assignment {
                Assignment::Declare => self.variables.push((name, value.clone())),
                Assignment::Set => self.set(name, value.clone()),
            }
        }
        Ok(value)
    }

    pub(super) fn set(&mut self, name: &str, value: Value<'a>) {
        if let Some(slot) = self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| *known == name)
        {
            slot.1 = value;
        }
    }

    pub(super) fn evaluate(
        &mut self,
        pipeline: &'a Pipeline,
        dot: &Value<'a>,
    ) -> Result<Value<'a>, Fault> {
        let mut before = None;
        for command in &pipeline.commands {
            let value = match command {
                Command::Operand(operand) => self.operand(operand, dot)?,
                Command::Call(function, arguments) => {
                    self.call(function, arguments, before.take(), dot)?
                }
            };
            before = Some(value);
        }
        Ok(before.unwrap_or(Value::Nil))
    }

    fn call(
        &mut self,
        function: &'static Function,
        operands: &'a [Operand],
        last: Option<Value<'a>>,
        dot: &Value<'a>,
    ) -> Result<Value<'a>, Fault> {
        self.budget.spend(function.cost)?;
        let mut arguments = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            let value = self.operand(operand, dot)?;
            if function.ends_at(&value) {
                return Ok(value);
            }
            arguments.push(value);
        }
        arguments.extend(last);
        function.call(Args::new(arguments))
    }

    fn operand(&mut self, operand: &'a Operand, dot: &Value<'a>) -> Result<Value<'a>, Fault> {
        let value = match operand {
            Operand::Nil => Value::Nil,
            Operand::Bool(truth) => Value::Bool(*truth),
            Operand::Int(number) => Value::Int(*number),
            Operand::Text(text) => Value::Text(Cow::Borrowed(text)),
            Operand::Path(base, fields) => self.path(base, fields, dot)?,
        };
        self.budget.spend(value.weight())?;
        Ok(value)
    }

    fn path(
        &mut self,
        base: &'a Base,
        fields: &[String],
        dot: &Value<'a>,
    ) -> Result<Value<'a>, Fault> {
        let mut value = match base {
            Base::Dot => dot.clone(),
            Base::Variable(name) => self.variable(name),
            Base::Call(function) => self.call(function, &[], None, dot)?,
            Base::Parentheses(pipeline) => self.evaluate(pipeline, dot)?,
        };
        for field in fields {
            self.budget.spend(1)?;
            value = value.field(field)?;
        }
        Ok(value)
    }

    fn variable(&self, name: &str) -> Value<'a> {
        let known = self
            .variables
            .iter()
            .rev()
            .find(|(known, _)| *known == name);
        known.map_or(Value::Nil, |(_, value)| value.clone())
    }
}
