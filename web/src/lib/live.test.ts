import { expect, test } from 'vitest';
import { pauseBefore } from './live';

test('pauses double up to eight seconds, with at most a fifth of chance on top', () => {
  expect([0, 1, 2, 3, 4, 9].map((attempt) => pauseBefore(attempt, 0))).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
  expect(pauseBefore(9, 1)).toBeCloseTo(9600);
});
