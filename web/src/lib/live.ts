/** The live socket: at most one unanswered frame, and a new try with growing pauses when the line breaks. */

import type { ClientMessage, ServerMessage } from './types';

export type LinkStatus = 'closed' | 'connecting' | 'open' | 'reconnecting';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const ANSWER_TIMEOUT_MS = 5000;

/** Pause before the n-th new try (0, 1, …): doubling, with up to a fifth of chance so that many pages do not knock together. */
export function pauseBefore(attempt: number, chance: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt) * (1 + chance / 5);
}

function liveUrl(): string {
  const url = new URL('/api/v1/live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return url.href;
}

export class LiveLink {
  #socket: WebSocket | null = null;
  #attempt = 0;
  #timer = 0;
  #sentAt: number | null = null;

  /** `onAnswer` gets how long the last frame waited, milliseconds. */
  constructor(
    readonly on: {
      message: (message: ServerMessage) => void;
      status: (status: LinkStatus) => void;
      answer: (tookMs: number) => void;
    },
  ) {}

  open(): void {
    this.on.status('connecting');
    this.#connect();
  }

  close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#sentAt = null;
    this.#attempt = 0;
    socket?.close(1000);
    this.on.status('closed');
  }

  /** Whether a frame may go out now. An answer that never came is given up after some seconds. */
  get free(): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    return this.#sentAt === null || performance.now() - this.#sentAt > ANSWER_TIMEOUT_MS;
  }

  send(message: ClientMessage): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  sendFrame(frame: Blob): void {
    if (!this.free) return;
    this.#sentAt = performance.now();
    this.#socket?.send(frame);
  }

  #connect(): void {
    const socket = new WebSocket(liveUrl());
    this.#socket = socket;
    this.#sentAt = null;
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return;
      this.send({ type: 'start', reads: 'server' });
      this.on.status('open');
    });
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#receive(JSON.parse(String(event.data)) as ServerMessage);
    });
    socket.addEventListener('close', () => {
      if (socket === this.#socket) this.#retry();
    });
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'state' || message.type === 'error') {
      if (message.type === 'state') {
        this.#attempt = 0; // only an answered frame proves that the line holds
        if (this.#sentAt !== null) this.on.answer(performance.now() - this.#sentAt);
      }
      this.#sentAt = null;
    }
    this.on.message(message);
  }

  #retry(): void {
    this.on.status('reconnecting');
    this.#timer = window.setTimeout(() => this.#connect(), pauseBefore(this.#attempt, Math.random()));
    this.#attempt += 1;
  }
}
