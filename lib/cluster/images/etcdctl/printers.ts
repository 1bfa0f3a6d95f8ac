import { encodeBase64 } from '../../api/base64';
import { quoted } from './go-text';
import {
  operationRevisions,
  type KeyValue,
  type LeaseStatus,
  type MemberInfo,
  type MemberStatus,
  type OperationResponse,
  type RaisedAlarm,
  type TxnResponse,
  type WatchEvent,
} from '../../etcd';

/** What every response of etcd carries. */
export interface Header {
  readonly clusterId: string;
  readonly memberId: string;
  readonly revision: number;
  readonly term: number;
}

export interface Got {
  readonly kvs: readonly KeyValue[];
  readonly count: number;
  readonly more: boolean;
}

export interface Deleted {
  readonly deleted: number;
  readonly prevKvs: readonly KeyValue[];
}

/** A table that every format but `json` and `fields` prints its own way. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** etcd's 64-bit numbers are more than a number holds, so JSON takes them as BigInt. */
export type Plain = null | boolean | number | string | bigint | readonly Plain[] | { readonly [key: string]: Plain | undefined };

export interface Printer {
  get(header: Header, got: Got): string;
  put(header: Header, prevKv: KeyValue | undefined): string;
  del(header: Header, deleted: Deleted): string;
  txn(header: Header, response: TxnResponse): string;
  /** With a compacted revision, or none, where the server ended the watch. */
  watch(header: Header, events: readonly WatchEvent[], cancelledAt?: number): string;
}

