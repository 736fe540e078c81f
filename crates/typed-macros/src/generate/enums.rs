//! Enums.

use hallpass_zmodel::schema::Enum;

use super::text::{docs, say};
use crate::names::{Clash, Scope, camel};

pub(super) fn write(code: &mut String, item: &Enum) -> Result<(), Clash> {
    let name = camel(&item.name);
    let mut scope = Scope::default();
    docs(
        code,
        item.doc.as_deref(),
        &format!("`enum {}` of the schema.", item.name),
    );
    say!(
        code,
        "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)] pub enum {name} {{"
    );
    for member in &item.members {
        let variant = camel(&member.name);
        scope.take(
            &variant,
            format!("member `{}` of enum `{}`", member.name, item.name),
        )?;
        docs(code, member.doc.as_deref(), &format!("`{}`", member.name));
        say!(code, "{variant},");
    }
    say!(
        code,
        "}} impl __t::Enumeration for {name} {{ const ALL: &'static [Self] = &["
    );
    for member in &item.members {
        say!(code, "Self::{},", camel(&member.name));
    }
    say!(code, "]; fn name(self) -> &'static str {{ match self {{");
    for member in &item.members {
        say!(code, "Self::{} => {:?},", camel(&member.name), member.name);
    }
    say!(code, "}} }} }}");
    say!(
        code,
        "impl __t::FieldValue for {name} {{
            const EXPECTED: &'static str = \"member of its enum\";
            fn from_value(value: __t::Value) -> ::std::option::Option<Self> {{ __t::member_of_value(&value) }}
            fn from_json(json: __t::Json) -> ::std::option::Option<Self> {{ __t::member_of_json(&json) }}
            fn into_arg(self) -> __t::ArgValue {{ __t::ArgValue::Text(__t::Enumeration::name(self).to_owned()) }}
            fn show<S: __t::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {{
                serializer.serialize_str(__t::Enumeration::name(*self))
            }}
        }}
        impl __t::Scalar for {name} {{}}
        impl __t::Listed for {name} {{}}
        impl __t::Sorted for {name} {{}}
        impl __t::serde::Serialize for {name} {{
            fn serialize<S: __t::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {{
                __t::FieldValue::show(self, serializer)
            }}
        }}"
    );
    Ok(())
}
