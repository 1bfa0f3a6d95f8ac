import type { Json } from '@/lib/base';
import { EtcdError } from '../../etcd';
import { rfc3339Micro } from '../../kernel';
import type { ProcessContext, Program } from '../../runtime/program';
import { readDuration } from '../../client';
import {
  authDisable,
  authEnable,
  authStatus,
  roleAdd,
  roleDelete,
  roleGet,
  roleGrantPermission,
  roleList,
  roleRevokePermission,
  userAdd,
  userDelete,
  userGet,
  userGrantRole,
  userList,
  userPassword,
  userRevokeRole,
} from './access';
import { assertFlags, parseCommandLine, UsageError, type CommandLine } from './flags';
import {
  alarmDisarm,
  alarmList,
  defrag,
  endpointHashKv,
  endpointHealth,
  endpointStatus,
  leaseGrant,
  leaseKeepAlive,
  leaseList,
  leaseRevoke,
  leaseTimeToLive,
  memberAdd,
  memberList,
  memberPromote,
  memberRemove,
  memberUpdate,
  moveLeader,
} from './group';
import { compaction, del, get, look, put, txn, watch, type WatchState } from './keyspace';
import { Failure, sentenceOf, Session, unheard } from './session';
import { snapshotRestore, snapshotSave, snapshotStatus } from './snapshots';

/** What a run is between two timers: nothing, a watch, or a write of which nobody will say what became of it. */
type State = { readonly type: 'once' } | WatchState | { readonly type: 'lost'; readonly message: string };

/** Returns an exit code, what to keep until the next timer, or nothing when it is done. */
type Command = (session: Session) => number | WatchState | { readonly againMs: number } | void;

const commands: Readonly<Record<string, Command>> = {
  get,
  put,
  del,
  txn,
  watch,
  compaction,
  compact: compaction,
  defrag,
  'move-leader': moveLeader,
  'alarm list': alarmList,
  'alarm disarm': alarmDisarm,
  'endpoint status': endpointStatus,
  'endpoint health': endpointHealth,
  'endpoint hashkv': endpointHashKv,
  'lease grant': leaseGrant,
  'lease revoke': leaseRevoke,
  'lease timetolive': leaseTimeToLive,
  'lease list': leaseList,
  'lease keep-alive': (session) => {
    const againMs = leaseKeepAlive(session);
    return againMs === undefined ? undefined : { againMs };
  },
  'member list': memberList,
  'member add': memberAdd,
  'member remove': memberRemove,
  'member promote': memberPromote,
  'member update': memberUpdate,
  'snapshot save': snapshotSave,
  'auth enable': authEnable,
  'auth disable': authDisable,
  'auth status': authStatus,
  'user add': userAdd,
  'user delete': userDelete,
  'user get': userGet,
  'user list': userList,
  'user passwd': userPassword,
  'user grant-role': userGrantRole,
  'user revoke-role': userRevokeRole,
  'role add': roleAdd,
  'role delete': roleDelete,
  'role get': roleGet,
  'role list': roleList,
  'role grant-permission': roleGrantPermission,
  'role revoke-permission': roleRevokePermission,
};

const offlineCommands: Readonly<Record<string, Command>> = { 'snapshot status': snapshotStatus, 'snapshot restore': snapshotRestore };

/** What no server is asked for. */
const localCommands = new Set(['version', 'help']);

const summary = `NAME:
	etcdctl - A simple command line client for etcd3.

USAGE:
	etcdctl [flags]

VERSION:
	3.6.8

API VERSION:
	3.6

COMMANDS:
${Object.keys(commands)
  .map((name) => `	${name}`)
  .join('\n')}
	version
`;

/** etcdctl 3.6: each run is one command, done at once or, for `watch` and `lease keep-alive`, until it is interrupted. */
export const etcdctl: Program<State> = {
  start: (ctx) => run(ctx, 'etcdctl', commands),
  onTimer: (ctx, state, timer) =>
    state.type === 'lost'
      ? guarded(ctx, () => givenUp(ctx, state.message))
      : timer === 'look' && state.type === 'watch'
        ? again(ctx, state)
        : run(ctx, 'etcdctl', commands, Number(timer.split(' ')[1] ?? 0)),
};

