import { prefixEnd, type Json } from '@/lib/base';
import { EtcdError, type Compare, type Operation, type RangeOptions, type WatchEvent } from '../../etcd';
import { parseCommandLine } from './flags';
import { badArguments, badFeature, Failure, interrupted, Session } from './session';

/** `get`, `put`, `del`, `txn`, `watch`, `compaction`: what etcdctl does with keys. */

export function get(session: Session): void {
  const { key, options } = rangeOf(session, 'get');
  if (session.isSet('count-only') && session.format !== 'fields')
    throw new Failure('--count-only is only for `--write-out=fields`', badArguments);
  if (session.isSet('print-value-only') && session.format !== 'simple')
    throw new Failure('print-value-only is only for `--write-out=simple`', badArguments);
  const { printer, server } = session;
  const got = server.range(key, options);
  session.ctx.stdout(printer.get(session.header, got));
}

export function put(session: Session): void {
  const { key, value, lease, ...options } = putOf(session, session.words, () => session.ctx.stdin);
  const { printer, server } = session;
  const { prevKv } = server.put(key, value, { ...options, ...(lease ? { lease } : {}) });
  session.ctx.stdout(printer.put(session.header, prevKv));
}

export function del(session: Session): void {
  const { key, options } = rangeOf(session, 'del');
  const { printer, server } = session;
  const { responses } = server.txn({ compare: [], success: [deletion(session, key, options)], failure: [] });
  const [response] = responses;
  if (response?.type === 'delete-range') session.ctx.stdout(printer.del(session.header, response));
}

export function compaction(session: Session): void {
  const [revision, ...rest] = session.words;
  if (revision === undefined || rest.length > 0) throw new Failure('compaction command needs 1 argument', badArguments);
  if (!/^\d+$/.test(revision)) throw new Failure(`strconv.ParseInt: parsing ${JSON.stringify(revision)}: invalid syntax`);
  session.server.compact(Number(revision));
  session.ctx.stdout(`compacted revision ${revision}\n`);
}

/** Three parts divided by empty lines: compares, what to do if all hold, what to do otherwise. */
export function txn(session: Session): void {
  if (session.words.length > 0) throw new Failure('txn command does not accept argument', badArguments);
  const [compares = [], success = [], failure = []] = sections(session.ctx.stdin);
  if (session.isSet('interactive'))
    session.ctx.stdout('compares:\n\nsuccess requests (get, put, del):\n\nfailure requests (get, put, del):\n\n');
  const { printer, server } = session;
  const operation = (line: string) => operationOf(session, line);
  const response = server.txn({ compare: compares.map(compareOf), success: success.map(operation), failure: failure.map(operation) });
  session.ctx.stdout(printer.txn(session.header, response));
}

/** What a watch is between two looks. */
export interface WatchState {
  readonly type: 'watch';
  readonly next: number;
  readonly [key: string]: Json;
}

const lookEveryMs = 100;

export function watch(session: Session): WatchState {
  if (session.words.length === 0) throw new Failure('watch in interactive mode or requires one argument as key', badArguments);
  void rangeOf(session, 'watch');
  return look(session, { type: 'watch', next: session.number('rev') || session.server.revision + 1 }, { isFirst: true });
}

/** Prints what happened since the last look. The server keeps every revision, so looking now and then misses nothing. */
export function look(session: Session, { next }: WatchState, { isFirst = false } = {}): WatchState {
  const { key, options } = rangeOf(session, 'watch');
  const { printer, server, ctx } = session;
  const seen: { revision: number; events: readonly WatchEvent[] }[] = [];
  const wanted = { startRevision: next, prevKv: session.isSet('prev-kv'), ...(options.end === undefined ? {} : { end: options.end }) };
  try {
    server.watch(key, wanted, (response) => void seen.push(response))();
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'OutOfRange') throw error;
    ctx.stderr(`watch was canceled (${error.message})\n`);
    throw new Failure('watch is canceled by the server', interrupted);
  }
  // What was there already comes as one response.
  const responses = isFirst && seen.length > 0 ? [{ events: seen.flatMap(({ events }) => events) }] : seen;
  for (const { events } of responses) ctx.stdout(printer.watch(session.header, events));
  ctx.after(lookEveryMs, 'look');
  return { type: 'watch', next: (seen.at(-1)?.revision ?? next - 1) + 1 };
}

