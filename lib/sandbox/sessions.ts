import type { SessionFactory } from './sandbox';

export const labSessions: SessionFactory = {
  create() { throw new Error('no lab engine'); },
  restore() { throw new Error('no lab engine'); },
};
