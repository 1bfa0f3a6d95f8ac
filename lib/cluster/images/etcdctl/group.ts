import { EtcdError, type EtcdServer, type MemberInfo, type MemberStatus } from '../../etcd';
import {
  alarmsText,
  headerFields,
  headerJson,
  idNumber,
  json,
  leaseId,
  membersTable,
  statusJson,
  statusTable,
  timeToLiveText,
  type Table,
} from './printers';
import { badArguments, Failure, headerOf, type Session } from './session';
import { parseLease } from './keyspace';

/** `member`, `endpoint`, `lease`, `alarm`, `defrag`, `move-leader`: what etcdctl does with the group. */

export function memberList(session: Session): void {
  const { server, header } = session;
  const members = server.members();
  session.show({
    table: membersTable(members),
    json: { header: headerJson(header), members: members.map(memberJson) },
    fields: headerFields(header) + members.map(memberFields).join(''),
  });
}

function memberJson({ id, name, peerUrls, clientUrls, isLearner }: MemberInfo) {
  return { ID: idNumber(id), name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner: isLearner || undefined };
}

function memberFields({ id, name, peerUrls, clientUrls, isLearner }: MemberInfo): string {
  return `"ID" : ${idNumber(id)}\n"Name" : "${name}"\n${peerUrls.map((url) => `"PeerURL" : "${url}"\n`).join('')}${clientUrls.map((url) => `"ClientURL" : "${url}"\n`).join('')}"IsLearner" : ${isLearner}\n\n`;
}

export function memberAdd(session: Session): void {
  const [name] = session.words;
  const peers = session.flags['peer-urls'];
  if (name === undefined) throw new Failure('member name not provided', badArguments);
  if (peers === undefined) throw new Failure('member peer urls not provided', badArguments);
  const { server } = session;
  const member = server.memberAdd(name, peers.split(','), session.isSet('learner'));
  const cluster = server
    .members()
    .flatMap((one) => one.peerUrls.map((url) => `${one.name}=${url}`))
    .join();
  session.show({
    simple: `Member ${member.id} added to cluster ${session.header.clusterId}\n\nETCD_NAME="${name}"\nETCD_INITIAL_CLUSTER="${cluster}"\nETCD_INITIAL_ADVERTISE_PEER_URLS="${peers}"\nETCD_INITIAL_CLUSTER_STATE="existing"\n`,
    json: { header: headerJson(session.header), member: memberJson(member), members: server.members().map(memberJson) },
  });
}

export function memberRemove(session: Session): void {
  const id = memberId(session, 'member ID is not provided');
  session.server.memberRemove(id);
  session.ctx.stdout(`Member ${id} removed from cluster ${session.header.clusterId}\n`);
}

export function memberPromote(session: Session): void {
  const id = memberId(session, 'member ID is not provided');
  session.server.memberPromote(id);
  session.ctx.stdout(`Member ${id} promoted in cluster ${session.header.clusterId}\n`);
}

export function memberUpdate(session: Session): void {
  const id = memberId(session, 'member ID is not provided');
  const peers = session.flags['peer-urls'];
  if (peers === undefined) throw new Failure('member peer urls not provided', badArguments);
  session.server.memberUpdate(id, peers.split(','));
  session.ctx.stdout(`Member ${id} updated in cluster ${session.header.clusterId}\n`);
}

function memberId({ words }: Session, missing: string): string {
  const [id] = words;
  if (id === undefined) throw new Failure(missing, badArguments);
  if (!/^[0-9a-f]{1,16}$/i.test(id))
    throw new Failure(
      `bad member ID arg (strconv.ParseUint: parsing ${JSON.stringify(id)}: invalid syntax), expecting ID in Hex`,
      badArguments,
    );
  return id.toLowerCase().padStart(16, '0');
}

