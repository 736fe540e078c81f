//! The settings under `[data]`: which models are there over HTTP, where, and how much one request may ask for.

use std::num::{NonZeroU32, NonZeroUsize};

use hallpass::data::http::{Exposure, HttpLimits, Otherwise};
use hallpass::data::{DialectVersion, Limits};

use super::live::Live;
use super::passwords::{number, some_number};
use super::problem::Problem;
use super::read::{Choices, Reader, SWITCHES, names};
use super::rest::Rest;
use super::sessions::seconds;

/// The data over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Data {
    /// The path of the RPC style, without a slash at its end, if it is there.
    pub(crate) rpc: Option<String>,
    /// The path of the REST style, without a slash at its end, if it is there.
    pub(crate) rest: Option<String>,
    /// Which models are there.
    pub(crate) exposure: Exposure,
    /// Which generation of clients is answered.
    pub(crate) dialect: DialectVersion,
    /// What the REST style looks like.
    pub(crate) style: Rest,
    /// How large bodies may be.
    pub(crate) http: HttpLimits,
    /// Resources of a page of the REST style.
    pub(crate) page_size: NonZeroU32,
    /// How much one call of a person may ask for, over HTTP or from a page.
    pub(crate) person: Limits,
    /// Live queries, if there are any.
    pub(crate) live: Option<Live>,
}

/// Where ZenStack's clients look for the RPC style.
const RPC: &str = "/api/model";

/// Where the REST style is.
const REST: &str = "/api/rest";

/// Resources of a page.
// invariant: worked out when this is compiled, and 100 is not zero.
const PAGE: NonZeroU32 = NonZeroU32::new(100).unwrap();

/// The largest body that may be allowed: each is held in memory whole.
const MAX_BODY_BYTES: usize = 16 << 20;

impl Default for Data {
    fn default() -> Self {
        Self {
            rpc: Some(RPC.to_owned()),
            rest: Some(REST.to_owned()),
            exposure: Exposure::default(),
            dialect: DialectVersion::default(),
            style: Rest::default(),
            http: HttpLimits::default(),
            page_size: PAGE,
            person: Limits::PERSON,
            live: Some(Live::default()),
        }
    }
}

// Everything is open to tests only: no setting says `Otherwise::Open`.
const OTHERS: Choices<Otherwise> = Choices {
    text: "`ruled` and `closed`",
    rows: &[("ruled", Otherwise::Ruled), ("closed", Otherwise::Closed)],
};

impl Reader {
    pub(super) fn data(&mut self) -> Data {
        let usual = Data::default();
        let is_on = self.choice("data.enabled", &SWITCHES).unwrap_or(true);
        let (rpc, rest) = self.data_paths();
        let page = self.place("data.page_size");
        let page_size = self.parsed("data.page_size", number);
        let person = self.limits_of_a_person();
        // A page that is not spoken of is as large as the rows admit.
        if let Some(size) = page_size.map(NonZeroU32::get)
            && u64::from(size) > person.rows
        {
            let rows = person.rows;
            self.report::<()>(page, Problem::PageOverRows { size, rows });
        }
        Data {
            rpc: rpc.filter(|_| is_on),
            rest: rest.filter(|_| is_on),
            exposure: self.exposure(),
            dialect: self.dialect(),
            style: self.rest_style(),
            http: HttpLimits {
                body_bytes: self
                    .parsed("data.body_bytes", body_bytes)
                    .unwrap_or(usual.http.body_bytes),
                ..usual.http
            },
            page_size: page_size.unwrap_or(usual.page_size),
            person,
            live: self.live(),
        }
    }

    fn data_paths(&mut self) -> (Option<String>, Option<String>) {
        let place = self.place("data.rest_path");
        let rpc = self.parsed("data.rpc_path", path);
        let rest = self.parsed("data.rest_path", path);
        let rpc = rpc.unwrap_or_else(|| Some(RPC.to_owned()));
        let rest = rest.unwrap_or_else(|| Some(REST.to_owned()));
        if let (Some(one), Some(other)) = (&rpc, &rest)
            && (is_at_or_below(one, other) || is_at_or_below(other, one))
        {
            self.report::<()>(place, Problem::SamePaths);
        }
        (rpc, rest)
    }

