//! Plain text for a terminal: paragraphs and columns, no colour, nothing wider than 100 columns if it can be helped.

/// The widest line.
pub(crate) const COLUMNS: usize = 100;

/// How wide a table may be: as `COLUMNS` says, else as wide as the terminal; where there is none, as reports have it.
pub(crate) fn columns() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let seen = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    said.or_else(seen).map_or(reports::COLUMNS, |columns: usize| columns.clamp(60, 400))
}

/// A documentation comment as paragraphs, each line beginning with `indent`. Line breaks of the source are forgotten;
/// blank lines and list items are kept.
pub(crate) fn paragraphs(text: &str, indent: &str) -> String {
    let mut out = String::new();
    for paragraph in blocks(text) {
        match paragraph.as_str() {
            "" => out.push('\n'),
            words => wrap(&mut out, words, indent),
        }
    }
    out
}

/// The first sentence of a documentation comment, without its full stop: a line in a list.
pub(crate) fn summary(text: &str) -> String {
    let first = blocks(text).into_iter().next().unwrap_or_default();
    let end = first.match_indices(". ").map(|(at, _)| at).find(|at| is_end(&first, *at));
    let sentence = end.map_or(first.as_str(), |at| &first[..at]);
    // An ellipsis is part of what it says: "columns named 1, 2, 3, ...".
    match sentence.ends_with("...") {
        true => sentence.to_owned(),
        false => sentence.trim_end_matches(['.', ':']).to_owned(),
    }
}

/// Whether the full stop at `at` ends a sentence: what follows begins with a capital letter or a back-quote.
fn is_end(text: &str, at: usize) -> bool {
    text[at + 2..].starts_with(|c: char| c.is_uppercase() || c == '`')
}

/// The paragraphs and list items of a text, one line each, a blank line between paragraphs.
pub(crate) fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        match blocks.last_mut() {
            Some(open) if !line.is_empty() && !open.is_empty() && !line.starts_with("- ") => {
                open.push(' ');
                open.push_str(line);
            }
            _ => blocks.push(line.to_owned()),
        }
    }
    blocks
}

fn wrap(out: &mut String, text: &str, indent: &str) {
    let hanging = if text.starts_with("- ") { "  " } else { "" };
    let mut column = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width <= COLUMNS {
            out.push(' ');
            column += 1;
        } else {
            let lead = if column == 0 { "" } else { "\n" };
            let hanging = if column == 0 { "" } else { hanging };
            out.push_str(&format!("{lead}{indent}{hanging}"));
            column = indent.len() + hanging.len();
        }
        out.push_str(word);
        column += width;
    }
    out.push('\n');
}

/// How a column stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Rows in columns, two spaces between them, the head first; a line each, the last cell as long as it is.
pub(crate) fn table(head: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].0.chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let heads: Vec<String> = head.iter().map(|(name, _)| (*name).to_owned()).collect();
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let cell = |(index, cell): (usize, &String)| match head[index].1 {
            Align::Left => format!("{cell:<width$}", width = widths[index]),
            Align::Right => format!("{cell:>width$}", width = widths[index]),
        };
        let line = row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Names with what each is, in two columns, the second wrapped beside the first.
pub(crate) fn definitions(items: &[(String, String)], indent: &str) -> String {
    let widest = items.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(34);
    let lead = " ".repeat(indent.len() + widest + 2);
    let mut text = String::new();
    for (name, meaning) in items {
        let mut column = String::new();
        wrap(&mut column, meaning, &lead);
        let name = format!("{indent}{name:<widest$}  ");
        let meaning = column.trim_start();
        match name.chars().count() > lead.len() {
            true => text.push_str(&format!("{}\n{column}", name.trim_end())),
            false => text.push_str(&format!("{}\n", format!("{name}{meaning}").trim_end())),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_sentence() {
        let check = |text: &str, expected: &str| assert_eq!(summary(text), expected);
        check("One.", "One");
        check("One thing. And another.", "One thing");
        check("On EC2\nit is reserved. `x` is not.", "On EC2 it is reserved");
        check("From 1. to 3. in steps", "From 1. to 3. in steps");
        check("First:\n\nsecond.", "First");
        check("", "");
    }

    #[test]
    fn lines_are_not_too_long_and_lists_stay_lists() {
        let text = format!("{}\n\n- one\n  more\n- two {}", "word ".repeat(40), "word ".repeat(30));
        let shown = paragraphs(&text, "  ");
        assert!(
            shown.lines().all(|line| line.chars().count() <= COLUMNS && line.trim_end() == line),
            "{shown}"
        );
        assert!(shown.contains("\n\n  - one more\n  - two word"), "{shown}");
        assert!(shown.lines().last().is_some_and(|line| line.starts_with("    word")), "{shown}");
    }
}
