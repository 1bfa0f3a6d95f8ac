import { runWorker } from '@/lib/sandbox/run-worker';
import { stubSessions } from './stub-session';

runWorker(stubSessions);
