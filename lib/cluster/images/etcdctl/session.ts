import { decodeBase64 } from '../../api/base64';
import { EtcdError, type Caller, type EtcdServer } from '../../etcd';
import type { ProcessContext } from '../../runtime/program';
import { problemOfInteger, quoted } from './go-text';
import type { CommandLine } from './flags';
import {
  bordered,
  commaSeparated,
  fieldsPrinter,
  json,
  jsonPrinter,
  simplePrinter,
  type Header,
  type Plain,
  type Printer,
  type Table,
} from './printers';

/** Ends the command with a message on standard error. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** `pkg/cobrautl/error.go`. */
export const badArguments = 128;
export const badConnection = 2;
export const invalidInput = 3;
export const interrupted = 5;
export const badFeature = 4;

/** What comes of a handshake without a certificate. */
export const unheard = 'error reading server preface: EOF';

/** One run of etcdctl: its words and flags, and the servers it talks to. */
export class Session {
  readonly ctx: ProcessContext;
  readonly words: readonly string[];
  readonly flags: Readonly<Record<string, string>>;

  /** Whether nothing of the command has been done, nor waited for. */
  readonly isFirst: boolean;
  /** Whether servers listen to it at all. */
  readonly isHeard: boolean;
  #caller: Caller | undefined;

  constructor(ctx: ProcessContext, { words, flags }: CommandLine, { isFirst = true, isHeard = true } = {}) {
    this.ctx = ctx;
    this.words = words;
    this.flags = flags;
    this.isFirst = isFirst;
    this.isHeard = isHeard;
  }

  isSet(name: string): boolean {
    return this.flags[name] !== undefined && this.flags[name] !== 'false';
  }

  /** A file's whole path, from the directory that the command runs in. */
  at(path: string): string {
    return path.startsWith('/') ? path : `${this.ctx.cwd.replace(/\/$/, '')}/${path}`;
  }

  number(name: string): number {
    const text = this.flags[name] ?? '0';
    const problem = problemOfInteger(text, { name: 'ParseInt', base: 10 });
    if (problem !== undefined) throw new Failure(`invalid argument ${quoted(text)} for "--${name}" flag: ${problem}`);
    return Number(text);
  }

  get endpoints(): readonly string[] {
    return (this.flags['endpoints'] ?? '127.0.0.1:2379').split(',').filter(Boolean);
  }

  /** The first server that answers, as the client's balancer would pick. */
  get server(): EtcdServer {
    const [first] = this.endpoints;
    if (first === undefined) throw new Failure('etcdclient: no available endpoints', badConnection);
    return this.serverAt(this.endpoints.length === 1 ? first : (this.endpoints.find((endpoint) => this.#isConnected(endpoint)) ?? first));
  }

  #isConnected(endpoint: string): boolean {
    try {
      return this.serverAt(endpoint).revision > 0;
    } catch (error) {
      if (!(error instanceof EtcdError) || error.code !== 'Unavailable') throw error;
      return false;
    }
  }

  serverAt(endpoint: string): EtcdServer {
    if (!this.isHeard) throw new EtcdError('Unavailable', unheard);
    const url = /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`;
    this.#caller ??= this.#showWhoWeAre(url);
    return this.ctx.dialEtcd(url, this.#caller);
  }

  /** Refuses a format that is none before anything is asked. */
  assertFormat(): void {
    if (this.format === 'protobuf') throw new Failure('protobuf is not simulated as output format', badFeature);
    if (!['simple', 'json', 'fields', 'table'].includes(this.format)) throw new Failure('unsupported output format', badFeature);
  }

  /** With `--user`, a token for the password; else whoever the certificate names. */
  #showWhoWeAre(url: string): Caller {
    const { user, cert } = this.flags;
    if (user === undefined) return commonNameOf(cert === undefined ? undefined : this.ctx.files.read(this.at(cert)));
    const colon = user.indexOf(':');
    const password = this.flags['password'] ?? (colon < 0 ? this.ctx.stdin.split('\n')[0] : user.slice(colon + 1)) ?? '';
    const name = this.flags['password'] !== undefined || colon < 0 ? user : user.slice(0, colon);
    try {
      const { token } = this.ctx.dialEtcd(url).auth({ type: 'authenticate', name, password });
      return token === undefined ? {} : { token };
    } catch (error) {
      // Where nobody asks, a password does no harm.
      if (!(error instanceof EtcdError) || error.code === 'Unavailable') throw error;
      if (error.message === 'etcdserver: authentication is not enabled') return {};
      throw new Failure(sentenceOf(error), badConnection);
    }
  }

  get header(): Header {
    return headerOf(this.server);
  }

  get format(): string {
    return this.flags['write-out'] ?? 'simple';
  }

  get printer(): Printer {
    switch (this.format) {
      case 'simple':
        return simplePrinter({ isValueOnly: this.isSet('print-value-only'), isHex: this.isSet('hex') });
      case 'json':
        return jsonPrinter;
      case 'fields':
        return fieldsPrinter;
      default:
        throw new Failure('table not supported as output format', badFeature);
    }
  }

  /** Prints a thing in the format asked for. */
  show(forms: { readonly simple?: string; readonly table?: Table; readonly json: Plain; readonly fields?: string }): void {
    const { table, fields } = forms;
    switch (this.format) {
      case 'json':
        return this.ctx.stdout(json(forms.json));
      case 'table':
        if (!table) throw new Failure('table not supported as output format', badFeature);
        return this.ctx.stdout(bordered(table));
      case 'fields':
        if (fields === undefined) throw new Failure('fields not supported as output format', badFeature);
        return this.ctx.stdout(fields);
      default:
        return this.ctx.stdout(forms.simple ?? (table ? commaSeparated(table) : ''));
    }
  }
}

/** As the client shows an error of the server. */
export function sentenceOf({ code, message }: EtcdError): string {
  return code === 'Unknown' ? `rpc error: code = Unknown desc = ${message}` : message;
}

function commonNameOf(certificate = ''): Caller {
  const body = certificate.replace(/-----[^-]+-----/g, '').replace(/\s/g, '');
  const commonName = /CN = ([^,]+)$/.exec(decodeBase64(body) ?? '')?.[1];
  return commonName === undefined ? {} : { commonName };
}

export function headerOf(server: EtcdServer): Header {
  return server.header();
}
