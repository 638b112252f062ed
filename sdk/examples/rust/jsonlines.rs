//! A connector in Rust without any crate: it reads JSON Lines from a folder, in which each folder is a stream
//! and its files are named `*.jsonl`. `tapster read --output` writes such folders.
//!
//! A row has the members of its line, and `_file`, `_line` and `_modified_at`. The columns are found in the
//! first lines of the newest files. Streams are incremental by the modification time of the file.
//!
//! The files of a stream are read in the order of their modification times, and of their names where those are
//! equal. A file is a slice. The state is the place in that order that has been read to, so a file that has
//! changed since is read again from its first line; its rows have the keys that they had. A file that was
//! modified within the last second may still change in that second, and is left for the next run.

mod connector;
mod json;

use connector::{fail, Error, Host, Output, PlanRequest, ReadRequest, Result, StateRequest};
use json::Json;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::UNIX_EPOCH;

struct JsonLines {
    host: Host,
    folder: String,
}

// ---- Errors ----

/// An error of the system, with its class: who can help?
fn system_error(attempt: &str, path: &Path, error: &io::Error) -> Error {
    let status = match error.kind() {
        io::ErrorKind::PermissionDenied => connector::AUTH,
        io::ErrorKind::Interrupted | io::ErrorKind::TimedOut => connector::TRANSIENT,
        _ if matches!(error.raw_os_error(), Some(5 | 23 | 24)) => connector::TRANSIENT, // EIO, ENFILE, EMFILE
        _ => connector::SOURCE,
    };
    let code = error.raw_os_error().unwrap_or(0);
    Error { status, code, message: format!("cannot {} {}: {}", attempt, path.display(), error) }
}

// ---- Places in the order of the files ----

/// A file, or the beginning of a stream, where both texts are empty. Ordered by time and then by name.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    modified_at: String, // 2026-01-31T12:00:00.000000Z
    file: String,
}

impl Place {
    /// Reads two members of an object. `Err` if one of them is not a string.
    fn read(object: &Json, modified_at: &str, file: &str) -> std::result::Result<Place, ()> {
        let text = |name| match object.get(name) {
            None => Ok(String::new()),
            Some(value) => value.as_str().map(String::from).ok_or(()),
        };
        Ok(Place { modified_at: text(modified_at)?, file: text(file)? })
    }

    fn of_state(state: &str) -> Result<Place> {
        let state = if state.is_empty() { "{}" } else { state };
        let place = Json::parse(state).map_err(|_| ()).and_then(|it| Place::read(&it, "modified_at", "file"));
        match place {
            Ok(place) if place.modified_at.is_empty() || is_time(&place.modified_at) => Ok(place),
            _ => fail(
                connector::STATE,
                "the state must have \"modified_at\", a time such as \"2026-01-31T12:00:00.000000Z\", and \
                 \"file\", a name: correct it, or remove it to read from the start",
            ),
        }
    }

    fn write(&self, modified_at: &str, file: &str, out: &mut String) {
        *out += &format!("\"{}\":\"{}\",\"{}\":", modified_at, self.modified_at, file);
        json::write_string(&self.file, out);
    }
}

fn is_time(text: &str) -> bool {
    let form = "0000-00-00T00:00:00.000000Z";
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(a, b)| if b == b'0' { a.is_ascii_digit() } else { a == b })
}

