//! From tokens to an [`Expression`], by recursive descent.

use regex_lite::Regex;

use super::lexer::{Token, tokens};
use super::{Expression, Subject, SyntaxError, Test};

/// The most parentheses within each other: far more than anybody writes, few enough for any stack.
const DEEPEST: usize = 100;

/// Parses the whole of `text`.
pub(super) fn parse(text: &str) -> Result<Expression, SyntaxError> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, end: text.chars().count() + 1 };
    let expression = parser.either()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.error("expected and, or, or the end")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        let at = self.tokens.get(self.next).map_or(self.end, |(at, _)| *at);
        SyntaxError { at, message: message.into() }
    }

    /// Takes the next token if it is `sign`, or `word` in place of it.
    fn take(&mut self, sign: &str, word: &str) -> bool {
        let found = match self.peek() {
            Some(Token::Sign(next)) => *next == sign,
            Some(Token::Word(next)) => next == word,
            None => false,
        };
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), SyntaxError> {
        if self.take(sign, sign) { Ok(()) } else { Err(self.error(format!("expected `{sign}`"))) }
    }

    fn word(&mut self, what: &str) -> Result<String, SyntaxError> {
        let Some(Token::Word(word)) = self.peek().cloned() else {
            return Err(self.error(format!("expected {what}")));
        };
        self.next += 1;
        Ok(word)
    }

    fn either(&mut self) -> Result<Expression, SyntaxError> {
        let mut left = self.both()?;
        while self.take("||", "or") {
            left = Expression::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expression, SyntaxError> {
        let mut left = self.negation()?;
        while self.take("&&", "and") {
            left = Expression::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression, SyntaxError> {
        let mut negated = false;
        while self.take("!", "not") {
            negated = !negated;
        }
        let inner = if self.take("(", "(") { self.group()? } else { self.comparison()? };
        Ok(if negated { Expression::Not(Box::new(inner)) } else { inner })
    }

    fn group(&mut self) -> Result<Expression, SyntaxError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(format!("more than {DEEPEST} parentheses within each other")));
        }
        let inner = self.either()?;
        self.expect(")")?;
        self.depth -= 1;
        Ok(inner)
    }

    fn comparison(&mut self) -> Result<Expression, SyntaxError> {
        let subject = self.subject()?;
        let inverted = self.take("!", "!");
        let (test, negated) = self.test(inverted)?;
        let comparison = Expression::Is(subject, test);
        Ok(if negated { Expression::Not(Box::new(comparison)) } else { comparison })
    }

    fn subject(&mut self) -> Result<Subject, SyntaxError> {
        let start = self.next;
        let word = self.word("a subject such as attribute:ecs.instance-type")?;
        let subject = match word.as_str() {
            "runningTasksCount" => Some(Subject::RunningTasks),
            "task:group" => Some(Subject::TaskGroup),
            _ => word
                .strip_prefix("attribute:")
                .filter(|name| !name.is_empty())
                .map(|name| Subject::Attribute(name.to_owned())),
        };
        subject.ok_or_else(|| {
            self.next = start;
            self.error(format!("`{word}` is none of attribute:NAME, runningTasksCount, task:group"))
        })
    }

    /// The test, and whether the comparison is negated. `inverted` says that a `!` came before the operator's word.
    fn test(&mut self, inverted: bool) -> Result<(Test, bool), SyntaxError> {
        let start = self.next;
        let operator = match self.peek().cloned() {
            Some(Token::Word(word)) => word,
            Some(Token::Sign(sign)) => sign.to_owned(),
            None => return Err(self.error("expected an operator such as ==")),
        };
        self.next += 1;
        let (test, negated) = match operator.as_str() {
            "exists" => (Test::Exists, inverted),
            "not_exists" if !inverted => (Test::Exists, true),
            "in" => (Test::In(self.values()?), inverted),
            "not_in" if !inverted => (Test::In(self.values()?), true),
            "==" | "equals" if !inverted => (Test::Equals(self.value()?), false),
            "!=" | "not_equals" if !inverted => (Test::Equals(self.value()?), true),
            "=~" | "matches" if !inverted => (Test::Matches(self.regex()?), false),
            "!~" | "not_matches" if !inverted => (Test::Matches(self.regex()?), true),
            ">" | "greater_than" if !inverted => (Test::Above(self.value()?), false),
            "<=" | "less_than_equal" if !inverted => (Test::Above(self.value()?), true),
            "<" | "less_than" if !inverted => (Test::Below(self.value()?), false),
            ">=" | "greater_than_equal" if !inverted => (Test::Below(self.value()?), true),
            _ => {
                self.next = start;
                return Err(self.error(format!("`{operator}` is not an operator")));
            }
        };
        Ok((test, negated))
    }

    fn value(&mut self) -> Result<String, SyntaxError> {
        self.word("a value")
    }

    fn values(&mut self) -> Result<Vec<String>, SyntaxError> {
        self.expect("[")?;
        let mut values = vec![self.value()?];
        while self.take(",", ",") {
            values.push(self.value()?);
        }
        self.expect("]")?;
        Ok(values)
    }

    fn regex(&mut self) -> Result<Regex, SyntaxError> {
        let start = self.next;
        let pattern = self.word("a pattern")?;
        Regex::new(&format!("^(?:{pattern})$")).map_err(|error| {
            self.next = start;
            self.error(format!("`{pattern}` is not a pattern: {error}"))
        })
    }
}
