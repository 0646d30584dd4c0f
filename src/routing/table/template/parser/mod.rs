//! Pieces to the tree: blocks up to their `end`, and what every action says.

mod pipeline;
mod variables;

use super::TemplateError;
use super::lexer::{Piece, Token, shown};
use super::tree::{Action, Choice, Node};
use variables::{Purpose, Scope};

/// Deepest nesting of blocks.
const MAX_DEPTH: usize = 32;

type Outcome<T> = Result<T, TemplateError>;
type Tokens<'t> = Vec<Token<'t>>;

/// Reads all pieces.
pub(super) fn parse(pieces: Vec<Piece<'_>>) -> Outcome<Vec<Node>> {
    let mut parser = Parser {
        pieces: pieces.into_iter(),
        scope: Scope::default(),
        depth: 0,
        ranges: 0,
    };
    let (body, end) = parser.body()?;
    match end {
        End::Text => Ok(body),
        End::Block(source) | End::Else(source, _) => Err(refused(
            source,
            "there is no if, with or range that this could belong to",
        )),
    }
}

fn refused(source: &str, problem: impl Into<String>) -> TemplateError {
    TemplateError::Action {
        action: shown(source),
        problem: problem.into(),
    }
}

struct Parser<'t> {
    pieces: std::vec::IntoIter<Piece<'t>>,
    scope: Scope,
    depth: usize,
    ranges: usize,
}

/// Why a body is over, and the action that says so.
enum End<'t> {
    /// The text is over.
    Text,
    /// `end`
    Block(&'t str),
    /// `else`, with what follows it.
    Else(&'t str, Tokens<'t>),
}

enum Step<'t> {
    Node(Node),
    End(End<'t>),
}

impl<'t> Parser<'t> {
    fn body(&mut self) -> Outcome<(Vec<Node>, End<'t>)> {
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            match piece {
                Piece::Text("") => {}
                Piece::Text(text) => nodes.push(Node::Text(text.to_owned())),
                Piece::Action { source, tokens } => match self.action(source, &tokens)? {
                    Step::Node(node) => nodes.push(node),
                    Step::End(end) => return Ok((nodes, end)),
                },
            }
        }
        Ok((nodes, End::Text))
    }

    fn action(&mut self, source: &'t str, tokens: &[Token<'t>]) -> Outcome<Step<'t>> {
        let (word, rest) = keyword(tokens);
        if matches!(word, "end" | "break" | "continue") && !is_blank(rest) {
            return Err(refused(source, format!("{word} stands alone")));
        }
        if matches!(word, "break" | "continue") && self.ranges == 0 {
            return Err(refused(source, format!("{word} stands within a range")));
        }
        let node = match word {
            "if" => self.choice(Choice::If, source, rest)?,
            "with" => self.choice(Choice::With, source, rest)?,
            "range" => self.range(source, rest)?,
            "else" => return Ok(Step::End(End::Else(source, rest.to_vec()))),
            "end" => return Ok(Step::End(End::Block(source))),
            "break" => Node::Break,
            "continue" => Node::Continue,
            "define" | "template" | "block" => {
                return Err(refused(
                    source,
                    format!("{word} is not supported: a rule is one template"),
                ));
            }
            _ => Node::Print(self.pipeline(source, tokens, Purpose::Print)?),
        };
        Ok(Step::Node(node))
    }

    fn pipeline(
        &mut self,
        source: &str,
        tokens: &[Token<'t>],
        purpose: Purpose,
    ) -> Outcome<Action> {
        let pipeline = pipeline::parse(tokens, &mut self.scope, purpose);
        Ok(Action {
            pipeline: pipeline.map_err(|problem| refused(source, problem))?,
            source: shown(source),
        })
    }

    /// A block has a depth, and variables of its own.
    fn block(
        &mut self,
        source: &str,
        read: impl FnOnce(&mut Self) -> Outcome<Node>,
    ) -> Outcome<Node> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(refused(
                source,
                format!("blocks are nested deeper than {MAX_DEPTH}"),
            ));
        }
        let known = self.scope.variables.len();
        let node = read(self)?;
        self.scope.variables.truncate(known);
        self.depth -= 1;
        Ok(node)
    }

    fn choice(&mut self, sort: Choice, source: &'t str, tokens: &[Token<'t>]) -> Outcome<Node> {
        self.block(source, |parser| {
            let mut branches = Vec::new();
            let mut otherwise = Vec::new();
            let (mut action, mut tokens) = (source, tokens.to_vec());
            loop {
                let condition = parser.pipeline(action, &tokens, Purpose::Condition)?;
                let (body, end) = match sort {
                    Choice::If => parser.body()?,
                    Choice::With => parser.moved()?,
                };
                branches.push((condition, body));
                let Some((else_action, rest)) = after(source, end)? else {
                    break;
                };
                let (word, rest) = keyword(&rest);
                if word == sort.word() {
                    (action, tokens) = (else_action, rest.to_vec());
                    continue;
                }
                otherwise = parser.otherwise(source, else_action, word, rest)?;
                break;
            }
            Ok(Node::Choice {
                sort,
                branches,
                otherwise,
            })
        })
    }

    fn range(&mut self, source: &'t str, tokens: &[Token<'t>]) -> Outcome<Node> {
        self.block(source, |parser| {
            let over = parser.pipeline(source, tokens, Purpose::Range)?;
            parser.ranges += 1;
            let (body, end) = parser.moved()?;
            parser.ranges -= 1;
            let otherwise = match after(source, end)? {
                Some((action, rest)) => {
                    let (word, rest) = keyword(&rest);
                    parser.otherwise(source, action, word, rest)?
                }
                None => Vec::new(),
            };
            Ok(Node::Range {
                over,
                body,
                otherwise,
            })
        })
    }

    /// A body in which the dot is another.
    fn moved(&mut self) -> Outcome<(Vec<Node>, End<'t>)> {
        self.scope.moved += 1;
        let body = self.body()?;
        self.scope.moved -= 1;
        Ok(body)
    }

    /// What stands between a plain `else` and the `end`.
    fn otherwise(
        &mut self,
        block: &str,
        action: &str,
        word: &str,
        rest: &[Token<'_>],
    ) -> Outcome<Vec<Node>> {
        if !(word.is_empty() && is_blank(rest)) {
            return Err(refused(
                action,
                "after else stands nothing, or what the block began with: if, with",
            ));
        }
        let (body, end) = self.body()?;
        match after(block, end)? {
            None => Ok(body),
            Some((second, _)) => Err(refused(second, "there is an else already")),
        }
    }
}

/// What ended a block: an `else` with its rest, or nothing more.
fn after<'t>(block: &str, end: End<'t>) -> Outcome<Option<(&'t str, Tokens<'t>)>> {
    match end {
        End::Text => Err(refused(block, "it has no {{ end }}")),
        End::Block(_) => Ok(None),
        End::Else(source, rest) => Ok(Some((source, rest))),
    }
}

/// The first word of an action if there is one, and what follows it.
fn keyword<'s, 't>(tokens: &'s [Token<'t>]) -> (&'t str, &'s [Token<'t>]) {
    match tokens {
        [Token::Space, rest @ ..] => keyword(rest),
        [Token::Word(word), rest @ ..] => (word, rest),
        _ => ("", tokens),
    }
}

fn is_blank(tokens: &[Token<'_>]) -> bool {
    tokens.iter().all(|token| *token == Token::Space)
}
