"""Rule flags as evidence, never verdicts. May import calls, agents, web, storage."""
