import { EtcdError, problemOfUrls, type EtcdServer, type MemberInfo, type MemberStatus, type RaisedAlarm } from '../../etcd';
import { encodeBase64 } from '../../api/base64';
import { problemOfInteger, quoted } from './go-text';
import {
  alarmsText,
  headerFields,
  headerJson,
  idNumber,
  leaseId,
  membersTable,
  statusJson,
  statusTable,
  timeToLiveText,
  type Header,
  type Table,
} from './printers';
import { badArguments, badConnection, Failure, headerOf, sentenceOf, type Session } from './session';

/** `member`, `endpoint`, `lease`, `alarm`, `defrag`, `move-leader`: what etcdctl does with the group. */

export function memberList(session: Session): void {
  const { server } = session;
  const members = server.members();
  session.show({
    table: membersTable(members),
    json: membersJson(session, members),
    fields: headerFields(groupHeader(session)) + members.map(memberFields).join(''),
  });
}

/** What is answered about the group names no revision of the store. */
function groupHeader({ header: { revision: _, ...header } }: Session): Omit<Header, 'revision'> {
  return header;
}

function membersJson(session: Session, members = session.server.members()) {
  return { header: headerJson(groupHeader(session)), members: members.map(memberJson) };
}

function memberJson({ id, name, peerUrls, clientUrls, isLearner }: MemberInfo) {
  const isStarted = clientUrls.length > 0;
  return {
    ID: idNumber(id),
    name: isStarted ? name : undefined,
    peerURLs: peerUrls,
    clientURLs: isStarted ? clientUrls : undefined,
    isLearner: isLearner || undefined,
  };
}

function memberFields({ id, name, peerUrls, clientUrls, isLearner }: MemberInfo): string {
  const urls = (kind: string, of: readonly string[]) => of.map((url) => `"${kind}URL" : ${quoted(url)}\n`).join('');
  const shownName = clientUrls.length > 0 ? name : '';
  return `"ID" : ${idNumber(id)}\n"Name" : ${quoted(shownName)}\n${urls('Peer', peerUrls)}${urls('Client', clientUrls)}"IsLearner" : ${isLearner}\n\n`;
}

export function memberAdd(session: Session): void {
  const [name, ...rest] = session.words;
  if (name === undefined) throw new Failure('member name not provided', badArguments);
  if (rest.length > 0) {
    const guesses = session.words.filter((word) => /^http/i.test(word)).map((word) => `, did you mean --peer-urls=${word}`);
    throw new Failure(`too many arguments${guesses.join('')}`, badArguments);
  }
  const peers = peerUrlsOf(session);
  const { server } = session;
  const member = server.memberAdd(name, peers, session.isSet('learner'));
  const shown = (one: MemberInfo) => (one.id === member.id || one.clientUrls.length > 0 ? one.name : '');
  const cluster = server
    .members({ serializable: true })
    .flatMap((one) => one.peerUrls.map((url) => `${shown(one)}=${url}`))
    .join();
  session.show({
    simple: `Member ${member.id} added ${member.isLearner ? 'as learner ' : ''}to cluster ${session.header.clusterId}\n\nETCD_NAME=${quoted(name)}\nETCD_INITIAL_CLUSTER=${quoted(cluster)}\nETCD_INITIAL_ADVERTISE_PEER_URLS=${quoted(peers.join())}\nETCD_INITIAL_CLUSTER_STATE="existing"\n`,
    json: {
      header: headerJson(groupHeader(session)),
      member: memberJson(member),
      members: server.members({ serializable: true }).map(memberJson),
    },
  });
}

/** The client looks at them before it asks anybody (`client/v3/cluster.go`). */
function peerUrlsOf({ flags }: Session): readonly string[] {
  const text = flags['peer-urls'] ?? '';
  if (text === '') throw new Failure('member peer urls not provided', badArguments);
  const urls = text.split(',');
  const problem = problemOfUrls(urls);
  if (problem !== undefined) throw new Failure(problem);
  return urls;
}

export function memberRemove(session: Session): void {
  const id = memberId(session);
  session.server.memberRemove(id);
  changed(session, `Member ${id} removed from cluster`);
}

export function memberPromote(session: Session): void {
  const id = memberId(session);
  session.server.memberPromote(id);
  changed(session, `Member ${id} promoted in cluster`);
}

export function memberUpdate(session: Session): void {
  const id = memberId(session);
  session.server.memberUpdate(id, peerUrlsOf(session));
  changed(session, `Member ${id} updated in cluster`);
}

function changed(session: Session, what: string): void {
  session.show({ simple: `${what} ${session.header.clusterId}\n`, json: membersJson(session) });
}

