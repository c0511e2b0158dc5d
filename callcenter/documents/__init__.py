"""Documents written as TOML and published in versions. May import web and storage; knows no kind of document."""