/** What a stored value looks like: text as it is, an object as JSON. */
export function textOf({ value }: KeyValue): string {
  if (value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export function simplePrinter({ isValueOnly = false, isHex = false } = {}): Printer {
  const shown = (text: string) =>
    isHex ? [...new TextEncoder().encode(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('') : text;
  const kv = (one: KeyValue) => `${isValueOnly ? '' : `${shown(one.key)}\n`}${shown(textOf(one))}\n`;
  const printer: Printer = {
    get: (_, { kvs }) => kvs.map(kv).join(''),
    put: (_, prevKv) => `OK\n${prevKv ? kv(prevKv) : ''}`,
    del: (_, { deleted, prevKvs }) => `${deleted}\n${prevKvs.map(kv).join('')}`,
    txn: (header, { succeeded, responses }) =>
      `${succeeded ? 'SUCCESS' : 'FAILURE'}\n${responses.map((one) => `\n${responseText(printer, header, one)}`).join('')}`,
    watch: (_, events) =>
      events.map((event) => `${event.type === 'put' ? 'PUT' : 'DELETE'}\n${event.prevKv ? kv(event.prevKv) : ''}${kv(event.kv)}`).join(''),
  };
  return printer;
}

export const fieldsPrinter: Printer = {
  get: (header, { kvs, more, count }) =>
    `${headerFields(header)}${kvs.map((one) => kvFields('', one)).join('')}"More" : ${more}\n"Count" : ${count}\n`,
  put: (header, prevKv) => `${headerFields(header)}${prevKv ? kvFields('Prev', prevKv) : ''}`,
  del: (header, { deleted, prevKvs }) =>
    `${headerFields(header)}"Deleted" : ${deleted}\n${prevKvs.map((one) => kvFields('Prev', one)).join('')}`,
  txn: (header, { succeeded, responses }) => {
    const revisions = operationRevisions(responses, header.revision);
    const inner = (at: number): Header => ({ clusterId: '0', memberId: '0', revision: revisions[at] as number, term: 0 });
    return `${headerFields(header)}"Succeeded" : ${succeeded}\n${responses.map((one, at) => responseText(fieldsPrinter, inner(at), one)).join('')}`;
  },
  watch: (header, events) =>
    `${headerFields(header)}${events.map((event) => `"Type" : ${event.type.toUpperCase()}\n${event.prevKv ? kvFields('Prev', event.prevKv) : ''}${kvFields('', event.kv)}`).join('')}`,
};

export const jsonPrinter: Printer = {
  get: (header, got) => json({ header: headerJson(header), ...gotJson(got) }),
  put: (header, prevKv) => json({ header: headerJson(header), prev_kv: prevKv && kvJson(prevKv) }),
  del: (header, deleted) => json({ header: headerJson(header), ...deletedJson(deleted) }),
  txn: (header, { succeeded, responses }) =>
    json({ header: headerJson(header), succeeded: succeeded || undefined, responses: responsesJson(header, responses) }),
  watch: (header, events, cancelledAt) =>
    json({
      Header: headerJson(header),
      Events: events.map(({ type, kv, prevKv }) => ({
        type: type === 'delete' ? 1 : undefined,
        kv: kvJson(kv),
        prev_kv: prevKv && kvJson(prevKv),
      })),
      CompactRevision: cancelledAt ?? 0,
      Canceled: cancelledAt !== undefined,
      Created: false,
    }),
};

function responseText(printer: Printer, header: Header, response: OperationResponse): string {
  switch (response.type) {
    case 'range':
      return printer.get(header, response);
    case 'put':
      return printer.put(header, response.prevKv);
    case 'delete-range':
      return printer.del(header, response);
    default:
      return printer.txn(header, response);
  }
}

function responsesJson({ revision }: Pick<Header, 'revision'>, responses: readonly OperationResponse[]): readonly Plain[] {
  const revisions = operationRevisions(responses, revision);
  return responses.map((response, at) => responseJson({ revision: revisions[at] as number }, response));
}

function responseJson(header: { readonly revision: number }, response: OperationResponse): Plain {
  switch (response.type) {
    case 'range':
      return { Response: { response_range: { header, ...gotJson(response) } } };
    case 'put':
      return { Response: { response_put: { header, prev_kv: response.prevKv && kvJson(response.prevKv) } } };
    case 'delete-range':
      return { Response: { response_delete_range: { header, ...deletedJson(response) } } };
    default:
      return { Response: { response_txn: { header, succeeded: response.succeeded || undefined } } };
  }
}

function gotJson({ kvs, more, count }: Got) {
  return { kvs: kvs.length > 0 ? kvs.map(kvJson) : undefined, more: more || undefined, count: count || undefined };
}

function deletedJson({ deleted, prevKvs }: Deleted) {
  return { deleted: deleted || undefined, prev_kvs: prevKvs.length > 0 ? prevKvs.map(kvJson) : undefined };
}

export function idNumber(id: string): bigint {
  return BigInt(`0x${id}`);
}

export function headerJson({
  clusterId,
  memberId,
  revision,
  term,
}: Omit<Header, 'revision'> & Partial<Header>): Readonly<Record<string, Plain | undefined>> {
  return { cluster_id: idNumber(clusterId), member_id: idNumber(memberId), revision: revision || undefined, raft_term: term };
}

/** A header without a revision shows none. */
export function headerFields({ clusterId, memberId, revision, term }: Omit<Header, 'revision'> & Partial<Header>): string {
  return `"ClusterID" : ${idNumber(clusterId)}\n"MemberID" : ${idNumber(memberId)}\n${!revision ? '' : `"Revision" : ${revision}\n`}"RaftTerm" : ${term}\n`;
}

function kvJson(kv: KeyValue): Plain {
  const text = textOf(kv);
  return {
    key: encodeBase64(kv.key),
    create_revision: kv.createRevision || undefined,
    mod_revision: kv.modRevision,
    version: kv.version || undefined,
    value: text ? encodeBase64(text) : undefined,
    lease: kv.lease || undefined,
  };
}

function kvFields(prefix: string, kv: KeyValue): string {
  return `"${prefix}Key" : ${quoted(kv.key)}\n"${prefix}CreateRevision" : ${kv.createRevision}\n"${prefix}ModRevision" : ${kv.modRevision}\n"${prefix}Version" : ${kv.version}\n"${prefix}Value" : ${quoted(textOf(kv))}\n"${prefix}Lease" : ${kv.lease}\n`;
}

/** One line of JSON, as Go's encoder writes it: absent members left out, BigInts as numbers. */
export function json(value: Plain): string {
  return `${encoded(value)}\n`;
}

function encoded(value: Plain): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(encoded).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value as Record<string, Plain | undefined>).flatMap(([name, member]) =>
    member === undefined ? [] : [`${JSON.stringify(name)}:${encoded(member)}`],
  );
  return `{${members.join(',')}}`;
}

/** olekukonko/tablewriter's borders: heads centred, cells to the right. */
export function bordered({ head, rows }: Table): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const drawn = (cells: readonly string[], align: (cell: string, width: number) => string) =>
    `|${cells.map((cell, column) => ` ${align(cell, widths[column] as number)} `).join('|')}|\n`;
  return `${line}${drawn(
    head.map((title) => title.toUpperCase()),
    centred,
  )}${line}${rows.map((row) => drawn(row, (cell, width) => cell.padStart(width))).join('')}${line}`;
}

export function commaSeparated({ rows }: Table): string {
  return rows.map((row) => `${row.join(', ')}\n`).join('');
}

function centred(cell: string, width: number): string {
  const left = Math.floor((width - cell.length) / 2);
  return `${' '.repeat(left)}${cell}`.padEnd(width);
}

/** go-humanize: `25 kB`, `1.5 MB`. */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  const rounded = Math.floor(value * 10 + 0.5) / 10;
  return `${rounded < 10 ? rounded.toFixed(1) : rounded.toFixed(0)} ${units[unit]}`;
}