function rangeOf(session: Session, command: string): { key: string; options: RangeOptions } {
  const [key, end, ...rest] = session.words;
  if (key === undefined || rest.length > 0)
    throw new Failure(`${command} command needs one argument as key and an optional argument as range_end`, badArguments);
  const isPrefix = session.isSet('prefix');
  const isFromKey = session.isSet('from-key');
  if (isPrefix && isFromKey) throw new Failure('`--prefix` and `--from-key` cannot be set at the same time, choose one', badArguments);
  if (end !== undefined && (isPrefix || isFromKey))
    throw new Failure(`too many arguments, only accept one argument when \`--${isPrefix ? 'prefix' : 'from-key'}\` is set`, badArguments);
  const upTo = isPrefix ? (prefixEnd(key) ?? '\0') : isFromKey ? '\0' : end;
  return { key, options: { ...selectionOf(session), ...(upTo === undefined ? {} : { end: upTo }) } };
}

const orders: Readonly<Record<string, 'ascend' | 'descend'>> = { ASCEND: 'ascend', DESCEND: 'descend' };
const sorts: Readonly<Record<string, NonNullable<RangeOptions['sortBy']>>> = {
  KEY: 'key',
  VERSION: 'version',
  CREATE: 'create',
  MODIFY: 'mod',
  VALUE: 'value',
};

function selectionOf(session: Session): RangeOptions {
  const { flags } = session;
  const order = flags['order'] && orders[flags['order'].toUpperCase()];
  if (flags['order'] && !order) throw new Failure(`bad sort order ${flags['order']}`, badFeature);
  const sortBy = flags['sort-by'] && sorts[flags['sort-by'].toUpperCase()];
  if (flags['sort-by'] && !sortBy) throw new Failure(`bad sort target ${flags['sort-by']}`, badFeature);
  if (flags['consistency'] && !['l', 's'].includes(flags['consistency']))
    throw new Failure(`unknown consistency flag ${JSON.stringify(flags['consistency'])}`, badFeature);
  const options: RangeOptions = {
    revision: session.number('rev'),
    limit: session.number('limit'),
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

function putOf(session: Session, words: readonly string[], stdin: () => string) {
  const [key, value, ...rest] = words;
  const isValueIgnored = session.isSet('ignore-value');
  if (key === undefined || rest.length > 0)
    throw new Failure('put command needs 1 argument and input from stdin or 2 arguments', badArguments);
  if (isValueIgnored && value !== undefined)
    throw new Failure("put command needs only 1 argument when '--ignore-value' is set", badArguments);
  return {
    key,
    value: value ?? (isValueIgnored ? '' : stdin()),
    lease: parseLease(session.flags['lease'] ?? '0'),
    prevKv: session.isSet('prev-kv'),
    ignoreValue: isValueIgnored,
    ignoreLease: session.isSet('ignore-lease'),
  };
}

export function parseLease(text: string): number {
  if (!/^[0-9a-f]+$/i.test(text))
    throw new Failure(
      `bad lease ID (strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax), expecting ID in Hex`,
      badArguments,
    );
  return parseInt(text, 16);
}

function deletion(session: Session, key: string, { end }: RangeOptions): Operation {
  return { type: 'delete-range', key, prevKv: session.isSet('prev-kv'), ...(end === undefined ? {} : { end }) };
}

function sections(text: string): string[][] {
  const parts: string[][] = [[]];
  for (const line of text.split('\n')) {
    if (line.trim() === '') parts.push([]);
    else (parts.at(-1) as string[]).push(line.trim());
  }
  return parts;
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

/** `mod("key1") > "0"` */
function compareOf(line: string): Compare {
  const match = /^(\w+)\(\s*(?:"((?:[^"\\]|\\.)*)"|([^)"]*))\s*\)\s*(=|!=|<|>)\s*(?:"((?:[^"\\]|\\.)*)"|(\S*))$/.exec(line);
  if (!match) throw new Failure(`malformed comparison: ${line}`, badArguments);
  const [, name = '', quoted, bare, result = '=', quotedOperand, bareOperand] = match;
  const target = targets[name];
  if (!target) throw new Failure(`malformed comparison: ${line}; unknown target ${name}`, badArguments);
  const operand = quotedOperand ?? bareOperand ?? '';
  return {
    key: quoted ?? bare ?? '',
    target,
    result: result as Compare['result'],
    operand: target === 'value' ? operand : Number(target === 'lease' ? parseLease(operand) : operand),
  };
}

/** `put key1 "overwrote-key1"` */
function operationOf(session: Session, line: string): Operation {
  const [command = '', ...args] = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
  const inner = new Session(session.ctx, parseCommandLine(args, {}));
  switch (command) {
    case 'put': {
      const { key, value, ...options } = putOf(inner, inner.words, () => '');
      return { type: 'put', key, value, ...options };
    }
    case 'get': {
      const { key, options } = rangeOf(inner, 'get');
      return { type: 'range', key, ...options };
    }
    case 'del': {
      const { key, options } = rangeOf(inner, 'del');
      return deletion(inner, key, options);
    }
    default:
      throw new Failure(`invalid txn request: ${line}`, badArguments);
  }
}
