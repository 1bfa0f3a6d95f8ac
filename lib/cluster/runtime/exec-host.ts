import type { ApiConnection } from '../api';
import type { ContainerView } from './cri';

/** A command a person wants to run in a container and talk to. */
export interface ExecRequest extends ContainerView {
  readonly argv: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  /**
   * Runs one of the container's own programs beside it, as a shell there would: `write` is called as it prints, `onExit` once.
   * Throws `CriError` when there is no such program.
   */
  run(
    argv: readonly string[],
    options: { stdin?: string; write: (stream: 'stdout' | 'stderr', text: string) => void; onExit: (code: number) => void },
  ): { signal(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void };
}

/**
 * Whoever can run an interactive shell over a container's files, environment and network (lib/shell). The runtime itself runs
 * the container's programs only, which read no terminal.
 */
export interface ExecHost {
  /** Whether this command is one it runs: a shell without a script, or one of the image's `tools`. */
  accepts(request: ExecRequest): boolean;
  start(request: ExecRequest): ApiConnection;
}
