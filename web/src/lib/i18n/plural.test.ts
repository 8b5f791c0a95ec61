import { expect, test } from 'vitest';
import { plurals } from './plural';

test('each language counts by its own rules', () => {
  const english = plurals('en');
  expect(english(1, { one: '# mood', other: '# moods' })).toBe('1 mood');
  expect(english(1200, { one: '# mood', other: '# moods' })).toBe('1,200 moods');
  const polish = plurals('pl');
  expect([1, 3, 5].map((n) => polish(n, { one: 'nastrój', few: 'nastroje', other: 'nastrojów' }))).toEqual(['nastrój', 'nastroje', 'nastrojów']);
});
