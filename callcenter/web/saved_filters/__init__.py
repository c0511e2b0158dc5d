"""Named filters of lists, of one person or shared with roles."""
