//! Talk: what is said on standard error. Nobody may be listening; that is no reason to fail, let alone to panic.

/// Says a line on standard error, as `eprintln!` does but with nothing that a terminal obeys, and goes on if that cannot be
/// written.
macro_rules! talk {
    ($($said:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(crate::plain::Plain(std::io::stderr()), $($said)*);
    }};
}

pub(crate) use talk;
