//! Rule expressions: text to a tree and back.
//!
//! Matchers joined by `&&`, `||`, `!` and parentheses, with arguments in backquotes or double quotes. A rule that
//! does not parse is never rewritten and never guessed at. Nesting and length are bounded.

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

/// Deepest nesting.
const MAX_DEPTH: usize = 64;
/// Longest rule in bytes.
const MAX_LEN: usize = 16 * 1024;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One of them.
    Or(Vec<Self>),
    /// All of them.
    And(Vec<Self>),
    /// Not that one.
    Not(Box<Self>),
    /// A matcher such as ``Host(`a.example`)``.
    Matcher {
        /// As written.
        name: String,
        /// Its arguments.
        args: Vec<String>,
    },
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// Something else stands where the wanted thing should be.
    #[error("expected {wanted} at byte {at} of the rule")]
    Expected {
        /// What would be right.
        wanted: &'static str,
        /// Where.
        at: usize,
    },
    /// Too long or too deep.
    #[error("the rule is longer than 16 KiB or nested deeper than 64 parentheses")]
    TooLarge,
}

impl Rule {
    /// A host matcher.
    pub fn host(host: &str) -> Self {
        Self::Matcher {
            name: "Host".to_owned(),
            args: vec![host.to_owned()],
        }
    }

    /// Any of the given hosts; `None` without hosts.
    pub fn hosts<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        Self::any(hosts.into_iter().map(Self::host).collect())
    }

    /// One of several, without needless nesting; `None` for none.
    pub fn any(mut rules: Vec<Self>) -> Option<Self> {
        rules.dedup();
        if rules.len() > 1 {
            Some(Self::Or(rules))
        } else {
            rules.pop()
        }
    }

    /// All of several, without needless nesting; `None` for none.
    pub fn all(mut rules: Vec<Self>) -> Option<Self> {
        rules.dedup();
        if rules.len() > 1 {
            Some(Self::And(rules))
        } else {
            rules.pop()
        }
    }

    /// Parses a rule.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        if text.len() > MAX_LEN {
            return Err(RuleError::TooLarge);
        }
        let mut parser = Parser {
            text,
            at: 0,
            depth: 0,
        };
        let rule = parser.or()?;
        parser.skip_blanks();
        if parser.at < text.len() {
            return Err(parser.expected("&&, || or the end"));
        }
        Ok(rule)
    }

    /// The hosts of all host matchers that are not negated, as Traefik compares them.
    pub fn wanted_hosts(&self) -> BTreeSet<String> {
        let (mut wanted, mut excluded) = (BTreeSet::new(), BTreeSet::new());
        self.sort_hosts(&mut wanted, &mut excluded);
        wanted
    }

    fn sort_hosts(&self, wanted: &mut BTreeSet<String>, excluded: &mut BTreeSet<String>) {
        match self {
            Self::Or(rules) | Self::And(rules) => {
                for rule in rules {
                    rule.sort_hosts(wanted, excluded);
                }
            }
            Self::Not(rule) => rule.sort_hosts(excluded, wanted),
            Self::Matcher { name, args } if is_host_matcher(name) => {
                wanted.extend(args.iter().map(|host| canonical_host(host)));
            }
            Self::Matcher { .. } => {}
        }
    }

    /// Can it only match requests for hosts that it names in full.
    pub fn is_held_to_hosts(&self) -> bool {
        match self {
            Self::Or(rules) => rules.iter().all(Self::is_held_to_hosts),
            Self::And(rules) => rules.iter().any(Self::is_held_to_hosts),
            Self::Not(_) => false,
            // Traefik 3.7 takes `*.example.com` for any one label
            Self::Matcher { name, args } => {
                is_host_matcher(name) && !args.iter().any(|host| host.contains('*'))
            }
        }
    }

    /// Those of its alternatives that are held to hosts; `None` without any.
    pub fn held_to_hosts(&self) -> Option<Self> {
        match self {
            Self::Or(rules) => {
                let held = rules.iter().filter(|rule| rule.is_held_to_hosts());
                Self::any(held.cloned().collect())
            }
            Self::And(_) | Self::Not(_) | Self::Matcher { .. } => {
                self.is_held_to_hosts().then(|| self.clone())
            }
        }
    }

    /// Calls `visit` with every matcher's name and arguments.
    pub fn each_matcher<'a>(&'a self, visit: &mut dyn FnMut(&'a str, &'a [String])) {
        match self {
            Self::Or(rules) | Self::And(rules) => {
                for rule in rules {
                    rule.each_matcher(visit);
                }
            }

            Self::Not(rule) => rule.each_matcher(visit),
            Self::Matcher { name, args } => visit(name, args),
        }
    }
}

/// A host as Traefik compares it: without regard to case, and a final dot means nothing.
pub fn canonical_host(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Is this matcher about whole host names: `Host`, `HostSNI`, and `HostHeader` of the old syntax.
pub fn is_host_matcher(name: &str) -> bool {
    let names = ["host", "hostsni", "hostheader"];
    names.iter().any(|host| name.eq_ignore_ascii_case(host))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(rules) => join(f, rules, " || "),
            Self::And(rules) => join(f, rules, " && "),
            Self::Not(rule) => write!(f, "!{}", Nested(rule)),
            Self::Matcher { name, args } => {
                write!(f, "{name}(")?;
                for (index, arg) in args.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { ", " }, Quoted(arg))?;
                }
                f.write_str(")")
            }
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, rules: &[Rule], operator: &str) -> fmt::Result {
    for (index, rule) in rules.iter().enumerate() {
        write!(
            f,
            "{}{}",
            if index == 0 { "" } else { operator },
            Nested(rule)
        )?;
    }
    Ok(())
}

