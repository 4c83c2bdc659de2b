//! Values of settings as JSON: moved to another place, and put where their path says.

use serde_json::{Map, Value};

use crate::number::parsed;

/// What a setting that is written so says at an end of its range that reads so.
pub(super) fn to(written: &Value, text: &str) -> Result<Value, String> {
    match written {
        Value::Number(_) => {
            let number = text.parse::<i64>().map(Value::from);
            number
                .or_else(|_| text.parse::<f64>().map(Value::from))
                .map_err(|_| format!("`{text}` is no number"))
        }
        Value::Array(curve) => along(curve, text).ok_or_else(|| format!("`{text}` does not say every value")),
        Value::Object(law) => Ok(shaped(law, text).unwrap_or_else(|| text.into())),
        _ => Ok(text.into()),
    }
}

/// Whether two values say the same, in whichever units.
pub(super) fn is_same(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::String(text) => parsed(text),
        Value::Number(_) => value.as_f64().map(|number| (number, crate::number::Unit::Count)),
        _ => None,
    };
    a == b || number(a).is_some_and(|a| Some(a) == number(b))
}

/// A curve about one: `flat`, or with another peak, `1.55 at noon`, as much more or less pronounced everywhere.
fn along(curve: &[Value], text: &str) -> Option<Value> {
    let values: Vec<f64> = curve.iter().filter_map(Value::as_f64).collect();
    let peak = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let wanted = match text.split_whitespace().next()? {
        "flat" => 1.0,
        number => number.parse::<f64>().ok()?,
    };
    let factor = (wanted - 1.0) / (peak - 1.0);
    let moved = values.iter().map(|value| Value::from((1.0 + (value - 1.0) * factor).max(0.01)));
    factor.is_finite().then(|| moved.collect())
}

/// A law of the same shape in another place; none where there is no such one, because there is no number to begin with,
/// or nothing is left at zero.
fn shaped(law: &Map<String, Value>, text: &str) -> Option<Value> {
    let (from, unit) = law.values().next().and_then(location)?;
    let (to, same_unit) = parsed(text)?;
    (from > 0.0 && to > 0.0 && unit == same_unit).then(|| scaled(&Value::Object(law.clone()), to / from))
}

/// Where a law's values lie: its median, else its mean, else what it is measured by.
fn location(settings: &Value) -> Option<(f64, crate::number::Unit)> {
    let of = |key: &str| parsed(settings.get(key)?.as_str()?);
    let middle = || {
        let ((low, unit), (high, _)) = (of("low")?, of("high")?);
        Some((f64::midpoint(low, high), unit))
    };
    ["p50", "mean", "scale", "after"].iter().find_map(|key| of(key)).or_else(middle)
}

/// Every quantity times a factor. What is a plain number (a coefficient of variation, a weight) has no place to move from.
fn scaled(value: &Value, factor: f64) -> Value {
    match value {
        Value::String(text) => times(text, factor).map_or_else(|| value.clone(), Value::String),
        Value::Array(items) => items.iter().map(|item| scaled(item, factor)).collect(),
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.clone(), scaled(value, factor)))
            .collect::<Map<_, _>>()
            .into(),
        _ => value.clone(),
    }
}

/// `35s` times 2 is `70s`, to six digits: platforms are not known better.
fn times(text: &str, factor: f64) -> Option<String> {
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || letter == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let product = number.parse::<f64>().ok()? * factor;
    let rounded: f64 = format!("{product:.5e}").parse().ok()?;
    Some(format!("{rounded}{unit}"))
}

/// Puts a value where its path says, and whether there is such a place. Names may have dots themselves, so every beginning
/// of the path that is a key is tried, the longest first. A last key that is not there is added: settings without a
/// default are left out.
pub(super) fn put(node: &mut Value, path: &str, value: &Value) -> bool {
    match node {
        Value::Object(entries) => {
            let mut keys: Vec<String> =
                entries.keys().filter(|key| rest(path, key).is_some()).cloned().collect();
            keys.sort_by_key(|key| std::cmp::Reverse(key.len()));
            for key in keys {
                let (Some(rest), Some(entry)) = (rest(path, &key), entries.get_mut(&key)) else { continue };
                if rest.is_empty() {
                    *entry = value.clone();
                    return true;
                }
                if put(entry, rest, value) {
                    return true;
                }
            }
            let is_key = !path.contains(['.', '[']);
            if is_key {
                entries.insert(path.to_owned(), value.clone());
            }
            is_key
        }
        Value::Array(items) => {
            let place = path.strip_prefix('[').and_then(|path| path.split_once(']'));
            let Some((index, rest)) = place else { return false };
            let item = index.parse::<usize>().ok().and_then(|index| items.get_mut(index));
            item.is_some_and(|item| put(item, rest.trim_start_matches('.'), value))
        }
        _ => false,
    }
}

/// What follows a key in a path; none if the path does not begin with it.
fn rest<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(key)?;
    match rest.chars().next() {
        None | Some('[') => Some(rest),
        Some('.') => Some(&rest[1..]),
        Some(_) => None,
    }
}
