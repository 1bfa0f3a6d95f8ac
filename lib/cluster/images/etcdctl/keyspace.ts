import { compareBytes, prefixEnd, type Json } from '@/lib/base';
import { EtcdError, type Compare, type Operation, type RangeOptions, type WatchEvent } from '../../etcd';
import { assertFlags, parseCommandLine, UsageError } from './flags';
import { problemOfInteger, quoted, unquoted } from './go-text';
import { badArguments, badFeature, Failure, interrupted, invalidInput, Session } from './session';

/** `get`, `put`, `del`, `txn`, `watch`, `compaction`: what etcdctl does with keys. */

export function get(session: Session): void {
  const { key, options } = getOf(session);
  const { printer, server } = session;
  const got = server.range(key, options);
  if (session.isSet('count-only') && session.format !== 'fields')
    throw new Failure('--count-only is only for `--write-out=fields`', badArguments);
  if (session.isSet('print-value-only') && session.format !== 'simple')
    throw new Failure('print-value-only is only for `--write-out=simple`', badArguments);
  session.ctx.stdout(printer.get(session.header, got));
}

export function put(session: Session): void {
  const { key, value, lease, ...options } = putOf(session, session.ctx.stdin);
  const { printer, server } = session;
  const { prevKv } = server.put(key, value, { ...options, ...(lease ? { lease } : {}) });
  session.ctx.stdout(printer.put(session.header, prevKv));
}

/** How long one may think better of it. */
const regretMs = 2_000;

/** Without `--range` a range is deleted only after a while. */
export function del(session: Session): { readonly againMs: number } | void {
  const { key, end } = deletionOf(session);
  const [, given] = session.words;
  if (given !== undefined && !session.isSet('range') && session.isFirst) {
    session.ctx.stderr(
      `Warning: Keys between ${quoted(key)} and ${quoted(given)} will be deleted. Please interrupt the command within next 2 seconds to cancel. You can provide \`--range\` flag to avoid the delay.\n`,
    );
    return { againMs: regretMs };
  }
  const { printer, server } = session;
  const { responses } = server.txn({ compare: [], success: [deletion(session, key, end)], failure: [] });
  const [response] = responses;
  if (response?.type === 'delete-range') session.ctx.stdout(printer.del(session.header, response));
}

export function compaction(session: Session): void {
  const [revision, ...rest] = session.words;
  if (revision === undefined || rest.length > 0) throw new Failure('compaction command needs 1 argument', badArguments);
  const problem = problemOfInteger(revision, { name: 'ParseInt', base: 10 });
  if (problem !== undefined) throw new Failure(problem);
  session.server.compact(Number(revision));
  session.ctx.stdout(`compacted revision ${revision}\n`);
}

/** Three parts, each ended by an empty line: compares, what to do if all hold, what to do otherwise. */
export function txn(session: Session): void {
  if (session.words.length > 0) throw new Failure('txn command does not accept argument', badArguments);
  const { printer, server, ctx } = session;
  const lines = ctx.stdin.split('\n').slice(0, -1);
  const section = <T>(title: string, read: (line: string) => T): T[] => {
    if (session.isSet('interactive')) ctx.stdout(`${title}\n`);
    const found: T[] = [];
    for (;;) {
      const line = lines.shift()?.trim();
      if (line === undefined) throw new Failure('EOF', invalidInput);
      if (line === '') return found;
      found.push(read(line));
    }
  };
  const operation = (line: string) => operationOf(session, line);
  const compare = section('compares:', compareOf);
  const success = section('success requests (get, put, del):', operation);
  const failure = section('failure requests (get, put, del):', operation);
  const response = server.txn({ compare, success, failure });
  ctx.stdout(printer.txn(session.header, response));
}

/** What a watch is between two looks. */
export interface WatchState {
  readonly type: 'watch';
  readonly next: number;
  /** Since when there was nothing to tell. */
  readonly quietSince: number;
  readonly [key: string]: Json;
}

const lookEveryMs = 100;
/** `--watch-progress-notify-interval` of a server that was told nothing else. */
const progressMs = 600_000;

export function watch(session: Session): WatchState {
  if (session.isSet('interactive')) throw new Failure('the interactive mode of watch is not simulated', badFeature);
  if (session.ctx.argv.includes('--')) throw new Failure('commands that watch executes are not simulated', badFeature);
  const { key, end } = watchedOf(session);
  if (end !== undefined && end !== '\0' && compareBytes(key, end) >= 0) throw cancelled(session, 'mvcc: watcher range is empty', 0);
  const { ctx, server } = session;
  return look(session, { type: 'watch', next: session.number('rev') || server.revision + 1, quietSince: ctx.now }, { isFirst: true });
}

