import { io, type Socket } from 'socket.io-client';
import type { AnswerOf, QuestionOf, SessionMessage } from '@/lib/labs/hosted-session';
import type { Answer, ClientMessages, JoinResult, ServerMessages } from './events';

/** `live` means that everything typed has been or will be applied. */
export type Connection = 'connecting' | 'live' | 'reconnecting' | 'refused';

export interface SandboxListener {
  onConnection(connection: Connection, reason?: string): void;
  /** Again after every reconnect, restore and reset. */
  onJoin(state: JoinResult): void;
  onMessage(message: SessionMessage): void;
}

export interface SandboxConnection {
  /** Rejects with a sentence for the learner. Waits for the connection when there is none just now. */
  ask<Name extends keyof ClientMessages>(name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>>;
  /** Keystrokes: kept until the server says that their effect is saved, and sent again after a drop. */
  type(terminal: string, text: string): void;
  /** Connects with the first listener and disconnects after the last. */
  listen(listener: SandboxListener): () => void;
}

interface Keystrokes {
  readonly terminal: string;
  readonly sequence: number;
  readonly text: string;
}

const serverMessages = [
  'terminal:output',
  'terminal:closed',
  'cluster:view',
  'clock:state',
  'history:state',
  'checks:state',
  'files:state',
  'editor:open',
  'editor:gone',
  'sandbox:status',
  'sandbox:notice',
] as const satisfies readonly (keyof ServerMessages)[];
const answerWithinMs = 60_000;
const joinAgainMs = 1_000;

/** The page's end of a sandbox. Framework-free: a store listens, components read the store. */
export function connectSandbox(sandboxId: string, url?: string): SandboxConnection {
  return new Connected(sandboxId, url);
}

type SandboxSocket = Socket<ServerMessages, ClientMessages>;

let ready: SandboxSocket | undefined;

/** Connects before it is known which sandbox will be wanted, so that the next `connectSandbox` need not. The visitor must be signed in, if only as a guest. */
export function connectAhead(): void {
  ready ??= openSocket().connect();
}

function openSocket(url?: string): SandboxSocket {
  const options = { autoConnect: false, transports: ['websocket', 'polling'], reconnectionDelay: 300, reconnectionDelayMax: 3_000 };
  return url === undefined ? io(options) : io(url, options);
}

/** The one that waits, or a new one. */
function takeSocket(url: string | undefined): SandboxSocket {
  const waiting = url === undefined ? ready : undefined;
  ready = waiting ? undefined : ready;
  return waiting ?? openSocket(url);
}

class Connected implements SandboxConnection {
  readonly #sandboxId: string;
  readonly #socket: SandboxSocket;
  readonly #listeners = new Set<SandboxListener>();
  /** Names this page to the server, so that two tabs do not take each other's keystrokes for their own. */
  readonly #page = pageName();
  /** Its name where it had to take another. */
  readonly #pages = new Map<string, string>();
  readonly #ends = new Map<string, number>();
  readonly #interruptions = new Map<string, number>();
  #incarnation: number | undefined;
  readonly #sequences = new Map<string, number>();
  #unsaved: Keystrokes[] = [];
  #connection: Connection = 'connecting';
  #isJoined = false;
  #waiting: (() => void)[] = [];

  constructor(sandboxId: string, url: string | undefined) {
    this.#sandboxId = sandboxId;
    this.#socket = takeSocket(url);
    this.#socket.on('connect', () => void this.#join());
    this.#socket.on('disconnect', (reason) => this.#dropped(reason));
    this.#socket.on('connect_error', (error) => this.#refused(error));
    for (const name of serverMessages)
      this.#socket.on(name, ((payload: never) => this.#hear({ name, payload } as SessionMessage)) as never);
  }

