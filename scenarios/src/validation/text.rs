//! The scenario files of the cases: text, as a user would write it.

use super::case::{Case, Comparison, Place, seed_of};

/// How long and how often a case runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Runs {
    pub(super) duration: &'static str,
    pub(super) warm_up: &'static str,
    pub(super) replications: u32,
}

/// A case's scenario in parts, each a line or some of TOML.
pub(super) struct Parts {
    pub(super) name: String,
    pub(super) what: String,
    pub(super) runs: Runs,
    pub(super) arrivals: String,
    pub(super) work: String,
    pub(super) service: String,
}

/// Poisson arrivals.
pub(super) fn poisson(rate: f64) -> String {
    format!("{{ poisson = {{ rate = \"{rate}/s\" }} }}")
}

/// Exponential CPU time.
pub(super) fn exponential_cpu(mean_ms: f64) -> String {
    cpu(&format!("{{ exponential = {{ mean = \"{mean_ms}ms\" }} }}"))
}

/// CPU time of this law.
pub(super) fn cpu(law: &str) -> String {
    format!("cpu = {law}")
}

/// Time off the CPU of this law and none on it.
pub(super) fn wait(law: &str) -> String {
    format!("cpu = \"0s\"\nwait = {law}")
}

/// A Fargate size with at least as many cores as workers, so that no worker waits for the CPU.
fn size(cores: u32) -> &'static str {
    match cores {
        1 => r#"cpu = "1vCPU", memory = "2GB""#,
        2 => r#"cpu = "2vCPU", memory = "4GB""#,
        3..=4 => r#"cpu = "4vCPU", memory = "8GB""#,
        5..=16 => r#"cpu = "16vCPU", memory = "32GB""#,
        _ => r#"cpu = "32vCPU", memory = "60GB""#,
    }
}

/// Tasks without a balancer.
fn tasks(cores: u32, server: &str, count: u32) -> String {
    format!(
        "platform = \"fargate\"\nwork = \"unit\"\nbalancer = \"none\"\nscaling = {{ fixed = {{ count = {count} }} }}\n\
         task = {{ {}, server = {{ {server} }} }}",
        size(cores)
    )
}

/// One task with so many workers and at least as many cores.
pub(super) fn workers(count: u32, backlog: u32) -> String {
    tasks(count, &format!("workers = {{ count = {count}, backlog = {backlog} }}"), 1)
}

/// One worker that has to be started whenever it was idle.
pub(super) fn worker_with_start(law: &str) -> String {
    tasks(1, &format!("workers = {{ count = 1, backlog = 1000000, start = {law} }}"), 1)
}

/// One task whose requests share its cores.
pub(super) fn shared(cores: u32) -> String {
    tasks(cores, "shared = { limit = 1000000 }", 1)
}

/// Tasks with a worker each behind a balancer.
pub(super) fn balanced(count: u32, algorithm: &str) -> String {
    let alone = tasks(1, "workers = { count = 1, backlog = 1000000 }", count);
    let alb = format!(
        "balancer = {{ alb = {{ algorithm = \"{algorithm}\", overhead = \"0s\", idle_timeout = \"1h\", \
         health_check = {{ served_by = \"apart\" }} }} }}"
    );
    alone.replace("balancer = \"none\"", &alb)
}

/// A function with a concurrency limit, whose environments are kept for `keep` and start without a part of their own.
pub(super) fn function(concurrency: u32, keep: &str, start: &str) -> String {
    format!(
        "platform = \"lambda\"\nwork = \"unit\"\nmemory = \"1769MB\"\nruntime = \"go\"\ntimeout = \"900s\"\n\
         front_door = \"invoke\"\nreserved_concurrency = {concurrency}\nkeep_alive = {{ fixed = {{ after = \"{keep}\" }} }}\n\
         max_lifetime = \"366d\"\nwarm_overhead = \"0s\"\nplacement_overhead = \"0s\"\napp_init = \"{start}\""
    )
}

impl Parts {
    /// The whole file.
    fn text(&self) -> String {
        let Parts { name, what, runs, arrivals, work, service } = self;
        let Runs { duration, warm_up, replications } = runs;
        format!(
            "# {what}\nname = \"{name}\"\n\n[run]\nkind = \"steady\"\nduration = \"{duration}\"\nwarm_up = \"{warm_up}\"\n\
             replications = {replications}\nseed = {}\n\n[sources.all]\nto = \"queue\"\narrivals = {arrivals}\n\n\
             [work.unit]\n{work}\nresponse = \"0B\"\n\n[services.queue]\n{service}\n",
            seed_of(name)
        )
    }

    /// The case that compares these runs with theory.
    pub(super) fn case(self, comparisons: Vec<Comparison>) -> Case {
        Case {
            scenario: self.text(),
            name: self.name,
            what: self.what,
            replications: self.runs.replications,
            instants: Vec::new(),
            comparisons,
            quick: false,
            place: None,
            tail: None,
        }
    }
}

impl Case {
    /// The same case, in the quick set too.
    pub(super) fn quick(self) -> Case {
        Case { quick: true, ..self }
    }

    /// The same case at its place in a picture.
    pub(super) fn at(self, place: Place) -> Case {
        Case { place: Some(place), ..self }
    }

    /// The same case with the distribution of its sojourns drawn beside theory's.
    pub(super) fn with_tail(self, tail: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Case {
        Case { tail: Some(Box::new(tail)), ..self }
    }
}
