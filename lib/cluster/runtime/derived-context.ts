import type { ProcessContext } from './program';

type Settings = Partial<Omit<ProcessContext, 'now' | 'random' | 'stdin'>> & { readonly readInput?: () => string };

/** The same process seen otherwise: a program that becomes another one, or runs it as a child. */
export function deriveContext(ctx: ProcessContext, settings: Settings): ProcessContext {
  return {
    get now() {
      return ctx.now;
    },
    get random() {
      return ctx.random;
    },
    pid: settings.pid ?? ctx.pid,
    argv: settings.argv ?? ctx.argv,
    env: settings.env ?? ctx.env,
    hostname: ctx.hostname,
    cwd: settings.cwd ?? ctx.cwd,
    get stdin() {
      return settings.readInput ? settings.readInput() : ctx.stdin;
    },
    isInteractive: settings.isInteractive ?? ctx.isInteractive,
    files: settings.files ?? ctx.files,
    stdout: settings.stdout ?? ((text) => ctx.stdout(text)),
    stderr: settings.stderr ?? ((text) => ctx.stderr(text)),
    listen: settings.listen ?? ((port, protocol) => ctx.listen(port, protocol)),
    after: settings.after ?? ((delayMs, timer) => ctx.after(delayMs, timer)),
    http: settings.http ?? ((request, options) => ctx.http(request, options)),
    resolve: settings.resolve ?? ((name, type) => ctx.resolve(name, type)),
    connect: settings.connect ?? ((host, port, options) => ctx.connect(host, port, options)),
    dialEtcd: settings.dialEtcd ?? ((server, caller) => ctx.dialEtcd(server, caller)),
    processes: settings.processes ?? (() => ctx.processes()),
    kill: settings.kill ?? ((pid, signal) => ctx.kill(pid, signal)),
    exit: settings.exit ?? ((code) => ctx.exit(code)),
  };
}
