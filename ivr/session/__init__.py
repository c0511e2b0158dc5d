"""The session of one caller in a flow: a pure state machine."""
