/** The server's HTTP interface, typed. Every failure is an {@link ApiError} whose message can be shown as it is. */

import { t } from './i18n';
import type {
  About,
  FeedbackEntry,
  FeedbackRequest,
  MoodEntry,
  MoodPage,
  NewMood,
  Offers,
  OffersRequest,
  PhotoReading,
  Settings,
} from './types';

export const PHOTO_TYPES = ['image/jpeg', 'image/png', 'image/webp'];
export const MAX_PHOTO_BYTES = 10 * 1024 * 1024;

const BASE = '/api/v1';

export class ApiError extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

interface ErrorBody {
  error?: { type?: unknown; message?: unknown };
}

async function failure(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as ErrorBody | null;
  const type = typeof body?.error?.type === 'string' ? body.error.type : 'ServerError';
  const message = typeof body?.error?.message === 'string' ? body.error.message : t.errors.server(response.status);
  return new ApiError(type, message, response.status);
}

async function call(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const init: RequestInit = { method, signal: signal ?? null, credentials: 'same-origin' };
  if (body instanceof FormData) init.body = body;
  else if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  let response: Response;
  try {
    response = await fetch(BASE + path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new ApiError('Unreachable', t.errors.unreachable, 0);
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function json<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return (await (await call(method, path, body, signal)).json()) as T;
}

/** Sentence for whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : t.errors.unexpected;
}

export const api = {
  exportUrl: `${BASE}/export`,
  exportCsvUrl: `${BASE}/export/moods.csv`,

  about: () => json<About>('GET', '/about'),

  readPhoto(photo: Blob): Promise<PhotoReading> {
    const form = new FormData();
    form.append('photo', photo, 'photo');
    return json('POST', '/read', form);
  },

  addMood: (mood: NewMood) => json<MoodEntry>('POST', '/moods', mood),
  changeMood: (id: number, change: Partial<Pick<MoodEntry, 'corrected' | 'note'>>) =>
    json<MoodEntry>('PATCH', `/moods/${id}`, change),
  removeMood: async (id: number): Promise<void> => void (await call('DELETE', `/moods/${id}`)),

  moods(query: { since?: string; until?: string; limit?: number; before_id?: number } = {}): Promise<MoodPage> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    return json('GET', `/moods?${search}`);
  },

  offers: (request: OffersRequest, signal?: AbortSignal) => json<Offers>('POST', '/offers', request, signal),

  sendFeedback: (feedback: FeedbackRequest) => json<FeedbackEntry>('POST', '/feedback', feedback),
  feedback: async () => (await json<{ feedback: FeedbackEntry[] }>('GET', '/feedback')).feedback,
  undoFeedback: async (itemId: string): Promise<void> =>
    void (await call('DELETE', `/feedback/${encodeURIComponent(itemId)}`)),

  settings: () => json<Settings>('GET', '/settings'),
  saveSettings: (settings: Settings) => json<Settings>('PUT', '/settings', settings),

  importData: (document: unknown) =>
    json<{ moods: number; feedback: number; items: number }>('POST', '/import', document),
  deleteEverything: () => json<{ deleted: Record<string, number> }>('DELETE', '/data'),
};
