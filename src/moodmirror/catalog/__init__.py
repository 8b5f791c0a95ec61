"""What can be offered: items, the starter catalogue, and ways in for one's own."""