function memberId({ words }: Session): string {
  const [id = '', ...rest] = words;
  if (words.length === 0 || rest.length > 0) throw new Failure('member ID is not provided', badArguments);
  const problem = problemOfInteger(id, { name: 'ParseUint', base: 16 });
  if (problem !== undefined) throw new Failure(`bad member ID arg (${problem}), expecting ID in Hex`, badArguments);
  return idText(id);
}

function idText(id: string): string {
  return id
    .toLowerCase()
    .replace(/^0+(?=.)/, '')
    .padStart(16, '0');
}

export function moveLeader(session: Session): void {
  const [id = '', ...rest] = session.words;
  if (session.words.length === 0 || rest.length > 0) throw new Failure('move-leader command needs 1 argument', badArguments);
  const problem = problemOfInteger(id, { name: 'ParseUint', base: 16 });
  if (problem !== undefined) throw new Failure(problem, badArguments);
  const target = idText(id);
  const leader = session.endpoints.map((endpoint) => session.serverAt(endpoint)).find((server) => isLeader(server.status()));
  if (!leader) throw new Failure(`no leader endpoint given at [${session.endpoints.join(' ')}]`, badArguments);
  const from = leader.status().member;
  leader.moveLeader(target);
  session.show({ simple: `Leadership transferred from ${from} to ${target}\n`, json: {} });
}

function isLeader({ leader, member }: MemberStatus): boolean {
  return leader === member;
}

/** `--cluster` asks every member that the first endpoint knows of. */
function endpointsOf(session: Session): readonly string[] {
  return session.isSet('cluster')
    ? session.server.members({ serializable: true }).flatMap(({ clientUrls }) => clientUrls)
    : session.endpoints;
}

export function endpointStatus(session: Session): number {
  const found: (readonly [string, MemberStatus])[] = [];
  let exitCode = 0;
  for (const endpoint of endpointsOf(session)) {
    const status = attempt(session, endpoint, (server) => server.status());
    if (status instanceof EtcdError) {
      session.ctx.stderr(
        `Failed to get the status of endpoint ${endpoint} (${status.code === 'Unavailable' ? lost : sentenceOf(status)})\n`,
      );
      exitCode = 1;
    } else found.push([endpoint, status]);
  }
  const fields = found.map(
    ([endpoint, status]) =>
      `${headerFields({ clusterId: status.clusterId, memberId: status.member, revision: status.revision, term: status.term })}"Version" : "${status.version}"\n"StorageVersion" : "${status.storageVersion}"\n"DBSize" : ${status.dbSize}\n"DBSizeInUse" : ${status.dbSizeInUse}\n"DBSizeQuota" : ${status.dbSizeQuota}\n"Leader" : ${status.leader === undefined ? 0 : idNumber(status.leader)}\n"IsLearner" : ${status.isLearner}\n"RaftIndex" : ${status.raftIndex}\n"RaftTerm" : ${status.term}\n"RaftAppliedIndex" : ${status.appliedIndex}\n"Errors" : [${status.errors.join(' ')}]\n"Endpoint" : ${quoted(endpoint)}\n"DowngradeTargetVersion" : ""\n"DowngradeEnabled" : false\n\n`,
  );
  session.show({
    table: statusTable(found),
    json: found.map(([endpoint, status]) => statusJson(endpoint, status)),
    fields: fields.join(''),
  });
  return exitCode;
}

export function endpointHealth(session: Session): number {
  const results = endpointsOf(session).map((endpoint) => {
    const error = illnessOf(session, endpoint);
    const took = error === lost ? '5.000000000s' : `${(session.ctx.random.between(1_500, 9_000) / 1000).toFixed(3)}ms`;
    return { endpoint, took, error };
  });
  if (session.format === 'simple') {
    // etcdctl says this much on standard error since 3.4; what is healthy goes to standard output.
    for (const { endpoint, took, error } of results) {
      if (error === '') session.ctx.stdout(`${endpoint} is healthy: successfully committed proposal: took = ${took}\n`);
      else session.ctx.stderr(`${endpoint} is unhealthy: failed to commit proposal: ${error}\n`);
    }
  } else {
    const table: Table = {
      head: ['endpoint', 'health', 'took', 'error'],
      rows: results.map(({ endpoint, took, error }) => [endpoint, String(error === ''), took, error]),
    };
    const fields = results
      .map(
        ({ endpoint, took, error }) =>
          `"Endpoint" : ${quoted(endpoint)}\n"Health" : ${error === ''}\n"Took" : ${took}\n"Error" : ${error}\n\n`,
      )
      .join('');
    session.show({
      table,
      fields,
      json: results.map(({ endpoint, took, error }) => ({ endpoint, health: error === '', took, error: error || undefined })),
    });
  }
  if (results.every(({ error }) => error === '')) return 0;
  session.ctx.stderr('Error: unhealthy cluster\n');
  return 1;
}

