import { pathOfUrl } from '@/lib/base';
import { EtcdError, type EtcdMember, type MemberInfo } from '../etcd';
import type { HttpRequest, HttpResponse, Network, NetworkNamespace } from '../network/types';

/** What members ask each other over HTTP on their peer ports (`server/etcdserver/api/etcdhttp/peer.go`). */
export const membersPath = '/members';
const promotePath = '/members/promote/';

/** A leader answers within this, or is taken for lost. */
const promoteMs = 7_000;

export function peersOf(member: EtcdMember): (request: HttpRequest) => HttpResponse {
  return ({ method, url }) => {
    const path = pathOfUrl(url);
    if (path === membersPath && method === 'GET') return answer(member, 200, membersJson(member.roster));
    if (path.startsWith(promotePath) && method === 'POST') return promote(member, path.slice(promotePath.length));
    if (path === '/version') return answer(member, 200, '{"etcdserver":"3.6.8","etcdcluster":"3.6.0","storage":"3.6.0"}');
    return answer(member, 404, '404 page not found\n');
  };
}

function answer(member: EtcdMember, status: number, body: string): HttpResponse {
  const { clusterId } = member.status();
  return { status, headers: { 'content-type': 'application/json', 'x-etcd-cluster-id': clusterId }, body };
}

function promote(member: EtcdMember, id: string): HttpResponse {
  if (!/^\d+$/.test(id)) return answer(member, 404, `member ${id} not found in cluster\n`);
  try {
    member.promoteHere(BigInt(id).toString(16).padStart(16, '0'));
    return answer(member, 200, membersJson(member.roster));
  } catch (error) {
    if (!(error instanceof EtcdError)) throw error;
    const status = error.code === 'NotFound' ? 404 : error.code === 'FailedPrecondition' ? 412 : 500;
    return answer(member, status, error.message);
  }
}

/** Asks the leader to promote a learner; throws what it says against it. */
export function askToPromote(network: Network, from: NetworkNamespace, leader: MemberInfo, id: string): void {
  const url = `${leader.peerUrls[0]}${promotePath}${BigInt(`0x${id}`)}`;
  const result = network.http(from, { method: 'POST', url, headers: {} }, { timeoutMs: promoteMs });
  if (result.type === 'error') throw new EtcdError('Unavailable', 'etcdserver: request timed out');
  const { status, body } = result.response;
  if (status !== 200) throw new EtcdError(status === 404 ? 'NotFound' : status === 412 ? 'FailedPrecondition' : 'Unavailable', body);
}

function membersJson(members: readonly MemberInfo[]): string {
  const texts = members.map(({ id, name, peerUrls, clientUrls, isLearner }) => {
    const rest = {
      peerURLs: peerUrls,
      ...(isLearner ? { isLearner } : {}),
      ...(clientUrls.length > 0 ? { name, clientURLs: clientUrls } : {}),
    };
    return `{"id":${BigInt(`0x${id}`)},${JSON.stringify(rest).slice(1)}`;
  });
  return `[${texts.join(',')}]\n`;
}

interface Row {
  readonly id: string;
  readonly name?: string;
  readonly peerURLs: readonly string[];
  readonly clientURLs?: readonly string[];
  readonly isLearner?: boolean;
}

/** The group that a peer's answer describes, or nothing where it is no such answer. Ids have more digits than a number holds. */
export function readMembers({ status, headers, body }: HttpResponse): { clusterId: string; members: readonly MemberInfo[] } | undefined {
  const clusterId = headers['x-etcd-cluster-id'];
  if (status !== 200 || clusterId === undefined) return undefined;
  try {
    const rows = JSON.parse(body.replace(/"id":(\d+)/g, '"id":"$1"')) as readonly Row[];
    const members = rows.map(({ id, name = '', peerURLs, clientURLs = [], isLearner = false }) => ({
      id: BigInt(id).toString(16).padStart(16, '0'),
      name,
      peerUrls: peerURLs,
      clientUrls: clientURLs,
      isLearner,
    }));
    return members.length > 0 ? { clusterId, members } : undefined;
  } catch {
    return undefined;
  }
}
