import type { AnswerOf, QuestionOf, SessionMessage } from '@/lib/labs/hosted-session';
import type { ClientMessages, JoinResult } from '@/lib/realtime/events';

/** How the page stands with its sandbox. `live` means that everything typed has been or will be applied. */
export type Connection = 'connecting' | 'live' | 'reconnecting' | 'refused';

/** Everything the workspace needs of a sandbox, wherever it runs: on the server behind Socket.IO, or in the page itself. */
export interface SandboxLink {
  ask<Name extends keyof ClientMessages>(name: Name, request: QuestionOf<Name>): Promise<AnswerOf<Name>>;
  /** Keystrokes. Kept and sent again after a drop, so nothing typed is lost. */
  type(terminal: string, text: string): void;
  /** What the sandbox tells, in order, until the returned function is called. A join is told again after every reconnect. */
  listen(listener: LinkListener): () => void;
}

export interface LinkListener {
  onConnection(connection: Connection, reason?: string): void;
  onJoin(state: JoinResult): void;
  onMessage(message: SessionMessage): void;
}
