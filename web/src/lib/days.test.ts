import { expect, test } from 'vitest';
import { byDay, mostOften } from './days';
import type { Expression, MoodEntry } from './types';

function entry(at: Date, expression: Expression | null, corrected: Expression | null = null): MoodEntry {
  const rest = { source: 'camera', probabilities: {}, confidence: 0.8, note: null, valence: 0, arousal: 0 } as const;
  return { id: at.getTime(), at: at.toISOString(), expression, corrected, ...rest };
}

test('moods are grouped by the days of the person’s own clock', () => {
  const late = new Date(2026, 4, 3, 23, 59);
  const early = new Date(2026, 4, 4, 0, 1);
  expect(byDay([entry(early, 'happy'), entry(late, 'sad')]).map((day) => day.key)).toEqual(['2026-05-04', '2026-05-03']);
});

test('a day is marked with what was said or read most often, and one’s own word counts first', () => {
  const at = new Date(2026, 4, 3, 12);
  expect(mostOften([entry(at, 'happy', 'sad'), entry(at, 'sad'), entry(at, 'happy')])).toBe('sad');
  expect(mostOften([entry(at, null)])).toBeNull();
});