    fn exposure(&mut self) -> Exposure {
        let (open, _) = self.texts("data.open");
        let (closed, _) = self.texts("data.closed");
        Exposure {
            open: names(&open),
            closed: names(&closed),
            otherwise: self.choice("data.others", &OTHERS).unwrap_or_default(),
            ..Exposure::default()
        }
    }

    fn limits_of_a_person(&mut self) -> Limits {
        let mut limits = Limits::PERSON;
        let count = |number: NonZeroUsize| u64::try_from(number.get()).unwrap_or(u64::MAX);
        if let Some(rows) = self.parsed("data.rows", some_number) {
            limits.rows = count(rows);
            limits.all_rows = limits.all_rows.max(limits.rows);
        }
        if let Some(rows) = self.parsed("data.all_rows", some_number) {
            limits.all_rows = count(rows);
        }
        if let Some(bytes) = self.parsed("data.read_bytes", some_number) {
            limits.read_bytes = count(bytes);
        }
        if let Some(levels) = self.parsed("data.include_depth", some_number) {
            limits.include_depth = levels.get();
        }
        if let Some(levels) = self.parsed("data.filter_depth", some_number) {
            limits.filter_depth = levels.get();
        }
        if let Some(time) = self.parsed("data.statement_time", seconds) {
            limits.statement_time = Some(time);
        }
        if let Some(time) = self.parsed("data.call_time", seconds) {
            limits.call_time = Some(time);
        }
        limits
    }
}

/// Where a style is; `None` for `off`.
fn path(text: &str) -> Result<Option<String>, Problem> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~".contains(letter);
    let is_segment =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(is_plain);
    let rest = text.strip_prefix('/');
    let rest = rest.map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    match rest {
        Some(rest) if rest.split('/').all(is_segment) => Ok(Some(format!("/{rest}"))),
        _ => Err(Problem::NotAPath(text.to_owned())),
    }
}