  listen(listener: SandboxListener): () => void {
    this.#listeners.add(listener);
    listener.onConnection(this.#connection);
    if (this.#socket.connected) void this.#join();
    else this.#socket.connect();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#socket.disconnect();
    };
  }

  async ask<Name extends keyof ClientMessages>(name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>> {
    if (!this.#isJoined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (name === 'terminal:resize' || name === 'terminal:close') {
      this.#socket.emit(name, ...([request] as never));
      return null as AnswerOf<Name>;
    }
    const value = await this.#send(name, request);
    if (name === 'sandbox:reset') this.#joined(value as JoinResult);
    return value;
  }

  type(terminal: string, text: string): void {
    for (let from = 0; from < text.length; from += keystrokesMax) {
      const sequence = (this.#sequences.get(terminal) ?? 0) + 1;
      this.#sequences.set(terminal, sequence);
      const keystrokes = { terminal, sequence, text: text.slice(from, from + keystrokesMax) };
      this.#unsaved.push(keystrokes);
      if (this.#isJoined) this.#sendKeystrokes(keystrokes);
    }
  }

  async #send<Name extends keyof ClientMessages>(name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>> {
    const emit = this.#socket.timeout(answerWithinMs).emitWithAck as (name: string, request: unknown) => Promise<Answer<AnswerOf<Name>>>;
    const answer = await emit.call(this.#socket.timeout(answerWithinMs), name, request);
    if (!answer.ok) throw new Error(answer.error);
    return answer.value;
  }

  /** An answer means saved. No answer means that it is sent again after the next join; the server knows what it has applied. */
  #sendKeystrokes(keystrokes: Keystrokes): void {
    this.#send('terminal:input', { ...keystrokes, page: this.#pages.get(keystrokes.terminal) ?? this.#page }).then(
      () => this.#drop(keystrokes),
      (error: unknown) => this.#unapplied(keystrokes, error instanceof Error ? error.message : String(error)),
    );
  }

  /** What can never be applied goes; for anything else the sandbox is joined again, and what is unsaved is sent again in order. */
  #unapplied(keystrokes: Keystrokes, error: string): void {
    if (/no terminal|over a shoulder|not understood/i.test(error)) return this.#drop(keystrokes);
    if (!this.#isJoined || !this.#socket.connected) return;
    this.#isJoined = false;
    setTimeout(() => void this.#join(), joinAgainMs);
  }

  #drop(keystrokes: Keystrokes): void {
    this.#unsaved = this.#unsaved.filter((one) => one !== keystrokes);
  }

  async #join(): Promise<void> {
    this.#isJoined = false;
    if (!this.#socket.connected) return;
    try {
      const known = this.#incarnation === undefined ? {} : { terminals: Object.fromEntries(this.#ends), incarnation: this.#incarnation };
      this.#joined(await this.#send('sandbox:join', { sandboxId: this.#sandboxId, ...known }));
    } catch (error) {
      this.#joinFailed(error instanceof Error ? error.message : String(error));
    }
  }

  #joined(state: JoinResult): void {
    const isNew = state.incarnation !== this.#incarnation;
    if (isNew) this.#forget();
    this.#incarnation = state.incarnation;
    for (const { terminal, offset, text, interruptedAt = -1 } of state.terminals) {
      if (!isNew && interruptedAt > (this.#interruptions.get(terminal) ?? -1)) this.#forgetTyped(terminal);
      this.#interruptions.set(terminal, interruptedAt);
      this.#ends.set(terminal, offset + text.length);
    }
    this.#isJoined = true;
    for (const listener of this.#listeners) listener.onJoin(state);
    this.#connect('live');
    for (const keystrokes of this.#unsaved) this.#sendKeystrokes(keystrokes);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** After a reset nothing of before is there: neither output nor keystrokes count on. */
  #forget(): void {
    this.#ends.clear();
    this.#interruptions.clear();
    if (this.#incarnation === undefined) return;
    this.#sequences.clear();
    this.#unsaved = [];
  }

  /**
   * What was typed to a program that is no more is not meant for the prompt in its place. The server waits for those keystrokes: it does
   * not for those of a page that it has never heard of.
   */
  #forgetTyped(terminal: string): void {
    const kept = this.#unsaved.filter((one) => one.terminal !== terminal);
    if (kept.length === this.#unsaved.length) return;
    this.#unsaved = kept;
    this.#pages.set(terminal, pageName());
  }

  /** Another server may still hold it, or it is just being restored: that passes. What is not ours does not. */
  #joinFailed(reason: string): void {
    if (!this.#socket.connected) return;
    if (/no such sandbox/i.test(reason)) return this.#connect('refused', reason);
    this.#connect('reconnecting', reason);
    setTimeout(() => this.#socket.connected && void this.#join(), joinAgainMs);
  }

  #dropped(reason: string): void {
    this.#isJoined = false;
    if (this.#listeners.size === 0) return this.#connect('connecting');
    this.#connect('reconnecting');
    // The server ends connections when it stops; the next one is for us to make.
    if (reason === 'io server disconnect') setTimeout(() => this.#listeners.size > 0 && this.#socket.connect(), joinAgainMs);
  }

  /** `active` means that socket.io tries again by itself: nobody was there. Otherwise somebody said no. */
  #refused(error: Error): void {
    if (this.#socket.active) this.#connect(this.#incarnation === undefined ? 'connecting' : 'reconnecting');
    else this.#connect('refused', error.message);
  }

  #hear(message: SessionMessage): void {
    if (message.name === 'terminal:output') this.#ends.set(message.payload.terminal, message.payload.offset + message.payload.text.length);
    if (message.name === 'terminal:closed') this.#ends.delete(message.payload.terminal);
    for (const listener of this.#listeners) listener.onMessage(message);
    if (message.name === 'sandbox:status') this.#statusChanged(message.payload.type);
  }

  /** What ran again after a restore or a reset is joined again: its state is not the one we know. */
  #statusChanged(type: 'starting' | 'running' | 'restoring' | 'stopped'): void {
    if (type === 'running') void this.#join();
    else this.#isJoined = false;
  }

  #connect(connection: Connection, reason?: string): void {
    this.#connection = connection;
    for (const listener of this.#listeners) listener.onConnection(connection, reason);
  }
}

const keystrokesMax = 16 << 10;

/** `crypto.randomUUID` is only there on https and localhost; a class may well share a site over plain http. */
function pageName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
