/** `Pod/default/web`: what the trace calls an object, of its kind and `namespace/name`. */
export function objectName(kind: string, key: string): string {
  return `${kind}/${key}`;
}
