//! Tokens to the expression; `&&` binds tighter than `||`.

use super::super::golang::regexp;
use super::lexer::{Sort, Token, syntax, tokens};
use super::{ConstraintsError, Expression};

/// Longest expression in bytes.
const MAX_LEN: usize = 16 * 1024;
/// Deepest nesting.
const MAX_DEPTH: usize = 64;

type Outcome<T> = Result<T, ConstraintsError>;

const FORMS: &str = "Label(`key`, `value`) or LabelRegex(`key`, `expression`)";

/// Reads a whole expression.
pub(super) fn parse(text: &str) -> Outcome<Expression> {
    if text.len() > MAX_LEN {
        return Err(ConstraintsError::TooLarge);
    }
    let mut parser = Parser {
        tokens: tokens(text)?.into_iter().peekable(),
        depth: 0,
    };
    let expression = parser.or()?;
    parser.take(&Sort::Line);
    if parser.take(&Sort::End) {
        return Ok(expression);
    }
    Err(parser.expected("&& or || on the same line, or the end"))
}

struct Parser<'t> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'t>>>,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, sort: &Sort<'_>) -> bool {
        self.tokens.next_if(|token| token.sort == *sort).is_some()
    }

    fn expected(&mut self, wanted: &str) -> ConstraintsError {
        let at = self.tokens.peek().map_or(0, |token| token.at);
        syntax(at, format!("here should be {wanted}"))
    }

    fn or(&mut self) -> Outcome<Expression> {
        let mut any = vec![self.and()?];
        while self.take(&Sort::Or) {
            any.push(self.and()?);
        }
        Ok(one(any, Expression::Or))
    }

    fn and(&mut self) -> Outcome<Expression> {
        let mut all = vec![self.unary()?];
        while self.take(&Sort::And) {
            all.push(self.unary()?);
        }
        Ok(one(all, Expression::And))
    }

    fn unary(&mut self) -> Outcome<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ConstraintsError::TooLarge);
        }
        let expression = if self.take(&Sort::Not) {
            Expression::Not(Box::new(self.unary()?))
        } else if self.take(&Sort::Open) {
            let inner = self.or()?;
            self.close()?;
            inner
        } else {
            self.matcher()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn close(&mut self) -> Outcome<()> {
        if self.take(&Sort::Close) {
            return Ok(());
        }
        Err(self.expected(") on the same line"))
    }

    fn matcher(&mut self) -> Outcome<Expression> {
        let name = self
            .tokens
            .next_if(|token| matches!(token.sort, Sort::Name(_)));
        let (at, is_regex) = match name {
            Some(Token {
                at,
                sort: Sort::Name("Label"),
            }) => (at, false),
            Some(Token {
                at,
                sort: Sort::Name("LabelRegex"),
            }) => (at, true),
            Some(token) => {
                return Err(syntax(
                    token.at,
                    format!("there are only {FORMS}, in this case"),
                ));
            }
            None => return Err(self.expected(FORMS)),
        };
        let [key, value] = self.arguments()?;
        if !is_regex {
            return Ok(Expression::Label(key, value));
        }
        let compiled = regexp::compile(&value);
        let regex = compiled
            .map_err(|error| syntax(at, format!("{value:?} is no regular expression: {error}")))?;
        Ok(Expression::LabelRegex(key, regex))
    }

    /// Two strings in parentheses; a comma may stand after the last.
    fn arguments(&mut self) -> Outcome<[String; 2]> {
        if !self.take(&Sort::Open) {
            return Err(self.expected("( and two strings"));
        }
        let key = self.argument()?;
        if !self.take(&Sort::Comma) {
            return Err(self.expected("a comma and a second string"));
        }
        let value = self.argument()?;
        self.take(&Sort::Comma);
        self.close()?;
        Ok([key, value])
    }

    fn argument(&mut self) -> Outcome<String> {
        let token = self
            .tokens
            .next_if(|token| matches!(token.sort, Sort::Text(_)));
        match token.map(|token| token.sort) {
            Some(Sort::Text(text)) => Ok(text),
            Some(_) | None => Err(self.expected("a string in backquotes or double quotes")),
        }
    }
}

fn one(mut several: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match several.pop() {
        Some(only) if several.is_empty() => only,
        last => {
            several.extend(last);
            join(several)
        }
    }
}
