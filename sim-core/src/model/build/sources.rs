//! Sources of requests and their clients.

use super::Builder;
use crate::engine::{Span, Time};
use crate::model::breaker::Breaker;
use crate::model::bucket::{Bucket, Part};
use crate::model::deadlines::{Deadlines, Waiter};
use crate::model::fleet::{Agenda, Fleet};
use crate::model::source::{Generator, Retries, Source};
use crate::observe::{Probe, ServiceId};
use crate::spec::SourceSpec;
use crate::traffic::{self, ArrivalSpec, FeedError, Members, Origin};

impl Builder<'_> {
    pub(super) fn sources<P: Probe>(
        &self,
        fleet: &mut Fleet<P>,
        agenda: &mut Agenda,
    ) -> Result<(), FeedError> {
        for (name, spec) in &self.spec.sources {
            let origin = Origin { name, luck: self.run.luck, calendar: self.run.calendar };
            let generator = self.generator(spec, &origin)?;
            let to = self.spec.services.get_index_of(&spec.to).expect("a checked service");
            let id = fleet.sources.push(source(spec, ServiceId(to as u32), generator));
            fleet.begin_source(id, agenda);
        }
        Ok(())
    }

    fn generator(&self, spec: &SourceSpec, origin: &Origin<'_>) -> Result<Generator, FeedError> {
        if let ArrivalSpec::Population(name) = &spec.arrivals {
            let members = Box::new(Members::new(self.populations[name].clone(), origin));
            let apart = self.spec.services[&spec.to].functions().is_some();
            return Ok(Generator::Population { members, apart });
        }
        Ok(match traffic::Source::build(&spec.arrivals, origin, self.platform.traces)? {
            traffic::Source::Open(mut arrivals) => {
                let next = arrivals.next().filter(|first| first.at < Time::ZERO + self.run.duration);
                Generator::Open { arrivals: Box::new(arrivals), next }
            }
            traffic::Source::Closed(users) => Generator::Closed(Box::new(users)),
        })
    }
}

fn source(spec: &SourceSpec, to: ServiceId, generator: Generator) -> Source {
    let timeout = spec.client.timeout;
    let network = spec.network.build();
    Source {
        to,
        generator,
        timeout,
        deadlines: Deadlines::new(Waiter::Client, timeout.unwrap_or(Span::ZERO)),
        breaker: spec.client.breaker.map(Breaker::new),
        retries: spec.client.retries.clone().map(|spec| Retries {
            budget: spec.budget.map(|share| (Bucket::new(10, 0.0), Part::of(share.0))),
            spec,
        }),
        network: (network.mean() > 0.0).then_some(network),
    }
}
