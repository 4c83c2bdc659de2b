//! The comparison for a terminal: no colour, at most 100 columns, every number with its interval.

use crate::data::{Meets, ReportData};
use crate::page::{Cell, Comparison, Mark};

/// The widest line.
const COLUMNS: usize = 100;
/// The widest name; longer ones are cut in their middle, as the names that a sweep makes differ at their ends.
const NAME: usize = 28;

/// The comparison table of a report, ending in a newline. Where the metrics do not fit in 100 columns it goes on in
/// further blocks that repeat the names. `*` marks the best number of the options that do not miss the objective, `~`
/// those that noise does not tell from it.
pub fn text_table(data: &ReportData) -> String {
    let table = Comparison::of(data);
    if table.rows().next().is_none() {
        return "no variant has results\n".into();
    }
    let mut columns = columns(&table);
    let names = columns.remove(0);
    let mut text = String::new();
    while !columns.is_empty() {
        let mut used = width(&names);
        let fits = |column: &&Vec<String>| {
            used += 2 + width(column);
            used <= COLUMNS
        };
        let count = columns.iter().take_while(fits).count().max(1);
        let rest = columns.split_off(count);
        write_block(&mut text, &names, &columns);
        columns = rest;
        if !columns.is_empty() {
            text.push('\n');
        }
    }
    text + &legend(&table)
}

/// Names, standing, metrics: each column with its head first.
fn columns(table: &Comparison) -> Vec<Vec<String>> {
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
    let names = lines().map(|(row, index, _)| first(index, name(&row.name))).collect();
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

fn name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= NAME {
        return name.to_owned();
    }
    let tail = NAME / 2;
    letters[..NAME - 1 - tail].iter().chain(&['…']).chain(&letters[letters.len() - tail..]).collect()
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

fn write_block(text: &mut String, names: &[String], columns: &[Vec<String>]) {
    for (row, name) in names.iter().enumerate() {
        let mut line = format!("{name:<width$}", width = width(names));
        for column in columns {
            line += &format!("  {:>width$}", column[row], width = width(column));
        }
        // The further lines of an option that has several services, where a block says nothing about services.
        if line.trim().is_empty() {
            continue;
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn legend(table: &Comparison) -> String {
    let omitted: usize = table.groups.iter().map(|group| group.omitted).sum();
    let more =
        if omitted > 0 { format!("{omitted} more options are in summary.csv\n") } else { String::new() };
    let mut text = more + "\n± is simulation noise for this traffic and these settings (95 %)";
    text += if table.has_best { "; * best" } else { "" };
    text += if table.has_ties { ", ~ not told from the best by noise\n" } else { "\n" };
    for (index, note) in table.footnotes.iter().enumerate() {
        let mut line = format!("[{}]", index + 1);
        for word in note.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > COLUMNS {
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
