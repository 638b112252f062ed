//! A connector that panics in the function that its config names. The tests run it to see that no panic leaves
//! the library.

#[path = "../../sdk/examples/rust/connector.rs"]
#[allow(dead_code)] // it uses only a part
mod connector;

use connector::{Host, Output, PlanRequest, ReadRequest, Result, StateRequest};

struct Panics {
    config: String,
}

impl Panics {
    fn visit(&self, function: &str) {
        if self.config.contains(function) {
            panic!("as the config says");
        }
    }
}

impl connector::Source for Panics {
    const NAME: &'static str = "panics";
    const VERSION: &'static str = "1.0.0";
    const DESCRIPTION: &'static str = "Panics on purpose";
    const SPEC: &'static str = r#"{"type":"object","properties":{"in":{"type":"string"}}}"#;

    fn open(_: Host, config: &str) -> Result<Panics> {
        let opened = Panics { config: config.to_string() };
        opened.visit("open");
        Ok(opened)
    }

    fn check(&self) -> Result<()> {
        self.visit("check");
        Ok(())
    }

    fn discover(&self, out: &mut Output) -> Result<()> {
        self.visit("discover");
        out.push(
            r#"{"streams":[{"tap_stream_id":"s","stream":"s","schema":{"type":"object","properties":{"n":{"type":"integer"}}},"key_properties":[],"replication_method":"INCREMENTAL","replication_key":"n"}]}"#,
        )
    }

    fn plan(&self, _: &PlanRequest, out: &mut Output) -> Result<()> {
        self.visit("plan");
        out.push("{}")
    }

    fn read(&self, _: &ReadRequest, out: &mut Output) -> Result<()> {
        self.visit("read");
        out.push(r#"{"n":1}"#)
    }

    fn state(&self, _: &StateRequest, out: &mut Output) -> Result<()> {
        self.visit("state");
        out.push(r#"{"n":1}"#)
    }
}

export_connector!(Panics);
