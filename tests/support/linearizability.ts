/** One call on a register: when it was made, when it was answered (never, if nobody knows what became of it), and with what. */
export type RegisterCall = { readonly calledAt: number; readonly returnedAt: number } & (
  | { readonly type: 'write'; readonly value: number }
  | { readonly type: 'read'; readonly value: number | undefined }
  | { readonly type: 'swap'; readonly from: number | undefined; readonly to: number; readonly isDone: boolean | undefined }
);

type State = number | undefined;

/**
 * Whether there is an order of the calls, each somewhere between being made and being answered, in which one register would have answered so
 * (Wing and Gong's search with remembered configurations, as Porcupine does it).
 */
export function isLinearizable(calls: readonly RegisterCall[]): boolean {
  const seen = new Set<string>();
  const search = (pending: readonly number[], state: State): boolean => {
    if (pending.every((at) => calls[at]?.returnedAt === Infinity)) return true;
    const key = `${pending.join()}|${state}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const firstReturn = Math.min(...pending.map((at) => (calls[at] as RegisterCall).returnedAt));
    return pending.some((at) => {
      const call = calls[at] as RegisterCall;
      if (call.calledAt > firstReturn) return false;
      const next = step(call, state);
      return (
        next !== undefined &&
        search(
          pending.filter((one) => one !== at),
          next.state,
        )
      );
    });
  };
  return search(
    calls.map((_, index) => index),
    undefined,
  );
}

/** What the register holds after the call, or undefined where it could not have answered so. */
function step(call: RegisterCall, state: State): { state: State } | undefined {
  switch (call.type) {
    case 'write':
      return { state: call.value };
    case 'read':
      return call.value === state ? { state } : undefined;
    case 'swap': {
      const isDone = state === call.from;
      if (call.isDone !== undefined && call.isDone !== isDone) return undefined;
      return { state: isDone ? call.to : state };
    }
  }
}
