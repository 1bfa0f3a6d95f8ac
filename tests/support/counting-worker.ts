import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { HostedSession } from '@/lib/labs/hosted-session';
import { runWorker } from '@/lib/sandbox/run-worker';
import { stubSessions } from './stub-session';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const made: WeakRef<HostedSession>[] = [];

/** The stub's session, whose API says at `/alive` how many of this thread's sessions are still in memory. */
async function counted(making: HostedSession | Promise<HostedSession>): Promise<HostedSession> {
  const session = await making;
  made.push(new WeakRef(session));
  const { api } = session;
  session.api = (request) => (request.url === '/alive' ? alive() : api.call(session, request));
  return session;
}

function alive(): ReturnType<HostedSession['api']> {
  collect();
  return { status: 200, headers: {}, body: String(made.filter((one) => one.deref() !== undefined).length) };
}

runWorker({
  create: (...about) => counted(stubSessions.create(...about)),
  restore: (...about) => counted(stubSessions.restore(...about)),
});
