/** A condition of any kind's status. */
interface AnyCondition {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * The strategic merge patch that sets conditions among those an object has: new ones go last, as a patch that a component
 * computes from two versions says (`strategicpatch.CreateTwoWayMergePatch`).
 */
export function conditionsPatch(current: readonly { readonly type: string }[] | undefined, conditions: readonly AnyCondition[]): object {
  const kept = (current ?? []).map(({ type }) => type);
  const order = [...kept, ...conditions.map(({ type }) => type).filter((type) => !kept.includes(type))];
  return { '$setElementOrder/conditions': order.map((type) => ({ type })), conditions };
}