/** etcdutl 3.6: what is done to files while no member runs. */
export const etcdutl: Program<State> = {
  start: (ctx) => run(ctx, 'etcdutl', offlineCommands),
};

const once: State = { type: 'once' };
const retryMs = 500;

/** `waitedMs` once it has begun. */
function run(ctx: ProcessContext, name: string, table: Readonly<Record<string, Command>>, waitedMs?: number): State {
  return guarded(ctx, () => {
    const line = parseCommandLine(ctx.argv.slice(1), ctx.env);
    if (line.words.length === 0 || localCommands.has(line.words[0] as string) || line.flags['help'] || line.flags['version'])
      return local(ctx, name, line.words[0]);
    const { key, words } = commandOf(table, line.words);
    if (!key) return withoutCommand(ctx, name, table, line.words[0] as string);
    assertFlags(key, line);
    const session = new Session(ctx, { ...line, words }, { isFirst: waitedMs === undefined });
    session.assertFormat();
    if (name === 'etcdctl' && !hasCertificates(session)) return unanswered(ctx, { ...line, words }, key, waitedMs ?? 0);
    return attempt(ctx, session, table[key] as Command, waitedMs ?? 0);
  });
}

/** Without a certificate: those that ask one endpoint after the other say of each what became of it. */
function unanswered(ctx: ProcessContext, line: CommandLine, key: string, waitedMs: number): State {
  const session = new Session(ctx, line, { isHeard: false });
  if (!key.startsWith('endpoint ') || waitedMs < timeoutOf(session)) return deadline(ctx, session, waitedMs, unheard);
  for (const endpoint of session.endpoints) warn(ctx, endpoint, unheard);
  return attempt(ctx, session, commands[key] as Command, waitedMs);
}

function commandOf(
  table: Readonly<Record<string, Command>>,
  words: readonly string[],
): { key: string | undefined; words: readonly string[] } {
  const [first = '', second = ''] = words;
  if (Object.hasOwn(table, `${first} ${second}`)) return { key: `${first} ${second}`, words: words.slice(2) };
  return { key: Object.hasOwn(table, first) ? first : undefined, words: words.slice(1) };
}

/** The name of a family of commands, or of none. */
function withoutCommand(ctx: ProcessContext, name: string, table: Readonly<Record<string, Command>>, word: string): State {
  const members = Object.keys(table).filter((key) => key.startsWith(`${word} `));
  if (members.length === 0)
    throw new UsageError(`unknown command ${JSON.stringify(word)} for ${JSON.stringify(name)}\nRun '${name} --help' for usage.`);
  const rows = members.map((key) => `\t${key.slice(word.length + 1)}\n`).join('');
  ctx.stdout(`NAME:\n\t${word}\n\nUSAGE:\n\t${name} ${word} <subcommand> [flags]\n\nAPI VERSION:\n\t3.6\n\n\nCOMMANDS:\n${rows}\n`);
  ctx.exit(0);
  return once;
}

/** Runs the command; while the group cannot answer it waits and asks again, until the command's time is up. */
function attempt(ctx: ProcessContext, session: Session, command: Command, waitedMs: number): State {
  try {
    const outcome = command(session);
    if (typeof outcome === 'object' && 'type' in outcome) return outcome;
    if (typeof outcome === 'object') ctx.after(outcome.againMs, 'retry 0');
    else ctx.exit(outcome ?? 0);
    return once;
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'Unavailable') throw error;
    const { message, hangs } = error;
    if (hangs?.isRepeatable === false) return wait(ctx, session, waitedMs, { message, forMs: hangs.forMs });
    // What is no loss of the connection and no wait is an answer.
    if (!hangs && message.startsWith('etcdserver: ')) throw error;
    return deadline(ctx, session, waitedMs, message);
  }
}

/** A write that was begun is not begun again: it is waited for until the server gives it up, or the client does (`client/v3/retry.go`). */
function wait(ctx: ProcessContext, session: Session, waitedMs: number, { message, forMs }: { message: string; forMs: number }): State {
  const leftMs = Math.max(0, timeoutOf(session) - waitedMs);
  ctx.after(Math.min(leftMs, forMs), 'lost');
  return { type: 'lost', message: leftMs < forMs ? deadlineMessage : message };
}

