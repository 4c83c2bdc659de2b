//! Draws the sample reports into a folder: `cargo run -p reports --example sample -- FOLDER`. A report is judged by
//! looking at it.

use std::fs;
use std::path::Path;

use reports::data::ReportData;

#[path = "../tests/support/sample_data.rs"]
mod sample_data;

fn write(folder: &Path, data: &ReportData) -> std::io::Result<()> {
    let rendered = reports::render(data);
    let charts = folder.join(&data.title).join("charts");
    fs::create_dir_all(&charts)?;
    fs::write(folder.join(&data.title).join("report.html"), rendered.html)?;
    for chart in rendered.charts {
        fs::write(charts.join(format!("{}.svg", chart.name)), chart.svg)?;
        fs::write(charts.join(format!("{}.png", chart.name)), chart.png)?;
    }
    println!("{}", reports::text_table(data));
    Ok(())
}

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/sample-report".into());
    write(Path::new(&folder), &sample_data::launch_day())?;
    write(Path::new(&folder), &sample_data::break_even())?;
    write(Path::new(&folder), &sample_data::fleets_of_functions())
}
