//! Texts put together piece by piece. A reason is written for every task that is placed, and the formatting machinery would
//! take longer than the decision.

/// A text in the making.
pub(crate) struct Text(String);

impl Text {
    /// An empty one that expects to become so long.
    pub(crate) fn expecting(bytes: usize) -> Self {
        Text(String::with_capacity(bytes))
    }

    /// Goes on with words.
    #[inline]
    pub(crate) fn words(mut self, words: &str) -> Self {
        self.0.push_str(words);
        self
    }

    /// Goes on with a number.
    #[inline]
    pub(crate) fn number(mut self, number: u64) -> Self {
        push_number(&mut self.0, number);
        self
    }

    /// The text.
    pub(crate) fn end(self) -> String {
        self.0
    }
}

/// Writes `number` at the end of `text`, as formatting would.
pub(crate) fn push_number(text: &mut String, mut number: u64) {
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] += (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    digits[first..].iter().for_each(|digit| text.push(char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for number in [0, 7, 10, 99, 100, 12_345, u64::from(u32::MAX), u64::MAX] {
            let text = Text::expecting(0).words("as ").number(number).words(" written").end();
            assert_eq!(text, format!("as {number} written"));
        }
    }
}
