//! Queues that are birth-and-death processes: M/M/c with and without bounds.

use super::where_tail_is;

/// The share of requests lost at `servers` servers that are offered a load of `load`, by the recursion over the number
/// of servers (Erlang 1917).
pub fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |b, n| load * b / (f64::from(n) + load * b))
}

/// The share of requests that wait at `servers` servers with a load below their number (Erlang 1917).
pub fn erlang_c(servers: u32, load: f64) -> f64 {
    let b = erlang_b(servers, load);
    let rho = load / f64::from(servers);
    b / (1.0 - rho * (1.0 - b))
}

/// M/M/c with an unbounded queue, served in order of arrival (Gross and Harris 1974, section 3.3).
#[derive(Clone, Copy, Debug)]
pub struct Mmc {
    /// Servers.
    pub servers: u32,
    /// Requests per second.
    pub rate: f64,
    /// Mean service time in seconds.
    pub service: f64,
}

impl Mmc {
    /// Offered load: busy servers on average.
    pub fn load(&self) -> f64 {
        self.rate * self.service
    }

    /// Utilization of a server.
    pub fn rho(&self) -> f64 {
        self.load() / f64::from(self.servers)
    }

    /// The share of requests that wait.
    pub fn waiting_share(&self) -> f64 {
        erlang_c(self.servers, self.load())
    }

    /// The rate at which those that wait are served: waiting times above zero are exponential with it.
    fn drain(&self) -> f64 {
        f64::from(self.servers) / self.service - self.rate
    }

    /// Mean wait.
    pub fn wait(&self) -> f64 {
        self.waiting_share() / self.drain()
    }

    /// Mean sojourn: wait and service.
    pub fn sojourn(&self) -> f64 {
        self.wait() + self.service
    }

    /// Mean number of requests that wait, by Little's law.
    pub fn queue(&self) -> f64 {
        self.rate * self.wait()
    }

    /// The share of requests that wait longer than `t`.
    pub fn wait_tail(&self, t: f64) -> f64 {
        self.waiting_share() * libm::exp(-self.drain() * t)
    }

    /// The wait that a share `p` of requests does not exceed; zero where more do not wait at all.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        (libm::log(self.waiting_share() / (1.0 - p)) / self.drain()).max(0.0)
    }

    /// The share of requests that stay longer than `t`: an exponential service, behind an exponential wait for some.
    pub fn sojourn_tail(&self, t: f64) -> f64 {
        let (mu, delta, waits) = (1.0 / self.service, self.drain(), self.waiting_share());
        let alone = libm::exp(-mu * t);
        let behind = if (delta / mu - 1.0).abs() < 1e-9 {
            (1.0 + mu * t) * alone
        } else {
            (delta * alone - mu * libm::exp(-delta * t)) / (delta - mu)
        };
        (1.0 - waits) * alone + waits * behind
    }

    /// The sojourn that a share `p` of requests does not exceed.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        where_tail_is(1.0 - p, |t| self.sojourn_tail(t))
    }
}

/// M/M/c/K: at most `places` requests inside, one more is refused. The stationary distribution by detailed balance
/// (Feller 1950, chapter 17).
#[derive(Clone, Debug)]
pub struct BirthDeath {
    servers: u32,
    rate: f64,
    service: f64,
    probabilities: Vec<f64>,
}

impl BirthDeath {
    /// With these parameters, in requests per second and seconds.
    pub fn new(servers: u32, places: u32, rate: f64, service: f64) -> Self {
        let mut weights = vec![1.0];
        for n in 1..=places {
            weights.push(weights[n as usize - 1] * rate * service / f64::from(n.min(servers)));
        }
        let sum: f64 = weights.iter().sum();
        let probabilities = weights.into_iter().map(|weight| weight / sum).collect();
        BirthDeath { servers, rate, service, probabilities }
    }

    /// The share of requests refused: Poisson arrivals see time averages (Wolff 1982).
    pub fn loss(&self) -> f64 {
        *self.probabilities.last().expect("there is at least the empty state")
    }

