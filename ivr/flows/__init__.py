"""Reception flows: what a line's callers hear and press, as data. One TOML file is one flow."""
