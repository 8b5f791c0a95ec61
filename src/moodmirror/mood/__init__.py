"""Scores to a mood: valence and arousal, settling over time, the rule for 'unclear'."""
