import type { EditorRequest } from '@/lib/realtime/events';
import type { SessionMessage } from './hosted-session';

interface Open {
  readonly request: EditorRequest;
  resolve(text: string | null): void;
}

/** Commands that wait for the learner's editor; the page has one, so they take turns. */
export class Editors {
  readonly #tell: (message: SessionMessage) => void;
  #open: Open[] = [];
  #count = 0;

  constructor(tell: (message: SessionMessage) => void) {
    this.#tell = tell;
  }

  get current(): EditorRequest | null {
    return this.#open[0]?.request ?? null;
  }

  /** Resolves with what was saved, or null when the editor was closed without saving or the command interrupted. */
  open({ title, text }: { title: string; text: string }, signal: AbortSignal): Promise<string | null> {
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((resolve) => {
      const request: EditorRequest = { id: `edit-${++this.#count}`, title, text };
      const onAbort = (): void => this.#end(request.id, null);
      signal.addEventListener('abort', onAbort);
      this.#open.push({ request, resolve: (saved) => (signal.removeEventListener('abort', onAbort), resolve(saved)) });
      if (this.#open.length === 1) this.#tell({ name: 'editor:open', payload: request });
    });
  }

  /** The page's answer; one that comes too late is for nobody. */
  close(id: string, text: string | null): void {
    this.#end(id, text);
  }

  #end(id: string, text: string | null): void {
    const ended = this.#open.find(({ request }) => request.id === id);
    if (!ended) return;
    const wasCurrent = this.#open[0] === ended;
    this.#open = this.#open.filter((one) => one !== ended);
    this.#tell({ name: 'editor:gone', payload: { id } });
    if (wasCurrent && this.#open[0]) this.#tell({ name: 'editor:open', payload: this.#open[0].request });
    ended.resolve(text);
  }
}
