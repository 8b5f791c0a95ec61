"""What to offer for a mood: lanes, filters, taste, ranking, reasons."""
