//! Every kind of structural mistake, as the user sees it.

use super::*;

#[test]
fn mistakes_in_keys() {
    let text = r#"duraton = "1h"

[services.web]
platform = "ecs"
tasks = { image = "x" }
memory = "1769MB"
zzz = 1

[services."a/b"]
platform = "lambda"
memory = "512MB"

[sources.visitors]
"#;
    insta::assert_snapshot!(report(text), @r#"
    error: unknown key `duraton`
      --> test.toml:1:1
       | duraton = "1h"
       | ^^^^^^^
       = hint: did you mean `duration`?

    error: services.web: unknown key `tasks`
      --> test.toml:5:1
       | tasks = { image = "x" }
       | ^^^^^
       = hint: did you mean `task`?

    error: services.web: `memory` belongs to platform `lambda`, and this is `ecs`
      --> test.toml:6:1
       | memory = "1769MB"
       | ^^^^^^
       = hint: the keys of `ecs` are `platform`, `task`, `scaling`, `placement` or `timeout`

    error: services.web: unknown key `zzz`
      --> test.toml:7:1
       | zzz = 1
       | ^^^
       = hint: the keys here are `platform`, `task`, `scaling`, `placement` or `timeout`

    error: services: `a/b` is not accepted as a name
      --> test.toml:9:11
       | [services."a/b"]
       |           ^^^^^
       = hint: a name begins with a letter or digit and has only letters, digits, `-`, `_` and `.`

    error: sources.visitors: `arrivals` is missing
      --> test.toml:13:10
       | [sources.visitors]
       |          ^^^^^^^^
       = hint: it holds a choice (`poisson`, `trace` or `sum`)

    6 problems in test.toml
    "#);
}

#[test]
fn mistakes_in_values() {
    let text = r#"duration = 10
replications = -1
exact = "yes"

[services.web]
platform = "ecs"
task = { image = 5, ports = ["80", 99999] }
timeout = "10 parsecs"
placement = "spread:zone"
scaling = { step = { steps = ["10%"] } }

[services.api]
platform = "lambda"
memory = "0.5"
timeout = 2.5

[sources.a]
arrivals = { sum = [{ poisson = { rate = 50 } }] }
share = inf
pair = [300, "x", 1]
think = "-2s"
objective = "fast"
"#;
    insta::assert_snapshot!(report(text), @r#"
    error: duration: expected a length of time, found the number 10
      --> test.toml:1:12
       | duration = 10
       |            ^^
       = hint: write "10s"; a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    error: replications: -1 is out of range
      --> test.toml:2:16
       | replications = -1
       |                ^^
       = hint: a whole number from 0 to 4294967295

    error: exact: expected true or false, found the text "yes"
      --> test.toml:3:9
       | exact = "yes"
       |         ^^^^^
       = hint: write true or false, without quotes

    error: services.web.task.image: expected text, found the number 5
      --> test.toml:7:18
       | task = { image = 5, ports = ["80", 99999] }
       |                  ^
       = hint: write it in quotes

    error: services.web.task.ports[0]: expected a whole number, found the text "80"
      --> test.toml:7:30
       | task = { image = 5, ports = ["80", 99999] }
       |                              ^^^^
       = hint: write 80 without quotes

    error: services.web.task.ports[1]: 99999 is out of range
      --> test.toml:7:36
       | task = { image = 5, ports = ["80", 99999] }
       |                                    ^^^^^
       = hint: a whole number from 0 to 65535

    error: services.web.timeout: `parsecs` is not a unit that fits here; one of ns, us, ms, s, min, m, h, d, w
      --> test.toml:8:11
       | timeout = "10 parsecs"
       |           ^^^^^^^^^^^^
       = hint: a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    error: services.web.placement: expected a list, found the text "spread:zone"
      --> test.toml:9:13
       | placement = "spread:zone"
       |             ^^^^^^^^^^^^^
       = hint: write it in [ ]

    error: services.web.scaling.step.steps: the list has 1 item
      --> test.toml:10:30
       | scaling = { step = { steps = ["10%"] } }
       |                              ^^^^^^^
       = hint: give 2 to 4

    error: services.api.memory: `0.5` has no unit; one of MiB, MB, GiB, GB, TiB
      --> test.toml:14:10
       | memory = "0.5"
       |          ^^^^^
       = hint: a memory size as platforms sell it, binary whichever way it is written: 512MiB, 1769MB, 2GB, 8GiB

    error: services.api.timeout: expected a length of time, found the number 2.5
      --> test.toml:15:11
       | timeout = 2.5
       |           ^^^
       = hint: write "2.5s"; a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    error: sources.a.arrivals.sum[0].poisson.rate: expected events per time, found the number 50
      --> test.toml:18:42
       | arrivals = { sum = [{ poisson = { rate = 50 } }] }
       |                                          ^^
       = hint: write "50/s"; events per time: 50/s, 600/min, 1000/h, 5/day

    error: sources.a.share: inf is out of range
      --> test.toml:19:9
       | share = inf
       |         ^^^
       = hint: a number

    error: sources.a.pair: the list has 3 items
      --> test.toml:20:8
       | pair = [300, "x", 1]
       |        ^^^^^^^^^^^^^
       = hint: give 2

    error: sources.a.pair[0]: 300 is out of range
      --> test.toml:20:9
       | pair = [300, "x", 1]
       |         ^^^
       = hint: a whole number from 0 to 255

    error: sources.a.think: `-2s` is negative
      --> test.toml:21:9
       | think = "-2s"
       |         ^^^^^
       = hint: a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    error: sources.a.objective: `fast` has no <
      --> test.toml:22:13
       | objective = "fast"
       |             ^^^^^^
       = hint: a latency objective: "p99 < 300ms"

    17 problems in test.toml
    "#);
}

#[test]
fn mistakes_in_choices() {
    let text = r#"duration = "1h"
[services.a]
platform = "fargat"
timeout = 7
tsk = 1
[services.b]
timeout = "7s"
[services.c]
platform = "ecs"
task = { image = "x" }
scaling = { target-traking = { target = "60%" } }
[services.d]
platform = "ecs"
task = { image = "x" }
scaling = { step = { steps = ["1%", "2%"] }, target-tracking = { target = "60", max = 0 } }
[services.e]
platform = "ecs"
task = { image = "x" }
scaling = "target-tracking"
[services.f]
platform = "ecs"
task = { image = "x" }
scaling = { fixed = {} }
[services.g]
platform = "ecs"
task = { image = "x" }
scaling = {}
placement = ["spred:zone", "binpack:cp", "random:3", "spread", { random = 3 }, 7]
[services.h]
platform = 3
[sources.a]
arrivals = { poison = { rate = "50/s" } }
think = "nevr"
[sources.b]
arrivals = []
think = { exponental = { mean = "1s" } }
[sources.c]
arrivals = { poisson = { rate = "1/s" } }
think = "fast"
[sources.d]
arrivals = { poisson = { rate = "1/s" } }
think = "10 parsecs"
[sources.e]
arrivals = { poisson = { rate = "1/s" } }
think = 10
"#;
    insta::assert_snapshot!(report(text), @r#"
    error: services.a.platform: unknown platform `fargat`
      --> test.toml:3:12
       | platform = "fargat"
       |            ^^^^^^^^
       = hint: one of `ecs` or `lambda`

    error: services.a: unknown key `tsk`
      --> test.toml:5:1
       | tsk = 1
       | ^^^
       = hint: did you mean `task`?

    error: services.b: `platform` is missing
      --> test.toml:6:11
       | [services.b]
       |           ^
       = hint: one of `ecs` or `lambda`

    error: services.c.scaling: unknown policy `target-traking`
      --> test.toml:11:13
       | scaling = { target-traking = { target = "60%" } }
       |             ^^^^^^^^^^^^^^
       = hint: did you mean `target-tracking`?

    error: services.d.scaling: `step` and `target-tracking` are given where one policy is wanted
      --> test.toml:15:46
       | scaling = { step = { steps = ["1%", "2%"] }, target-tracking = { target = "60", max = 0 } }
       |                                              ^^^^^^^^^^^^^^^
       = hint: keep one of them

    error: services.d.scaling.target-tracking.target: `60` has no unit; one of %
      --> test.toml:15:75
       | ...s = ["1%", "2%"] }, target-tracking = { target = "60", max = 0 } }
       |                                                     ^^^^
       = hint: a share: 60%, 0.5%

    error: services.d.scaling.target-tracking.max: 0 is out of range
      --> test.toml:15:87
       | ...2%"] }, target-tracking = { target = "60", max = 0 } }
       |                                                     ^
       = hint: a whole number from 1 to 100

    error: services.e.scaling: policy `target-tracking` needs settings
      --> test.toml:19:11
       | scaling = "target-tracking"
       |           ^^^^^^^^^^^^^^^^^
       = hint: write { target-tracking = { target = ..., max = ... } }

    error: services.f.scaling: policy `fixed` has no settings
      --> test.toml:23:13
       | scaling = { fixed = {} }
       |             ^^^^^
       = hint: write "fixed"

    error: services.g.scaling: no policy is given
      --> test.toml:27:11
       | scaling = {}
       |           ^^
       = hint: one of `fixed`, `target-tracking`, `step` or `plain`

    error: services.g.placement[0]: unknown policy `spred:zone`
      --> test.toml:28:14
       | placement = ["spred:zone", "binpack:cp", "random:3", "spread", { random = 3 }, 7]
       |              ^^^^^^^^^^^^
       = hint: did you mean `spread`?

    error: services.g.placement[1].binpack: unknown resource `cp`
      --> test.toml:28:28
       | placement = ["spred:zone", "binpack:cp", "random:3", "spread", { random = 3 }, 7]
       |                            ^^^^^^^^^^^^
       = hint: one of `cpu` or `memory`

    error: services.g.placement[2]: unknown policy `random:3`
      --> test.toml:28:42
       | placement = ["spred:zone", "binpack:cp", "random:3", "spread", { random = 3 }, 7]
       |                                          ^^^^^^^^^^
       = hint: did you mean `random`?

    error: services.g.placement[3]: policy `spread` needs settings
      --> test.toml:28:54
       | ...ement = ["spred:zone", "binpack:cp", "random:3", "spread", { random = 3 }, 7]
       |                                                     ^^^^^^^^
       = hint: write "spread:..." or { spread = ... }

    error: services.g.placement[4]: policy `random` has no settings
      --> test.toml:28:66
       | ...red:zone", "binpack:cp", "random:3", "spread", { random = 3 }, 7]
       |                                                     ^^^^^^
       = hint: write "random"

    error: services.g.placement[5]: expected a choice (`random`, `spread` or `binpack`), found the number 7
      --> test.toml:28:80
       | ...npack:cp", "random:3", "spread", { random = 3 }, 7]
       |                                                     ^

    error: services.h.platform: a whole number where the name of a platform is wanted
      --> test.toml:30:12
       | platform = 3
       |            ^
       = hint: one of `ecs` or `lambda`

    error: sources.a.arrivals: unknown choice `poison`
      --> test.toml:32:14
       | arrivals = { poison = { rate = "50/s" } }
       |              ^^^^^^
       = hint: did you mean `poisson`?

    error: sources.a.think: unknown distribution `nevr`
      --> test.toml:33:9
       | think = "nevr"
       |         ^^^^^^
       = hint: did you mean `never`?

    error: sources.b.arrivals: expected a choice (`poisson`, `trace` or `sum`), found a list
      --> test.toml:35:12
       | arrivals = []
       |            ^^

    error: sources.b.think: unknown distribution `exponental`
      --> test.toml:36:11
       | think = { exponental = { mean = "1s" } }
       |           ^^^^^^^^^^
       = hint: did you mean `exponential`?

    error: sources.c.think: "fast" is not a length of time or a distribution
      --> test.toml:39:9
       | think = "fast"
       |         ^^^^^^
       = hint: a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w; or one of `never` or `exponential`

    error: sources.d.think: `parsecs` is not a unit that fits here; one of ns, us, ms, s, min, m, h, d, w
      --> test.toml:42:9
       | think = "10 parsecs"
       |         ^^^^^^^^^^^^
       = hint: a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    error: sources.e.think: expected a length of time or a distribution, found the number 10
      --> test.toml:45:9
       | think = 10
       |         ^^
       = hint: write "10s"; a length of time: 250us, 8ms, 1.5s, 5m (or 5min), 2h, 7d, 1w

    24 problems in test.toml
    "#);
}
