"""Speed, memory and size, measured; `python -m benchmarks [NAME...]` writes benchmarks/results/NAME.json."""
