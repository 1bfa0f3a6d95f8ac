import type { SandboxHost } from '@/lib/sandbox/host';

/** Who works in a sandbox while its server is killed. Each writes a number to its three keys, the second when the first is written, and so on. */
export interface CrashClient {
  /** The numbers that are there. Throws where something is there that cannot be. */
  read(): Promise<readonly [number, number, number]>;
  /** Resolves when all three were answered; each is told when it was, also the number that somebody was shown who only looked. */
  write(number: number, answered: Answered): Promise<void>;
  /** Where to go on. */
  next(found: number): number;
}

type Answered = (key: 1 | 2 | 3, number: number) => void;

/** What no server that is killed or taken over may bring about. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
}

/** What the person at a keyboard remembers of a server that was killed. */
export interface Typed {
  /** The newest number that was typed. */
  readonly number: number;
  /** How far keystrokes went out, and those nobody has acknowledged. */
  readonly sequence: number;
  readonly unacknowledged: readonly { readonly sequence: number; readonly text: string }[];
}

export interface TerminalLog {
  typed(sequence: number, text: string): void;
  acknowledged(sequence: number): void;
  shown(offset: number, text: string): void;
  /** What a page gets that joins. */
  screen(offset: number, text: string): void;
}

export interface ClientOptions {
  readonly host: SandboxHost;
  readonly sandboxId: string;
  readonly name: string;
}

const configMaps = '/api/v1/namespaces/default/configmaps';
const apply = { 'content-type': 'application/apply-patch+yaml' };

function configMap(name: string, number: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { number: String(number) },
  });
}

/** From a real API server the object, from a stub the text that was written. */
async function readConfigMap({ host, sandboxId }: ClientOptions, name: string): Promise<number> {
  const { body } = await host.api(sandboxId, { method: 'GET', url: `${configMaps}/${name}`, headers: {} });
  const parsed = JSON.parse(String(body)) as { data?: { number: string }; value?: string | null };
  const { data } = typeof parsed.value === 'string' ? (JSON.parse(parsed.value) as typeof parsed) : parsed;
  return Number(data?.number ?? 0);
}

/** An outside client of the API, which sends all three without waiting in between. */
export function outsideClient(options: ClientOptions): CrashClient {
  const { host, sandboxId, name } = options;
  const put = async (key: 1 | 2 | 3, number: number, answered: Answered) => {
    const url = `${configMaps}/${name}${key}?fieldManager=crash&force=true`;
    const { status } = await host.api(sandboxId, { method: 'PATCH', url, headers: apply, body: configMap(`${name}${key}`, number) });
    if (status < 300) answered(key, number);
  };
  const look = async (key: 1 | 2 | 3, answered: Answered) => answered(key, await readConfigMap(options, `${name}${key}`));
  return {
    read: () => Promise.all([readConfigMap(options, `${name}1`), readConfigMap(options, `${name}2`), readConfigMap(options, `${name}3`)]),
    write: (number, answered) =>
      together(async (key) => {
        await Promise.all([put(key, number, answered), look(key, answered)]);
      }),
    next: (found) => Math.max(1, found),
  };
}

/** All three at once; throws when all have ended and one has failed. */
async function together(write: (key: 1 | 2 | 3) => Promise<void>): Promise<void> {
  const answers = await Promise.allSettled(([1, 2, 3] as const).map(write));
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason;
}

/** One that has `kubectl exec` run commands in a container, which write files and ask the API from inside; it reads what they print. */
export function execClient(options: ClientOptions): CrashClient {
  const { name } = options;
  const [first, second, third] = [`/tmp/${name}1`, `${name}2`, `/tmp/${name}3`];
  const ask = `curl -skf -o /dev/null -X PATCH -H "authorization: Bearer $(cat /var/run/secrets/kubernetes.io/serviceaccount/token)" -H "content-type: ${apply['content-type']}" -d "$2" "https://kubernetes.default${configMaps}/${second}?fieldManager=inside&force=true"`;
  const script = `echo $1 >> ${first} && echo 1; ${ask} && echo 2; echo $1 >> ${third} && echo 3`;
  return {
    read: async () => [await readFile(options, first), await readConfigMap(options, second), await readFile(options, third)],
    async write(to, answered) {
      let told = 0;
      const { stdout, stderr, code, message } = await exec(
        options,
        'default/client',
        ['sh', '-c', script, 'sh', String(to), configMap(second, to)],
        (stdoutSoFar) => {
          const lines = stdoutSoFar.split('\n').length - 1;
          while (told < lines) answered(++told as 1 | 2 | 3, to);
        },
      );
      if (code !== 0 || told < 3) throw new Wrong(`a command in a container ended with ${code}: ${stdout}${stderr}${message}`);
    },
    next: (found) => Math.max(1, found),
  };
}