/// Whether what is asked for under `path` would be taken for something of `base`.
fn is_at_or_below(path: &str, base: &str) -> bool {
    let rest = path.strip_prefix(base);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn body_bytes(text: &str) -> Result<usize, Problem> {
    let bytes = text.parse().ok();
    bytes
        .filter(|bytes| (1..=MAX_BODY_BYTES).contains(bytes))
        .ok_or_else(|| Problem::NotABodySize(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    fn data(text: &str, variables: &[(&str, &str)]) -> Result<Data, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.data).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn nothing_is_needed() {
        assert_eq!(data("", &[]), Ok(Data::default()));
        assert_eq!(Data::default().exposure.otherwise, Otherwise::Ruled);
    }

    #[test]
    fn file_and_variables_say_the_same() {
        let text = "[data]
            rpc_path = '/model/'
            rest_path = '/v1/rest'
            open = ['User', 'Team']
            closed = ['Secret']
            others = 'closed'
            dialect = 2
            body_bytes = 1000
            rows = 100000
            all_rows = 200000
            read_bytes = 1000000
            page_size = 20
            include_depth = 3
            filter_depth = 4
            statement_time = '2s'
            call_time = 5";
        let variables = [
            ("HALLPASS_DATA_RPC_PATH", "/model"),
            ("HALLPASS_DATA_REST_PATH", "/v1/rest"),
            ("HALLPASS_DATA_OPEN", "User, Team"),
            ("HALLPASS_DATA_CLOSED", "Secret"),
            ("HALLPASS_DATA_OTHERS", "closed"),
            ("HALLPASS_DATA_DIALECT", "2"),
            ("HALLPASS_DATA_BODY_BYTES", "1000"),
            ("HALLPASS_DATA_ROWS", "100000"),
            ("HALLPASS_DATA_ALL_ROWS", "200000"),
            ("HALLPASS_DATA_READ_BYTES", "1000000"),
            ("HALLPASS_DATA_PAGE_SIZE", "20"),
            ("HALLPASS_DATA_INCLUDE_DEPTH", "3"),
            ("HALLPASS_DATA_FILTER_DEPTH", "4"),
            ("HALLPASS_DATA_STATEMENT_TIME", "2"),
            ("HALLPASS_DATA_CALL_TIME", "5s"),
        ];
        let expected = Data {
            rpc: Some("/model".to_owned()),
            rest: Some("/v1/rest".to_owned()),
            exposure: Exposure {
                open: vec!["User".to_owned(), "Team".to_owned()],
                closed: vec!["Secret".to_owned()],
                otherwise: Otherwise::Closed,
                ..Exposure::default()
            },
            dialect: DialectVersion::Two,
            style: Rest::default(),
            http: HttpLimits {
                body_bytes: 1000,
                ..HttpLimits::default()
            },
            page_size: NonZeroU32::new(20).unwrap(),
            person: Limits {
                rows: 100_000,
                all_rows: 200_000,
                read_bytes: 1_000_000,
                include_depth: 3,
                filter_depth: 4,
                statement_time: Some(Duration::from_secs(2)),
                call_time: Some(Duration::from_secs(5)),
                ..Limits::PERSON
            },
            live: Some(Live::default()),
        };
        assert_eq!(data(text, &[]), Ok(expected.clone()));
        assert_eq!(data("", &variables), Ok(expected));
    }

    #[test]
    fn few_rows_need_no_page_size() {
        let many = data("[data]\nrows = 200000", &[]).unwrap();
        assert_eq!(many.person.all_rows, 200_000);
        let data = data("[data]\nrows = 50", &[]).unwrap();
        assert_eq!((data.person.rows, data.page_size), (50, PAGE));
        let equal = self::data("[data]\nrows = 50\npage_size = 50", &[]);
        assert_eq!(equal.unwrap().page_size.get(), 50);
    }

    #[test]
    fn a_style_can_be_closed_and_so_can_both() {
        for (text, rpc, rest) in [
            ("rpc_path = 'off'", None, Some(REST)),
            ("rest_path = 'off'", Some(RPC), None),
            ("enabled = false", None, None),
            // Where one is closed, the other may stand where it was.
            (
                "rpc_path = 'off'\nrest_path = '/api/model'",
                None,
                Some(RPC),
            ),
        ] {
            let data = data(&format!("[data]\n{text}"), &[]).unwrap();
            assert_eq!((data.rpc.as_deref(), data.rest.as_deref()), (rpc, rest));
        }
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for (text, message) in [
            ("rpc_path = 'api'", "`api` is no path"),
            ("rpc_path = '/'", "`/` is no path"),
            ("rpc_path = '//a'", "`//a` is no path"),
            ("rpc_path = '/a/../b'", "`/a/../b` is no path"),
            ("rpc_path = '/{a}'", "`/{a}` is no path"),
            ("rpc_path = '/a?b'", "`/a?b` is no path"),
            (
                "rest_path = '/api/model'",
                "both styles of the data have one path",
            ),
            (
                "rest_path = '/api/model/x'",
                "both styles of the data have one path",
            ),
            (
                "rest_path = '/api'",
                "both styles of the data have one path",
            ),
            (
                "others = 'open'",
                "`open` is not one of `ruled` and `closed`",
            ),
            ("body_bytes = 0", "`0` is no number of bytes up to 16 MiB"),
            (
                "body_bytes = 16777217",
                "`16777217` is no number of bytes up to 16 MiB",
            ),
            ("page_size = 0", "`0` is not a whole number above zero"),
            (
                "page_size = 4\nrows = 3",
                "a page of 4 resources is larger than the 3 rows of one read",
            ),
            (
                "page_size = 10001",
                "a page of 10001 resources is larger than the 10000 rows of one read",
            ),
            ("rows = 0", "`0` is not a whole number above zero"),
            ("rows = -1", "`-1` is not a whole number above zero"),
            (
                "statement_time = 0",
                "`0` is neither a span of time up to a day nor a number of seconds",
            ),
        ] {
            let error = data(&format!("[data]\n{text}"), &[]).unwrap_err();
            assert!(error.ends_with(message), "{text}: {error}");
            assert!(error.starts_with("hallpass.toml:2:1: "), "{error}");
        }
    }
}
