"""What the dialplan refused for the telephone bill."""
