//! What `hallpass dev` and `hallpass serve` say on standard output.
//!
//! Nobody has to read it: a closed terminal ends no server, so failures to write are ignored.

use std::fmt;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;

use hallpass::auth::mail::mailbox::StoredMessage;

use crate::mailbox::first_link;

/// The addresses of a development server.
#[derive(Debug)]
pub(crate) struct Banner<'a> {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// The port that was wanted and taken, if so.
    pub(crate) taken: Option<u16>,
    /// Where the data is.
    pub(crate) data: &'a Path,
    /// Who may enter the console, where there is one.
    pub(crate) administrator: Option<&'a str>,
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base = local_url(self.address);
        writeln!(
            formatter,
            "\n  Hallpass {} (development)\n",
            env!("CARGO_PKG_VERSION")
        )?;
        writeln!(formatter, "  Application  {base}/")?;
        writeln!(formatter, "  Sign in      {base}/api/auth/signin")?;
        writeln!(formatter, "  Mailbox      {base}/dev/mailbox")?;
        writeln!(formatter, "  API          {base}/api/docs")?;
        if let Some(address) = self.administrator {
            writeln!(
                formatter,
                "  Console      {base}/console  (sign in as {address})"
            )?;
        }
        writeln!(formatter, "  Data         {}\n", self.data.display())?;
        if let Some(taken) = self.taken {
            writeln!(
                formatter,
                "  Port {taken} is taken, so this is port {}.",
                self.address.port()
            )?;
        }
        if !self.address.ip().is_loopback() {
            writeln!(
                formatter,
                "  Others on your network can reach this. It is made for trying, not for them."
            )?;
        }
        writeln!(
            formatter,
            "  Mail is shown in the mailbox and never sent. Stop with Ctrl-C.\n"
        )
    }
}

/// A line for a mail that came to the mailbox, with the link in it.
pub(crate) fn announce(stored: &StoredMessage) {
    let link = first_link(&stored.message.text);
    say(format_args!(
        "  Mail: {}\n        {}\n",
        stored.message.subject,
        link.unwrap_or("(no link in it)")
    ));
}

/// Writes to standard output.
pub(crate) fn say(text: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// The address by which a browser on this machine finds us.
pub(crate) fn local_url(address: SocketAddr) -> String {
    let everywhere = address.ip().is_unspecified();
    let ipv4_loopback = address.ip() == std::net::Ipv4Addr::LOCALHOST;
    if everywhere || ipv4_loopback {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_a_browser_understands() {
        let rows = [
            ("127.0.0.1:3000", "http://localhost:3000"),
            ("0.0.0.0:3000", "http://localhost:3000"),
            ("[::]:3000", "http://localhost:3000"),
            ("[::1]:3000", "http://[::1]:3000"),
            ("192.168.1.2:80", "http://192.168.1.2:80"),
        ];
        for (address, url) in rows {
            assert_eq!(local_url(address.parse().unwrap()), url);
        }
    }

    #[test]
    fn the_banner_names_the_addresses_and_a_taken_port() {
        let banner = Banner {
            address: "127.0.0.1:3001".parse().unwrap(),
            taken: Some(3000),
            data: Path::new("./.hallpass"),
            administrator: Some("admin@example.com"),
        };
        let text = banner.to_string();
        for part in [
            "http://localhost:3001/\n",
            "http://localhost:3001/api/docs\n",
            "http://localhost:3001/console  (sign in as admin@example.com)\n",
            "http://localhost:3001/api/auth/signin\n",
            "http://localhost:3001/dev/mailbox\n",
            "./.hallpass\n",
            "Port 3000 is taken, so this is port 3001.",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains("Others on your network"));
        let without = Banner {
            administrator: None,
            ..banner
        };
        assert!(!without.to_string().contains("Console"));
    }
}
