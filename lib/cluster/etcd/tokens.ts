import type { Kernel } from '../kernel';
import type { Random } from '@/lib/base';

/** `--auth-token-ttl`. */
const lifetimeMs = 300_000;
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Simple tokens (`server/auth/simple_token.go`): known to every member by the log, kept in memory only, good for five minutes after their last use. */
export class Tokens {
  readonly #kernel: Kernel;
  readonly #users = new Map<string, { readonly user: string; readonly untilMs: number }>();

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Sixteen letters and the place in the log. */
  create(random: Random, index: number): string {
    return `${Array.from({ length: 16 }, () => letters[random.int(letters.length)]).join('')}.${index}`;
  }

  assign(token: string, user: string): void {
    this.#users.set(token, { user, untilMs: this.#kernel.now + lifetimeMs });
  }

  /** Whose it is; using it prolongs it. */
  findUser(token: string): string | undefined {
    const found = this.#users.get(token);
    if (!found || found.untilMs < this.#kernel.now) {
      this.#users.delete(token);
      return undefined;
    }
    this.assign(token, found.user);
    return found.user;
  }

  /** Everybody's when `user` is absent. */
  revoke(user?: string): void {
    for (const [token, one] of this.#users) if (user === undefined || one.user === user) this.#users.delete(token);
  }
}