const lost = 'context deadline exceeded';

/** A member that answers is well, whatever the answer, unless somebody raised an alarm. */
function illnessOf(session: Session, endpoint: string): string {
  const alarms = attempt(session, endpoint, (server) => {
    try {
      server.range('health');
    } catch (error) {
      if (!(error instanceof EtcdError) || error.code !== 'PermissionDenied') throw error;
    }
    return server.alarms();
  });
  if (alarms instanceof EtcdError)
    return alarms.code === 'Unavailable'
      ? lost
      : alarms.code === 'PermissionDenied'
        ? 'Unable to fetch the alarm list'
        : sentenceOf(alarms);
  return alarms.length > 0 ? `Active Alarm(s): ${alarms.map(({ alarm }) => `${alarm} `).join('')}` : '';
}

export function endpointHashKv(session: Session): void {
  const revision = session.number('rev');
  const answers = endpointsOf(session).map((endpoint) => ({
    endpoint,
    answer: attempt(session, endpoint, (server) => ({ header: headerOf(server), ...server.hashKv(revision) })),
  }));
  const found = answers.flatMap(({ endpoint, answer }) => (answer instanceof EtcdError ? [] : [{ endpoint, ...answer }]));
  let failure: string | undefined;
  for (const { endpoint, answer } of answers) {
    if (!(answer instanceof EtcdError)) continue;
    failure = answer.code === 'Unavailable' ? lost : sentenceOf(answer);
    session.ctx.stderr(`Failed to get the hash of endpoint ${endpoint} (${failure})\n`);
  }
  session.show({
    table: {
      head: ['endpoint', 'hash', 'hash_revision'],
      rows: found.map(({ endpoint, hash, hashRevision }) => [endpoint, String(hash), String(hashRevision)]),
    },
    json: found.map(({ endpoint, header, hash, compactRevision, hashRevision }) => ({
      Endpoint: endpoint,
      HashKV: { header: headerJson(header), hash, compact_revision: compactRevision || undefined, hash_revision: hashRevision },
    })),
    fields: found
      .map(
        ({ endpoint, header, hash, hashRevision }) =>
          `${headerFields(header)}"Endpoint" : ${quoted(endpoint)}\n"Hash" : ${hash}\n"HashRevision" : ${hashRevision}\n\n`,
      )
      .join(''),
  });
  if (failure !== undefined) throw new Failure(failure);
}

function attempt<T>(session: Session, endpoint: string, ask: (server: EtcdServer) => T): T | EtcdError {
  try {
    return ask(session.serverAt(endpoint));
  } catch (error) {
    if (error instanceof EtcdError) return error;
    throw error;
  }
}

export function defrag(session: Session): number {
  let failures = 0;
  for (const endpoint of endpointsOf(session)) {
    const failed = attempt(session, endpoint, (server) => server.defragment());
    if (failed instanceof EtcdError) {
      failures++;
      session.ctx.stderr(
        `Failed to defragment etcd member[${endpoint}]. took ${failed.code === 'Unavailable' ? `5s. (${lost}` : `1ms. (${sentenceOf(failed)}`})\n`,
      );
    } else
      session.ctx.stdout(
        `Finished defragmenting etcd member[${endpoint}]. took ${(session.ctx.random.between(4_000, 40_000) / 1000).toFixed(3)}ms\n`,
      );
  }
  return failures > 0 ? 1 : 0;
}

export function alarmList(session: Session): void {
  none(session, 'alarm list command accepts no arguments');
  const alarms = session.server.alarms();
  session.show({
    simple: alarmsText(alarms),
    json: { header: headerJson(session.header), alarms: alarmsJson(alarms) },
    fields: headerFields(session.header) + alarmsFields(alarms),
  });
}

/** The client disarms one after the other and puts the answers together, without a header. */
export function alarmDisarm(session: Session): void {
  none(session, 'alarm disarm command accepts no arguments');
  const alarms = session.server.alarmDisarm();
  session.show({ simple: alarmsText(alarms), json: { alarms: alarmsJson(alarms) }, fields: alarmsFields(alarms) });
}

function none({ words }: Session, message: string): void {
  if (words.length > 0) throw new Failure(message, badArguments);
}

function alarmsJson(alarms: readonly RaisedAlarm[]) {
  if (alarms.length === 0) return undefined;
  return alarms.map(({ member, alarm }) => ({ memberID: idNumber(member), alarm: alarm === 'NOSPACE' ? 1 : 2 }));
}

function alarmsFields(alarms: readonly RaisedAlarm[]): string {
  return alarms.map(({ member, alarm }) => `"MemberID" : ${idNumber(member)}\n"AlarmType" : ${alarm}\n\n`).join('');
}

export function leaseGrant(session: Session): void {
  const [ttl = '', ...rest] = session.words;
  if (session.words.length === 0 || rest.length > 0) throw new Failure('lease grant command needs TTL argument', badArguments);
  const problem = problemOfInteger(ttl, { name: 'ParseInt', base: 10 });
  if (problem !== undefined) throw new Failure(`bad TTL (${problem})`, badArguments);
  const granted = worded('failed to grant lease', () => session.server.leaseGrant(Number(ttl)));
  session.show({
    simple: `lease ${leaseId(granted.lease)} granted with TTL(${granted.ttl}s)\n`,
    json: { ...headerJson(session.header), ID: granted.lease, TTL: granted.ttl, Error: '' },
    fields: `${headerFields(session.header)}"ID" : ${granted.lease}\n"TTL" : ${granted.ttl}\n`,
  });
}

export function leaseRevoke(session: Session): void {
  const lease = leaseArgument(session, 'lease revoke command needs 1 argument');
  worded('failed to revoke lease', () => session.server.leaseRevoke(lease));
  session.show({
    simple: `lease ${leaseId(lease)} revoked\n`,
    json: { header: headerJson(session.header) },
    fields: headerFields(session.header),
  });
}

/** What the server refuses, in the command's own words. */
function worded<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code === 'Unavailable') throw error;
    throw new Failure(`${what} (${sentenceOf(error)})`);
  }
}

