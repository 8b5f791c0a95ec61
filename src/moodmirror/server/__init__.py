"""The mirror over HTTP and one live socket, for a page on the same machine."""
