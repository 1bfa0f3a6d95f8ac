/** Stands for any stylesheet in tests: every class is called by its own name. */
export default new Proxy<Record<string, string>>({}, { get: (_, name) => (typeof name === 'string' ? name : undefined) });
