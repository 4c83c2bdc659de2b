//! A shell for tests.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The program of an example. `cargo test` has built it along with the tests; where only some tests were asked for, it
/// is built here.
pub(crate) fn example(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_fleetsim")).parent().expect("it is in a folder");
    let program = folder.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "--package", "cli", "--example", name])
            .args(if folder.ends_with("release") { &["--release"][..] } else { &[] })
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status();
        assert!(built.is_ok_and(|status| status.success()) && program.exists(), "the example builds");
    }
    program
}

/// A folder to run commands in.
pub(crate) struct Shell {
    folder: TempDir,
    program: PathBuf,
}

impl Shell {
    /// An empty folder, and `fleetsim`.
    pub(crate) fn new() -> Self {
        Shell::of(Path::new(env!("CARGO_BIN_EXE_fleetsim")))
    }

    /// An empty folder, and another program.
    pub(crate) fn of(program: &Path) -> Self {
        Shell { folder: TempDir::new().expect("a temporary folder"), program: program.to_owned() }
    }

    /// Puts a file into the folder.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.path(name), text).expect("the folder can be written");
        self
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command, ready to be started.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(words(line))
            .current_dir(self.folder.path())
            .env_remove("RUST_BACKTRACE")
            .env_remove("COLUMNS");
        command
    }

    /// Runs a command line, giving it `input`.
    pub(crate) fn run_with(&self, line: &str, input: &str) -> Done {
        let mut command = self.command(line);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        // A command that needs no input may have ended already.
        let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
        Done::new(line, child.wait_with_output().expect("the program ends"))
    }

    /// Runs a command line.
    pub(crate) fn run(&self, line: &str) -> Done {
        self.run_with(line, "")
    }
}

/// The words of a command line; single quotes hold one together.
fn words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    let words = quoted.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// What became of a command.
pub(crate) struct Done {
    pub(crate) line: String,
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) talk: String,
}

impl Done {
    fn new(line: &str, output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Done {
            line: line.to_owned(),
            code: output.status.code(),
            out: text(output.stdout),
            talk: text(output.stderr),
        }
    }

    /// All of it, for a snapshot.
    pub(crate) fn shown(&self) -> String {
        let Done { line, code, out, talk } = self;
        let code = code.map_or("a signal".to_owned(), |code| code.to_string());
        format!(
            "$ fleetsim {line}\n--- exit code {code}\n--- standard output\n{out}--- standard error\n{talk}"
        )
    }

    /// That it did what it was asked to, and nothing was said.
    #[track_caller]
    pub(crate) fn quiet(self) -> String {
        assert_eq!((self.code, self.talk.as_str()), (Some(0), ""), "{}", self.line);
        self.out
    }
}
