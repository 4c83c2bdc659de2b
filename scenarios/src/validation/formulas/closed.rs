//! Closed-loop users: the machine repairman.

/// `users` who each think and then ask one of `servers` servers, exponential services in order of arrival. The number at
/// the servers is a birth-and-death process (Palm 1947); with think times of any law the answer is the same, since
/// thinking is a station without queues (Baskett, Chandy, Muntz and Palacios 1975).
#[derive(Clone, Debug)]
pub struct Repairman {
    users: u32,
    think: f64,
    probabilities: Vec<f64>,
    servers: u32,
    service: f64,
}

impl Repairman {
    /// With these parameters, times in seconds.
    pub fn new(users: u32, think: f64, servers: u32, service: f64) -> Self {
        let mut weights = vec![1.0];
        for n in 0..users {
            let (born, busy) = (f64::from(users - n) / think, f64::from((n + 1).min(servers)) / service);
            weights.push(weights[n as usize] * born / busy);
        }
        let sum: f64 = weights.iter().sum();
        let probabilities = weights.into_iter().map(|weight| weight / sum).collect();
        Repairman { users, think, probabilities, servers, service }
    }

    /// Busy servers on average.
    pub fn busy(&self) -> f64 {
        let busy = |n: usize| (n as u32).min(self.servers);
        self.probabilities.iter().enumerate().map(|(n, p)| f64::from(busy(n)) * p).sum()
    }

    /// Answers per second.
    pub fn throughput(&self) -> f64 {
        self.busy() / self.service
    }

    /// Mean response time, by the interactive response-time law N / X - Z (Denning and Buzen 1978).
    pub fn response(&self) -> f64 {
        f64::from(self.users) / self.throughput() - self.think
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;

    #[test]
    fn the_law_agrees_with_the_mean_number_inside() {
        for (users, servers) in [(20, 1), (50, 3), (4, 8)] {
            let model = Repairman::new(users, 0.2, servers, 0.01);
            let inside: f64 = model.probabilities.iter().enumerate().map(|(n, p)| n as f64 * p).sum();
            check("response", model.response(), inside / model.throughput(), 1e-9);
        }
        // As many servers as users: nobody waits.
        check("no queue", Repairman::new(4, 0.2, 8, 0.01).response(), 0.01, 1e-9);
        // One user and one server alternate.
        check("alternating", Repairman::new(1, 0.2, 1, 0.05).throughput(), 4.0, 1e-12);
    }
}
