import { Cluster, type ApiRequest } from '@/lib/cluster';
import { complete, kubectl, type Completion, type KubectlIo } from '@/lib/kubectl';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A person at a keyboard beside one cluster: runs kubectl in this process and lets simulated time pass while a command waits. */
export class Desk {
  readonly cluster: Cluster;
  readonly files: Record<string, string>;
  /** Answers `kubectl edit`. */
  edit: (text: string) => string | null = () => null;

  constructor(cluster: Cluster, files: Record<string, string> = {}) {
    this.cluster = cluster;
    this.files = { '/home/learner/.kube/config': kubeconfig(cluster.server), ...files };
  }

  /** `get pods -o wide`, split at spaces; or the words themselves. */
  async run(command: string | readonly string[], { stdin = '', stopAfterMs }: { stdin?: string; stopAfterMs?: number } = {}): Promise<Ran> {
    const out = { stdout: '', stderr: '' };
    const controller = new AbortController();
    if (stopAfterMs !== undefined)
      this.cluster.kernel.schedule({ delayMs: stopAfterMs, actor: 'test', what: 'Ctrl-C', run: () => controller.abort() });
    const exitCode = await this.#pump(
      kubectl(typeof command === 'string' ? command.split(' ') : command, this.#io(out, controller.signal, stdin)),
    );
    return { ...out, exitCode };
  }

  complete(words: readonly string[]): Promise<Completion> {
    return complete(words, this.#io({ stdout: '', stderr: '' }, new AbortController().signal, ''));
  }

  #io(out: { stdout: string; stderr: string }, signal: AbortSignal, stdin: string): KubectlIo {
    const { kernel } = this.cluster;
    return {
      request: (_server, request) => this.#send(request),
      stdin: async () => stdin,
      stdout: (text) => void (out.stdout += text),
      stderr: (text) => void (out.stderr += text),
      isTerminal: false,
      columns: 120,
      cwd: '/home/learner',
      env: {},
      home: '/home/learner',
      now: () => kernel.now,
      sleep: (ms) => new Promise((resolve) => void kernel.schedule({ delayMs: ms, actor: 'test', what: 'sleep', run: () => resolve() })),
      signal,
      editor: async ({ text }) => this.edit(text),
      attachTerminal: () => Promise.reject(new Error('there is no terminal')),
      files: {
        read: (path) => this.files[path] ?? '',
        write: (path, text) => void (this.files[path] = text),
        list: (path) => this.#namesIn(path),
        kind: (path) => (path in this.files ? 'file' : this.#namesIn(path).length > 0 ? 'directory' : undefined),
      },
    };
  }

  #namesIn(path: string): string[] {
    return [
      ...new Set(
        Object.keys(this.files)
          .filter((one) => one.startsWith(`${path}/`))
          .map((one) => one.slice(path.length + 1).split('/')[0] as string),
      ),
    ];
  }

  #send(request: ApiRequest) {
    return this.cluster.asAdmin('kubectl')(request);
  }

  /** One kernel entry at a time, each followed by whatever the command makes of it. */
  async #pump<T>(running: Promise<T>): Promise<T> {
    let isOver = false;
    const watched = running.finally(() => (isOver = true));
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) return watched;
      this.cluster.kernel.step();
    }
  }
}

function kubeconfig(server: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: kubernetes, cluster: {server: "${server}"}}]
contexts: [{name: learner, context: {cluster: kubernetes, user: learner}}]
users: [{name: learner, user: {token: secret}}]
current-context: learner
`;
}

export const webManifest = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        ports:
        - containerPort: 80
`;
