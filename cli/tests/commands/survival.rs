//! What a long experiment survives: being killed at any moment, a full disk, a folder that goes away or may not be written.
//!
//! Each of these ends with the same command given again, and with the same bytes as a run that nothing happened to.

#![expect(clippy::disallowed_methods, reason = "tests wait for other processes, by the wall clock")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sim_core::random::{Purpose, Stream, open01};

use crate::files::{files, same};
use crate::support::Shell;

/// Twelve jobs in two variants, and a report with all its charts.
const LONG: &str = r#"
name = "long"

[run]
duration = "15min"
replications = 6

[sources.visitors]
to = "web"
arrivals = { poisson = { rate = "40/s" } }

[work.page]
cpu = { exponential = { mean = "20ms" } }

[services.web]
work = "page"
objective = "p99 < 1s"

[variants.fargate.services.web]
platform = "fargate"
task = { cpu = "1vCPU", memory = "2GB" }
scaling = { fixed = { count = 2 } }

[variants.lambda.services.web]
platform = "lambda"
memory = "1769MB"
runtime = "nodejs22"
"#;

const RUN: &str = "run long.toml --out results";
const MOMENTS: usize = 20;

fn long() -> Shell {
    Shell::new().file("long.toml", LONG)
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// The finished records of a folder: whole files under their own names.
fn records(results: &Path) -> BTreeMap<String, Vec<u8>> {
    let all =
        if results.join("records").exists() { files(&results.join("records")) } else { BTreeMap::new() };
    all.into_iter().filter(|(name, _)| !name.starts_with('.')).collect()
}

/// Waits until a run has finished `count` jobs.
fn wait_for(results: &Path, count: usize) {
    let patience = Instant::now() + Duration::from_secs(120);
    while records(results).len() < count {
        assert!(Instant::now() < patience, "no {count} records in two minutes");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a run leaves that nobody disturbs, and how long it takes.
struct Undisturbed {
    files: BTreeMap<String, Vec<u8>>,
    took: Duration,
}

static UNDISTURBED: LazyLock<Undisturbed> = LazyLock::new(|| {
    let (shell, began) = (long(), Instant::now());
    shell.run(RUN).quiet();
    Undisturbed { files: files(&shell.path("results")), took: began.elapsed() }
});

#[track_caller]
fn ends_the_same(shell: &Shell) {
    let again = shell.run(RUN);
    assert_eq!(again.code, Some(0), "{}", again.talk);
    same(&UNDISTURBED.files, &files(&shell.path("results")));
}

/// Killed without warning at twenty random moments, each in a folder of its own: what was finished is there and is used, and
/// the run ends as if nothing had happened.
#[test]
fn killed_at_any_moment() {
    let Undisturbed { files: whole, took } = &*UNDISTURBED;
    let mut luck = Stream::new(20, 0, Purpose::Choice, "moments to kill at");
    let (mut killed, mut kept) = (0, 0);
    for _ in 0..MOMENTS {
        let shell = long();
        let mut child = start(shell.command(RUN));
        std::thread::sleep(took.mul_f64(open01(&mut luck)));
        child.kill().expect("it can be killed");
        let output = child.wait_with_output().expect("it ends");
        killed += usize::from(output.status.signal() == Some(9));
        let finished = records(&shell.path("results"));
        for (name, bytes) in &finished {
            assert!(whole[&format!("records/{name}")] == *bytes, "{name} was finished and is not whole");
        }
        kept += finished.len();
        ends_the_same(&shell);
    }
    println!("{killed} of {MOMENTS} runs were killed before their end, with {kept} finished jobs in all");
    assert!(killed > MOMENTS / 2 && kept > 0, "{killed} killed, {kept} jobs kept");
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// No file may become larger than so many blocks of 512 bytes: writing fails as on a full disk.
fn on_a_full_disk(shell: &Shell, blocks: u32) -> Command {
    let program = shell.command(RUN);
    let mut command = Command::new("sh");
    let script = format!("ulimit -f {blocks}; trap '' XFSZ; exec \"$0\" \"$@\"");
    command.arg("-c").arg(script).arg(program.get_program()).args(program.get_args());
    command.current_dir(program.get_current_dir().expect("a folder"));
    command
}

/// No record fits, only those of one variant do, or only the report does not. What fits is kept.
#[test]
fn a_full_disk() {
    let size = |name: &str| {
        let sizes = UNDISTURBED.files.iter().filter(|(file, _)| file.starts_with(name));
        sizes.map(|(_, bytes)| bytes.len() as u32 / 512).max().expect("there is one")
    };
    let (small, large, report) = (size("records/lambda"), size("records/fargate"), size("report.html"));
    assert!(small + 2 < large && size("charts/") + 2 < report, "files of different sizes");
    let check = |blocks: u32, finished_before: bool, kept: std::ops::RangeInclusive<usize>| {
        let shell = long();
        if finished_before {
            shell.run(RUN).quiet();
            fs::remove_file(shell.path("results/report.html")).expect("it is there");
        }
        let output = start(on_a_full_disk(&shell, blocks)).wait_with_output().expect("it ends");
        let talk = said(&output);
        assert_eq!(output.status.code(), Some(4), "{talk}");
        assert!(talk.contains("cannot be written") && !talk.contains("panicked"), "{talk}");
        let records = records(&shell.path("results"));
        assert!(kept.contains(&records.len()), "{} records with {blocks} blocks: {talk}", records.len());
        assert!(!shell.path("results/report.html").exists(), "no report rather than half of one");
        ends_the_same(&shell);
    };
    check(small / 2, false, 0..=0);
    check(small + 2, false, 0..=6);
    check(report - 2, true, 12..=12);
    check(2, true, 12..=12);
}

#[test]
fn a_folder_that_goes_away() {
    let shell = long();
    let child = start(shell.command(RUN));
    wait_for(&shell.path("results"), 1);
    // A record may be written at this very moment, so that the folder is not empty yet.
    while fs::remove_dir_all(shell.path("results")).is_err() {}
    let output = child.wait_with_output().expect("it ends");
    let talk = said(&output);
    assert_eq!(output.status.code(), Some(4), "{talk}");
    assert!(talk.contains("results") && !talk.contains("panicked"), "{talk}");
    assert!(!shell.path("results/report.html").exists(), "no report of what is gone");
    ends_the_same(&shell);
}

/// The folder may not be written any more. The superuser may always write, so it runs the program as somebody else.
#[test]
fn a_folder_that_may_not_be_written_any_more() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    let shell = long();
    let home = shell.path("");
    let command = shell.command(RUN);
    let mut child = match fs::metadata(&home).expect("it is there").uid() {
        0 => {
            let nobody = 65534;
            let program = shell.path("fleetsim");
            fs::copy(command.get_program(), &program).expect("a copy that anybody may run");
            chown(&home, Some(nobody), Some(nobody)).expect("the superuser may");
            let mut other = Command::new(program);
            other.args(command.get_args()).current_dir(&home).uid(nobody).gid(nobody);
            start(other)
        }
        _ => start(command),
    };
    wait_for(&shell.path("results"), 1);
    let records_of = shell.path("results/records");
    let mode = |mode: u32| fs::set_permissions(&records_of, fs::Permissions::from_mode(mode)).expect("ours");
    mode(0o555);
    let status = child.wait().expect("it ends");
    mode(0o755);
    let kept = records(&shell.path("results")).len();
    assert_eq!(status.code(), Some(4));
    assert!((1..12).contains(&kept), "{kept} jobs kept");
    assert!(!shell.path("results/report.html").exists(), "no report rather than half of one");
    let _ = fs::remove_file(shell.path("fleetsim"));
    ends_the_same(&shell);
}
