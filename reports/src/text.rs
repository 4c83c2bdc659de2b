//! The comparison for a terminal: no colour, no wider than the terminal, every number with its interval.

use scenarios::naming::axis_names;

use crate::data::{Meets, ReportData};
use crate::page::{Cell, Comparison, Mark};

/// The widest line where nothing is known of the terminal.
pub const COLUMNS: usize = 100;
/// The widest names where the terminal is narrow.
const NAME: usize = 28;

/// The comparison table of a report, 100 columns wide at most; see [`text_table_within`].
pub fn text_table(data: &ReportData) -> String {
    text_table_within(data, COLUMNS)
}

/// The comparison table of a report, ending in a newline, at most `columns` wide. Where the metrics do not fit it goes
/// on in further blocks that repeat the names. `*` marks the best number of the options that do not miss the objective,
/// `~` those that noise does not tell from it.
pub fn text_table_within(data: &ReportData, columns: usize) -> String {
    let table = Comparison::of(data);
    if table.rows().next().is_none() {
        return "no variant has results\n".into();
    }
    let shown = Names::of(data, &table, (columns * 2 / 5).max(NAME));
    let mut rest = of_table(data, &table, &shown);
    let names = rest.remove(0);
    let mut text = String::new();
    while !rest.is_empty() {
        let mut used = shown.width(&names);
        let fits = |column: &&Vec<String>| {
            used += 2 + width(column);
            used <= columns
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let block = rest.drain(..count).collect::<Vec<_>>();
        write_block(&mut text, &shown, &names, &block);
        if !rest.is_empty() {
            text.push('\n');
        }
    }
    text + &legend(&table, &shown, columns)
}

/// What the scenario asserts, a line each, ending in newlines; nothing where it asserts nothing.
pub fn assertions_text(data: &ReportData) -> String {
    let word = |outcome: Meets| match outcome {
        Meets::Yes => "holds",
        Meets::No => "fails",
        Meets::Unclear => "undecided",
    };
    let line = |it: &crate::data::Assertion| {
        let bound = if it.bound.is_empty() { String::new() } else { format!(", {}", it.bound) };
        format!("assert {}: {} for {}: {}{bound}\n", it.that, word(it.outcome), it.of, it.value)
    };
    data.assertions.iter().map(line).collect()
}

/// How options are called in the column of names.
struct Names {
    /// The widest that a name may be; a longer one goes on in further lines.
    limit: usize,
    /// Where names with their axes are too long: the axes, said once below the table, with the options that have them.
    axes: Vec<(String, Vec<String>)>,
}

impl Names {
    fn of(data: &ReportData, table: &Comparison, limit: usize) -> Names {
        let too_long = table.rows().any(|row| row.name.chars().count() > limit);
        let mut axes: Vec<(String, Vec<String>)> = Vec::new();
        let variants = data.variants.iter().filter(|it| too_long && !it.axes.is_empty());
        for variant in variants {
            let paths: Vec<&str> = variant.axes.iter().map(|(path, _)| path.as_str()).collect();
            let names = axis_names(&paths).join(", ");
            let group = variant.colour_group().to_owned();
            match axes.iter_mut().find(|(known, _)| *known == names) {
                Some((_, groups)) if groups.contains(&group) => {}
                Some((_, groups)) => groups.push(group),
                None => axes.push((names, vec![group])),
            }
        }
        Names { limit, axes }
    }

    /// A name in full, or with the values of its axes alone.
    fn shown(&self, data: &ReportData, name: &str) -> String {
        let swept = data.variant(name).filter(|it| !self.axes.is_empty() && !it.axes.is_empty());
        let Some(variant) = swept else { return name.to_owned() };
        let values: Vec<&str> = variant.axes.iter().map(|(_, value)| value.as_str()).collect();
        format!("{} ({})", variant.colour_group(), values.join(", "))
    }

    /// The lines of a name: broken between words where that is possible.
    fn lines(&self, name: &str) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in name.split(' ') {
            let mut rest: Vec<char> = word.chars().collect();
            loop {
                let last = lines.last_mut().expect("there is one from the start");
                let used = last.chars().count();
                let space = usize::from(used > 0);
                if used + space + rest.len() <= self.limit {
                    last.push_str(&" ".repeat(space));
                    last.extend(rest);
                    break;
                }
                if used > 0 {
                    lines.push(String::new());
                    continue;
                }
                last.extend(rest.drain(..self.limit));
                lines.push(String::new());
            }
        }
        lines
    }

    fn width(&self, names: &[String]) -> usize {
        names.iter().flat_map(|name| self.lines(name)).map(|line| line.chars().count()).max().unwrap_or(0)
    }

    /// What the values in the names are of.
    fn legend(&self) -> String {
        let of = |(names, groups): &(String, Vec<String>)| match self.axes.len() {
            1 => names.clone(),
            _ => format!("{names} of {}", groups.join(" and ")),
        };
        match self.axes.as_slice() {
            [] => String::new(),
            axes => format!("in brackets: {}\n", axes.iter().map(of).collect::<Vec<_>>().join("; ")),
        }
    }
}

