//! Words, signs and patterns of an expression, each with its position.

use super::SyntaxError;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Brackets, commas and operators.
    Sign(&'static str),
    /// A subject, a value, or an operator written as a word.
    Word(String),
}

/// Longer signs first, so that `=` and `!` do not cut `=~` and `!=` short.
const SIGNS: [&str; 15] = ["==", "!=", ">=", "<=", "=~", "!~", "&&", "||", ">", "<", "!", "(", ")", "[", "]"];

/// Splits `text`; positions count characters from 1.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens: Vec<(usize, Token)> = Vec::new();
    let mut next = 0;
    while next < characters.len() {
        if characters[next].is_whitespace() {
            next += 1;
            continue;
        }
        let rest = &characters[next..];
        let (token, length) = if tokens.last().is_some_and(|(_, token)| token.wants_pattern()) {
            pattern(rest)
        } else {
            token(rest).ok_or_else(|| SyntaxError {
                at: next + 1,
                message: format!("`{}` does not belong here or has no end", characters[next]),
            })?
        };
        tokens.push((next + 1, token));
        next += length;
    }
    Ok(tokens)
}

impl Token {
    fn wants_pattern(&self) -> bool {
        match self {
            Token::Sign(sign) => matches!(*sign, "=~" | "!~"),
            Token::Word(word) => matches!(word.as_str(), "matches" | "not_matches"),
        }
    }
}

/// A pattern runs to the next space, or to a parenthesis that it did not open.
fn pattern(rest: &[char]) -> (Token, usize) {
    if let Some(quoted) = quoted(rest) {
        return quoted;
    }
    let mut depth = 0_i32;
    let ends = |character: &char| {
        depth += i32::from(*character == '(') - i32::from(*character == ')');
        character.is_whitespace() || depth < 0
    };
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    (Token::Word(rest[..length].iter().collect()), length)
}

fn token(rest: &[char]) -> Option<(Token, usize)> {
    if matches!(rest[0], '\'' | '"') {
        return quoted(rest);
    }
    if rest[0] == ',' {
        return Some((Token::Sign(","), 1));
    }
    let sign = SIGNS.iter().find(|sign| sign.chars().eq(rest.iter().copied().take(sign.len())));
    if let Some(sign) = sign {
        return Some((Token::Sign(sign), sign.len()));
    }
    let ends = |character: &char| character.is_whitespace() || "()[],=!<>&|'\"".contains(*character);
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    (length > 0).then(|| (Token::Word(rest[..length].iter().collect()), length))
}

/// A text in quotes, which may hold anything but its quote.
fn quoted(rest: &[char]) -> Option<(Token, usize)> {
    let quote = *rest.first().filter(|first| matches!(first, '\'' | '"'))?;
    let length = rest[1..].iter().position(|character| *character == quote)?;
    Some((Token::Word(rest[1..=length].iter().collect()), length + 2))
}