/** One that writes to etcd from inside its Pod, three commands at a time. */
export function etcdctlClient(options: ClientOptions): CrashClient {
  const pki = '/etc/kubernetes/pki/etcd';
  const etcdctl = (...words: readonly string[]) =>
    exec(options, 'kube-system/etcd-cp-1', [
      'etcdctl',
      `--cacert=${pki}/ca.crt`,
      `--cert=${pki}/server.crt`,
      `--key=${pki}/server.key`,
      ...words,
    ]);
  const key = (index: number) => `/crash/${options.name}${index}`;
  const put = async (index: 1 | 2 | 3, to: number, answered: Answered) => {
    const { stdout, stderr, code } = await etcdctl('put', key(index), String(to));
    if (code !== 0 || stdout !== 'OK\n') throw new Wrong(`etcdctl put ended with ${code}: ${stdout}${stderr}`);
    answered(index, to);
  };
  const number = async (index: number) => {
    const { stdout, stderr, code } = await etcdctl('get', '--print-value-only', key(index));
    if (code !== 0) throw new Wrong(`etcdctl get ended with ${code}: ${stderr}`);
    return Number(stdout);
  };
  return {
    read: async () => [await number(1), await number(2), await number(3)],
    write: (to, answered) => together((index) => put(index, to, answered)),
    next: (found) => Math.max(1, found),
  };
}

async function exec(
  { host, sandboxId }: ClientOptions,
  pod: string,
  command: readonly string[],
  onStdout: (soFar: string) => void = () => undefined,
): Promise<{ stdout: string; stderr: string; code: number; message?: string }> {
  const [namespace, name] = pod.split('/');
  const query = new URLSearchParams([...command.map((word) => ['command', word]), ['stdout', 'true'], ['stderr', 'true']]);
  const url = `/api/v1/namespaces/${namespace}/pods/${name}/exec?${query}`;
  const { connect, status, body } = await host.api(sandboxId, { method: 'POST', url, headers: {} });
  if (!connect) throw new Wrong(`exec in ${pod}: ${status} ${String(body)}`);
  return new Promise((resolve) => {
    let [stdout, stderr] = ['', ''];
    connect.start({
      stdout: (text) => onStdout((stdout += text)),
      stderr: (text) => (stderr += text),
      exit: (exit) => resolve({ stdout, stderr, ...exit }),
    });
  });
}

/** A number in a file of the container. */
async function readFile(options: ClientOptions, path: string): Promise<number> {
  const { stdout, stderr, code, message = '' } = await exec(options, 'default/client', ['cat', path]);
  if (code !== 0 && !stderr.includes('No such file')) throw new Wrong(`cat ${path} ended with ${code}: ${stderr}${message}`);
  return lastOf(stdout);
}

/** Of a file that grows: one that is written anew is empty for a moment, as everywhere. */
function lastOf(lines: string): number {
  return Number(lines.split('\n').at(-2) ?? 0);
}

/** A person at the workstation's prompt. Their page sends again what a killed server did not acknowledge: a command runs once or, interrupted, not to its end. */
export function promptClient(options: ClientOptions, typed: Typed, log: TerminalLog): CrashClient {
  const { host, sandboxId, name } = options;
  const keyboard = new Keyboard({ ...options, terminal: '1', page: 'page' }, typed, log);
  const manifest = `kubectl create configmap ${name}2 --from-literal=number=$n --dry-run=client -o yaml`;
  const file = async (path: string) => (await host.ask(sandboxId, 'file:read', { path }).catch(() => ({ text: '' }))).text;
  let isOpen = false;
  return {
    async read() {
      await keyboard.open();
      const lines = (await file(`${name}1`)).split('\n').slice(0, -1);
      if (new Set(lines).size < lines.length) throw new Wrong(`typed once and done twice: ${lines.join(' ')}`);
      return [Number(lines.at(-1) ?? 0), await readConfigMap(options, `${name}2`), lastOf(await file(`${name}3`))];
    },
    async write(number, answered) {
      if (!isOpen) await keyboard.sendAgain();
      isOpen = true;
      const typing = keyboard.type(
        `n=${number}; echo $n >> ${name}1; echo "1 has $n."; ${manifest} | kubectl apply -f - && echo "2 has $n."; echo $n >> ${name}3; echo "3 has $n."\r`,
      );
      await Promise.all([typing, keyboard.look()]);
      for (const key of [1, 2, 3] as const) {
        await keyboard.shows(`${key} has ${number}.`);
        answered(key, number);
      }
      await keyboard.showsPrompt(/~ \$ $/);
    },
    next: () => typed.number + 1,
  };
}

