"""What is kept of a person, why and how long; erasing it whole, and handing it out (PIPL 45-47, GDPR 15-17)."""
