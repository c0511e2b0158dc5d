"""Personal data: what is kept, why and how long; erasure and copies (PIPL 45-47, GDPR 15-17)."""