/** Prints what happened since the last look. The server keeps every revision, so looking now and then misses nothing. */
export function look(session: Session, { next, quietSince }: WatchState, { isFirst = false } = {}): WatchState {
  const { key, end } = watchedOf(session);
  const { printer, server, ctx } = session;
  const seen: { revision: number; events: readonly WatchEvent[] }[] = [];
  const wanted = { startRevision: next, prevKv: session.isSet('prev-kv'), ...(end === undefined ? {} : { end }) };
  try {
    server.watch(key, wanted, (response) => void seen.push(response))();
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'OutOfRange') throw error;
    throw cancelled(session, error.message, next < 0 ? 0 : server.compactedRevision);
  }
  // What was there already comes as one response.
  const responses = isFirst && seen.length > 0 ? [{ events: seen.flatMap(({ events }) => events) }] : seen;
  for (const { events } of responses) ctx.stdout(printer.watch(session.header, events));
  const isProgress = session.isSet('progress-notify') && seen.length === 0 && ctx.now - quietSince >= progressMs;
  if (isProgress) {
    ctx.stdout(`progress notify: ${server.revision}\n${printer.watch(session.header, [])}`);
  }
  ctx.after(lookEveryMs, 'look');
  // What others wrote in the meantime has been looked through: it may be compacted.
  return { type: 'watch', next: Math.max(next, server.revision + 1), quietSince: isProgress || seen.length > 0 ? ctx.now : quietSince };
}

function cancelled({ ctx, header, printer }: Session, why: string, compactRevision: number): Failure {
  ctx.stderr(`watch was canceled (${why})\n`);
  ctx.stdout(printer.watch({ ...header, revision: 0 }, [], compactRevision));
  return new Failure('watch is canceled by the server', interrupted);
}

/** What lies between `key` and this is meant. */
function endOf(session: Session, key: string, end: string | undefined): string | undefined {
  if (session.isSet('prefix')) return prefixEnd(key) ?? '\0';
  return session.isSet('from-key') ? '\0' : end;
}

function watchedOf(session: Session): { key: string; end: string | undefined } {
  const { words } = session;
  const [key, end] = words;
  if (key === undefined) throw new Failure('bad number of arguments', badArguments);
  if (words.length === 2 && session.isSet('prefix')) throw new Failure('`range_end` and `--prefix` are mutually exclusive', badArguments);
  return { key, end: endOf(session, key, words.length === 2 ? end : undefined) };
}

function assertOneKey(session: Session): void {
  const [isPrefix, isFromKey] = [session.isSet('prefix'), session.isSet('from-key')];
  if (isPrefix && isFromKey) throw new Failure('`--prefix` and `--from-key` cannot be set at the same time, choose one', badArguments);
  if (session.words.length > 1 && (isPrefix || isFromKey))
    throw new Failure('too many arguments, only accept one argument when `--prefix` or `--from-key` is set', badArguments);
}

function getOf(session: Session): { key: string; options: RangeOptions } {
  const [key, given] = session.words;
  if (key === undefined) throw new Failure('get command needs one argument as key and an optional argument as range_end', badArguments);
  assertOneKey(session);
  if (session.isSet('keys-only') && session.isSet('count-only'))
    throw new Failure('`--keys-only` and `--count-only` cannot be set at the same time, choose one', badArguments);
  const end = endOf(session, key, given);
  return { key, options: { ...selectionOf(session), ...(end === undefined ? {} : { end }) } };
}

function deletionOf(session: Session): { key: string; end: string | undefined } {
  const [key, given, ...rest] = session.words;
  if (key === undefined || rest.length > 0)
    throw new Failure('del command needs one argument as key and an optional argument as range_end', badArguments);
  assertOneKey(session);
  return { key, end: endOf(session, key, given) };
}

const orders: Readonly<Record<string, 'ascend' | 'descend'>> = { ASCEND: 'ascend', DESCEND: 'descend' };
const sorts: Readonly<Record<string, NonNullable<RangeOptions['sortBy']>>> = {
  KEY: 'key',
  VERSION: 'version',
  CREATE: 'create',
  MODIFY: 'mod',
  VALUE: 'value',
};

function ofTable<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  const upper = name.toUpperCase();
  return Object.hasOwn(table, upper) ? table[upper] : undefined;
}

function selectionOf(session: Session): RangeOptions {
  const { flags } = session;
  const order = flags['order'] && ofTable(orders, flags['order']);
  if (flags['order'] && !order) throw new Failure(`bad sort order ${flags['order']}`, badFeature);
  const sortBy = flags['sort-by'] && ofTable(sorts, flags['sort-by']);
  if (flags['sort-by'] && !sortBy) throw new Failure(`bad sort target ${flags['sort-by']}`, badFeature);
  if (flags['consistency'] !== undefined && !['l', 's'].includes(flags['consistency']))
    throw new Failure(`unknown consistency flag ${JSON.stringify(flags['consistency'])}`, badFeature);
  const options: RangeOptions = {
    // What is below zero means what zero means.
    revision: Math.max(0, session.number('rev')),
    limit: Math.max(0, session.number('limit')),
    keysOnly: session.isSet('keys-only'),
    countOnly: session.isSet('count-only'),
    serializable: flags['consistency'] === 's',
    minModRevision: session.number('min-mod-rev'),
    maxModRevision: session.number('max-mod-rev'),
    minCreateRevision: session.number('min-create-rev'),
    maxCreateRevision: session.number('max-create-rev'),
  };
  if (order) options.order = order;
  if (sortBy) options.sortBy = sortBy;
  return options;
}

