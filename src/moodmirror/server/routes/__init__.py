"""The HTTP routes, one module a subject. Thin: what they do is done by the mirror, the store and the mind."""
