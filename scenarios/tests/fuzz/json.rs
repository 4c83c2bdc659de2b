//! Changes to JSON that stays JSON: what gets past a parser and into the meaning.

use serde_json::{Map, Value, json};

use super::luck::Luck;

/// Texts of the forms that settings and records have, and of none.
const TEXTS: &[&str] = &[
    "",
    "0s",
    "1ns",
    "30s",
    "1h",
    "1000000000h",
    "-1s",
    "60%",
    "0%",
    "100000%",
    "600/min",
    "1e300/s",
    "random",
    "zone",
    "cpu",
    "name",
    "binpack:memory",
    "spread:instance",
    "attribute:x == y",
    "(((",
    "a",
    "0",
    "1",
    "-1",
    "1e999",
    "NaN",
    "cron(0 0 * * ? *)",
    "rate(1 minute)",
    "at(2026-01-01T00:00:00)",
    "2026-02-30",
    "\u{0}",
    "é",
    "0x",
    "18446744073709551615",
    "340282366920938463463374607431768211455",
    "340282366920938463463374607431768211456",
];

/// Numbers at the ends of types.
fn number(luck: &mut Luck) -> Value {
    let whole = [
        0,
        1,
        2,
        3,
        7,
        255,
        256,
        65_535,
        65_536,
        1_u64 << 31,
        (1 << 32) - 1,
        1 << 32,
        1 << 53,
        1 << 62,
        1 << 63,
    ];
    let real = [
        0.1,
        -0.0,
        -1.0,
        -1e18,
        1e15,
        1e18,
        1e19,
        1e300,
        -1e300,
        1e-300,
        f64::MAX,
        f64::MIN_POSITIVE,
        0.5,
        1.5,
    ];
    match luck.below(4) {
        0 => json!(whole[luck.below(whole.len())]),
        1 => json!(u64::MAX - luck.below(3) as u64),
        2 => json!(-(luck.below(3) as i64)),
        _ => json!(real[luck.below(real.len())]),
    }
}

/// `seed` with a few changes, and parts of `other`; text that is no JSON is left alone.
pub(crate) fn mutated(seed: &[u8], other: &[u8], words: &[String], luck: &mut Luck) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(seed) else { return seed.to_vec() };
    let other: Value = serde_json::from_slice(other).unwrap_or_default();
    let most = 1 + luck.below(5);
    for _ in 0..=luck.below(most) {
        let donor = pick(&other, luck).clone();
        let place = luck.below(size(&value));
        let mut left = place;
        change(at(&mut value, &mut left).expect("a place in it"), donor, words, luck);
    }
    serde_json::to_vec(&value).expect("JSON")
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

/// The value at a place, counted in depth first.
fn at<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| at(item, left)),
        Value::Object(fields) => fields.values_mut().find_map(|field| at(field, left)),
        _ => None,
    }
}

fn pick<'v>(value: &'v Value, luck: &mut Luck) -> &'v Value {
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    };
    match luck.below(4) {
        0 => value,
        _ if children.is_empty() => value,
        _ => pick(children[luck.below(children.len())], luck),
    }
}

fn change(value: &mut Value, donor: Value, words: &[String], luck: &mut Luck) {
    let any_word = |luck: &mut Luck| words.get(luck.below(words.len())).cloned().unwrap_or_default();
    match (luck.below(12), &mut *value) {
        (0..=3, Value::Number(_)) | (0, _) => *value = number(luck),
        (1, _) => *value = json!(luck.one(TEXTS)),
        (2, _) => *value = json!(any_word(luck)),
        (3, _) => *value = [json!(null), json!([]), json!({}), json!(true)][luck.below(4)].clone(),
        (4, _) => *value = donor,
        (5 | 6, Value::Object(fields)) => rename(fields, any_word(luck), luck),
        (7, Value::Object(fields)) => drop(fields.insert(any_word(luck), donor)),
        (8, Value::Object(fields)) => {
            let key = fields.keys().nth(luck.below(fields.len())).cloned();
            drop(key.and_then(|key| fields.shift_remove(&key)));
        }
        (5..=7, Value::Array(items)) if !items.is_empty() => {
            let copy = items[luck.below(items.len())].clone();
            let times = [1, 1, 3, 50][luck.below(4)];
            items.extend(std::iter::repeat_n(copy, times));
        }
        (8, Value::Array(items)) if !items.is_empty() => drop(items.remove(luck.below(items.len()))),
        (9, Value::Array(items)) => items.reverse(),
        (9, Value::String(text)) => *text = text.repeat(1 + luck.below(3)),
        (10, Value::String(text)) => text.insert_str(0, luck.one(TEXTS)),
        (11, _) => *value = json!([value.take()]),
        _ => *value = number(luck),
    }
}

fn rename(fields: &mut Map<String, Value>, to: String, luck: &mut Luck) {
    if let Some(key) = fields.keys().nth(luck.below(fields.len())).cloned() {
        let value = fields.shift_remove(&key).unwrap_or_default();
        fields.insert(to, value);
    }
}
