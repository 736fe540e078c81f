//! `page[…]`: how many, from where, and the links to other pages.

use serde_json::{Map, Value as Json};
use url::form_urlencoded::Serializer;

use super::options::PageSize;
use super::query::Query;

const OFFSET: &str = "page[offset]";
const LIMIT: &str = "page[limit]";

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) offset: u64,
    /// `None` for all there are.
    pub(super) limit: Option<u64>,
}

impl Page {
    /// What a query asks for. What is no number says nothing, and more than the page size is cut to it.
    ///
    /// Neither is it more than the asker may take at once, so that links lead to pages that are given.
    pub(super) fn read(query: &Query, size: PageSize, most: u64) -> Self {
        let offset = query.last(OFFSET).and_then(number).unwrap_or_default();
        let limit = query
            .last(LIMIT)
            .and_then(number)
            .filter(|limit| *limit > 0);
        let limit = match size {
            PageSize::Unlimited => limit,
            PageSize::Rows(size) => {
                let size = u64::from(size.get());
                Some(limit.map_or(size, |limit| limit.min(size)))
            }
        };
        // Pages of no rows would never end; who may take none is refused one.
        let limit = limit.map(|limit| limit.min(most).max(1));
        Self { offset, limit }
    }

    /// How many there are in all, where the resources of this page tell it.
    pub(super) fn total(self, found: usize) -> Option<u64> {
        let found = u64::try_from(found).ok()?;
        let is_last = self.limit.is_none_or(|limit| found < limit);
        let is_within = found > 0 || self.offset == 0;
        (is_last && is_within).then(|| self.offset.saturating_add(found))
    }

    /// `first`, `last`, `prev` and `next` of the list at an address.
    pub(super) fn links(self, address: &str, query: &Query, total: u64) -> Map<String, Json> {
        let mut links = Map::new();
        let Some(limit) = self.limit else {
            return links;
        };
        let mut add = |name: &str, to: Option<(Option<u64>, Option<u64>)>| {
            let link = to.map(|(offset, limit)| Json::String(link(address, query, offset, limit)));
            links.insert(name.to_owned(), link.unwrap_or_default());
        };
        let last_page = total.div_ceil(limit).saturating_sub(1);
        let previous = self
            .offset
            .checked_sub(limit)
            .filter(|offset| *offset < total);
        let next = self
            .offset
            .checked_add(limit)
            .filter(|offset| *offset < total);
        add("first", Some((None, Some(limit))));
        add("last", Some((Some(last_page.saturating_mul(limit)), None)));
        add("prev", previous.map(|offset| (Some(offset), Some(limit))));
        add("next", next.map(|offset| (Some(offset), Some(limit))));
        links
    }
}

/// A number without a sign; one too large for a list stands for the largest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX).min(LARGEST))
}

/// What every database takes for a number of rows.
const LARGEST: u64 = 1 << 53;

fn link(address: &str, query: &Query, offset: Option<u64>, limit: Option<u64>) -> String {
    let mut parameters = Serializer::new(String::new());
    parameters.extend_pairs(query.but_for_pages());
    for (name, value) in [(OFFSET, offset), (LIMIT, limit)] {
        if let Some(value) = value {
            parameters.append_pair(name, &value.to_string());
        }
    }
    format!("{address}?{}", parameters.finish())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use serde_json::json;

    use super::*;

    fn page(query: &str) -> Page {
        let query = Query::read(query).unwrap();
        Page::read(&query, PageSize::Rows(NonZeroU32::new(5).unwrap()), 1000)
    }

    #[test]
    fn pages_are_cut_to_the_page_size() {
        let rows = [
            ("", 0, 5),
            ("page[limit]=3", 0, 3),
            ("page[limit]=10", 0, 5),
            ("page[limit]=0", 0, 5),
            ("page[limit]=-1&page[offset]=-1", 0, 5),
            ("page[limit]=a&page[offset]=b", 0, 5),
            ("page[limit]=99999999999999999999", 0, 5),
            ("page[offset]=8&page[limit]=3", 8, 3),
            ("page[offset]=99999999999999999999", LARGEST, 5),
        ];
        for (query, offset, limit) in rows {
            let expected = Page {
                offset,
                limit: Some(limit),
            };
            assert_eq!(page(query), expected, "{query}");
        }
        let all = |text: &str| Page::read(&Query::read(text).unwrap(), PageSize::Unlimited, 8);
        assert_eq!(all("").limit, None);
        assert_eq!(all("page[limit]=7").limit, Some(7));
        assert_eq!(all("page[limit]=9").limit, Some(8));
    }

    #[test]
    fn pages_are_cut_to_what_may_be_taken() {
        let size = PageSize::Rows(NonZeroU32::new(5).unwrap());
        let of = |text: &str, most: u64| Page::read(&Query::read(text).unwrap(), size, most);
        assert_eq!(of("", 3).limit, Some(3));
        assert_eq!(of("page[limit]=4", 3).limit, Some(3));
        assert_eq!(of("page[limit]=2", 3).limit, Some(2));
        assert_eq!(of("", 0).limit, Some(1));
        let links = of("page[offset]=3", 3).links("/api/user", &Query::read("").unwrap(), 8);
        let link = |rest: &str| json!(format!("/api/user?{rest}page%5Blimit%5D=3"));
        assert_eq!(links["first"], link(""));
        assert_eq!(links["prev"], link("page%5Boffset%5D=0&"));
        assert_eq!(links["next"], link("page%5Boffset%5D=6&"));
        assert_eq!(links["last"], json!("/api/user?page%5Boffset%5D=6"));
        assert_eq!(of("", 3).total(3), None);
        assert_eq!(of("", 3).total(2), Some(2));
    }

    #[test]
    fn a_page_that_is_not_full_tells_the_total() {
        assert_eq!(page("").total(3), Some(3));
        assert_eq!(page("").total(0), Some(0));
        assert_eq!(page("page[offset]=5").total(2), Some(7));
        assert_eq!(page("").total(5), None);
        assert_eq!(page("page[offset]=50").total(0), None);
    }

    #[test]
    fn links_lead_to_the_pages_around() {
        let at = "/api/user";
        let query = "page[offset]=3&page[limit]=3&filter[a b]=c,d&sort=-a&other=1";
        let of = |text: &str, total: u64| {
            Json::Object(page(text).links(at, &Query::read(text).unwrap(), total))
        };
        let kept = "filter%5Ba+b%5D=c%2Cd&sort=-a";
        assert_eq!(
            of(query, 8),
            json!({
                "first": format!("{at}?{kept}&page%5Blimit%5D=3"),
                "last": format!("{at}?{kept}&page%5Boffset%5D=6"),
                "prev": format!("{at}?{kept}&page%5Boffset%5D=0&page%5Blimit%5D=3"),
                "next": format!("{at}?{kept}&page%5Boffset%5D=6&page%5Blimit%5D=3"),
            })
        );
        assert_eq!(
            of("page[offset]=10", 5),
            json!({
                "first": format!("{at}?page%5Blimit%5D=5"),
                "last": format!("{at}?page%5Boffset%5D=0"),
                "prev": null,
                "next": null,
            })
        );
        assert_eq!(of("", 0)["last"], json!(format!("{at}?page%5Boffset%5D=0")));
    }
}
