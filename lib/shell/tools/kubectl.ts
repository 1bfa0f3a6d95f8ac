import type { ApiConnection, ApiRequest, ApiResponse } from '@/lib/cluster';
import { complete, kubectl, type KubectlFiles, type KubectlIo } from '@/lib/kubectl';
import type { MachineFileSystem } from '../file-system';
import { defineTool, type CompletionContext, type Tool, type ToolContext } from '../tool';

/** A request to the API server at an address, as from this machine. Throws `ConnectionError` when nobody answers. */
export type Dial = (server: string, request: ApiRequest, kubeconfig: string) => ApiResponse;

/** Answers on a port of this machine's own; undefined when it is taken. */
export type Listen = NonNullable<KubectlIo['listen']>;

export function createKubectl(dial: Dial, now: () => number, listen?: Listen): Tool {
  return defineTool({
    name: 'kubectl',
    summary: 'control the cluster; kubectl --help lists what it does',
    run: (context) => kubectl(context.args, { ...ioOf(dial, context), ...(listen ? { listen } : {}) }),
    async complete(args, context) {
      const found = await complete(args, quietIo(dial, context, now));
      const candidates = found.candidates ?? [];
      return {
        from: 0,
        candidates: candidates.map((text) => ({ text, ...(text.endsWith('=') || text.endsWith('/') ? { isPartial: true } : {}) })),
      };
    },
  });
}

function ioOf(dial: Dial, context: ToolContext): KubectlIo {
  const { args: _, home, cwd, env, signal, columns } = context;
  return {
    ...placeOf(dial, { cwd, env, home, files: context.files }),
    signal,
    columns,
    isTerminal: context.isTerminal && context.keyboard !== undefined,
    stdin: () => context.stdin(),
    stdout: (text) => context.stdout(text),
    stderr: (text) => context.stderr(text),
    now: () => context.now(),
    sleep: (ms) => context.sleep(ms),
    editor: (request) => context.editor(request),
    attachTerminal: (connection, options) => attach(context, connection, options),
  };
}

function attach(
  context: ToolContext,
  connection: ApiConnection,
  options: { readonly stdin: boolean },
): Promise<{ code: number; message?: string }> {
  if (context.keyboard) return context.keyboard.attach(connection, options);
  return new Promise((resolve) => {
    const process = connection.start({ stdout: context.stdout, stderr: context.stderr, exit: resolve });
    context.signal.addEventListener('abort', () => process.hangUp());
  });
}

/** For completion: nothing is printed and nothing waits. */
function quietIo(dial: Dial, { cwd, env, files }: CompletionContext, now: () => number): KubectlIo {
  const refuse = (): never => {
    throw new Error('completion does not do this');
  };
  return {
    ...placeOf(dial, { cwd, env, files, home: env['HOME'] ?? '/' }),
    signal: new AbortController().signal,
    columns: 80,
    isTerminal: false,
    stdin: () => Promise.resolve(''),
    stdout: () => undefined,
    stderr: () => undefined,
    now,
    sleep: refuse,
    editor: refuse,
    attachTerminal: refuse,
  };
}

function placeOf(
  dial: Dial,
  { cwd, env, home, files }: { cwd: string; env: Readonly<Record<string, string>>; home: string; files: MachineFileSystem },
): Pick<KubectlIo, 'request' | 'files' | 'cwd' | 'env' | 'home'> {
  const path = (env['KUBECONFIG'] ?? '').split(':').find(Boolean) ?? `${home}/.kube/config`;
  return {
    cwd,
    env,
    home,
    files: filesOf(files),
    request: (server, request) => dial(server, request, files.findText(files.resolvePath(cwd, path)) ?? ''),
  };
}

function filesOf(files: MachineFileSystem): KubectlFiles {
  return {
    read: (path) => files.readText(path),
    write: (path, text) => files.writeText(path, text),
    list: (path) => files.listDirectory(path),
    kind: (path) => files.kindOf(path),
  };
}
