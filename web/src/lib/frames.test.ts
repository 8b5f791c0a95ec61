import { expect, test } from 'vitest';
import { nextWidth } from './frames';
import type { BBox } from './types';

const face = (share: number, width: number): BBox => [0, 0, share * width, share * width];

test('a large face is sent small, a small face large', () => {
  expect(nextWidth(face(0.5, 480), 480)).toBe(320);
  expect(nextWidth(face(0.25, 480), 480)).toBe(480);
  expect(nextWidth(face(0.1, 480), 480)).toBe(640);
});

test('the size holds still for a face between two thresholds', () => {
  expect(nextWidth(face(0.33, 320), 320)).toBe(320);
  expect(nextWidth(face(0.33, 480), 480)).toBe(480);
  expect(nextWidth(face(0.18, 640), 640)).toBe(640);
});

test('without a face, small frames grow, for the face may have moved away', () => {
  expect(nextWidth(null, 320)).toBe(480);
  expect(nextWidth(null, 480)).toBe(480);
});
