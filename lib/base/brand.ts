declare const brand: unique symbol;

/** A `Base` that must not be mixed with another: `type Revision = Brand<number, 'Revision'>`. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
