"""What an agent writes about a call (W1, W2), and the tree of reasons that it names."""