struct Nested<'a>(&'a Rule);

impl fmt::Display for Nested<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Rule::Or(_) | Rule::And(_) => write!(f, "({})", self.0),
            Rule::Not(_) | Rule::Matcher { .. } => write!(f, "{}", self.0),
        }
    }
}

struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains('`') {
            write!(
                f,
                "\"{}\"",
                self.0.replace('\\', "\\\\").replace('"', "\\\"")
            )
        } else {
            write!(f, "`{}`", self.0)
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_blanks();
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    const fn expected(&self, wanted: &'static str) -> RuleError {
        RuleError::Expected {
            wanted,
            at: self.at,
        }
    }

    fn or(&mut self) -> Result<Rule, RuleError> {
        let mut rules = vec![self.and()?];
        while self.take("||") {
            rules.push(self.and()?);
        }
        Ok(if rules.len() == 1 {
            rules.remove(0)
        } else {
            Rule::Or(rules)
        })
    }

    fn and(&mut self) -> Result<Rule, RuleError> {
        let mut rules = vec![self.unary()?];
        while self.take("&&") {
            rules.push(self.unary()?);
        }
        Ok(if rules.len() == 1 {
            rules.remove(0)
        } else {
            Rule::And(rules)
        })
    }

    fn unary(&mut self) -> Result<Rule, RuleError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(RuleError::TooLarge);
        }
        let rule = if self.take("!") {
            Rule::Not(Box::new(self.unary()?))
        } else if self.take("(") {
            let inner = self.or()?;
            if !self.take(")") {
                return Err(self.expected(")"));
            }
            inner
        } else {
            self.matcher()?
        };
        self.depth -= 1;
        Ok(rule)
    }

    fn matcher(&mut self) -> Result<Rule, RuleError> {
        self.skip_blanks();
        let len = self
            .rest()
            .bytes()
            .take_while(u8::is_ascii_alphanumeric)
            .count();
        let name = self.rest().get(..len).unwrap_or_default().to_owned();
        self.at += len;
        if name.is_empty() || !self.take("(") {
            return Err(self.expected("a matcher such as Host(`a.example`)"));
        }
        let mut args = Vec::new();
        while !self.take(")") {
            if !args.is_empty() && !self.take(",") {
                return Err(self.expected(", or )"));
            }
            let arg = self.argument()?;
            // Go leaves a carriage return in backquotes out, so that another host would be matched than is read here
            if arg.contains('\r') {
                return Err(self.expected("an argument without a carriage return before this"));
            }
            args.push(arg);
        }
        Ok(Rule::Matcher { name, args })
    }

    fn argument(&mut self) -> Result<String, RuleError> {
        if self.take("`") {
            let rest = self.rest();
            let end = rest.find('`').ok_or(self.expected("a closing backquote"))?;
            let arg = rest.get(..end).unwrap_or_default().to_owned();
            self.at += end + 1;
            return Ok(arg);
        }
        if self.take("\"") {
            return self.quoted();
        }
        Err(self.expected("an argument in backquotes"))
    }

    fn quoted(&mut self) -> Result<String, RuleError> {
        let mut arg = String::new();
        let mut chars = self.rest().char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(arg);
                }
                '\\' => {
                    match chars.next() {
                        Some((_, escaped @ ('\\' | '"'))) => arg.push(escaped),
                        _ => return Err(self.expected(
                            "\\\\ or \\\" after a backslash (or write the argument in backquotes)",
                        )),
                    }
                }
                _ => arg.push(c),
            }
        }
        Err(self.expected("a closing quote"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_with_their_precedence_and_written_back() {
        for (text, printed) in [
            ("Host(`a`)", "Host(`a`)"),
            (
                "Host(`a`)||Host(`b`)&&Path(`/x`)",
                "Host(`a`) || (Host(`b`) && Path(`/x`))",
            ),
            (
                "(Host(`a`) || Host(`b`)) && !Path(`/x`)",
                "(Host(`a`) || Host(`b`)) && !Path(`/x`)",
            ),
            ("Header(`X`, \"a\\\"`b\")", "Header(`X`, \"a\\\"`b\")"),
            (" HostRegexp( `^a.+$` ) ", "HostRegexp(`^a.+$`)"),
            ("!(!Host(`a`))", "!!Host(`a`)"),
        ] {
            let rule = Rule::parse(text).unwrap();
            assert_eq!(rule.to_string(), printed, "{text}");
            assert_eq!(
                Rule::parse(printed).unwrap(),
                rule,
                "printing loses nothing"
            );
        }
    }

    #[test]
    fn what_is_no_rule_is_refused_with_a_place() {
        for text in [
            "",
            "Host",
            "Host(`a`",
            "Host(a)",
            "Host(`a`) Host(`b`)",
            "(Host(`a`)",
            "&& Host(`a`)",
            "Host(\"\\n\")",
            "Host(\"\\x61\")",
            "Host(`a\rb`)",
            "Host(\"a\rb\")",
            "Host(`a`,)",
            "/* a */ Host(`a`)",
        ] {
            assert!(
                matches!(Rule::parse(text), Err(RuleError::Expected { .. })),
                "{text:?}"
            );
        }
        let deep = format!("{}Host(`a`){}", "(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(
            Rule::parse(&deep),
            Err(RuleError::TooLarge),
            "no stack is exhausted"
        );
        let deep = format!("{}Host(`a`)", "!".repeat(100));
        assert_eq!(
            Rule::parse(&deep),
            Err(RuleError::TooLarge),
            "nor by negations"
        );
    }
}
