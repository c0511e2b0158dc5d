"""The planner without a solver."""
