import { labSessions } from './sessions';
import { runWorker } from './run-worker';

/** The entry of a worker thread of the server. */
runWorker(labSessions);
