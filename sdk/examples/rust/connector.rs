//! The Tapster connector ABI 1.1 in Rust: `connector.h`, and a safe layer over it. A connector implements the
//! trait `Source` and exports it with `export_connector!`; it needs no unsafe code of its own. A panic is
//! caught at the boundary and becomes an error of class INTERNAL.

use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr::addr_of;

// ---- What connector.h declares ----

pub const ABI_VERSION: u32 = 1 << 16 | 1;

pub type Status = i32;
pub const OK: Status = 0;
pub const CONFIG: Status = 1;
pub const AUTH: Status = 2;
pub const STATE: Status = 3;
pub const TRANSIENT: Status = 4;
pub const SOURCE: Status = 6;
pub const CANCELLED: Status = 7;
pub const UNSUPPORTED: Status = 8;
pub const INTERNAL: Status = 9;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct RawText {
    data: *const u8,
    size: usize,
}

#[repr(C)]
pub struct RawError {
    struct_size: usize,
    status: Status,
    source_code: i32,
    retry_after_ms: i64,
    message_size: usize,
    message: [u8; 1024],
    // 1.1 appends http_status, which this layer does not use.
}

#[repr(C)]
struct RawBatch {
    struct_size: usize,
    data: *const u8,
    size: usize,
    count: usize,
    extracted_at: i64,
}

#[repr(C)]
pub struct RawSink {
    struct_size: usize,
    context: *mut c_void,
    push: unsafe extern "C" fn(*mut c_void, *const RawBatch) -> Status,
    // Since 1.1, so a sink may end before it. Read it only through Output::reject.
    reject: Option<unsafe extern "C" fn(*mut c_void, RawText, RawText) -> Status>,
}

#[repr(C)]
pub struct RawHost {
    struct_size: usize,
    abi_version: u32,
    context: *mut c_void,
    log: unsafe extern "C" fn(*mut c_void, i32, RawText),
    now: unsafe extern "C" fn(*mut c_void) -> i64,
    monotonic: unsafe extern "C" fn(*mut c_void) -> i64,
    sleep: unsafe extern "C" fn(*mut c_void, i64) -> Status,
    cancelled: unsafe extern "C" fn(*mut c_void) -> i32,
    count: unsafe extern "C" fn(*mut c_void, RawText, i64),
}

#[repr(C)]
pub struct RawPlanRequest {
    struct_size: usize,
    stream: RawText,
    state: RawText,
    since: RawText,
    until: RawText,
}

#[repr(C)]
pub struct RawReadRequest {
    struct_size: usize,
    stream: RawText,
    slice: RawText,
    columns: RawText,
}

#[repr(C)]
pub struct RawStateRequest {
    struct_size: usize,
    stream: RawText,
    state: RawText,
    slice: RawText,
}

#[repr(C)]
pub struct Table {
    struct_size: usize,
    abi_version: u32,
    name: RawText,
    version: RawText,
    description: RawText,
    spec: unsafe extern "C" fn(*const RawSink, *mut RawError) -> Status,
    open: unsafe extern "C" fn(*const RawHost, RawText, *mut *mut c_void, *mut RawError) -> Status,
    check: unsafe extern "C" fn(*mut c_void, *mut RawError) -> Status,
    discover: unsafe extern "C" fn(*mut c_void, *const RawSink, *mut RawError) -> Status,
    plan: unsafe extern "C" fn(*mut c_void, *const RawPlanRequest, *const RawSink, *mut RawError) -> Status,
    read: unsafe extern "C" fn(*mut c_void, *const RawReadRequest, *const RawSink, *mut RawError) -> Status,
    state: unsafe extern "C" fn(*mut c_void, *const RawStateRequest, *const RawSink, *mut RawError) -> Status,
    cancel: unsafe extern "C" fn(*mut c_void),
    close: unsafe extern "C" fn(*mut c_void),
}

// The pointers in a table are to constants.
unsafe impl Sync for Table {}

// The sizes that tests/abi/layout.h asserts in C; of structs that have grown, those of the used members.
#[cfg(target_pointer_width = "64")]
mod layout {
    use super::*;
    use std::mem::size_of;
    const _: () = assert!(size_of::<RawText>() == 16);
    const _: () = assert!(size_of::<RawError>() == 1056);
    const _: () = assert!(size_of::<RawBatch>() == 40);
    const _: () = assert!(size_of::<RawSink>() == 32);
    const _: () = assert!(size_of::<RawHost>() == 72);
    const _: () = assert!(size_of::<RawPlanRequest>() == 72);
    const _: () = assert!(size_of::<RawReadRequest>() == 56);
    const _: () = assert!(size_of::<RawStateRequest>() == 56);
    const _: () = assert!(size_of::<Table>() == 136);
}

// ---- The safe layer ----

