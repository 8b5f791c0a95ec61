/** Moods by the person's own calendar days. */

import { EXPRESSIONS, type Expression, type MoodEntry } from './types';

export interface Day {
  key: string;
  date: Date;
  entries: MoodEntry[];
}

/** Year-month-day in local time, sortable. */
export function dayKey(at: Date): string {
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

/** What counts for an entry: the person's own word before the reader's. */
export function wordOf(entry: MoodEntry): Expression | null {
  return entry.corrected ?? entry.expression;
}

/** Groups entries by day, in the order in which they come. */
export function byDay(entries: readonly MoodEntry[]): Day[] {
  const days = new Map<string, Day>();
  for (const entry of entries) {
    const date = new Date(entry.at);
    const key = dayKey(date);
    const day = days.get(key);
    if (day === undefined) days.set(key, { key, date, entries: [entry] });
    else day.entries.push(entry);
  }
  return [...days.values()];
}

/** The word said or read most often; of equals the one that comes first in the list of seven. Null where all are unclear. */
export function mostOften(entries: readonly MoodEntry[]): Expression | null {
  const counts = new Map<Expression, number>();
  for (const entry of entries) {
    const word = wordOf(entry);
    if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  let best: Expression | null = null;
  for (const expression of EXPRESSIONS) {
    if ((counts.get(expression) ?? 0) > (best === null ? 0 : (counts.get(best) ?? 0))) best = expression;
  }
  return best;
}
