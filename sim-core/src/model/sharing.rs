//! The cores of an instance, shared among its tasks.
//!
//! Without a hard limit a task's CPU reservation is a weight (ECS Developer Guide: container CPU are relative shares).
//! While less is wanted than there is, everybody has all cores at hand and nothing needs sharing. Else every task with
//! work gets cores in proportion to its weight, at most what it wants, and what one does not want goes to the others:
//! water-filling. Only tasks with work take part, so an instance full of idle tasks costs nothing.

use super::cluster::InstanceId;
use super::fleet::{Agenda, Fleet};
use super::task::TaskId;
use crate::engine::Time;
use crate::observe::{InstanceFact, Probe};

/// A task with work, and what it gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Claim {
    task: TaskId,
    wanted: f64,
    weight: f64,
    share: f64,
}

impl<P: Probe> Fleet<P> {
    /// Shares an instance's cores anew after `changed` began or ended work.
    pub(super) fn share_instance(&mut self, id: InstanceId, changed: TaskId, now: Time, agenda: &mut Agenda) {
        // The list is kept for its memory: this happens at every request on a busy instance.
        let mut claims = std::mem::take(&mut self.claims);
        self.claim(id, &mut claims);
        let instance = &mut self.instances[id];
        let cores = instance.cores;
        let before = instance.contended;
        instance.contended = claims.iter().map(|claim| claim.wanted).sum::<f64>() > cores;
        if instance.contended {
            fill(&mut claims, cores);
            for claim in &claims {
                self.tasks[claim.task].cpu.set_cores(now, claim.share);
                self.cpu_settled(claim.task, now, agenda);
            }
        } else if before {
            self.release_instance(id, cores, now, agenda);
        }
        // Unless it has just been settled with the others.
        if !before || self.tasks[changed].cpu.running() == 0 {
            self.cpu_settled(changed, now, agenda);
        }
        self.claims = claims;
    }

    fn claim(&self, id: InstanceId, claims: &mut Vec<Claim>) {
        claims.clear();
        for &task_id in &self.instances[id].tasks {
            let task = &self.tasks[task_id];
            if task.cpu.running() > 0 {
                let wanted = task.cpu.demand().min(task.core_limit);
                claims.push(Claim { task: task_id, wanted, weight: task.weight, share: 0.0 });
            }
        }
    }

    /// Gives every task of an instance all its cores at hand, up to its own limit.
    fn release_instance(&mut self, id: InstanceId, cores: f64, now: Time, agenda: &mut Agenda) {
        for index in 0..self.instances[id].tasks.len() {
            let task_id = self.instances[id].tasks[index];
            let task = &mut self.tasks[task_id];
            task.cpu.set_cores(now, cores.min(task.core_limit));
            self.cpu_settled(task_id, now, agenda);
        }
    }

    /// Throttles an instance to `cores`, or lets it free again.
    pub(super) fn set_instance_cores(&mut self, id: InstanceId, cores: f64, now: Time, agenda: &mut Agenda) {
        self.instances[id].cores = cores;
        self.instance_fact(now, id, InstanceFact::Cores((cores * 1e6) as u64));
        // As if more had been wanted than there was: everybody's cores are set anew.
        self.instances[id].contended = true;
        if let Some(&any) = self.instances[id].tasks.first() {
            self.share_instance(id, any, now, agenda);
        }
    }
}

/// Shares `cores` among the claims: in proportion to weight, nobody more than wanted, nothing left over while anybody
/// wants more. Leaves them in the order in which they were filled.
fn fill(claims: &mut [Claim], cores: f64) {
    // Whoever wants least per weight is filled first; who is filled leaves the rest to the others.
    claims.sort_by(|a, b| (a.wanted * b.weight).total_cmp(&(b.wanted * a.weight)));
    let (mut left, mut weight) = (cores, claims.iter().map(|claim| claim.weight).sum::<f64>());
    for claim in claims {
        claim.share = claim.wanted.min(left * claim.weight / weight);
        left -= claim.share;
        weight -= claim.weight;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The obvious version: a level of water is raised until the cores are used up or everybody has what they want;
    /// found by halving.
    fn obvious(wants: &[(f64, f64)], cores: f64) -> Vec<f64> {
        let at = |level: f64| wants.iter().map(move |(wanted, weight)| wanted.min(level * weight));
        let (mut low, mut high) = (0.0, 1e9);
        for _ in 0..200 {
            let middle = (low + high) / 2.0;
            if at(middle).sum::<f64>() > cores { high = middle } else { low = middle }
        }
        at(low).collect()
    }

    proptest! {
        #[test]
        fn filling_agrees_with_raising_the_level(
            wants in prop::collection::vec((0.0f64..8.0, 2.0f64..4096.0), 1..12),
            cores in 0.1f64..16.0,
        ) {
            let claim = |(index, &(wanted, weight)): (usize, &(f64, f64))| Claim {
                task: TaskId(index as u32),
                wanted,
                weight,
                share: 0.0,
            };
            let mut claims: Vec<Claim> = wants.iter().enumerate().map(claim).collect();
            fill(&mut claims, cores);
            let expected = obvious(&wants, cores);
            for claim in &claims {
                let expected = expected[claim.task.0 as usize];
                prop_assert!((claim.share - expected).abs() < 1e-6, "{claims:?}: {expected} expected");
            }
        }
    }

    #[test]
    fn cores_follow_weights_and_wishes() {
        let check = |wants: &[(f64, f64)], cores: f64, expected: &[f64]| {
            let claim = |(index, &(wanted, weight)): (usize, &(f64, f64))| Claim {
                task: TaskId(index as u32),
                wanted,
                weight,
                share: 0.0,
            };
            let mut claims: Vec<Claim> = wants.iter().enumerate().map(claim).collect();
            fill(&mut claims, cores);
            for claim in &claims {
                let expected = expected[claim.task.0 as usize];
                assert!((claim.share - expected).abs() < 1e-9, "{wants:?}: {claims:?}");
            }
        };
        check(&[(4.0, 1.0), (4.0, 1.0)], 2.0, &[1.0, 1.0]);
        check(&[(4.0, 3.0), (4.0, 1.0)], 2.0, &[1.5, 0.5]);
        check(&[(0.5, 3.0), (4.0, 1.0)], 2.0, &[0.5, 1.5]);
        check(&[(0.5, 1.0), (0.5, 1.0)], 2.0, &[0.5, 0.5]);
        check(&[(0.0, 5.0), (9.0, 1.0), (0.2, 1.0)], 1.0, &[0.0, 0.8, 0.2]);
    }
}
