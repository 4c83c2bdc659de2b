//! What the axes of a sweep are called: one word for one axis, in the names of variants, the verdict and the report.

/// Steps that say nothing by themselves: the setting that they belong to names the axis.
const VAGUE: [&str; 8] = ["after", "constant", "fixed", "of", "value", "several", "item", "actions"];

/// What an axis is called: the last step of its path, `memory` of `services.web.memory`. Where that step says nothing by
/// itself, as in `services.web.keep_alive.fixed.after`, the setting that it belongs to. Of a setting inside a list,
/// which policy's it is: `scheduled min` of `services.web.scaling.several[1].scheduled.actions[0].min`.
pub fn axis_name(path: &str) -> String {
    let steps: Vec<&str> = path.split('.').collect();
    // Table and owner come first: `services.web`.
    let inner = if steps.len() > 2 { &steps[2..] } else { &steps[..] };
    let says = |step: &&&str| !step.contains('[') && !VAGUE.contains(*step);
    let telling: Vec<&str> = inner.iter().filter(says).copied().collect();
    let in_a_list = inner.iter().any(|step| step.contains('['));
    let last = inner.last().copied().unwrap_or(path);
    let name = match telling.as_slice() {
        [] => last.to_owned(),
        [.., policy, setting] if in_a_list => format!("{policy} {setting}"),
        [setting, ..] if !telling.ends_with(&[last]) => (*setting).to_owned(),
        [.., setting] => (*setting).to_owned(),
    };
    name.replace('_', " ")
}

/// What each of several axes is called, each unlike the others: with the owner where two have one name, `api memory`,
/// and the whole path where even that says too little.
pub fn axis_names(paths: &[&str]) -> Vec<String> {
    told_apart(paths, " ")
}

/// The same as parts of a variant's name, each in one piece: `keep_alive`, `api.memory`.
pub(crate) fn axis_keys(paths: &[&str]) -> Vec<String> {
    told_apart(paths, ".").into_iter().map(|name| name.replace(' ', "_")).collect()
}

/// Names of axes, an owner joined to the axis with `joint`.
fn told_apart(paths: &[&str], joint: &str) -> Vec<String> {
    let owned = |path: &str| {
        let owner = path.split('.').nth(1).map(|owner| format!("{owner}{joint}"));
        format!("{}{}", owner.unwrap_or_default(), axis_name(path))
    };
    let alone =
        |name: &str, of: &dyn Fn(&str) -> String| paths.iter().filter(|other| of(other) == name).count() == 1;
    let name = |path: &&str| {
        let (short, long) = (axis_name(path), owned(path));
        match () {
            () if alone(&short, &axis_name) => short,
            () if alone(&long, &owned) => long,
            () => (*path).to_owned(),
        }
    };
    paths.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_names_that_say_something() {
        let check = |path: &str, expected: &str| assert_eq!(axis_name(path), expected);
        check("services.web.memory", "memory");
        check("services.web.scaling", "scaling");
        check("services.web.scaling.target-tracking.target", "target");
        check("services.web.scaling.fixed.count", "count");
        check("services.web.keep_alive.fixed.after", "keep alive");
        check("services.shop.scaling.several[1].scheduled.actions[0].min", "scheduled min");
        check("work.page.cpu.constant", "cpu");
        check("sources.all.arrivals.poisson.rate", "rate");
        check("run", "run");
    }

    #[test]
    fn axes_of_one_sweep_are_told_apart() {
        let check = |paths: &[&str], expected: &[&str]| assert_eq!(axis_names(paths), expected);
        check(&["services.web.memory", "sources.all.rate"], &["memory", "rate"]);
        check(&["services.web.memory", "services.api.memory"], &["web memory", "api memory"]);
        let keys = ["sources.a.rate", "sources.b.rate", "services.web.keep_alive.fixed.after"];
        assert_eq!(axis_keys(&keys), ["a.rate", "b.rate", "keep_alive"]);
        check(
            &["services.web.a.target", "services.web.b.target"],
            &["services.web.a.target", "services.web.b.target"],
        );
    }
}