/// A time in UTC, from microseconds since 1970. The day is that of the Gregorian calendar.
fn format_time(micros: i64) -> String {
    let (seconds, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Years begin in March here, so that the day of a leap year is the last one, and eras have 400 years.
    let day_of_era = (days + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + (days + 719_468).div_euclid(146_097) * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", year, month, day, hour, minute, second, micros)
}

// ---- The folder ----

struct FilePart {
    at: Place,
    bytes: u64,
}

impl JsonLines {
    fn path_of(&self, stream: &str, file: &str) -> std::path::PathBuf {
        Path::new(&self.folder).join(stream).join(file)
    }

    /// The streams, by name.
    fn streams(&self) -> Result<Vec<String>> {
        let folder = Path::new(&self.folder);
        let mut streams = Vec::new();
        let entries = fs::read_dir(folder).map_err(|error| match error.kind() {
            // Only the config can name another folder.
            io::ErrorKind::NotFound => {
                Error { status: connector::CONFIG, ..system_error("open \"folder\"", folder, &error) }
            }
            _ => system_error("open \"folder\"", folder, &error),
        })?;
        for entry in entries {
            let entry = entry.map_err(|error| system_error("read", folder, &error))?;
            if entry.path().is_dir() {
                streams.push(text_of_name(&entry, folder)?);
            }
        }
        streams.sort();
        Ok(streams)
    }

    /// The files of a stream, in their order.
    fn files(&self, stream: &str) -> Result<Vec<FilePart>> {
        let folder = self.path_of(stream, "");
        let mut files = Vec::new();
        if !self.streams()?.iter().any(|name| name == stream) {
            return fail(connector::UNSUPPORTED, format!("there is no stream {}", stream));
        }
        for entry in fs::read_dir(&folder).map_err(|error| system_error("open", &folder, &error))? {
            let entry = entry.map_err(|error| system_error("read", &folder, &error))?;
            if !entry.path().extension().map_or(false, |it| it == "jsonl") {
                continue;
            }
            let about = match fs::metadata(entry.path()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue, // removed meanwhile
                about => about.map_err(|error| system_error("read", &entry.path(), &error))?,
            };
            if !about.is_file() {
                continue;
            }
            let modified = about.modified().map_err(|error| system_error("read", &entry.path(), &error))?;
            let micros = modified.duration_since(UNIX_EPOCH).map_or(0, |it| it.as_micros() as i64);
            let at = Place { modified_at: format_time(micros), file: text_of_name(&entry, &folder)? };
            files.push(FilePart { at, bytes: about.len() });
        }
        files.sort_by(|left, right| left.at.cmp(&right.at));
        Ok(files)
    }

    /// Calls `take` with each line of a file up to `bytes` and its number, until it returns false. What was
    /// added to the file later is the next run's.
    fn lines(
        &self,
        stream: &str,
        file: &str,
        bytes: u64,
        mut take: impl FnMut(u64, &[u8]) -> Result<bool>,
    ) -> Result<()> {
        let path = self.path_of(stream, file);
        let opened = File::open(&path).map_err(|error| system_error("open", &path, &error))?;
        let mut reader = BufReader::new(opened.take(bytes));
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let size =
                reader.read_until(b'\n', &mut line).map_err(|error| system_error("read", &path, &error))?;
            if size == 0 || !take(number, &line)? {
                break;
            }
        }
        Ok(())
    }
}

fn text_of_name(entry: &fs::DirEntry, folder: &Path) -> Result<String> {
    match entry.file_name().into_string() {
        Ok(name) => Ok(name),
        Err(_) => fail(connector::SOURCE, format!("a name in {} is not UTF-8: rename it", folder.display())),
    }
}

/// The members of a line's object; `Err` says why the line cannot be read.
fn parse_line(line: &[u8]) -> std::result::Result<Vec<(String, Json)>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    match Json::parse(text)? {
        Json::Object(members) if members.iter().any(|(name, _)| OWN.contains(&name.as_str())) => {
            Err("it has a member of the connector's own: _file, _line or _modified_at".into())
        }
        Json::Object(members) => Ok(members),
        _ => Err("it is not an object".into()),
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

// ---- The catalog ----

/// The columns that are not in the lines.
const OWN: [&str; 3] = ["_file", "_line", "_modified_at"];

/// What the values at a place look like.
#[derive(Default)]
struct Shape {
    types: BTreeSet<&'static str>,
    members: Vec<(String, Shape)>,
    items: Option<Box<Shape>>,
}

impl Shape {
    fn learn(&mut self, value: &Json) {
        match value {
            Json::Null => {}
            Json::Bool(_) => drop(self.types.insert("boolean")),
            Json::Number(text) if text.contains(|c| matches!(c, '.' | 'e' | 'E')) => {
                self.types.insert("number");
            }
            Json::Number(_) => drop(self.types.insert("integer")),
            Json::String(_) => drop(self.types.insert("string")),
            Json::Array(elements) => {
                self.types.insert("array");
                for element in elements {
                    self.items.get_or_insert_with(Default::default).learn(element);
                }
            }
            Json::Object(members) => self.learn_members(members),
        }
    }

    fn learn_members(&mut self, members: &[(String, Json)]) {
        self.types.insert("object");
        for (name, value) in members {
            let known = self.members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                self.members.push((name.clone(), Shape::default()));
                self.members.len() - 1
            });
            self.members[known].1.learn(value);
        }
    }

    fn schema(&self) -> String {
        if self.types.is_empty() {
            return String::from("{}"); // it has always been null
        }
        // Every integer is a number.
        let is_number = self.types.contains("number");
        let types = self.types.iter().filter(|it| !is_number || **it != "integer");
        let types: String = types.map(|it| format!(",\"{}\"", it)).collect();
        let mut schema = format!("{{\"type\":[\"null\"{}]", types);
        if self.types.contains("object") {
            schema += &format!(",\"properties\":{{{}}}", self.properties());
        }
        if let Some(items) = &self.items {
            schema += &format!(",\"items\":{}", items.schema());
        }
        schema + "}"
    }

    fn properties(&self) -> String {
        let properties: Vec<_> =
            self.members.iter().map(|(name, shape)| format!("{}:{}", quoted(name), shape.schema())).collect();
        properties.join(",")
    }

    /// Adds the metadata of all members below, so that each can be selected.
    fn add_metadata(&self, path: &str, out: &mut String) {
        for (name, shape) in &self.members {
            let below = format!("{},\"properties\",{}", path, quoted(name));
            let breadcrumb = below.trim_start_matches(',');
            *out += &format!(
                ",{{\"breadcrumb\":[{}],\"metadata\":{{\"inclusion\":\"available\",\"selected-by-default\":true}}}}",
                breadcrumb
            );
            shape.add_metadata(&below, out);
        }
        if let Some(items) = &self.items {
            items.add_metadata(&format!("{},\"items\"", path), out);
        }
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    json::write_string(text, &mut out);
    out
}

impl JsonLines {
    /// The shape of the first 100 lines of the ten newest files. Lines that cannot be read are left out: reading
    /// the stream reports them.
    fn shape_of(&self, stream: &str) -> Result<Shape> {
        let mut shape = Shape::default();
        for file in self.files(stream)?.iter().rev().take(10) {
            self.lines(stream, &file.at.file, file.bytes, |number, line| {
                if let Ok(members) = parse_line(line) {
                    shape.learn_members(&members);
                }
                Ok(number < 100)
            })?;
        }
        Ok(shape)
    }

    fn catalog_entry(&self, stream: &str) -> Result<String> {
        let shape = self.shape_of(stream)?;
        let mut properties = String::from(
            r#""_file":{"type":["string"],"description":"The name of the file."},"_line":{"type":["integer"],"description":"The number of the line in the file, from 1."},"_modified_at":{"type":["string"],"format":"date-time","description":"When the file was last modified."}"#,
        );
        let mut metadata = String::from(
            r#"{"breadcrumb":[],"metadata":{"inclusion":"available","selected-by-default":true,"columns-vary":true,"table-key-properties":["_file","_line"],"valid-replication-keys":["_modified_at"]}}"#,
        );
        for name in OWN {
            metadata += &format!(
                r#",{{"breadcrumb":["properties","{}"],"metadata":{{"inclusion":"automatic"}}}}"#,
                name
            );
        }
        if !shape.members.is_empty() {
            properties += &format!(",{}", shape.properties());
        }
        shape.add_metadata("", &mut metadata);
        Ok(format!(
            r#"{{"tap_stream_id":{0},"stream":{0},"schema":{{"type":["object"],"properties":{{{1}}}}},"key_properties":["_file","_line"],"replication_method":"INCREMENTAL","replication_key":"_modified_at","metadata":[{2}]}}"#,
            quoted(stream),
            properties,
            metadata
        ))
    }
}

// ---- Columns ----

/// The parts of a JSON Pointer.
type Pointer = Vec<String>;

fn parse_pointers(columns: &str) -> Result<Vec<Pointer>> {
    let columns = if columns.is_empty() { "[\"\"]" } else { columns };
    match Json::parse(columns) {
        Ok(Json::Array(pointers)) => {
            Ok(pointers.iter().filter_map(Json::as_str).map(parse_pointer).collect())
        }
        _ => fail(connector::INTERNAL, "the columns are not an array"),
    }
}

fn parse_pointer(pointer: &str) -> Pointer {
    pointer.split('/').skip(1).map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
}

/// The part of a value that the pointers select. An empty pointer selects all of it.
fn select(value: Json, pointers: &[&[String]]) -> Json {
    if pointers.iter().any(|pointer| pointer.is_empty()) {
        return value;
    }
    match value {
        Json::Object(members) => Json::Object(select_members(members, pointers)),
        Json::Array(elements) => Json::Array(elements.into_iter().map(|it| select(it, pointers)).collect()),
        other => other,
    }
}

fn select_members(members: Vec<(String, Json)>, pointers: &[&[String]]) -> Vec<(String, Json)> {
    let below = |name: &str| -> Vec<&[String]> {
        pointers
            .iter()
            .filter(|it| it.is_empty() || it[0] == name)
            .map(|it| it.get(1..).unwrap_or(&[]))
            .collect()
    };
    let selected = members.into_iter().filter_map(|(name, value)| {
        let pointers = below(&name);
        if pointers.is_empty() {
            return None;
        }
        let value = select(value, &pointers);
        Some((name, value))
    });
    selected.collect()
}

// ---- The functions of the ABI ----

impl connector::Source for JsonLines {
    const NAME: &'static str = "jsonlines";
    const VERSION: &'static str = "1.0.0";
    const DESCRIPTION: &'static str = "Folders of JSON Lines";
    const SPEC: &'static str = r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","required":["folder"],"properties":{"folder":{"type":"string","minLength":1,"description":"The folder with a folder for each stream"}}}"#;

    fn open(host: Host, config: &str) -> Result<JsonLines> {
        let config = Json::parse(config).unwrap_or(Json::Null);
        match config.get("folder").and_then(Json::as_str) {
            Some(folder) => Ok(JsonLines { host, folder: folder.to_string() }),
            None => fail(connector::CONFIG, "\"folder\" must be a path"),
        }
    }

    fn check(&self) -> Result<()> {
        for stream in self.streams()? {
            self.files(&stream)?;
        }
        Ok(())
    }

    fn discover(&self, out: &mut Output) -> Result<()> {
        let entries: Result<Vec<_>> =
            self.streams()?.iter().map(|stream| self.catalog_entry(stream)).collect();
        out.push(&format!("{{\"streams\":[{}]}}", entries?.join(",")))
    }

    fn plan(&self, request: &PlanRequest, out: &mut Output) -> Result<()> {
        let mut done = Place::of_state(request.state)?;
        if !request.since.is_empty() {
            // Without its "Z", a bound is a prefix of the times that it includes.
            done = Place { modified_at: request.since.trim_end_matches('Z').into(), file: String::new() };
        }
        let until = request.until.trim_end_matches('Z');
        let settled = format_time(self.host.now() - 1_000_000);
        for file in self.files(request.stream)? {
            if file.at <= done {
                continue;
            }
            if file.at.modified_at > settled || file.at.modified_at.get(..until.len()).unwrap_or("") > until {
                break;
            }
            let mut slice = String::from("{");
            file.at.write("modified_at", "file", &mut slice);
            slice += &format!(",\"bytes\":{},", file.bytes);
            done.write("after_modified_at", "after_file", &mut slice);
            out.push(&(slice + "}"))?;
            done = file.at;
        }
        Ok(())
    }

    fn read(&self, request: &ReadRequest, out: &mut Output) -> Result<()> {
        let pointers = parse_pointers(request.columns)?;
        let pointers: Vec<&[String]> = pointers.iter().map(Vec::as_slice).collect();
        let slice = Json::parse(request.slice).unwrap_or(Json::Null);
        let bytes = match slice.get("bytes") {
            Some(Json::Number(digits)) => digits.parse().ok(),
            _ => None,
        };
        let (at, bytes) = match (Place::read(&slice, "modified_at", "file"), bytes) {
            (Ok(at), Some(bytes)) => (at, bytes),
            _ => {
                return fail(connector::INTERNAL, "the slice has no \"modified_at\", \"file\" and \"bytes\"")
            }
        };
        let mut row = String::new();
        self.lines(request.stream, &at.file, bytes, |number, line| {
            if is_blank(line) {
                return Ok(true);
            }
            let members = match parse_line(line) {
                Ok(members) => members,
                Err(reason) => {
                    let place = format!("{}/{}, line {}", request.stream, at.file, number);
                    // As a JSON string, because it may not be JSON; empty if it is not text.
                    let record = std::str::from_utf8(line).map_or(String::new(), |it| quoted(it.trim_end()));
                    return out.reject(&record, &place, &reason).map(|()| true);
                }
            };
            let mut all = vec![
                (OWN[0].to_string(), Json::String(at.file.clone())),
                (OWN[1].to_string(), Json::Number(number.to_string())),
                (OWN[2].to_string(), Json::String(at.modified_at.clone())),
            ];
            all.extend(members);
            row.clear();
            Json::Object(select_members(all, &pointers)).write(&mut row);
            out.push(&row).map(|()| true)
        })
    }

    /// The state moves to the slice's file if it has come to the file before: otherwise that would leave a gap.
    fn state(&self, request: &StateRequest, out: &mut Output) -> Result<()> {
        let old = Place::of_state(request.state)?;
        let slice = Json::parse(request.slice).unwrap_or(Json::Null);
        let places = (
            Place::read(&slice, "modified_at", "file"),
            Place::read(&slice, "after_modified_at", "after_file"),
        );
        let next = match places {
            (Ok(read), Ok(after)) if after <= old && read > old => read,
            (Ok(_), Ok(_)) => old,
            _ => return fail(connector::INTERNAL, "the slice has no \"modified_at\" and \"file\""),
        };
        let mut line = String::from("{");
        if !next.modified_at.is_empty() {
            next.write("modified_at", "file", &mut line);
        }
        out.push(&(line + "}"))
    }
}

export_connector!(JsonLines);
