//! Text that is no TOML, and text that a terminal or a page would choke on.

use super::*;

#[test]
fn mistakes_in_syntax() {
    insta::assert_snapshot!(report("duration = 10s\nreplications = 1\nreplications = 2\n[services.a]\nplatform = \"ecs\"\ntimeout = $5\n[services.a]\nmemory = 3\n"), @r#"
    error: duration: text and quantities are written in quotes
      --> test.toml:1:12
       | duration = 10s
       |            ^^^
       = hint: write "10s"

    error: `replications` is given twice
      --> test.toml:3:1
       | replications = 2
       | ^^^^^^^^^^^^
       = hint: keep one; a table of one name has one `[header]`, with all its keys below

    error: services.a.timeout: text and quantities are written in quotes
      --> test.toml:6:11
       | timeout = $5
       |           ^^
       = hint: write "$5"

    error: services.a.timeout: `$5` does not start with a number
      --> test.toml:6:11
       | timeout = $5
       |           ^^
       = hint: a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    error: `a` is given twice
      --> test.toml:7:11
       | [services.a]
       |           ^
       = hint: keep one; a table of one name has one `[header]`, with all its keys below

    error: services.a: `memory` belongs to platform `lambda`, and this is `ecs`
      --> test.toml:8:1
       | memory = 3
       | ^^^^^^
       = hint: the keys of `ecs` are `platform`, `task`, `scaling`, `placement` or `timeout`

    6 problems in test.toml
    "#);
    insta::assert_snapshot!(report("duration = \"1h\n[services\nplatform = [1, 2\n= 3\n"), @r#"
    error: this is not TOML: invalid basic string, expected `"`
      --> test.toml:1:15
       | duration = "1h
       |               ^

    error: this is not TOML: unclosed table, expected `]`
      --> test.toml:2:10
       | [services
       |          ^

    error: this is not TOML: unexpected `=` in array, expected value, `]`
      --> test.toml:4:1
       | = 3
       | ^

    error: this is not TOML: missing comma between array elements, expected `,`
      --> test.toml:4:3
       | = 3
       |   ^

    error: this is not TOML: unclosed array, expected `]`
      --> test.toml:4:4
       | = 3
       |    ^

    5 problems in test.toml
    "#);
    insta::assert_snapshot!(report("duration = \"1h\"\nreplications = 99999999999999999999\n"), @r#"
    error: replications: this number is outside the range of 64 bits
      --> test.toml:2:16
       | replications = 99999999999999999999
       |                ^^^^^^^^^^^^^^^^^^^^

    1 problem in test.toml
    "#);
}

#[test]
fn what_a_terminal_or_a_page_would_choke_on() {
    let long = "x".repeat(300);
    let text = format!(
        "duration = \"\\u001b[31m\\u202e{long}\"\n\"k\\u0007ey\" = 1\nlong = {{ a = [{}], \"{long}\" = 1 }}\n",
        "1, ".repeat(90)
    );
    insta::assert_snapshot!(report(&text), @r#"
    error: duration: `\u{1b}[31m\u{202e}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` does not start with a number
      --> test.toml:1:12
       | duration = "\u001b[31m\u202exxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
       |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       = hint: a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    error: unknown key `k\u{7}ey`
      --> test.toml:2:1
       | "k\u0007ey" = 1
       | ^^^^^^^^^^^
       = hint: the keys here are `duration`, `replications`, `exact`, `services` or `sources`

    error: unknown key `long`
      --> test.toml:3:1
       | long = { a = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1...
       | ^^^^
       = hint: the keys here are `duration`, `replications`, `exact`, `services` or `sources`

    3 problems in test.toml
    "#);
}
