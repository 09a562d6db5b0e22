//! Which kind of client or server speaks (Java: `LanguageCode`).

/// The language of a peer. The discriminant is its byte in the binary header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Language {
    /// The default of Java's own commands, and what a header that names none means.
    #[default]
    Java = 0,
    /// The old C++ client; it takes JSON headers only.
    Cpp = 1,
    /// `DOTNET`.
    DotNet = 2,
    /// `PYTHON`.
    Python = 3,
    /// `DELPHI`.
    Delphi = 4,
    /// `ERLANG`.
    Erlang = 5,
    /// `RUBY`.
    Ruby = 6,
    /// Every language this list does not know.
    Other = 7,
    /// `HTTP`.
    Http = 8,
    /// `GO`.
    Go = 9,
    /// `PHP`.
    Php = 10,
    /// Open Messaging.
    Oms = 11,
    /// `RUST`, known to Java since 4.9.
    Rust = 12,
    /// `NODE_JS`, known to Java since 5.3.
    NodeJs = 13,
}

const ALL: &[(Language, &str)] = &[
    (Language::Java, "JAVA"),
    (Language::Cpp, "CPP"),
    (Language::DotNet, "DOTNET"),
    (Language::Python, "PYTHON"),
    (Language::Delphi, "DELPHI"),
    (Language::Erlang, "ERLANG"),
    (Language::Ruby, "RUBY"),
    (Language::Other, "OTHER"),
    (Language::Http, "HTTP"),
    (Language::Go, "GO"),
    (Language::Php, "PHP"),
    (Language::Oms, "OMS"),
    (Language::Rust, "RUST"),
    (Language::NodeJs, "NODE_JS"),
];

impl Language {
    /// The language of a byte of the binary header; unknown bytes are [`Language::Other`].
    pub fn from_byte(byte: u8) -> Self {
        let found = ALL.iter().find(|(language, _)| language.byte() == byte);
        found.map_or(Self::Other, |(language, _)| *language)
    }

    /// The language of a name in a JSON header; unknown names are [`Language::Other`].
    pub fn from_name(name: &str) -> Self {
        let found = ALL.iter().find(|(_, known)| *known == name);
        found.map_or(Self::Other, |(language, _)| *language)
    }

    /// Its byte in the binary header.
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// Its name in a JSON header and in connection lists.
    pub fn name(self) -> &'static str {
        let found = ALL.iter().find(|(language, _)| *language == self);
        found.map_or("OTHER", |(_, name)| *name)
    }
}
