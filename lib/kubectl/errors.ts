import { StatusError, type Status } from '@/lib/cluster';

/** A refusal in kubectl's own words; printed as `error: <message>` (`kubectl/pkg/cmd/util/helpers.go`). */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Printed without the word `error:`, as the few sentences that upstream's `checkErr` knows by their type are. */
export class BareError extends CommandError {
  override readonly name = 'BareError';
}

/** What was printed already says everything: only the exit code is left. */
export class Exit extends CommandError {
  override readonly name = 'Exit';

  constructor(code: number) {
    super('', code);
  }
}

/** Nobody answered at `server`. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
  readonly server: string;
  readonly url: string;
  readonly reason: string;

  constructor(server: string, url: string, reason: string) {
    super(`Get ${JSON.stringify(url)}: ${reason}`);
    this.server = server;
    this.url = url;
    this.reason = reason;
  }
}

/** Several things failed and the rest went on (`utilerrors.Aggregate`). */
export class Aggregate extends Error {
  override readonly name = 'Aggregate';
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super(errors.map(messageOf).join(', '));
    this.errors = errors;
  }

  /** Throws what was collected: nothing, the one error itself, or all together. */
  static throwAll(errors: readonly unknown[]): void {
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new Aggregate(errors);
  }
}

/** The arguments do not make a command; `help` is the command's path. */
export function usageError(commandPath: string, message: string): CommandError {
  return new CommandError(`${message}\nSee '${commandPath} -h' for help and examples`);
}

/** Prefixes the server's sentence as `error when creating "web.yaml": …` does, keeping reason and details. */
export function withSource(verb: string, source: string | undefined, error: unknown): unknown {
  if (!source) return error;
  const prefix = `error when ${verb} ${JSON.stringify(source)}: `;
  if (error instanceof StatusError) return new StatusError({ ...error.status, message: prefix + (error.status.message ?? '') });
  return error instanceof CommandError ? new CommandError(prefix + error.message, error.exitCode) : error;
}

/** What goes to standard error and the exit code for a failed command. */
export function explainFailure(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (error instanceof Exit) return { text: '', exitCode: error.exitCode };
  if (error instanceof StatusError && error.status.reason === 'Invalid') return failed(invalidText(error.status));
  if (error instanceof Aggregate) return failed(error.errors.map((one) => `${standardMessage(one) ?? messageOf(one)}\n`).join(''));
  if (error instanceof BareError) return failed(error.message);
  const standard = standardMessage(error);
  if (standard !== undefined) return failed(standard);
  if (error instanceof CommandError)
    return { text: line(error.message.startsWith('error: ') ? error.message : `error: ${error.message}`), exitCode: error.exitCode };
  throw error;
}

function failed(text: string): { text: string; exitCode: number } {
  return { text: line(text), exitCode: 1 };
}

function line(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `StandardErrorMessage`: what answers of a server and failures to reach it read like, wherever they happen. */
export function standardMessage(error: unknown): string | undefined {
  if (error instanceof StatusError) {
    const { reason, message } = error.status;
    if (reason === 'Unauthorized') return `error: You must be logged in to the server (${message ?? 'Unauthorized'})`;
    return reason ? `Error from server (${reason}): ${message ?? ''}` : `Error from server: ${message ?? ''}`;
  }
  if (error instanceof ServerUnreachable) {
    if (error.reason.includes('connection refused'))
      return `The connection to the server ${hostOf(error.server)} was refused - did you specify the right host or port?`;
    return `Unable to connect to the server: ${error.reason}`;
  }
  return undefined;
}

export function hostOf(server: string): string {
  return server.replace(/^\w+:\/\//, '').replace(/\/.*$/, '');
}

function invalidText({ message, details }: Status): string {
  const subject =
    details && (details.kind || details.name)
      ? `The ${details.kind ?? ''} ${JSON.stringify(details.name ?? '')} is invalid`
      : `The request is invalid`;
  const causes = [...new Set((details?.causes ?? []).map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
  if (causes.length === 0) return details && (details.kind || details.name) ? subject : `${subject}${message ? `: ${message}` : ''}`;
  if (causes.length === 1) return `${subject}: ${causes[0]}`;
  return `${subject}: \n${causes.map((cause) => `* ${cause}\n`).join('')}`;
}
