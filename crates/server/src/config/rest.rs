//! The settings under `[data]` that say what the REST style looks like.

use std::collections::BTreeMap;

use hallpass::data::http::{RestOptions, RestOptionsError};

use super::keys::{EXTERNAL_IDS, MODEL_NAMES};
use super::passwords::number;
use super::problem::Problem;
use super::read::{Reader, SWITCHES};
use super::source::Place;

/// What the REST style looks like, but for its path and its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    /// As the service takes it.
    pub(crate) options: RestOptions,
    /// Where names of models in paths are given. Whether there are such models is known when the schema is.
    names: Place,
    /// Where keys are named that stand for the identity.
    keys: Place,
}

impl Default for Rest {
    fn default() -> Self {
        Self {
            options: RestOptions::default(),
            names: Place::Nowhere,
            keys: Place::Nowhere,
        }
    }
}

impl Rest {
    /// Where that is said which does not go with the schema.
    pub(crate) fn place_of(&self, error: &RestOptionsError) -> &Place {
        match error {
            RestOptionsError::NotUnique { .. } => &self.keys,
            RestOptionsError::UnknownModel { setting, .. } if EXTERNAL_IDS.ends_with(*setting) => {
                &self.keys
            }
            RestOptionsError::UnknownModel { .. }
            | RestOptionsError::Ambiguous { .. }
            | RestOptionsError::Segment { .. } => &self.names,
            RestOptionsError::Divider | RestOptionsError::Charset => &Place::Nowhere,
        }
    }
}

impl Reader {
    pub(super) fn rest_style(&mut self) -> Rest {
        let usual = RestOptions::default();
        let nested_routes = self.choice("data.nested_routes", &SWITCHES);
        let linkage = self.parsed("data.linkage", number);
        let id_divider = self.parsed("data.id_divider", divider);
        let (names, keys) = (self.place(MODEL_NAMES), self.place(EXTERNAL_IDS));
        let options = RestOptions {
            nested_routes: nested_routes.unwrap_or(usual.nested_routes),
            linkage: linkage.unwrap_or(usual.linkage),
            id_divider: id_divider.unwrap_or(usual.id_divider),
            url_segment_charset: self.charset().unwrap_or(usual.url_segment_charset),
            model_name_mapping: self.mapping(MODEL_NAMES),
            external_id_mapping: self.mapping(EXTERNAL_IDS),
            ..RestOptions::default()
        };
        Rest {
            options,
            names,
            keys,
        }
    }

    /// With the blanks around it: they are characters, too.
    fn charset(&mut self) -> Option<String> {
        let (mut texts, place) = self.texts("data.url_segment_charset");
        let options = RestOptions {
            url_segment_charset: texts.pop()?,
            ..RestOptions::default()
        };
        match options.check() {
            Ok(()) => Some(options.url_segment_charset),
            Err(error) => self.report(place, Problem::RestStyle(error)),
        }
    }

    /// What is mapped by the name of its model. A variable holds all of them, with commas between.
    fn mapping(&mut self, path: &'static str) -> BTreeMap<String, String> {
        let (texts, place) = self.texts(path);
        let mut mapping = BTreeMap::new();
        let words = texts.iter().flat_map(|text| text.split(','));
        for word in words.map(str::trim).filter(|word| !word.is_empty()) {
            let parts = word.split_once('=');
            let parts = parts.map(|(model, to)| (model.trim(), to.trim()));
            let problem = match parts.filter(|(model, to)| !model.is_empty() && !to.is_empty()) {
                None => Problem::NotMapped { path },
                Some((model, to)) => match mapping.insert(model.to_owned(), to.to_owned()) {
                    None => continue,
                    Some(_) => Problem::MappedTwice(model.to_owned()),
                },
            };
            self.report::<()>(place.clone(), problem);
        }
        mapping
    }
}

