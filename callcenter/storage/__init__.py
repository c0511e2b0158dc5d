"""Engine, base, unit of work, durable jobs and migrations. Imports no subject package."""
