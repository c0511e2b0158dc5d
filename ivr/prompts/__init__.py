"""The centre's prompts: texts as data, and telephone recordings generated from them."""
