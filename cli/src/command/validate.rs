//! `fleetsim validate`: the simulator against queueing theory.

use std::fs;
use std::io::Write;
use std::path::Path;

use reports::validation::{page, validation_table};
use scenarios::validation::{Asked, Effort, validate as run};

use crate::arguments::Validate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Bar;

/// Runs the suite, prints its table, and writes its page where one is asked for.
pub(crate) fn validate(asked: &Validate, out: &mut dyn Write) -> Result<Exit, Failure> {
    let effort = if asked.quick { Effort::Quick } else { Effort::Full };
    if let Some(folder) = &asked.out {
        // What cannot be written is better known before minutes of simulation.
        fs::create_dir_all(folder).map_err(|error| Failure::file(folder, "write", &error))?;
    }
    let bar = Bar::new(0);
    let asked_for = Asked { effort, threads: asked.threads.map(usize::from), only: asked.only.clone() };
    let found = run(&asked_for, &|done, total| bar.count(done, total));
    let found = found.map_err(|error| Failure::new(Exit::Internal, format!("no threads: {error}")))?;
    drop(bar);
    write!(out, "{}", validation_table(&found))?;
    if let Some(folder) = &asked.out {
        let page = page(&found);
        write_file(folder, "validation.md", &page.markdown)?;
        page.files.iter().try_for_each(|(name, text)| write_file(folder, name, text))?;
        writeln!(out, "page: {}", folder.join("validation.md").display())?;
    }
    Ok(if found.passes() { Exit::Done } else { Exit::Theory })
}

fn write_file(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
    written.map_err(|error| Failure::file(&path, "write", &error))
}