function putOf(session: Session, stdin: string) {
  const [key, given] = session.words;
  const isValueIgnored = session.isSet('ignore-value');
  const value = given ?? (isValueIgnored || stdin !== '' ? stdin : undefined);
  if (isValueIgnored && given !== undefined)
    throw new Failure("put command needs only 1 argument when 'ignore-value' is set", badArguments);
  if (key === undefined || value === undefined)
    throw new Failure('put command needs 1 argument and input from stdin or 2 arguments', badArguments);
  const lease = session.flags['lease'] ?? '0';
  const problem = problemOfInteger(lease, { name: 'ParseInt', base: 16 });
  if (problem !== undefined) throw new Failure(`bad lease ID (${problem}), expecting ID in Hex`, badArguments);
  return {
    key,
    value: isValueIgnored ? '' : value,
    lease: parseInt(lease, 16),
    prevKv: session.isSet('prev-kv'),
    ignoreValue: isValueIgnored,
    ignoreLease: session.isSet('ignore-lease'),
  };
}

function deletion(session: Session, key: string, end: string | undefined): Operation {
  return { type: 'delete-range', key, prevKv: session.isSet('prev-kv'), ...(end === undefined ? {} : { end }) };
}

const targets: Readonly<Record<string, Compare['target']>> = {
  ver: 'version',
  version: 'version',
  c: 'create',
  create: 'create',
  m: 'mod',
  mod: 'mod',
  val: 'value',
  value: 'value',
  lease: 'lease',
};

const text = String.raw`("(?:[^"\\]|\\.)*"|${'`'}[^${'`'}]*${'`'})`;
const comparison = new RegExp(String.raw`^\s*${text}(\))?(?:\s+(\S+))?(?:\s+${text})?`);
const results = ['=', '!=', '>', '<'] as const;

/** `mod("key1") > "0"`, as `fmt.Sscanf` takes it in. */
function compareOf(line: string): Compare {
  const at = line.indexOf('(');
  if (at < 0) throw new Failure(`malformed comparison: ${line}`, invalidInput);
  const name = line.slice(0, at);
  const [, quotedKey, bracket, op, quotedOperand] = comparison.exec(line.slice(at + 1)) ?? [];
  const key = quotedKey === undefined ? '' : unquoted(quotedKey);
  const found = bracket ? (op ?? '') : '';
  const operand = found && quotedOperand !== undefined ? unquoted(quotedOperand) : undefined;
  if (operand === undefined) throw new Failure(`malformed comparison: ${line}; got ${name}(${quoted(key)}) ${found} ""`, invalidInput);
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (!target) throw new Failure(`malformed comparison: ${line} (unknown target ${name})`, invalidInput);
  const problem = target === 'value' ? undefined : problemOfInteger(operand, { name: 'ParseInt', base: target === 'lease' ? 16 : 10 });
  if (problem !== undefined) throw new Failure(`invalid txn compare request: ${line}`, invalidInput);
  const result = results.find((one) => one === found);
  if (!result) throw new Failure(`malformed comparison: ${line} (unknown result op ${found})`, invalidInput);
  return { key, target, result, operand: target === 'value' ? operand : parseInt(operand, target === 'lease' ? 16 : 10) };
}

/** `put key1 "overwrote-key1"` */
function operationOf(session: Session, line: string): Operation {
  const [command = '', ...args] = argumentsOf(line);
  if (args.length === 0) throw new Failure(`invalid txn compare request: ${line}`, invalidInput);
  const inner = innerSession(session, command, args, line);
  switch (command) {
    case 'put':
      return { type: 'put', ...putOf(inner, '') };
    case 'get': {
      const { key, options } = getOf(inner);
      return { type: 'range', key, ...options };
    }
    default: {
      const { key, end } = deletionOf(inner);
      return deletion(inner, key, end);
    }
  }
}

function innerSession({ ctx }: Session, command: string, args: readonly string[], line: string): Session {
  try {
    if (!['put', 'get', 'del'].includes(command)) throw new UsageError(command);
    const parsed = parseCommandLine(args, {});
    assertFlags(command, parsed);
    return new Session(ctx, parsed);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new Failure(`invalid txn request: ${line}`, invalidInput);
  }
}

/** Words of a line; those in quotes may hold spaces. */
function argumentsOf(line: string): string[] {
  return (line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g) ?? []).map((word) =>
    word.startsWith('"') ? unquoted(word) : word.startsWith("'") ? word.slice(1, -1) : word,
  );
}
