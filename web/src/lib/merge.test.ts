import { expect, test } from 'vitest';
import { mergeShelf } from './merge';
import type { Offer, Shelf } from './types';

const offer = (id: string): Offer => ({ item: { id, kind: 'song', title: id, line: '' }, reason: '', score: 0, links: [] });
const shelf = (...ids: string[]): Shelf => ({ kind: 'song', offers: ids.map(offer), note: null });
const ids = (one: Shelf): string[] => one.offers.map((each) => each.item.id);

test('a card that goes is replaced in its own place', () => {
  expect(ids(mergeShelf(shelf('a', 'b', 'c'), shelf('c', 'd', 'a'), () => false))).toEqual(['a', 'd', 'c']);
});

test('what is to be kept stays even when the server left it out', () => {
  expect(ids(mergeShelf(shelf('a', 'b', 'c'), shelf('d', 'e', 'f'), (one) => one.item.id === 'b'))).toEqual(['d', 'b', 'e']);
});

test('a shorter answer leaves no gaps, and no card comes twice', () => {
  expect(ids(mergeShelf(shelf('a', 'b', 'c'), shelf('c'), () => false))).toEqual(['c']);
  expect(ids(mergeShelf(shelf('a'), shelf('b', 'a', 'c'), () => false))).toEqual(['a', 'b', 'c']);
});