fn divider(text: &str) -> Result<String, Problem> {
    let options = RestOptions {
        id_divider: text.to_owned(),
        ..RestOptions::default()
    };
    match options.check() {
        Ok(()) => Ok(options.id_divider),
        Err(error) => Err(Problem::RestStyle(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Environment;
    use super::super::read::config;
    use super::*;

    fn rest(text: &str, variables: &[(&str, &str)]) -> Result<Rest, String> {
        let needed = [("AUTH_SECRET", "a"), ("DATABASE_URL", "sqlite:./a.db")];
        let environment = Environment::of(&[variables, &needed].concat());
        let config = config("hallpass.toml", text, &environment);
        config.map(|config| config.data.style).map_err(|error| {
            let troubles: Vec<String> = error.0.iter().map(ToString::to_string).collect();
            troubles.join("; ")
        })
    }

    #[test]
    fn file_and_variables_say_the_same() {
        let inline = "[data]
            nested_routes = true
            linkage = 7
            id_divider = '--'
            url_segment_charset = ' a-z%'
            model_name_mapping = { User = 'people', Todo = 'tasks' }
            external_id_mapping = { User = 'email' }";
        let headings = "[data]
            nested_routes = 'yes'
            linkage = 7
            id_divider = '--'
            url_segment_charset = ' a-z%'
            [data.model_name_mapping]
            User = 'people'
            Todo = 'tasks'
            [data.external_id_mapping]
            User = 'email'";
        let variables = [
            ("HALLPASS_DATA_NESTED_ROUTES", "true"),
            ("HALLPASS_DATA_LINKAGE", "7"),
            ("HALLPASS_DATA_ID_DIVIDER", "--"),
            ("HALLPASS_DATA_URL_SEGMENT_CHARSET", " a-z%"),
            (
                "HALLPASS_DATA_MODEL_NAME_MAPPING",
                "User=people, Todo = tasks",
            ),
            ("HALLPASS_DATA_EXTERNAL_ID_MAPPING", "User=email"),
        ];
        let map = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let pairs = pairs.map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
            pairs.collect()
        };
        let expected = RestOptions {
            nested_routes: true,
            linkage: 7.try_into().unwrap(),
            id_divider: "--".to_owned(),
            url_segment_charset: " a-z%".to_owned(),
            model_name_mapping: map(&[("User", "people"), ("Todo", "tasks")]),
            external_id_mapping: map(&[("User", "email")]),
            ..RestOptions::default()
        };
        for (text, variables) in [(inline, &[][..]), (headings, &[]), ("", &variables)] {
            assert_eq!(rest(text, variables).unwrap().options, expected, "{text}");
        }
        assert_eq!(rest("", &[]), Ok(Rest::default()));
        // The environment wins, key by key.
        let both = rest(
            inline,
            &[("HALLPASS_DATA_MODEL_NAME_MAPPING", "Team=teams")],
        );
        let options = both.unwrap().options;
        assert_eq!(options.model_name_mapping, map(&[("Team", "teams")]));
        assert_eq!(options.external_id_mapping, map(&[("User", "email")]));
    }

    #[test]
    fn what_does_not_go_with_the_schema_is_told_where_it_stands() {
        let text = "[data]\nmodel_name_mapping = { a = 'b' }\nexternal_id_mapping = { a = 'b' }";
        let rest = rest(text, &[]).unwrap();
        let unknown = |setting| RestOptionsError::UnknownModel {
            setting,
            model: "a".to_owned(),
        };
        for (error, place) in [
            (unknown("model_name_mapping"), "hallpass.toml:2:1: "),
            (unknown("external_id_mapping"), "hallpass.toml:3:1: "),
        ] {
            assert_eq!(rest.place_of(&error).to_string(), place);
        }
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let divider =
            "the divider of ids must be of one or more characters other than `%`, `/` and `,`";
        let charset = "the characters of path segments are no list such as `a-zA-Z0-9-_~ %`";
        let names = "`data.model_name_mapping` has something other than the name of a model and what it becomes";
        let keys = "`data.external_id_mapping` has something other than the name of a model and what it becomes";
        for (text, message) in [
            ("id_divider = ''", divider),
            ("id_divider = '%'", divider),
            ("id_divider = '/'", divider),
            ("id_divider = ','", divider),
            ("url_segment_charset = ''", charset),
            ("url_segment_charset = 'z-a'", charset),
            ("linkage = 0", "`0` is not a whole number above zero"),
            (
                "nested_routes = 'on'",
                "`on` is not one of `true` and `false`",
            ),
            ("model_name_mapping = 'User'", names),
            ("model_name_mapping = ['User=']", names),
            ("model_name_mapping = { User = '' }", names),
            ("external_id_mapping = '=email'", keys),
            (
                "model_name_mapping = 'User=a,User=b'",
                "`User` is mapped twice",
            ),
            ("dialect = 4", "`4` is not one of `2` and `3`"),
        ] {
            let error = rest(&format!("[data]\n{text}"), &[]).unwrap_err();
            assert_eq!(error, format!("hallpass.toml:2:1: {message}"), "{text}");
        }
        let error = rest("", &[("HALLPASS_DATA_ID_DIVIDER", "/")]).unwrap_err();
        assert_eq!(error, format!("HALLPASS_DATA_ID_DIVIDER: {divider}"));
        // A number is no name.
        let error = rest("[data]\nmodel_name_mapping = { User = [1] }", &[]).unwrap_err();
        assert_eq!(
            error,
            "hallpass.toml:2:24: `data.model_name_mapping.User` must be one text, number or boolean"
        );
    }
}