    /// Mean number of requests that wait.
    pub fn queue(&self) -> f64 {
        let waiting = |n: usize| n.saturating_sub(self.servers as usize) as f64;
        self.probabilities.iter().enumerate().map(|(n, p)| waiting(n) * p).sum()
    }

    /// Busy servers on average.
    pub fn busy(&self) -> f64 {
        self.rate * (1.0 - self.loss()) * self.service
    }

    /// Mean service in seconds.
    pub fn service(&self) -> f64 {
        self.service
    }

    /// Mean sojourn of those that are let in.
    pub fn sojourn(&self) -> f64 {
        self.wait() + self.service
    }

    /// Mean wait of those that are let in, by Little's law.
    pub fn wait(&self) -> f64 {
        self.queue() / (self.rate * (1.0 - self.loss()))
    }

    /// The share of those that are let in that stay longer than `t`: who finds `n` inside leaves after one service, and
    /// after `n - c + 1` departures before it where all servers are busy.
    pub fn sojourn_tail(&self, t: f64) -> f64 {
        let admitted = &self.probabilities[..self.probabilities.len() - 1];
        let tail: f64 = admitted.iter().enumerate().map(|(n, p)| p * self.tail_behind(n as u32, t)).sum();
        tail / (1.0 - self.loss())
    }

    /// The tail of the sojourn of a request that finds `inside` others; only with a single server or none of them ahead in
    /// the queue is it an Erlang distribution, which is all that is needed here.
    fn tail_behind(&self, inside: u32, t: f64) -> f64 {
        assert!(self.servers == 1 || inside < self.servers, "only written for one server");
        let stages = if self.servers == 1 { inside + 1 } else { 1 };
        let x = t / self.service;
        let mut term = libm::exp(-x);
        (0..stages).fold(0.0, |sum, k| {
            let sum = sum + term;
            term *= x / f64::from(k + 1);
            sum
        })
    }

    /// The sojourn that a share `p` of those that are let in does not exceed.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        where_tail_is(1.0 - p, |t| self.sojourn_tail(t))
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn erlang_tables() {
        // Published tables of the B formula: offered load at a loss of 1 % and of 5 %.
        for (servers, load, loss) in
            [(1, 0.0101, 0.01), (5, 1.361, 0.01), (10, 4.461, 0.01), (20, 12.031, 0.01), (10, 6.216, 0.05)]
        {
            check("Erlang B", erlang_b(servers, load), loss, 0.002);
        }
        // Erlang C: two servers wait with rho^2 x 2 / (1 + rho); one server with rho.
        check("Erlang C", erlang_c(2, 1.6), 2.0 * 0.64 / 1.8, 1e-12);
        check("Erlang C", erlang_c(1, 0.3), 0.3, 1e-12);
    }

    #[test]
    fn a_queue_with_room_enough_is_one_without_bound() {
        let (bounded, free) =
            (BirthDeath::new(1, 400, 80.0, 0.01), Mmc { servers: 1, rate: 80.0, service: 0.01 });
        check("wait", bounded.wait(), free.wait(), 1e-9);
        check("tail", bounded.sojourn_tail(0.07), free.sojourn_tail(0.07), 1e-9);
        check("loss", BirthDeath::new(4, 4, 350.0, 0.01).loss(), erlang_b(4, 3.5), 1e-12);
        check("p99", bounded.sojourn_quantile(0.99), libm::log(100.0) * 0.05, 1e-9);
    }

    #[test]
    fn tails_integrate_to_means() {
        for (servers, rate) in [(1, 50.0), (4, 320.0), (16, 1400.0), (2, 100.0)] {
            let queue = Mmc { servers, rate, service: 0.01 };
            let (step, steps) = (1e-5, 200_000);
            let at = |i: u32| (f64::from(i) + 0.5) * step;
            let wait: f64 = (0..steps).map(|i| queue.wait_tail(at(i)) * step).sum();
            let sojourn: f64 = (0..steps).map(|i| queue.sojourn_tail(at(i)) * step).sum();
            check("wait", wait, queue.wait(), 1e-4);
            check("sojourn", sojourn, queue.sojourn(), 1e-4);
            check("quantile", queue.wait_tail(queue.wait_quantile(0.999)), 0.001, 1e-9);
        }
    }
}
