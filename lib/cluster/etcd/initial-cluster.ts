import type { MemberInfo } from './kv';
import { idOf } from './raft-disk';

/** A row of `--initial-cluster`: `cp-1=https://172.18.0.2:2380`. */
export interface InitialMember {
  readonly name: string;
  readonly peerUrls: readonly string[];
}

/** Reads `--initial-cluster`; a name may stand there several times, once for each of its URLs. */
export function initialCluster(text: string): InitialMember[] {
  const urls = new Map<string, string[]>();
  for (const row of text.split(',').filter(Boolean)) {
    const [name = '', url = ''] = [row.slice(0, row.indexOf('=')), row.slice(row.indexOf('=') + 1)];
    urls.set(name, [...(urls.get(name) ?? []), url]);
  }
  return [...urls].map(([name, peerUrls]) => ({ name, peerUrls }));
}

/** What is wrong with a member's idea of the group that it will begin (`config.ServerConfig.VerifyBootstrap`). */
export function verifyBootstrap(name: string, advertised: readonly string[], cluster: readonly InitialMember[]): string | undefined {
  return verifyLocal(name, cluster) ?? verifyAdvertised(name, advertised, cluster) ?? verifyUrls(cluster);
}

/** The same for a group that is there (`VerifyJoinExisting`): the group knows the member's URLs already. */
export function verifyJoin(name: string, cluster: readonly InitialMember[]): string | undefined {
  return verifyLocal(name, cluster) ?? verifyUrls(cluster);
}

function verifyLocal(name: string, cluster: readonly InitialMember[]): string | undefined {
  const isThere = cluster.some((one) => one.name === name);
  return isThere ? undefined : `couldn't find local name ${JSON.stringify(name)} in the initial cluster configuration`;
}

function verifyAdvertised(name: string, advertised: readonly string[], cluster: readonly InitialMember[]): string | undefined {
  const urls = cluster.find((one) => one.name === name)?.peerUrls ?? [];
  const rows = (missing: readonly string[]) => missing.map((url) => `${name}=${url}`).join();
  const sorted = [...advertised].sort();
  const unadvertised = urls.filter((url) => !advertised.includes(url));
  if (unadvertised.length > 0) {
    const [one, other] = [sorted[0], [...urls].sort()[0]].map((url) => JSON.stringify(url));
    const why =
      urls.length === advertised.length ? `${one}(resolved from ${one}) != ${other}(resolved from ${other})` : lengths(sorted, urls);
    return `--initial-cluster has ${rows(unadvertised)} but missing from --initial-advertise-peer-urls=${sorted.join()} (${why})`;
  }
  const unknown = advertised.filter((url) => !urls.includes(url));
  if (unknown.length > 0) return `--initial-advertise-peer-urls has ${unknown.join()} but missing from --initial-cluster=${rows(sorted)}`;
  return undefined;
}

function lengths(one: readonly string[], other: readonly string[]): string {
  const list = (urls: readonly string[]) => `[${urls.map((url) => JSON.stringify(url)).join(' ')}]`;
  return `len(${list(one)}) != len(${list([...other].sort())})`;
}

function verifyUrls(cluster: readonly InitialMember[]): string | undefined {
  const urls = cluster.flatMap(({ peerUrls }) => peerUrls);
  if (new Set(urls).size === urls.length) return undefined;
  const text = cluster.flatMap(({ name, peerUrls }) => peerUrls.map((url) => `${name}=${url}`)).sort();
  return `initial cluster ${text.join()} has duplicate url`;
}

/** `--initial-cluster-token` when nobody says otherwise. */
export const defaultToken = 'etcd-cluster';

/** A member of a new group has its id from its URLs and the group's token, so that groups of other tokens do not mistake each other. */
export function memberOf(name: string, peerUrls: readonly string[], token = defaultToken): MemberInfo {
  const key = `${name}/${peerUrls.join()}`;
  return { id: idOf(token === defaultToken ? key : `${key}/${token}`), name, peerUrls, clientUrls: [], isLearner: false };
}