export function leaseId(lease: number): string {
  return lease.toString(16).padStart(16, '0');
}

export function timeToLiveText({ lease, ttl, grantedTtl, keys }: LeaseStatus, withKeys: boolean): string {
  if (ttl === -1) return `lease ${leaseId(lease)} already expired\n`;
  return `lease ${leaseId(lease)} granted with TTL(${grantedTtl}s), remaining(${ttl}s)${withKeys ? `, attached keys([${keys.join(' ')}])` : ''}\n`;
}

export function alarmsText(alarms: readonly RaisedAlarm[]): string {
  return alarms.map(({ member, alarm }) => `memberID:${idNumber(member)} alarm:${alarm} \n`).join('');
}

export function membersTable(members: readonly MemberInfo[]): Table {
  return {
    head: ['ID', 'Status', 'Name', 'Peer Addrs', 'Client Addrs', 'Is Learner'],
    rows: members.map(({ id, name, peerUrls, clientUrls, isLearner }) => [
      id,
      clientUrls.length > 0 ? 'started' : 'unstarted',
      clientUrls.length > 0 ? name : '',
      peerUrls.join(','),
      clientUrls.join(','),
      String(isLearner),
    ]),
  };
}

export function statusTable(statuses: readonly (readonly [endpoint: string, status: MemberStatus])[]): Table {
  return {
    head: [
      'endpoint',
      'ID',
      'version',
      'storage version',
      'db size',
      'in use',
      'percentage not in use',
      'quota',
      'is leader',
      'is learner',
      'raft term',
      'raft index',
      'raft applied index',
      'errors',
      'downgrade target version',
      'downgrade enabled',
    ],
    rows: statuses.map(([endpoint, status]) => [
      endpoint,
      status.member,
      status.version,
      status.storageVersion,
      humanBytes(status.dbSize),
      humanBytes(status.dbSizeInUse),
      `${Math.floor((1 - status.dbSizeInUse / status.dbSize) * 100)}%`,
      humanBytes(status.dbSizeQuota),
      String(status.leader === status.member),
      String(status.isLearner),
      String(status.term),
      String(status.raftIndex),
      String(status.appliedIndex),
      status.errors.join(', '),
      '',
      'false',
    ]),
  };
}

export function statusJson(endpoint: string, status: MemberStatus): Plain {
  const header = headerJson({ clusterId: status.clusterId, memberId: status.member, revision: status.revision, term: status.term });
  return {
    Endpoint: endpoint,
    Status: {
      header,
      version: status.version,
      dbSize: status.dbSize,
      leader: status.leader === undefined ? undefined : idNumber(status.leader),
      raftIndex: status.raftIndex,
      raftTerm: status.term,
      raftAppliedIndex: status.appliedIndex,
      errors: status.errors.length > 0 ? status.errors : undefined,
      dbSizeInUse: status.dbSizeInUse,
      isLearner: status.isLearner || undefined,
      storageVersion: status.storageVersion,
      dbSizeQuota: status.dbSizeQuota,
      downgradeInfo: {},
    },
  };
}
