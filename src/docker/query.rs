//! Percent-encoding for path segments and query values.

/// Everything but RFC 3986's unreserved characters is escaped.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(hex(byte >> 4));
            encoded.push(hex(byte & 0xf));
        }
    }
    encoded
}

fn hex(nibble: u8) -> char {
    let digit = char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16");
    digit.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_cannot_leave_its_segment() {
        assert_eq!(super::encode("a_b-1.2~"), "a_b-1.2~", "unreserved");
        assert_eq!(
            super::encode("../x?y=\u{e9}"),
            "..%2Fx%3Fy%3D%C3%A9",
            "everything else"
        );
    }
}