export function moveLeader(session: Session): void {
  const target = memberId(session, 'move-leader command needs 1 argument');
  const leader = session.endpoints.map((endpoint) => session.serverAt(endpoint)).find((server) => isLeader(server.status()));
  if (!leader) throw new Failure(`no leader endpoint given at [${session.endpoints.join(' ')}]`, badArguments);
  const from = leader.status().member;
  leader.moveLeader(target);
  session.ctx.stdout(`Leadership transferred from ${from} to ${target}\n`);
}

function isLeader({ leader, member }: MemberStatus): boolean {
  return leader === member;
}

/** `--cluster` asks every member that the first endpoint knows of. */
function endpointsOf(session: Session): readonly string[] {
  return session.isSet('cluster') ? session.server.members().flatMap(({ clientUrls }) => clientUrls) : session.endpoints;
}

export function endpointStatus(session: Session): number {
  const found: (readonly [string, MemberStatus])[] = [];
  let exitCode = 0;
  for (const endpoint of endpointsOf(session)) {
    const status = attempt(session, endpoint, (server) => server.status());
    if (status instanceof EtcdError) {
      session.ctx.stderr(`Failed to get the status of endpoint ${endpoint} (context deadline exceeded)\n`);
      exitCode = 1;
    } else found.push([endpoint, status]);
  }
  const fields = found.map(
    ([endpoint, status]) =>
      `${headerFields({ clusterId: status.clusterId, memberId: status.member, revision: status.revision, term: status.term })}"Version" : "${status.version}"\n"StorageVersion" : "${status.storageVersion}"\n"DBSize" : ${status.dbSize}\n"DBSizeInUse" : ${status.dbSizeInUse}\n"Leader" : ${status.leader === undefined ? 0 : idNumber(status.leader)}\n"IsLearner" : ${status.isLearner}\n"RaftIndex" : ${status.raftIndex}\n"RaftTerm" : ${status.term}\n"RaftAppliedIndex" : ${status.appliedIndex}\n"Errors" : [${status.errors.join(' ')}]\n"Endpoint" : "${endpoint}"\n\n`,
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
    const failed = attempt(session, endpoint, (server) => server.range('health'));
    return {
      endpoint,
      took: `${(session.ctx.random.between(1_500, 9_000) / 1000).toFixed(3)}ms`,
      error: failed instanceof EtcdError ? 'context deadline exceeded' : '',
    };
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
      rows: results.map(({ endpoint, took, error }) => [endpoint, String(error === ''), error === '' ? took : '5.000000000s', error]),
    };
    const fields = results
      .map(
        ({ endpoint, took, error }) => `"Endpoint" : "${endpoint}"\n"Health" : ${error === ''}\n"Took" : ${took}\n"Error" : ${error}\n\n`,
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

export function endpointHashKv(session: Session): void {
  const found = endpointsOf(session).map((endpoint) => {
    const server = session.serverAt(endpoint);
    return { endpoint, header: headerOf(server), ...server.hashKv(session.number('rev')) };
  });
  session.show({
    table: {
      head: ['endpoint', 'hash', 'hash_revision'],
      rows: found.map(({ endpoint, hash, hashRevision }) => [endpoint, String(hash), String(hashRevision)]),
    },
    json: found.map(({ endpoint, header, hash, compactRevision, hashRevision }) => ({
      Endpoint: endpoint,
      HashKV: { header: headerJson(header), hash, compact_revision: compactRevision || undefined, hash_revision: hashRevision },
    })),
    fields: found.map(({ endpoint, header, hash }) => `${headerFields(header)}"Endpoint" : "${endpoint}"\n"Hash" : ${hash}\n\n`).join(''),
  });
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
        `Failed to defragment etcd member[${endpoint}]. took ${failed.code === 'Unavailable' ? '5s. (context deadline exceeded' : `1ms. (${failed.message}`})\n`,
      );
    } else
      session.ctx.stdout(
        `Finished defragmenting etcd member[${endpoint}]. took ${(session.ctx.random.between(4_000, 40_000) / 1000).toFixed(3)}ms\n`,
      );
  }
  return failures > 0 ? 1 : 0;
}

