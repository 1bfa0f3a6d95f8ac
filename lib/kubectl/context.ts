import { Client } from './client';
import type { Command } from './command';
import { Discovery } from './discovery';
import { CommandError, Exit, usageError } from './errors';
import type { Flags } from './flags';
import type { KubectlIo } from './io';
import { selectTarget, type Kubeconfig, type Target } from './kubeconfig';

export type DryRun = 'none' | 'client' | 'server';

/** One invocation: parsed words, the machine, and the cluster it talks to. */
export class Context {
  readonly io: KubectlIo;
  readonly command: Command;
  /** `kubectl rollout status`. */
  readonly path: string;
  readonly flags: Flags;
  readonly args: readonly string[];
  /** How many arguments stood before `--`; -1 without one. */
  readonly dashAt: number;
  readonly #config: Kubeconfig | CommandError;
  #target: Target | undefined;
  #client: Client | undefined;
  #discovery: Discovery | undefined;

  constructor(init: {
    io: KubectlIo;
    command: Command;
    path: string;
    flags: Flags;
    args: readonly string[];
    dashAt: number;
    config: Kubeconfig | CommandError;
  }) {
    this.io = init.io;
    this.command = init.command;
    this.path = init.path;
    this.flags = init.flags;
    this.args = init.args;
    this.dashAt = init.dashAt;
    this.#config = init.config;
  }

  /** Throws when the kubeconfig cannot be read. */
  get config(): Kubeconfig {
    if (this.#config instanceof CommandError) throw this.#config;
    return this.#config;
  }

  get target(): Target {
    return (this.#target ??= selectTarget(this.config, this.flags));
  }

  get client(): Client {
    return (this.#client ??= new Client(this.io, this.target, this.flags.int('v')));
  }

  /** Whether anything was asked of a server. */
  get hasClient(): boolean {
    return this.#client !== undefined;
  }

  get discovery(): Discovery {
    return (this.#discovery ??= new Discovery(this.client));
  }

  get namespace(): string {
    return this.flags.string('namespace') || this.target.namespace;
  }

  /** Whether `-n` was given, so that manifests may not name another. */
  get enforcesNamespace(): boolean {
    return this.flags.string('namespace') !== '';
  }

  get dryRun(): DryRun {
    if (!this.flags.has('dry-run')) return 'none';
    const value = this.flags.string('dry-run');
    if (value === 'none' || value === 'client' || value === 'server') return value;
    if (/^(unchanged|true|false|1|0)$/.test(value)) return value === 'false' || value === '0' ? 'none' : 'client';
    throw new CommandError(`Invalid dry-run value (${value}). Must be "none", "server", or "client".`);
  }

  /** Query parameters every write of this command carries. */
  writeQuery(fieldManager?: string): Record<string, string | undefined> {
    return {
      dryRun: this.dryRun === 'server' ? 'All' : undefined,
      fieldManager: fieldManager ?? (this.flags.has('field-manager') ? this.flags.string('field-manager') : undefined),
      fieldValidation: this.flags.has('validate') ? this.fieldValidation : undefined,
    };
  }

  get fieldValidation(): string {
    const value = this.flags.string('validate');
    if (/^(strict|true)$/.test(value)) return 'Strict';
    if (value === 'warn') return 'Warn';
    if (/^(ignore|false)$/.test(value)) return 'Ignore';
    throw new CommandError(
      `invalid - must be one of: "strict", "warn", "ignore", "true", "false"`.replace(
        'invalid',
        `invalid value ${JSON.stringify(value)} for validate`,
      ),
    );
  }

  out(text: string): void {
    this.io.stdout(text);
  }

  warn(text: string): void {
    this.io.stderr(text);
  }

  usageError(message: string): CommandError {
    return usageError(this.path, message);
  }

  /** Sleeps on simulated time; Ctrl-C ends the command with 130. */
  async sleep(ms: number): Promise<void> {
    await this.io.sleep(ms);
    if (this.io.signal.aborted) throw new Exit(130);
  }
}
