//! Rules about pages of documentation: links between files lead somewhere, and the table of contents has every page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What the pages of `docs/` are read by.
const CONTENTS: &str = "docs/SUMMARY.md";

/// Folders whose Markdown is read by tests, not by people.
const DATA: &str = "/tests/";

/// Every link that leads nowhere, and every page that is in no table of contents.
pub(super) fn check(root: &Path, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut pages = BTreeMap::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(file).to_string_lossy();
        let name = name.replace('\\', "/");
        if name.ends_with(".md") && !name.contains(DATA) {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            pages.insert(name, Page::parse(&text));
        }
    }
    Ok(mistakes(&pages, &|path| root.join(path).exists()))
}

fn mistakes(pages: &BTreeMap<String, Page>, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut listed = BTreeSet::new();
    for (name, page) in pages {
        for link in &page.links {
            let (path, anchor) = link.to.split_once('#').unwrap_or((&link.to, ""));
            let target = match path {
                "" => Some(name.clone()),
                path => resolve(name, path).filter(|target| exists(target)),
            };
            let is_anchor = |page: &Page| anchor.is_empty() || page.anchors.contains(anchor);
            let leads = |target: &String| pages.get(target).is_none_or(is_anchor);
            if !target.as_ref().is_some_and(leads) {
                mistakes.push(format!("{name}:{}: `{}` leads nowhere", link.line, link.to));
            }
            if name == CONTENTS {
                listed.extend(target);
            }
        }
    }
    let of_docs = pages.keys().filter(|name| name.starts_with("docs/"));
    let unlisted = of_docs.filter(|name| *name != CONTENTS && !listed.contains(*name));
    mistakes.extend(unlisted.map(|name| format!("{name}: is not in {CONTENTS}")));
    mistakes
}

/// What a link of a file means, from the root of the repository; none outside of it.
fn resolve(from: &str, to: &str) -> Option<String> {
    if to.starts_with('/') {
        return None;
    }
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in to.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What is asked of a page.
#[derive(Debug, Default)]
struct Page {
    /// What links to its headings end with.
    anchors: BTreeSet<String>,
    /// Those to files and headings; addresses of the web are not looked at.
    links: Vec<Link>,
}

#[derive(Debug, PartialEq, Eq)]
struct Link {
    line: usize,
    to: String,
}

impl Page {
    /// Reads what our pages use of Markdown: headings that begin with `#`, `<a id="…">`, links in the line, fenced code.
    fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut is_code = false;
        for (line, number) in text.lines().zip(1..) {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            }
            if is_code {
                continue;
            }
            if let Some(heading) = heading(line) {
                page.add_anchor(&slug(heading));
            }
            let named = line.split("<a id=\"").skip(1);
            page.anchors
                .extend(named.filter_map(|rest| Some(rest.split('"').next()?.to_owned())));
            page.add_links(number, line);
        }
        page
    }

    /// Headings of the same words are numbered, from the second on.
    fn add_anchor(&mut self, slug: &str) {
        let numbered = (1..).map(|number| format!("{slug}-{number}"));
        let mut names = std::iter::once(slug.to_owned()).chain(numbered);
        if let Some(free) = names.find(|name| !self.anchors.contains(name)) {
            self.anchors.insert(free);
        }
    }

    fn add_links(&mut self, line: usize, text: &str) {
        // What stands between backticks is code.
        let text: Vec<_> = text.split('`').step_by(2).collect();
        let text = text.concat();
        let targets = text.split("](").skip(1).filter_map(|rest| {
            let target = rest.split(')').next()?;
            target.split_whitespace().next()
        });
        let is_ours = |to: &&str| !to.contains("://") && !to.starts_with("mailto:");
        self.links.extend(targets.filter(is_ours).map(|to| Link {
            line,
            to: to.to_owned(),
        }));
    }
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let is_heading = text.len() < line.len() && text.starts_with(' ');
    is_heading.then(|| text.trim())
}

/// As GitHub and mdBook name headings: letters and digits, and `-` for blanks.
fn slug(heading: &str) -> String {
    let lower = heading.to_lowercase();
    let kept = lower.chars().filter_map(|character| match character {
        ' ' => Some('-'),
        '-' | '_' => Some(character),
        _ => character.is_alphanumeric().then_some(character),
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            paths.push(path);
        }
        check(root.path(), &paths).unwrap()
    }

    #[test]
    fn links_to_files_and_headings_are_followed() {
        let files = [
            (
                "README.md",
                "[a](docs/a.md#two-words) ![b](docs/b.png) [c](https://example.com/#x) [here](#top) [row](docs/a.md#503)\n# Top",
            ),
            ("docs/SUMMARY.md", "- [A](a.md)"),
            (
                "docs/a.md",
                "# Two words\n## Two `words`\n[top](../README.md#top \"title\") [again](#two-words-1)\n| <a id=\"503\"></a>503 |",
            ),
            ("docs/b.png", ""),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    #[test]
    fn links_that_lead_nowhere_are_told_with_their_line() {
        let files = [(
            "README.md",
            "# Top\n[a](gone.md) [b](#bottom)\n[c](/README.md) [d](../README.md) [`e`](README.md#x)",
        )];
        let expected = [
            "README.md:2: `gone.md` leads nowhere",
            "README.md:2: `#bottom` leads nowhere",
            "README.md:3: `/README.md` leads nowhere",
            "README.md:3: `../README.md` leads nowhere",
            "README.md:3: `README.md#x` leads nowhere",
        ];
        assert_eq!(found(&files), expected);
    }

    #[test]
    fn code_has_no_links_and_no_headings() {
        let files = [
            (
                "README.md",
                "`[a](gone.md)`\n```sh\n# Top\n[b](gone.md)\n```\n[c](#top)",
            ),
            ("crates/x/tests/corpus/a.md", "[d](gone.md)"),
        ];
        assert_eq!(found(&files), ["README.md:6: `#top` leads nowhere"]);
    }

    #[test]
    fn every_page_is_in_the_table_of_contents() {
        let files = [
            ("README.md", "[b](docs/design/b.md)"),
            ("docs/SUMMARY.md", "- [A](a.md)"),
            ("docs/a.md", "[b](design/b.md)"),
            ("docs/design/b.md", ""),
        ];
        assert_eq!(
            found(&files),
            ["docs/design/b.md: is not in docs/SUMMARY.md"]
        );
    }
}