/// Why a call failed. `code` is the source's own number, or 0.
pub struct Error {
    pub status: Status,
    pub code: i32,
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Error>;

pub fn fail<T>(status: Status, message: impl Into<String>) -> Result<T> {
    Err(Error { status, code: 0, message: message.into() })
}

/// The host's services. Valid as long as the source.
#[derive(Clone, Copy)]
pub struct Host(*const RawHost);

// All of the host's functions may be called from any thread.
unsafe impl Send for Host {}
unsafe impl Sync for Host {}

impl Host {
    /// The current time, in microseconds since 1970.
    pub fn now(&self) -> i64 {
        unsafe { ((*self.0).now)((*self.0).context) }
    }

    pub fn is_cancelled(&self) -> bool {
        unsafe { ((*self.0).cancelled)((*self.0).context) != 0 }
    }
}

/// What a function pushes: lines, collected into blocks.
pub struct Output {
    sink: *const RawSink,
    host: Option<Host>, // none in spec
    lines: String,
    count: usize,
}

impl Output {
    /// Adds a line, given without its line break.
    pub fn push(&mut self, line: &str) -> Result<()> {
        self.lines.push_str(line);
        self.lines.push('\n');
        self.count += 1;
        if self.lines.len() < 256 * 1024 {
            return Ok(());
        }
        self.flush()
    }

    /// Sets aside a record that cannot be read. Fails if the user did not ask for that.
    pub fn reject(&mut self, record: &str, place: &str, reason: &str) -> Result<()> {
        let sink = self.sink;
        // The sink of an older host ends before `reject`, so there is no reference to the whole of it.
        let is_offered = unsafe { *addr_of!((*sink).struct_size) } >= std::mem::size_of::<RawSink>();
        let reject = if is_offered { unsafe { *addr_of!((*sink).reject) } } else { None };
        match reject {
            None => fail(SOURCE, format!("{}: {}", place, reason)),
            Some(reject) => taken(unsafe { reject(*addr_of!((*sink).context), lent(record), lent(reason)) }),
        }
    }

    fn flush(&mut self) -> Result<()> {
        if self.host.map_or(false, |host| host.is_cancelled()) {
            return fail(CANCELLED, "cancelled");
        }
        if self.count == 0 {
            return Ok(());
        }
        let batch = RawBatch {
            struct_size: std::mem::size_of::<RawBatch>(),
            data: self.lines.as_ptr(),
            size: self.lines.len(),
            count: self.count,
            extracted_at: 0,
        };
        let sink = self.sink;
        let status = unsafe { (*addr_of!((*sink).push))(*addr_of!((*sink).context), &batch) };
        self.lines.clear();
        self.count = 0;
        taken(status)
    }
}

// The host knows why it did not take something, and does not show this message.
fn taken(status: Status) -> Result<()> {
    if status == OK {
        return Ok(());
    }
    fail(status, "the host rejected the lines")
}

pub struct PlanRequest<'a> {
    pub stream: &'a str,
    pub state: &'a str,
    pub since: &'a str,
    pub until: &'a str,
}

pub struct ReadRequest<'a> {
    pub stream: &'a str,
    pub slice: &'a str,
    pub columns: &'a str,
}

#[allow(dead_code)] // a connector may do the same for each stream
pub struct StateRequest<'a> {
    pub stream: &'a str,
    pub state: &'a str,
    pub slice: &'a str,
}

/// One opened config. Several threads may be in `plan`, `read` and `state` at once. A function returns soon
/// after Host::is_cancelled; Output checks it with each block.
pub trait Source: Sized + Send + Sync {
    const NAME: &'static str;
    const VERSION: &'static str;
    const DESCRIPTION: &'static str;
    /// The JSON Schema of the config, in one line.
    const SPEC: &'static str;

    fn open(host: Host, config: &str) -> Result<Self>;
    fn check(&self) -> Result<()>;
    fn discover(&self, out: &mut Output) -> Result<()>;
    fn plan(&self, request: &PlanRequest, out: &mut Output) -> Result<()>;
    fn read(&self, request: &ReadRequest, out: &mut Output) -> Result<()>;
    fn state(&self, request: &StateRequest, out: &mut Output) -> Result<()>;
}

struct Opened<S> {
    host: Host,
    source: S,
}

const fn lent(text: &str) -> RawText {
    RawText { data: text.as_ptr(), size: text.len() }
}

/// The text, for as long as the call that lent it. The ABI promises UTF-8, and that is checked here.
unsafe fn borrow<'a>(text: RawText) -> Result<&'a str> {
    if text.size == 0 {
        return Ok("");
    }
    match std::str::from_utf8(std::slice::from_raw_parts(text.data, text.size)) {
        Ok(text) => Ok(text),
        Err(_) => fail(INTERNAL, "the host gave a text that is not UTF-8"),
    }
}

