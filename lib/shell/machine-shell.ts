import { LayeredStore, MemoryStore, type FileStore } from './file-store';
import { MachineFileSystem } from './file-system';
import { libraryCommands } from './library-commands';
import { internal } from './script';
import { Shell, type ShellLimits } from './shell';
import type { Tool } from './tool';
import { date } from './tools/date';
import { greps } from './tools/grep';
import { createIdentity } from './tools/identity';
import { cat, read } from './tools/input';
import { clear, createHelp } from './tools/screen';
import { file, programMark, shells } from './tools/scripts';
import { xargs } from './tools/xargs';

export interface MachineShellOptions {
  readonly store: FileStore;
  readonly user: { readonly name: string; readonly uid: number; readonly home: string };
  readonly hostname: string;
  /** Programs beside those that every machine has. */
  readonly tools: readonly Tool[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Read-only files beneath the machine's own. */
  readonly systemFiles?: Readonly<Record<string, string>>;
  /** Simulated milliseconds since the epoch. */
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  yield(): Promise<void>;
  editor(request: { title: string; text: string }, signal: AbortSignal): Promise<string | null>;
  onFileChange?(path: string): void;
  readonly limits?: ShellLimits | undefined;
}

/** A bash on a machine: its files over a read-only system, and its programs on the PATH. */
export function createMachineShell(options: MachineShellOptions): Shell {
  const { user, hostname } = options;
  let shell: Shell;
  const tools: Tool[] = [
    ...options.tools,
    cat,
    read,
    file,
    ...shells,
    ...greps,
    xargs,
    date,
    clear,
    ...createIdentity({ user: user.name, hostname, uid: user.uid }),
    createHelp(() => tools),
  ];
  const isRoot = user.uid === 0;
  const files = new MachineFileSystem({
    store: new LayeredStore(options.store, systemOf(tools, options)),
    now: options.now,
    onTerminal: (text) => shell.wrote(text),
    ...(isRoot ? {} : { mayWrite: (path) => path.startsWith(`${user.home}/`) || path.startsWith('/tmp/') || path.startsWith('/dev/fd/') }),
    ...(options.onFileChange ? { onChange: options.onFileChange } : {}),
  });
  const { now, sleep, editor } = options;
  shell = new Shell({
    files,
    tools,
    now,
    sleep,
    editor,
    yield: options.yield,
    limits: options.limits,
    env: {
      HOME: user.home,
      PWD: options.cwd ?? user.home,
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      USER: user.name,
      HOSTNAME: hostname,
      SHELL: '/bin/bash',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      ...options.env,
    },
  });
  return shell;
}

class SystemStore extends MemoryStore {
  override children(directory: string): readonly string[] {
    return super.children(directory).filter((name) => !name.startsWith('@'));
  }
}

/** What no learner may change: directories, who is who, and a file in `/usr/bin` for every program. */
function systemOf(tools: readonly Tool[], { user, hostname, systemFiles = {} }: MachineShellOptions): MemoryStore {
  const store = new SystemStore();
  const names = [...libraryCommands, ...tools.map((tool) => tool.name)].filter((name) => !name.startsWith('@'));
  const texts: Record<string, string> = {
    '/etc/hostname': `${hostname}\n`,
    '/etc/passwd': `root:x:0:0:root:/root:/bin/bash\n${user.uid === 0 ? '' : `${user.name}:x:${user.uid}:${user.uid}::${user.home}:/bin/bash\n`}`,
    ...systemFiles,
  };
  for (const directory of [
    '/bin',
    '/dev',
    '/dev/fd',
    '/etc',
    '/home',
    '/proc',
    '/root',
    '/tmp',
    '/usr',
    '/usr/bin',
    '/usr/local',
    '/usr/local/bin',
    '/var',
    '/var/log',
    user.home,
  ])
    store.set(directory, { type: 'directory', mode: 0o755, mtime: 0 });
  for (const [path, text] of Object.entries(texts)) store.set(path, { type: 'file', mode: 0o644, mtime: 0, text });
  for (const name of names)
    for (const directory of ['/bin', '/usr/bin'])
      store.set(`${directory}/${name}`, { type: 'file', mode: 0o755, mtime: 0, text: `${programMark}${name}\n` });
  for (const name of ['@turn', '@status', '@carry', '@stream', '@read', '@file'])
    store.set(internal(name), { type: 'file', mode: 0o755, mtime: 0, text: `${programMark}${name}\n` });
  return store;
}
