//! Numbers in stored results. What is read may be damaged or made up, and is then added up without looking: so a number that
//! no run can reach is refused when it is read.

use serde::{Deserialize, Deserializer, de::Error};

/// More than anything can happen in a run, and little enough that the counts of tens of thousands of runs add up.
pub(crate) const MOST: u64 = 1 << 48;
/// The same for sums of nanoseconds, bytes and the like.
const MOST_SUM: u128 = 1 << 112;
/// More replications than an experiment may have.
const MOST_RUNS: u32 = 1 << 15;

/// A count.
pub(crate) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let count = u64::deserialize(deserializer)?;
    possible(&[count]).map(|()| count).map_err(D::Error::custom)
}

/// Several counts.
pub(crate) fn counts<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + AsRef<[u64]>,
{
    let counts = T::deserialize(deserializer)?;
    possible(counts.as_ref()).map(|()| counts).map_err(D::Error::custom)
}

fn possible(counts: &[u64]) -> Result<(), &'static str> {
    let possible = counts.iter().all(|count| *count < MOST);
    possible.then_some(()).ok_or("a count beyond all that can happen")
}

/// How many runs something is the sum of.
pub(crate) fn runs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let runs = u32::deserialize(deserializer)?;
    match runs {
        0 => Err(D::Error::custom("no run at all")),
        1..MOST_RUNS => Ok(runs),
        _ => Err(D::Error::custom("more runs than there can be")),
    }
}

/// 128-bit sums as text: a JSON number beyond 2^64 is not read back exactly by every reader.
pub(crate) mod sum {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(sum)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    /// The sum that this text says.
    pub(crate) fn parse(text: &str) -> Result<u128, String> {
        let sum: u128 = text.parse().map_err(|error| format!("{error}"))?;
        if sum >= super::MOST_SUM { Err("a sum beyond all that can happen".into()) } else { Ok(sum) }
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::{Histogram, Outcomes, Record, ServiceRecord};

    fn refused<T: serde::de::DeserializeOwned>(text: &str) -> String {
        serde_json::from_str::<T>(text).err().expect("it is refused").to_string()
    }

    #[test]
    fn numbers_that_no_run_reaches_are_refused() {
        // Found by fuzzing: their sum overflowed.
        let outcomes = "[54,18446744073709551614,0,0,0,0,0,0,0,0]";
        assert!(refused::<Outcomes>(outcomes).contains("a count beyond all that can happen"));
        let buckets = "{\"bits\":9,\"count\":1,\"sum\":\"1\",\"min\":1,\"max\":1,\"buckets\":[[1,18446744073709551615],[2,2]]}";
        assert!(refused::<Histogram>(buckets).contains("more values than can be counted"));
        let sum = buckets.replace("\"sum\":\"1\"", "\"sum\":\"340282366920938463463374607431768211455\"");
        assert!(refused::<Histogram>(&sum).contains("a sum beyond all that can happen"));
        let record =
            "{\"measured\":{\"from\":0,\"to\":1},\"grid\":{\"width\":1,\"end\":1},\"runs\":4294967295}";
        assert!(refused::<Record>(record).contains("more runs than there can be"));
        assert!(refused::<ServiceRecord>("{\"born\":281474976710656}").contains("a count beyond"));
    }

    #[test]
    fn the_greatest_that_are_read_add_up() {
        let buckets = format!("[[1,{}]]", super::MOST - 1);
        let text = format!(
            "{{\"bits\":9,\"count\":{},\"sum\":\"{}\",\"min\":1,\"max\":1,\"buckets\":{buckets}}}",
            super::MOST - 1,
            super::MOST_SUM - 1
        );
        let one: Histogram = serde_json::from_str(&text).expect("it is possible");
        let mut all = Histogram::new();
        (0..super::MOST_RUNS).for_each(|_| all.merge(&one));
        assert_eq!(all.count(), (super::MOST - 1) * u64::from(super::MOST_RUNS));
    }
}