/** A person in a shell in a container, in a second terminal. */
export function containerClient(options: ClientOptions, log: TerminalLog): CrashClient {
  const { name } = options;
  const keyboard = new Keyboard(
    { ...options, terminal: '2', page: `page-${process.pid}` },
    { number: 0, sequence: 0, unacknowledged: [] },
    log,
  );
  const path = (key: number) => `/tmp/${name}${key}`;
  let isInside = false;
  return {
    async read() {
      await keyboard.open();
      return [await readFile(options, path(1)), await readFile(options, path(2)), await readFile(options, path(3))];
    },
    async write(to, answered) {
      if (!isInside) {
        await keyboard.showsPrompt(/~ \$ $/);
        await keyboard.type('kubectl exec -it client -- sh\r');
        await keyboard.showsPrompt(/\/ [#$] $/);
      }
      isInside = true;
      const script = [1, 2, 3].map((key) => `echo $n >> ${path(key)}; echo "${key} has $n."`).join('; ');
      await keyboard.type(`n=${to}; ${script}\r`);
      for (const key of [1, 2, 3] as const) {
        await keyboard.shows(`${key} has ${to}.`);
        answered(key, to);
      }
      await keyboard.showsPrompt(/\/ [#$] $/);
    },
    next: (found) => Math.max(1, found),
  };
}

interface KeyboardOptions extends ClientOptions {
  readonly terminal: string;
  readonly page: string;
}

/** One terminal, as a page has it. */
class Keyboard {
  readonly #options: KeyboardOptions;
  readonly #log: TerminalLog;
  readonly #unacknowledged: Typed['unacknowledged'];
  #sequence: number;
  #text = '';
  #end = 0;
  #wake: () => void = () => undefined;

  constructor(options: KeyboardOptions, { sequence, unacknowledged }: Typed, log: TerminalLog) {
    this.#options = options;
    this.#sequence = sequence;
    this.#unacknowledged = unacknowledged;
    this.#log = log;
  }

  async open(): Promise<void> {
    const { host, sandboxId, terminal } = this.#options;
    host.listen(sandboxId, ({ name, payload }) => {
      if (name === 'terminal:output' && payload.terminal === terminal) this.#print(payload.offset, payload.text);
    });
    const { state } = await host.join(sandboxId, {});
    const there = state.terminals.find((one) => one.terminal === terminal);
    if (there) this.#log.screen(there.offset, there.text);
    const { offset, text } = there ?? (await host.ask(sandboxId, 'terminal:open', { terminal }));
    this.#print(offset, text);
  }

  /** What a second page sees that joins now. */
  async look(): Promise<void> {
    const { host, sandboxId, terminal } = this.#options;
    const { state } = await host.join(sandboxId, {});
    const there = state.terminals.find((one) => one.terminal === terminal);
    if (there) this.#print(there.offset, there.text);
  }

  async sendAgain(): Promise<void> {
    for (const { sequence, text } of this.#unacknowledged) await this.#send(sequence, text);
    await this.showsPrompt(/~ \$ $/);
  }

  async type(text: string): Promise<void> {
    this.#text = '';
    const sequence = ++this.#sequence;
    this.#log.typed(sequence, text);
    await this.#send(sequence, text);
  }

  shows(text: string): Promise<void> {
    return this.#until(() => this.#text.includes(text));
  }

  showsPrompt(prompt: RegExp): Promise<void> {
    return this.#until(() => prompt.test(this.#text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '')));
  }

  async #send(sequence: number, text: string): Promise<void> {
    const { host, sandboxId, terminal, page } = this.#options;
    await host.ask(sandboxId, 'terminal:input', { terminal, page, sequence, text });
    this.#log.acknowledged(sequence);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** What a page shows of it: nothing twice. */
  #print(offset: number, text: string): void {
    const fresh = text.slice(Math.max(0, this.#end - offset));
    if (fresh === '') return;
    this.#log.shown(offset + text.length - fresh.length, fresh);
    this.#end = offset + text.length;
    this.#text += fresh;
    this.#wake();
  }
}