function givenUp(ctx: ProcessContext, message: string): State {
  if (message !== deadlineMessage) throw new Failure(message);
  warn(ctx, parseCommandLine(ctx.argv.slice(1), ctx.env).flags['endpoints'] ?? '127.0.0.1:2379', 'etcdserver: request timed out');
  throw new Failure(message);
}

function again(ctx: ProcessContext, state: WatchState): State {
  return guarded(ctx, () => {
    const line = parseCommandLine(ctx.argv.slice(1), ctx.env);
    const session = new Session(ctx, { ...line, words: line.words.slice(1) });
    try {
      return look(session, state);
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      ctx.after(retryMs, 'look');
      return state;
    }
  });
}

function deadline(ctx: ProcessContext, session: Session, waitedMs: number, why: string): State {
  const limitMs = timeoutOf(session);
  if (waitedMs < limitMs) {
    ctx.after(Math.min(retryMs, limitMs - waitedMs), `retry ${waitedMs + Math.min(retryMs, limitMs - waitedMs)}`);
    return once;
  }
  warn(ctx, session.endpoints[0] ?? '', why);
  throw new Failure(deadlineMessage);
}

const deadlineMessage = 'context deadline exceeded';

/** What the client writes into its log when a call ends without an answer. */
function warn(ctx: ProcessContext, endpoint: string, why: string): void {
  const error = `rpc error: code = DeadlineExceeded desc = latest balancer error: last connection error: ${why.startsWith('connection error') ? why : `connection error: desc = ${JSON.stringify(why)}`}`;
  ctx.stderr(
    `${JSON.stringify({ level: 'warn', ts: rfc3339Micro(ctx.now), logger: 'etcd-client', caller: 'v3@v3.6.8/retry_interceptor.go:65', msg: 'retrying of unary invoker failed', target: `etcd-endpoints://0xc00012e1e0/${endpoint}`, attempt: 0, error })}\n`,
  );
}

function timeoutOf({ flags }: Session): number {
  const text = flags['command-timeout'];
  const limit = text === undefined ? 5_000 : readDuration(text);
  if (limit instanceof Error) throw new Failure(`invalid argument ${JSON.stringify(text)} for "--command-timeout" flag: ${limit.message}`);
  return limit;
}

/** kubeadm's members speak only to clients that bring a certificate. A file that is named and is not there is an error at once. */
function hasCertificates(session: Session): boolean {
  const { ctx, flags } = session;
  const given = ['cert', 'key', 'cacert'].flatMap((name) => (flags[name] === undefined ? [] : [flags[name]]));
  for (const path of given)
    if (ctx.files.read(session.at(path)) === undefined) throw new Failure(`open ${path}: no such file or directory`);
  if (flags['key'] === undefined && flags['cert'] !== undefined)
    throw new Failure('KeyFile and CertFile must both be present[key: , cert: ' + flags['cert'] + ']');
  return (
    flags['cert'] !== undefined &&
    flags['key'] !== undefined &&
    (flags['cacert'] !== undefined || flags['insecure-skip-tls-verify'] !== undefined)
  );
}

function local(ctx: ProcessContext, name: string, word: string | undefined): State {
  if (word === 'version') ctx.stdout(`${name} version: 3.6.8\nAPI version: 3.6\n`);
  else
    ctx.stdout(
      name === 'etcdctl'
        ? summary
        : summary.replaceAll('etcdctl', 'etcdutl').replace(
            /COMMANDS:[\s\S]*/,
            `COMMANDS:\n${Object.keys(offlineCommands)
              .map((key) => `	${key}`)
              .join('\n')}\n	version\n`,
          ),
    );
  ctx.exit(0);
  return once;
}

function guarded(ctx: ProcessContext, body: () => State): State {
  try {
    return body();
  } catch (error) {
    if (error instanceof UsageError) ctx.stderr(`Error: ${error.message}\n`);
    else if (error instanceof Failure) ctx.stderr(`Error: ${error.message}\n`);
    else if (error instanceof EtcdError) ctx.stderr(`Error: ${sentenceOf(error)}\n`);
    else throw error;
    ctx.exit(error instanceof Failure ? error.exitCode : 1);
    return once;
  }
}

/** Both programs, where the etcd image has them. */
export const etcdPrograms: Readonly<Record<string, Program<Json & State>>> = {
  '/usr/local/bin/etcdctl': etcdctl as Program,
  '/usr/local/bin/etcdutl': etcdutl as Program,
};
