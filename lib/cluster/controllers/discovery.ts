import type { Entry } from '../kernel';
import type { ControllerEnvironment } from './controller';

const answerMs = 100;

/** Calls `found` once discovery has said which kinds there are: what follows all of them starts its monitors then (`GarbageCollector.Sync`, `resourcequota.Controller.Sync`). */
export function afterDiscovery({ kernel, client }: ControllerEnvironment, found: () => void): Entry {
  return kernel.schedule({
    delayMs: answerMs,
    actor: client.actor,
    what: 'start the monitors of what discovery found',
    background: false,
    run: found,
  });
}
