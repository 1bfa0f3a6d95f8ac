import { assert } from '@/lib/base';
import type { Disk } from '../kernel';
import { toAddress, toNumber } from '../network/address';

const configPath = '/etc/cni/net.d/10-containerd-net.conflist';
const networkPath = '/var/lib/cni/networks/containerd-net';

/**
 * The bridge network's address book, as CNI's host-local plugin keeps it: one file an address, handed out round robin.
 * Its configuration appears when the node is told its Pod CIDR; until then there is no network.
 */
export class Ipam {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  get podCidr(): string | undefined {
    return this.#disk.get<{ podCidr: string }>(configPath)?.podCidr;
  }

  configure(podCidr: string): void {
    if (podCidr && podCidr !== this.podCidr) this.#disk.set(configPath, { name: 'containerd-net', type: 'bridge', podCidr });
  }

  /** The next free address for a sandbox; undefined when the range is used up. */
  allocate(sandboxId: string): string | undefined {
    const { first, count } = this.#range();
    const last = this.#disk.get<string>(`${networkPath}/last_reserved_ip.0`);
    const offset = last ? (toNumber(last) - first + 1) % count : 0;
    for (let tried = 0; tried < count; tried++) {
      const ip = toAddress(first + ((offset + tried) % count));
      if (this.#disk.has(`${networkPath}/${ip}`)) continue;
      this.#disk.set(`${networkPath}/${ip}`, sandboxId);
      this.#disk.set(`${networkPath}/last_reserved_ip.0`, ip);
      return ip;
    }
    return undefined;
  }

  release(ip: string, sandboxId: string): void {
    if (this.#disk.get(`${networkPath}/${ip}`) === sandboxId) this.#disk.delete(`${networkPath}/${ip}`);
  }

  /** The gateway takes the first address, broadcast the last. */
  #range(): { first: number; count: number } {
    const cidr = this.podCidr;
    assert(cidr, 'no Pod CIDR');
    const [base, bits] = cidr.split('/') as [string, string];
    return { first: toNumber(base) + 2, count: 2 ** (32 - Number(bits)) - 3 };
  }
}