/// Runs a call, and reports its error or its panic.
unsafe fn guard(error: *mut RawError, call: impl FnOnce() -> Result<()>) -> Status {
    let result = catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|_| fail(INTERNAL, "the connector panicked; its message is on standard error"));
    let failed = match result {
        Ok(()) => return OK,
        Err(failed) => failed,
    };
    let mut size = failed.message.len().min(1024);
    while !failed.message.is_char_boundary(size) {
        size -= 1;
    }
    (*error).status = failed.status;
    (*error).source_code = failed.code;
    (*error).retry_after_ms = -1;
    (*error).message_size = size;
    let message = &mut (*error).message;
    message[..size].copy_from_slice(&failed.message.as_bytes()[..size]);
    failed.status
}

/// The same for a call that pushes lines.
unsafe fn guard_output(
    sink: *const RawSink,
    host: Option<Host>,
    error: *mut RawError,
    call: impl FnOnce(&mut Output) -> Result<()>,
) -> Status {
    guard(error, || {
        let mut out = Output { sink, host, lines: String::new(), count: 0 };
        call(&mut out)?;
        out.flush()
    })
}

unsafe extern "C" fn spec<S: Source>(out: *const RawSink, error: *mut RawError) -> Status {
    guard_output(out, None, error, |out| out.push(S::SPEC))
}

unsafe extern "C" fn open<S: Source>(
    host: *const RawHost,
    config: RawText,
    opened: *mut *mut c_void,
    error: *mut RawError,
) -> Status {
    guard(error, || {
        let host = Host(host);
        let source = S::open(host, borrow(config)?)?;
        *opened = Box::into_raw(Box::new(Opened { host, source })).cast();
        Ok(())
    })
}

unsafe extern "C" fn check<S: Source>(source: *mut c_void, error: *mut RawError) -> Status {
    let opened = &*source.cast::<Opened<S>>();
    guard(error, || opened.source.check())
}

unsafe extern "C" fn discover<S: Source>(
    source: *mut c_void,
    out: *const RawSink,
    error: *mut RawError,
) -> Status {
    let opened = &*source.cast::<Opened<S>>();
    guard_output(out, Some(opened.host), error, |out| opened.source.discover(out))
}

unsafe extern "C" fn plan<S: Source>(
    source: *mut c_void,
    request: *const RawPlanRequest,
    out: *const RawSink,
    error: *mut RawError,
) -> Status {
    let opened = &*source.cast::<Opened<S>>();
    guard_output(out, Some(opened.host), error, |out| {
        let request = PlanRequest {
            stream: borrow((*request).stream)?,
            state: borrow((*request).state)?,
            since: borrow((*request).since)?,
            until: borrow((*request).until)?,
        };
        opened.source.plan(&request, out)
    })
}

unsafe extern "C" fn read<S: Source>(
    source: *mut c_void,
    request: *const RawReadRequest,
    out: *const RawSink,
    error: *mut RawError,
) -> Status {
    let opened = &*source.cast::<Opened<S>>();
    guard_output(out, Some(opened.host), error, |out| {
        let request = ReadRequest {
            stream: borrow((*request).stream)?,
            slice: borrow((*request).slice)?,
            columns: borrow((*request).columns)?,
        };
        opened.source.read(&request, out)
    })
}

unsafe extern "C" fn state<S: Source>(
    source: *mut c_void,
    request: *const RawStateRequest,
    out: *const RawSink,
    error: *mut RawError,
) -> Status {
    let opened = &*source.cast::<Opened<S>>();
    guard_output(out, Some(opened.host), error, |out| {
        let request = StateRequest {
            stream: borrow((*request).stream)?,
            state: borrow((*request).state)?,
            slice: borrow((*request).slice)?,
        };
        opened.source.state(&request, out)
    })
}

/// Host::is_cancelled returns true before this is called, and nothing else has to be woken.
unsafe extern "C" fn cancel(_: *mut c_void) {}

unsafe extern "C" fn close<S: Source>(source: *mut c_void) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(source.cast::<Opened<S>>()))));
}

pub const fn table<S: Source>() -> Table {
    Table {
        struct_size: std::mem::size_of::<Table>(),
        abi_version: ABI_VERSION,
        name: lent(S::NAME),
        version: lent(S::VERSION),
        description: lent(S::DESCRIPTION),
        spec: spec::<S>,
        open: open::<S>,
        check: check::<S>,
        discover: discover::<S>,
        plan: plan::<S>,
        read: read::<S>,
        state: state::<S>,
        cancel,
        close: close::<S>,
    }
}

/// Exports the entry point, the only symbol of the library.
#[macro_export]
macro_rules! export_connector {
    ($source:ty) => {
        #[no_mangle]
        pub extern "C" fn tapster_connector_v1(host_abi_version: u32) -> *const connector::Table {
            static TABLE: connector::Table = connector::table::<$source>();
            if host_abi_version >> 16 == connector::ABI_VERSION >> 16 {
                &TABLE
            } else {
                std::ptr::null()
            }
        }
    };
}
