"""Which step a case may take, from where, and by whom (K3, K4)."""