export function alarmList(session: Session): void {
  const alarms = session.server.alarms();
  session.show({
    simple: alarmsText(alarms),
    json: {
      header: headerJson(session.header),
      alarms: alarms.map(({ member, alarm }) => ({ memberID: idNumber(member), alarm: alarm === 'NOSPACE' ? 1 : 2 })),
    },
  });
}

export function alarmDisarm(session: Session): void {
  const alarms = session.server.alarmDisarm();
  session.show({ simple: alarmsText(alarms), json: { header: headerJson(session.header) } });
}

export function leaseGrant(session: Session): void {
  const [ttl, ...rest] = session.words;
  if (ttl === undefined || rest.length > 0) throw new Failure('lease grant command needs TTL argument', badArguments);
  if (!/^-?\d+$/.test(ttl)) throw new Failure(`bad TTL (strconv.ParseInt: parsing ${JSON.stringify(ttl)}: invalid syntax)`, badArguments);
  const granted = session.server.leaseGrant(Number(ttl));
  session.show({
    simple: `lease ${leaseId(granted.lease)} granted with TTL(${granted.ttl}s)\n`,
    json: {
      ...headerJson(session.header),
      id: granted.lease,
      ttl: granted.ttl,
      error: '',
    },
  });
}

export function leaseRevoke(session: Session): void {
  const lease = leaseArgument(session, 'lease revoke command needs 1 argument');
  try {
    session.server.leaseRevoke(lease);
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code === 'Unavailable') throw error;
    throw new Failure(`failed to revoke lease (${error.message})`);
  }
  session.show({ simple: `lease ${leaseId(lease)} revoked\n`, json: { header: headerJson(session.header) } });
}

export function leaseTimeToLive(session: Session): void {
  const lease = leaseArgument(session, 'lease timetolive command needs lease ID as argument');
  const status = session.server.leaseTimeToLive(lease);
  session.show({
    simple: timeToLiveText(status, session.isSet('keys')),
    fields: `${headerFields(session.header)}"ID" : ${lease}\n"TTL" : ${status.ttl}\n"GrantedTTL" : ${status.grantedTtl}\n${(session.isSet('keys') ? status.keys : []).map((key) => `"Key" : ${JSON.stringify(key)}\n`).join('')}`,
    json: {
      ...headerJson(session.header),
      id: lease,
      ttl: status.ttl,
      'granted-ttl': status.grantedTtl,
      keys: session.isSet('keys') ? status.keys : null,
    },
  });
}

export function leaseList(session: Session): void {
  const leases = session.server.leases();
  session.show({
    simple: `found ${leases.length} leases\n${leases.map((lease) => `${leaseId(lease)}\n`).join('')}`,
    json: { ...headerJson(session.header), leases: leases.map((lease) => ({ id: lease })) },
  });
}

/** Once, or again and again after a third of the time; answers when to do it next. */
export function leaseKeepAlive(session: Session): number | undefined {
  const lease = leaseArgument(session, 'lease keep-alive command needs lease ID as argument');
  try {
    const { ttl } = session.server.leaseKeepAlive(lease);
    if (session.format === 'json') session.ctx.stdout(json({ id: lease, ttl }));
    else session.ctx.stdout(`lease ${leaseId(lease)} keepalived with TTL(${ttl})\n`);
    return session.isSet('once') ? undefined : Math.max(1, Math.floor(ttl / 3)) * 1000;
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'NotFound') throw error;
    if (session.isSet('once')) throw error;
    session.ctx.stdout(`lease ${leaseId(lease)} expired or revoked.\n`);
    return undefined;
  }
}

function leaseArgument({ words }: Session, missing: string): number {
  const [id, ...rest] = words;
  if (id === undefined || rest.length > 0) throw new Failure(missing, badArguments);
  return parseLease(id);
}