/** These commands take every error for one of the connection. */
function connected<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code === 'Unavailable') throw error;
    throw new Failure(sentenceOf(error), badConnection);
  }
}

export function leaseTimeToLive(session: Session): void {
  const lease = leaseArgument(session, 'lease timetolive command needs lease ID as argument');
  const status = connected(() => session.server.leaseTimeToLive(lease));
  const keys = session.isSet('keys') ? status.keys : [];
  session.show({
    simple: timeToLiveText(status, session.isSet('keys')),
    fields: `${headerFields(session.header)}"ID" : ${lease}\n"TTL" : ${status.ttl}\n"GrantedTTL" : ${status.grantedTtl}\n${keys.map((key) => `"Key" : ${quoted(key)}\n`).join('')}`,
    json: {
      ...headerJson(session.header),
      id: lease,
      ttl: status.ttl,
      'granted-ttl': status.grantedTtl,
      keys: keys.length > 0 ? keys.map(encodeBase64) : null,
    },
  });
}

export function leaseList(session: Session): void {
  const leases = connected(() => session.server.leases());
  session.show({
    simple: `found ${leases.length} leases\n${leases.map((lease) => `${leaseId(lease)}\n`).join('')}`,
    json: { ...headerJson(session.header), leases: leases.map((lease) => ({ id: lease })) },
    fields: headerFields(session.header) + leases.map((lease) => `"ID" : ${lease}\n`).join(''),
  });
}

/** Once, or again and again after a third of the time; answers when to do it next. */
export function leaseKeepAlive(session: Session): number | undefined {
  const lease = leaseArgument(session, 'lease keep-alive command needs lease ID as argument');
  if (session.isSet('once')) {
    showKeptAlive(
      session,
      connected(() => session.server.leaseKeepAlive(lease)),
    );
    return undefined;
  }
  try {
    const kept = session.server.leaseKeepAlive(lease);
    showKeptAlive(session, kept);
    return Math.max(1, Math.floor(kept.ttl / 3)) * 1000;
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'NotFound') throw error;
    if (session.format === 'simple') session.ctx.stdout(`lease ${leaseId(lease)} expired or revoked.\n`);
    return undefined;
  }
}

function showKeptAlive(session: Session, { lease, ttl }: { readonly lease: number; readonly ttl: number }): void {
  session.show({
    simple: `lease ${leaseId(lease)} keepalived with TTL(${ttl})\n`,
    json: { ...headerJson(session.header), ID: lease, TTL: ttl },
    fields: `${headerFields(session.header)}"ID" : ${lease}\n"TTL" : ${ttl}\n`,
  });
}

function leaseArgument({ words }: Session, missing: string): number {
  const [id = '', ...rest] = words;
  if (words.length === 0 || rest.length > 0) throw new Failure(missing, badArguments);
  const problem = problemOfInteger(id, { name: 'ParseInt', base: 16 });
  if (problem !== undefined) throw new Failure(`bad lease ID arg (${problem}), expecting ID in Hex`, badArguments);
  return parseInt(id, 16);
}
