import { definePlugin } from '../plugin';

/** A Pod with scheduling gates waits until the last of them is removed. */
export const SchedulingGates = definePlugin({
  name: 'SchedulingGates',
  preEnqueue({ spec }) {
    const gates = spec.schedulingGates ?? [];
    return gates.length > 0 ? `waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]` : undefined;
  },
});
