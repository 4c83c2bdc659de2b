//! The report as a browser shows it, where one is installed: nothing is logged, nothing cut off, nothing overlaps, no
//! text too small to read, at the width of a phone and of a desk. Without Chromium this test has nothing to look with
//! and passes; the project's checks install it.

use std::process::Command;

use reports::data::ReportData;

#[path = "support/sample_data.rs"]
mod sample_data;

/// Puts the report into a frame of each width, measures it, and leaves what it found as the page's text.
const PROBE: &str = r#"<!doctype html><meta charset="utf-8"><title>probe</title><body><script>
const report = REPORT;
const look = (frame, width) => {
  const page = frame.contentDocument, found = [];
  const beyond = page.documentElement.scrollWidth - width;
  if (beyond > 0) {
    const wide = [...page.querySelectorAll('main *')].filter(it => it.getBoundingClientRect().right > width + 1);
    const outside = wide.filter(it => !it.closest('.scroll, pre')).map(it => `${it.tagName}.${it.className}`);
    found.push(`${width}: the page is ${beyond} px too wide: ${outside.slice(0, 5).join(', ')}`);
  }
  let charts = 0;
  for (const svg of page.querySelectorAll('svg')) {
    const box = svg.getBoundingClientRect();
    if (!box.width) continue;
    charts++;
    const texts = [...svg.querySelectorAll('text')].map(text => [text, text.getBoundingClientRect()]);
    texts.forEach(([text, at], index) => {
      const name = `${width}: ${svg.id || svg.querySelector('title').textContent}: ${text.textContent}`;
      if (at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1 || at.bottom > box.bottom + 1)
        found.push(name + ' is cut off');
      if (parseFloat(text.getAttribute('font-size')) * box.width / svg.viewBox.baseVal.width < 11)
        found.push(name + ' is too small');
      for (const [other, o] of texts.slice(index + 1))
        if (at.left + 2 < o.right && o.left + 2 < at.right && at.top + 3 < o.bottom && o.top + 3 < at.bottom)
          found.push(name + ' overlaps ' + other.textContent);
    });
  }
  return [`${width}: ${charts} charts`, ...found];
};
const widths = [360, 414, 800, 1280];
Promise.all(widths.map(width => new Promise(done => {
  const frame = document.createElement('iframe');
  frame.style.cssText = `border:0;height:900px;width:${width}px`;
  frame.onload = () => done(look(frame, width));
  frame.srcdoc = report;
  document.body.append(frame);
}))).then(found => { document.body.textContent = 'FOUND ' + found.flat().join(' | ') + ' END'; });
</script>"#;

fn browser() -> Option<&'static str> {
    let runs =
        |name: &&str| Command::new(name).arg("--version").output().is_ok_and(|out| out.status.success());
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find(runs)
}

/// The same with names that find no room on a phone, nor a place to break.
fn with_long_names(data: &ReportData) -> ReportData {
    let mut text = serde_json::to_string(data).expect("plain data");
    for (index, variant) in data.variants.iter().enumerate() {
        let long = format!("\"avery{}longname-number-{index}\"", "very".repeat(12));
        text = text.replace(&format!("\"{}\"", variant.name), &long);
    }
    serde_json::from_str(&text).expect("what was written")
}

#[test]
fn nothing_is_cut_off_at_any_width() {
    let Some(browser) = browser() else {
        assert!(
            std::env::var_os("REQUIRE_CHROMIUM").is_none(),
            "no Chromium, which REQUIRE_CHROMIUM asks for"
        );
        eprintln!("SKIPPED: no Chromium here, nothing to look at the report with");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let samples = [
        sample_data::launch_day(),
        sample_data::break_even(),
        sample_data::fleets_of_functions(),
        with_long_names(&sample_data::launch_day()),
    ];
    for data in samples {
        let html = reports::render(&data).html;
        let text = serde_json::to_string(&html).expect("a string").replace("</", "<\\/");
        let page = folder.path().join("probe.html");
        std::fs::write(&page, PROBE.replace("REPORT", &text)).expect("a file");
        let output = Command::new(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"])
            .args(["--virtual-time-budget=20000", "--window-size=1400,1000"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg(&page)
            .output()
            .expect("Chromium runs");
        let shown = String::from_utf8_lossy(&output.stdout);
        let found = shown.split("FOUND ").nth(1).and_then(|rest| rest.split(" END").next()).unwrap_or(&shown);
        let charts = 9 + data.sweeps.len() + usize::from(!data.cold_starts.is_empty());
        let expected = [360, 414, 800, 1280].map(|width| format!("{width}: {charts} charts")).join(" | ");
        assert_eq!(found, expected);
        let log = String::from_utf8_lossy(&output.stderr);
        let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
        assert!(console.is_empty(), "the console says {console:?}");
    }
}
