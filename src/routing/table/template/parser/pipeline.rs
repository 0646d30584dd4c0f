//! The inside of an action: commands and operands.

use std::iter::Peekable;
use std::slice::Iter;

use super::super::data::FIELDS;
use super::super::functions::{self, Function};
use super::super::lexer::Token;
use super::super::tree::{Assignment, Base, Command, Operand, Pipeline};
use super::variables::{Purpose, Scope, undeclared, variables};

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 32;

type Outcome<T> = Result<T, String>;
type Tokens<'s, 't> = Peekable<Iter<'s, Token<'t>>>;

/// Reads all tokens of an action.
pub(super) fn parse(
    tokens: &[Token<'_>],
    scope: &mut Scope,
    purpose: Purpose,
) -> Outcome<Pipeline> {
    let (variables, assignment, rest) = variables(tokens, scope, purpose)?;
    let mut parser = Parser {
        tokens: rest.iter().peekable(),
        scope,
        depth: 0,
    };
    let commands = parser.commands()?;
    if parser.tokens.peek().is_some() {
        return Err("a parenthesis is closed that was not opened".to_owned());
    }
    if assignment == Assignment::Declare {
        scope.variables.extend(variables.iter().cloned());
    }
    Ok(Pipeline {
        variables,
        assignment,
        commands,
    })
}

struct Parser<'p, 's, 't> {
    tokens: Tokens<'s, 't>,
    scope: &'p Scope,
    depth: usize,
}

impl<'t> Parser<'_, '_, 't> {
    fn skip_space(&mut self) {
        while self
            .tokens
            .next_if(|token| **token == Token::Space)
            .is_some()
        {}
    }

    fn is_over(&mut self) -> bool {
        self.skip_space();
        matches!(self.tokens.peek(), None | Some(Token::Close))
    }

    /// Commands up to the end of the action or of the parentheses.
    fn commands(&mut self) -> Outcome<Vec<Command>> {
        let mut commands = Vec::new();
        while !self.is_over() {
            let stage = commands.len();
            commands.push(self.command(stage)?);
        }
        if commands.is_empty() {
            return Err("a value is missing".to_owned());
        }
        Ok(commands)
    }

    /// A command, and the `|` after it.
    fn command(&mut self, stage: usize) -> Outcome<Command> {
        let function = match self.tokens.peek() {
            Some(Token::Word(word)) => self.function(word)?,
            Some(_) | None => None,
        };
        let mut arguments = Vec::new();
        loop {
            arguments.extend(self.operand()?);
            match self.tokens.peek() {
                Some(Token::Space) => self.skip_space(),
                Some(Token::Pipe) => {
                    self.tokens.next();
                    break;
                }
                Some(Token::Close) | None => break,
                Some(token) => return Err(unexpected(token)),
            }
        }
        match function {
            Some(function) => {
                function.check(&arguments, stage.min(1))?;
                Ok(Command::Call(function, arguments))
            }
            None => plain(arguments, stage),
        }
    }

    /// The function a command begins with; none where the word is a value.
    fn function(&mut self, word: &'t str) -> Outcome<Option<&'static Function>> {
        if matches!(word, "true" | "false" | "nil") {
            return Ok(None);
        }
        let function = functions::find(word)?;
        let mut ahead = self.tokens.clone();
        ahead.next();
        match ahead.peek() {
            Some(Token::Field(_)) => return Ok(None),
            Some(Token::Space | Token::Pipe | Token::Close) | None => self.tokens = ahead,
            Some(token) => return Err(unexpected(token)),
        }
        Ok(Some(function))
    }

    /// An operand, if one stands here.
    fn operand(&mut self) -> Outcome<Option<Operand>> {
        let Some(token) = self.tokens.peek().copied() else {
            return Ok(None);
        };
        let base = match token {
            Token::Text(text) => return self.literal(Operand::Text(text.clone())),
            Token::Int(number) => return self.literal(Operand::Int(*number)),
            Token::Word("true") => return self.literal(Operand::Bool(true)),
            Token::Word("false") => return self.literal(Operand::Bool(false)),
            Token::Word("nil") => return self.literal(Operand::Nil),
            Token::Dot => return self.literal(Operand::Path(Base::Dot, Vec::new())),
            Token::Word(word) => {
                let function = functions::find(word)?;
                function.check(&[], 0)?;
                Base::Call(function)
            }
            Token::Variable(name) if self.scope.knows(name) => Base::Variable((*name).to_owned()),
            Token::Variable(name) => return Err(undeclared(name)),
            // the field is read below
            Token::Field(_) => return self.path(Base::Dot),
            Token::Open => return self.parentheses(),
            Token::Space | Token::Pipe | Token::Close => return Ok(None),
            Token::Declare | Token::Set | Token::Comma => return Err(unexpected(token)),
        };
        self.tokens.next();
        self.path(base)
    }

    fn literal(&mut self, operand: Operand) -> Outcome<Option<Operand>> {
        self.tokens.next();
        match self.tokens.peek() {
            Some(Token::Field(name)) => Err(format!("there is no field .{name} of this")),
            Some(_) | None => Ok(Some(operand)),
        }
    }

    fn parentheses(&mut self) -> Outcome<Option<Operand>> {
        self.tokens.next();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("parentheses are nested deeper than {MAX_DEPTH}"));
        }
        let commands = self.commands()?;
        self.tokens.next();
        self.depth -= 1;
        let pipeline = Pipeline {
            variables: Vec::new(),
            assignment: Assignment::Declare,
            commands,
        };
        self.path(Base::Parentheses(Box::new(pipeline)))
    }

    /// The fields that follow without a blank.
    fn path(&mut self, base: Base) -> Outcome<Option<Operand>> {
        let mut fields = Vec::new();
        while let Some(Token::Field(name)) = self.tokens.peek() {
            fields.push((*name).to_owned());
            self.tokens.next();
        }
        let is_root = match &base {
            Base::Dot => self.scope.moved == 0,
            Base::Variable(name) => name == "$",
            Base::Call(_) | Base::Parentheses(_) => false,
        };
        match fields.first() {
            Some(name) if is_root && !FIELDS.contains(&name.as_str()) => Err(format!(
                "there is no field .{name}: the fields are .{}",
                FIELDS.join(", .")
            )),
            Some(_) | None => Ok(Some(Operand::Path(base, fields))),
        }
    }
}

/// A command without a function is one value, and takes none from the command before.
fn plain(mut operands: Vec<Operand>, stage: usize) -> Outcome<Command> {
    let alone = stage == 0 && operands.len() == 1;
    match operands.pop() {
        Some(Operand::Nil) if alone => Err("nil is no command".to_owned()),
        Some(operand) if alone => Ok(Command::Operand(operand)),
        Some(_) => Err("only a function takes arguments or the value before a |".to_owned()),
        None => Err("a value is missing before a |".to_owned()),
    }
}

fn unexpected(token: &Token<'_>) -> String {
    match token {
        Token::Declare | Token::Set => {
            "variables are declared at the beginning of an action".to_owned()
        }
        Token::Comma => "arguments are separated by blanks, not by commas".to_owned(),
        Token::Space
        | Token::Pipe
        | Token::Open
        | Token::Close
        | Token::Dot
        | Token::Field(_)
        | Token::Variable(_)
        | Token::Word(_)
        | Token::Text(_)
        | Token::Int(_) => "there is a blank missing between two arguments".to_owned(),
    }
}
