"""What it does to each line and each skill when one agent is away from the desk now: "1002 to lunch"."""