/// Names, standing, metrics: each column with its head first.
fn of_table(data: &ReportData, table: &Comparison, shown: &Names) -> Vec<Vec<String>> {
    let headed = |head: &str, cells: Vec<String>| std::iter::once(head.to_owned()).chain(cells).collect();
    let standing = |meets: Meets| match meets {
        Meets::Yes => "holds",
        Meets::No => "misses",
        Meets::Unclear => "unclear",
    };
    let lines = || {
        table.rows().flat_map(|row| row.lines.iter().enumerate().map(move |(index, line)| (row, index, line)))
    };
    // What stands once for all services stands in the first line.
    let first = |index: usize, text: String| if index == 0 { text } else { String::new() };
    let names = lines().map(|(row, index, _)| first(index, shown.shown(data, &row.name))).collect();
    let mut columns: Vec<Vec<String>> = vec![headed("option", names)];
    if table.has_services {
        columns.push(headed("service", lines().map(|(_, _, line)| line.service.clone()).collect()));
    }
    if table.has_objective {
        columns.push(headed("objective", lines().map(|(_, _, line)| standing(line.meets).into()).collect()));
    }
    for (place, head) in table.heads.iter().enumerate() {
        columns.push(headed(head, lines().map(|(_, _, line)| cell(&line.cells[place])).collect()));
    }
    for (place, head) in table.shared_heads.iter().enumerate() {
        let cells = lines().map(|(row, index, _)| first(index, cell(&row.shared[place])));
        columns.push(headed(head, cells.collect()));
    }
    if columns.len() == 1 {
        let platforms = lines().map(|(row, index, _)| first(index, row.platform.clone()));
        columns.push(headed("platform", platforms.collect()));
    }
    columns
}

/// A cell with room for its mark behind it, so that numbers stay in line.
fn cell(cell: &Cell) -> String {
    let mark = match cell.mark {
        Mark::Best => '*',
        Mark::Tied => '~',
        Mark::None => ' ',
    };
    let footnote = if cell.footnote > 0 { format!(" [{}]", cell.footnote) } else { String::new() };
    format!("{}{mark}{footnote}", cell.text)
}

fn width(column: &[String]) -> usize {
    column.iter().map(|text| text.chars().count()).max().unwrap_or(0)
}

fn write_block(text: &mut String, shown: &Names, names: &[String], columns: &[Vec<String>]) {
    let widest = shown.width(names);
    for (row, name) in names.iter().enumerate() {
        let mut lines = shown.lines(name).into_iter();
        let mut line = format!("{:<widest$}", lines.next().unwrap_or_default());
        for column in columns {
            line += &format!("  {:>width$}", column[row], width = width(column));
        }
        // The further lines of an option that has several services, where a block says nothing about services.
        if line.trim().is_empty() {
            continue;
        }
        for line in std::iter::once(line).chain(lines) {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
}

fn legend(table: &Comparison, shown: &Names, columns: usize) -> String {
    let omitted: usize = table.groups.iter().map(|group| group.omitted).sum();
    let more =
        if omitted > 0 { format!("{omitted} more options are in summary.csv\n") } else { String::new() };
    let more = more + &shown.legend();
    let mut text = more + "\n± is simulation noise for this traffic and these settings (95 %)";
    text += if table.has_best { "; * best" } else { "" };
    text += if table.has_ties { ", ~ not told from the best by noise\n" } else { "\n" };
    for (index, note) in table.footnotes.iter().enumerate() {
        let mut line = format!("[{}]", index + 1);
        for word in note.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > columns {
                text += &(line + "\n");
                line = "   ".into();
            }
            line += " ";
            line += word;
        }
        text += &(line + "\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{COST_PER_MONTH, Estimate, VariantSummary};

    fn table(names: &[(&str, &[(&str, &str)])], columns: usize) -> String {
        let variant = |(name, axes): &(&str, &[(&str, &str)])| VariantSummary {
            name: (*name).into(),
            group: name.split(' ').next().unwrap_or_default().into(),
            axes: axes.iter().map(|(path, value)| ((*path).into(), (*value).into())).collect(),
            metrics: [(COST_PER_MONTH.to_owned(), Estimate::new(1.0, 0.1, 3))].into_iter().collect(),
            ..VariantSummary::default()
        };
        let data = ReportData { variants: names.iter().map(variant).collect(), ..ReportData::default() };
        text_table_within(&data, columns)
    }

    /// What tells options apart is never cut: the words go first, then names go on in further lines.
    #[test]
    fn names_keep_what_tells_them_apart() {
        let axes = |value| [("services.web.keep_alive.fixed.after", "10min"), ("services.web.memory", value)];
        let (small, large) = (axes("512MB"), axes("1769MB"));
        let swept: [(&str, &[(&str, &str)]); 2] = [
            ("rust (keep alive 10min, memory 512MB)", &small),
            ("rust (keep alive 10min, memory 1769MB)", &large),
        ];
        let check = |names: &[(&str, &[(&str, &str)])], columns: usize, parts: &[&str]| {
            let text = table(names, columns);
            parts.iter().for_each(|part| assert!(text.contains(part), "no `{part}` in\n{text}"));
            assert!(text.lines().take(4).all(|line| line.chars().count() <= columns), "{text}");
        };
        check(
            &swept,
            100,
            &["\nrust (keep alive 10min, memory 512MB) ", "\nrust (keep alive 10min, memory 1769MB) "],
        );
        check(
            &swept,
            80,
            &["\nrust (10min, 512MB) ", "\nrust (10min, 1769MB) ", "in brackets: keep alive, memory\n"],
        );
        let long = format!("{}-one", "a".repeat(60));
        let cut = format!("\n{}  ", "a".repeat(40));
        check(&[(&long, &[]), ("b", &[])], 100, &[&cut, &format!("\n{}-one\n", "a".repeat(20))]);
    }
}
