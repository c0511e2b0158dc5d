"""The quality of the sound of a call, as the agent's page measures it by interval."""
