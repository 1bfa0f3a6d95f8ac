/** `Pod/default/web`: what the trace calls an object, of its kind and `namespace/name`. */
export function objectName(kind: string, key: string): string {
  return `${kind}/${key}`;
}

interface Named {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** The same of an object's metadata. Heartbeats keep theirs, which is frozen, so that its name is put together once. */
export function nameOfMetadata(kind: string, metadata: Named): string {
  const known = names.get(metadata);
  if (known?.kind === kind) return known.name;
  const { namespace, name } = metadata;
  const made = objectName(kind, namespace ? `${namespace}/${name}` : name);
  if (Object.isFrozen(metadata)) names.set(metadata, { kind, name: made });
  return made;
}

const names = new WeakMap<Named, { readonly kind: string; readonly name: string }>();
