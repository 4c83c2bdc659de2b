//! One of many things drawn by their weights in constant time, however many there are: Walker's alias table, built by
//! Vose's method ("A linear algorithm for generating random numbers with a given distribution", IEEE TSE 1991).
//!
//! Weights are cut and stacked into columns of equal height, each of at most two things: one at the bottom, and an
//! alias above a threshold. A draw picks a column, and by its height in the column one of the two. A searched table of
//! cumulative weights would miss the cache again and again at a million things; this misses it once.

/// Things with weights, in eight bytes each.
#[derive(Clone, Debug)]
pub(super) struct AliasTable {
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    /// Below this share of the column's height, in 2^-32, lies the column's own thing.
    threshold: u32,
    alias: u32,
}

/// The height of a column in steps of its threshold.
const HEIGHT: f64 = (1_u64 << 32) as f64;

impl AliasTable {
    /// A table of things with these weights, of which there are some, and whose sum is above zero. Things are taken up in
    /// order, so the same weights give the same table.
    pub(super) fn new(weights: &[f64]) -> Self {
        let scale = weights.len() as f64 / weights.iter().sum::<f64>();
        let mut heights: Vec<f64> = weights.iter().map(|weight| weight * scale).collect();
        let (mut low, mut high): (Vec<u32>, Vec<u32>) =
            (0..weights.len() as u32).partition(|thing| heights[*thing as usize] < 1.0);
        // Columns that are left when no low or no high ones remain are full but for rounding: their own alias.
        let mut columns: Vec<Column> =
            (0..weights.len() as u32).map(|thing| Column { threshold: 0, alias: thing }).collect();
        while let (Some(short), Some(&tall)) = (low.pop(), high.last()) {
            let height = heights[short as usize];
            columns[short as usize] = Column { threshold: (height * HEIGHT) as u32, alias: tall };
            heights[tall as usize] -= 1.0 - height;
            if heights[tall as usize] < 1.0 {
                high.pop();
                low.push(tall);
            }
        }
        AliasTable { columns }
    }

    /// The thing for a uniform draw of 64 bits: the high part of its product with their number is the column, the low
    /// part the height in it.
    pub(super) fn pick(&self, draw: u64) -> u32 {
        let product = u128::from(draw) * self.columns.len() as u128;
        let column = (product >> 64) as u32;
        let Column { threshold, alias } = self.columns[column as usize];
        let height = (product as u64 >> 32) as u32;
        if height < threshold { column } else { alias }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the table gives each thing of the whole, column by column.
    fn shares(table: &AliasTable) -> Vec<f64> {
        let mut shares = vec![0.0; table.columns.len()];
        for (own, column) in table.columns.iter().enumerate() {
            let part = (f64::from(column.threshold) / HEIGHT) / shares.len() as f64;
            shares[own] += part;
            shares[column.alias as usize] += 1.0 / shares.len() as f64 - part;
        }
        shares
    }

    proptest! {
        #[test]
        fn every_thing_has_its_share(weights in prop::collection::vec(0.0..1e6_f64, 1..200)) {
            let total: f64 = weights.iter().sum();
            prop_assume!(total > 0.0);
            for (thing, share) in shares(&AliasTable::new(&weights)).into_iter().enumerate() {
                prop_assert!((share - weights[thing] / total).abs() < 1e-9, "{thing}: {share}");
            }
        }
    }

    #[test]
    fn one_thing_and_equal_things() {
        assert_eq!(AliasTable::new(&[3.0]).pick(u64::MAX), 0);
        let equal = AliasTable::new(&[1.0; 4]);
        assert_eq!([0, 1 << 62, 1 << 63, u64::MAX].map(|draw| equal.pick(draw)), [0, 1, 2, 3]);
        let never = AliasTable::new(&[0.0, 1.0]);
        assert_eq!([0, u64::MAX / 2, u64::MAX].map(|draw| never.pick(draw)), [1, 1, 1]);
    }
}
