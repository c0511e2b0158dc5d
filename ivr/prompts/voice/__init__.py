"""A synthetic voice that people understand: Kokoro-82M, run locally. An extra: `pip install '.[voice]'`."""
