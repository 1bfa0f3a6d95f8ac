import type { ApiConnection, KubeObject } from '@/lib/cluster';
import type { Context } from '../context';
import { pathOf } from '../discovery';
import { Exit } from '../errors';
import { defaultContainer } from './containers';
import { podsResource } from './find-pod';

export interface StreamOptions {
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** Joins the running process of a container. */
export async function attachTo(
  context: Context,
  pod: KubeObject,
  options: StreamOptions & { readonly isQuiet: boolean; readonly container?: string },
): Promise<void> {
  const container = options.container || defaultContainer(context, pod, { isLoud: !options.isQuiet });
  const isTty = options.tty && context.io.isTerminal;
  if (!options.isQuiet && options.stdin) {
    context.warn(
      'All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n',
    );
    if (isTty) context.warn("If you don't see a command prompt, try pressing enter.\n");
  }
  const path = pathOf(await podsResource(context), pod.metadata.namespace, pod.metadata.name, 'attach');
  const connection = await context.client.connect(path, {
    container,
    stdin: options.stdin || undefined,
    stdout: true,
    stderr: isTty ? undefined : true,
    tty: isTty || undefined,
  });
  await converse(context, connection, { stdin: options.stdin, tty: isTty });
}

/** The whole log of a container that has ended already. */
export async function streamLogs(
  context: Context,
  pod: KubeObject,
  container = defaultContainer(context, pod, { isLoud: false }),
): Promise<void> {
  const path = pathOf(await podsResource(context), pod.metadata.namespace, pod.metadata.name, 'log');
  for await (const chunk of context.client.stream(path, { query: { container } })) context.out(String(chunk));
}

/** Pipes a connection to the terminal or to the streams of this command; resolves with how the process ended. */
export function converse(
  context: Context,
  connection: ApiConnection,
  { stdin, tty }: StreamOptions,
): Promise<{ readonly code: number; readonly message?: string }> {
  if (tty) return context.io.attachTerminal(connection, { stdin });
  return pipe(context, connection, stdin);
}

async function pipe(
  context: Context,
  connection: ApiConnection,
  hasStdin: boolean,
): Promise<{ readonly code: number; readonly message?: string }> {
  const { io } = context;
  let onAbort = () => {};
  const ended = new Promise<{ code: number; message?: string }>((resolve, reject) => {
    const process = connection.start({ stdout: (text) => io.stdout(text), stderr: (text) => io.stderr(text), exit: resolve });
    onAbort = () => (process.hangUp(), reject(new Exit(130)));
    io.signal.addEventListener('abort', onAbort);
    if (hasStdin) void io.stdin().then((text) => (process.stdin(text), process.closeStdin()));
    else process.closeStdin();
  });
  try {
    return await ended;
  } finally {
    io.signal.removeEventListener('abort', onAbort);
  }
}
