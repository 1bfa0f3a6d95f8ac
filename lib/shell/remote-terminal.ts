import type { ApiConnection } from '@/lib/cluster';
import type { Shell } from './shell';
import { Terminal, type TerminalOptions } from './terminal';

/** A terminal of its own at the other end of a connection. `isConnected` is asked before every keystroke; without it `lost` is the last that is seen. */
export function remoteTerminal(
  shell: Shell,
  options: Pick<TerminalOptions, 'prompt'> & { readonly isConnected?: () => boolean; readonly lost?: string; readonly greeting?: string },
): ApiConnection {
  const { prompt, isConnected = () => true, lost = '', greeting = '' } = options;
  return {
    start: (sink) => {
      let isOver = false;
      const end = (code: number) => {
        if (!isOver) sink.exit({ code });
        isOver = true;
      };
      const terminal: Terminal = new Terminal({
        shell,
        prompt,
        onOutput: (text) => {
          if (!isOver && isConnected()) sink.stdout(text);
        },
        onExit: end,
      });
      const input = (text: string) => {
        if (isConnected()) return terminal.input(text);
        terminal.close();
        if (!isOver) sink.stdout(lost);
        end(255);
      };
      if (greeting) sink.stdout(greeting);
      void terminal.start();
      return {
        stdin: input,
        closeStdin: () => input('\x04'),
        resize: (columns, rows) => terminal.resize(columns, rows),
        hangUp: () => terminal.close(),
      };
    },
  };
}
