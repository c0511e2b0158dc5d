"""Plans shifts by machine: CP-SAT where it is installed, else a plain greedy planner."""
