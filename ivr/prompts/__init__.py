"""The centre's spoken sentences: texts as data, telephone recordings made of them."""
