//! JSON values: parsed from text and written as text. Numbers keep their text, and objects their order.

use std::fmt::Write;

pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The value of the text; `Err` says what is wrong with it.
    pub fn parse(text: &str) -> Result<Json, String> {
        let mut parser = Parser { text, at: 0 };
        let value = parser.value(0)?;
        parser.skip_space();
        if parser.at < text.len() {
            return Err(parser.unexpected("the end"));
        }
        Ok(value)
    }

    /// A member of an object; `None` for other values.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The content of a string; `None` for other values.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn write(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(text) => out.push_str(text),
            Json::String(text) => write_string(text, out),
            Json::Array(elements) => {
                out.push('[');
                for (i, element) in elements.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    element.write(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (i, (name, value)) in members.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    write_string(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\x1f' => write!(out, "\\u{:04x}", character as u32).unwrap(),
            _ => out.push(character),
        }
    }
    out.push('"');
}

// A deeper value would need too much of the stack.
const DEEPEST: usize = 200;

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn unexpected(&self, expected: &str) -> String {
        format!("expected {} at byte {}", expected, self.at + 1)
    }

    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
    }

    /// Takes the text if it comes next.
    fn takes(&mut self, text: &str) -> bool {
        let found = self.text[self.at..].starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        self.skip_space();
        match self.peek() {
            b'{' | b'[' if depth == DEEPEST => Err(format!("nested deeper than {}", DEEPEST)),
            b'{' => self.object(depth + 1),
            b'[' => self.array(depth + 1),
            b'"' => Ok(Json::String(self.string()?)),
            b'-' | b'0'..=b'9' => self.number(),
            _ if self.takes("null") => Ok(Json::Null),
            _ if self.takes("true") => Ok(Json::Bool(true)),
            _ if self.takes("false") => Ok(Json::Bool(false)),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Whether another element follows. Takes the comma before it, or the bracket at the end.
    fn continues(&mut self, is_first: bool, end: &str) -> Result<bool, String> {
        self.skip_space();
        if self.takes(end) {
            return Ok(false);
        }
        if !is_first && !self.takes(",") {
            return Err(self.unexpected("a comma or a bracket"));
        }
        Ok(true)
    }

    fn array(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut elements = Vec::new();
        while self.continues(elements.is_empty(), "]")? {
            elements.push(self.value(depth)?);
        }
        Ok(Json::Array(elements))
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut members = Vec::new();
        while self.continues(members.is_empty(), "}")? {
            self.skip_space();
            if self.peek() != b'"' {
                return Err(self.unexpected("a name"));
            }
            let name = self.string()?;
            self.skip_space();
            if !self.takes(":") {
                return Err(self.unexpected("a colon"));
            }
            members.push((name, self.value(depth)?));
        }
        Ok(Json::Object(members))
    }

    fn digits(&mut self) -> Result<(), String> {
        let begin = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == begin {
            return Err(self.unexpected("a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Json, String> {
        let begin = self.at;
        self.takes("-");
        if !self.takes("0") {
            self.digits()?;
        }
        if self.takes(".") {
            self.digits()?;
        }
        if self.takes("e") || self.takes("E") {
            let _ = self.takes("+") || self.takes("-");
            self.digits()?;
        }
        Ok(Json::Number(self.text[begin..self.at].to_string()))
    }

    fn string(&mut self) -> Result<String, String> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let end = rest.find(|c| matches!(c, '"' | '\\' | '\0'..='\x1f')).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            self.at += end;
            if self.takes("\"") {
                return Ok(out);
            }
            if !self.takes("\\") {
                return Err(self.unexpected("the end of a string"));
            }
            out.push(self.escaped()?);
        }
    }

    /// The character of an escape, after its backslash.
    fn escaped(&mut self) -> Result<char, String> {
        let kind = self.peek();
        self.at += usize::from(kind.is_ascii() && kind != 0);
        match kind {
            b'"' | b'\\' | b'/' => Ok(char::from(kind)),
            b'b' => Ok('\x08'),
            b'f' => Ok('\x0c'),
            b'n' => Ok('\n'),
            b'r' => Ok('\r'),
            b't' => Ok('\t'),
            b'u' => {
                let mut code = self.hex()?;
                if (0xD800..0xDC00).contains(&code) && self.takes("\\u") {
                    let low = self.hex()?;
                    code = 0x10000 + ((code - 0xD800) << 10) + low.wrapping_sub(0xDC00) % 0x400;
                }
                char::from_u32(code).ok_or_else(|| self.unexpected("a character"))
            }
            _ => Err(self.unexpected("an escape")),
        }
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or(b"");
        let mut code = 0;
        for digit in digits {
            match char::from(*digit).to_digit(16) {
                Some(value) => code = code * 16 + value,
                None => return Err(self.unexpected("four hexadecimal digits")),
            }
        }
        if digits.len() < 4 {
            return Err(self.unexpected("four hexadecimal digits"));
        }
        self.at += 4;
        Ok(code)
    }
}
