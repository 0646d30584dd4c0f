//! A template as a tree. Blocks and parentheses are nested no deeper than the parser allows.

use super::functions::Function;

/// A part of a template.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// Text as it is.
    Text(String),
    /// `{{ pipeline }}`
    Print(Action),
    /// `if` or `with`, up to its `end`.
    Choice {
        /// Which of the two.
        sort: Choice,
        /// The first of these that is true counts.
        branches: Vec<(Action, Vec<Self>)>,
        /// Else this.
        otherwise: Vec<Self>,
    },
    /// `range`, up to its `end`.
    Range {
        /// Over what.
        over: Action,
        /// For each.
        body: Vec<Self>,
        /// For none.
        otherwise: Vec<Self>,
    },
    /// `break`
    Break,
    /// `continue`
    Continue,
}

/// The two sorts of choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// `if`
    If,
    /// `with`: what was true is the dot.
    With,
}

/// A pipeline with the action it was written in.
#[derive(Clone, Debug)]
pub(super) struct Action {
    /// As written, with its braces.
    pub(super) source: String,
    /// What to do.
    pub(super) pipeline: Pipeline,
}

/// Commands, each with the value of the one before as last argument.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    /// Variables that take the value: two in a `range` over keys and values.
    pub(super) variables: Vec<String>,
    /// How they take it.
    pub(super) assignment: Assignment,
    /// At least one.
    pub(super) commands: Vec<Command>,
}

/// What becomes of a pipeline's variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assignment {
    /// `:=`
    Declare,
    /// `=`
    Set,
}

/// A step of a pipeline.
#[derive(Clone, Debug)]
pub(super) enum Command {
    /// A function with arguments.
    Call(&'static Function, Vec<Operand>),
    /// A value.
    Operand(Operand),
}

/// A value to be looked up.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Int(i64),
    /// A string.
    Text(String),
    /// Something, and fields of it.
    Path(Base, Vec<String>),
}

/// What fields are taken of.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// `.`
    Dot,
    /// `$name`
    Variable(String),
    /// A function without arguments.
    Call(&'static Function),
    /// `( ... )`
    Parentheses(Box<Pipeline>),
}

impl Choice {
    /// Its keyword.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::If => "if",
            Self::With => "with",
        }
    }
}
