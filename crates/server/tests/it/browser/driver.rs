//! chromedriver, and a browser of its making.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// How the browser looks at pages.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) dark: bool,
    pub(crate) javascript: bool,
}

/// How often it is started until a port is free for it.
const STARTS: usize = 10;

/// chromedriver, running. Dropped, it is killed.
pub(crate) struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts it; `None` where there is none and none is required.
    pub(crate) fn start() -> Option<Self> {
        let program = program("HALLPASS_TEST_CHROMEDRIVER", "chromedriver")?;
        // It takes a free port in one family of addresses, then the same in the other, where somebody may have it by now.
        let mut started = (0..STARTS).filter_map(|_| Self::run(&program));
        Some(started.next().expect("chromedriver says its port"))
    }

    /// `None` when it ends before it says its port.
    fn run(program: &Path) -> Option<Self> {
        let started = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = started.expect("chromedriver starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.rsplit_once("successfully on port ")?
                .1
                .trim_end_matches('.')
                .parse()
                .ok()
        });
        let Some(port) = port else {
            child.wait().expect("its end can be waited for");
            return None;
        };
        // Its output is read to the end, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { child, port })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program in this variable, or of this name in PATH.
fn program(variable: &str, name: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| {
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.exists())
    });
    if found.is_none() {
        let required = std::env::var_os("HALLPASS_TEST_REQUIRE") == Some(OsString::from("1"));
        assert!(
            !required,
            "neither {variable} nor `{name}` in PATH, and HALLPASS_TEST_REQUIRE asks for it"
        );
        eprintln!("neither {variable} nor `{name}` in PATH: the browser is left out");
    }
    found
}

/// A browser.
pub(crate) struct Browser {
    pub(crate) client: Client,
    pub(crate) look: Look,
}

impl Browser {
    pub(crate) async fn open(driver: &Driver, look: Look) -> Self {
        let capabilities = capabilities(look)
            .as_object()
            .cloned()
            .expect("capabilities are an object");
        let connected = ClientBuilder::rustls()
            .expect("TLS can be set up")
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await;
        Self {
            client: connected.expect("the browser opens"),
            look,
        }
    }

    /// Keeps a picture of the page; it fits the screen, and the console holds no complaint.
    pub(crate) async fn picture(&self, name: &str) {
        self.keep(name).await;
        self.assert_no_complaints(name).await;
    }

    /// Keeps a picture of a page that is an error, about which the console complains; it fits the screen.
    pub(crate) async fn keep(&self, name: &str) {
        let picture = self
            .client
            .screenshot()
            .await
            .expect("a screenshot can be taken");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let file = folder.join(format!("{}-{name}.png", self.look.name));
        std::fs::write(file, picture).expect("the picture can be kept");
        self.assert_it_fits(name).await;
    }

    async fn assert_it_fits(&self, name: &str) {
        let script =
            "const page = document.documentElement; return [page.scrollWidth, page.clientWidth];";
        let widths = self
            .client
            .execute(script, Vec::new())
            .await
            .expect("the page can be measured");
        let [needed, given] =
            [&widths[0], &widths[1]].map(|width| width.as_u64().expect("a width is a number"));
        assert!(
            needed <= given,
            "{name} is {needed} wide on a screen of {given}"
        );
        if self.look.width < 500 {
            assert_eq!(
                given,
                u64::from(self.look.width),
                "{name} has the width of the screen"
            );
        }
    }

    async fn assert_no_complaints(&self, name: &str) {
        let log = self
            .client
            .issue_cmd(BrowserLog)
            .await
            .expect("the console can be read");
        let complaints: Vec<&Value> = log
            .as_array()
            .into_iter()
            .flatten()
            .filter(|entry| matches!(entry["level"].as_str(), Some("SEVERE" | "WARNING")))
            .collect();
        assert!(complaints.is_empty(), "{name}: {complaints:?}");
    }

    pub(crate) async fn close(self) {
        self.client.close().await.expect("the browser closes");
    }
}

fn capabilities(look: Look) -> Value {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        // Tests run as root in containers, where Chromium has no sandbox.
        "--no-sandbox".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-gpu".to_owned(),
        format!("--window-size={},{}", look.width, look.height),
    ];
    if look.dark {
        arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let mut options = json!({ "args": arguments });
    if let Some(browser) = program("HALLPASS_TEST_CHROMIUM", "chromium") {
        options["binary"] = json!(browser);
    }
    if look.width < 500 {
        let metrics = json!({ "width": look.width, "height": look.height, "pixelRatio": 2.0 });
        options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
    }
    if !look.javascript {
        options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
    }
    json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } })
}

/// Reads what the console holds since the last time.
#[derive(Debug)]
struct BrowserLog;

impl WebDriverCompatibleCommand for BrowserLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _request: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}
