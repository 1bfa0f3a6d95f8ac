import { auth } from './auth';

export type Role = 'learner' | 'instructor' | 'admin';

/** Whoever looks at a page, as far as the site knows them. */
export interface Viewer {
  readonly userId: string;
  readonly name: string;
  /** Absent for a guest. */
  readonly email: string | undefined;
  readonly role: Role;
  readonly isGuest: boolean;
}

export function isInstructor(viewer: Viewer | undefined): viewer is Viewer {
  return viewer?.role === 'instructor' || viewer?.role === 'admin';
}

/** Who sent this request; undefined for somebody who only looked so far. */
export async function getViewer(headers: Headers): Promise<Viewer | undefined> {
  const session = await auth().api.getSession({ headers });
  return session ? viewerOf(session.user) : undefined;
}

/**
 * Who sent this request, made a guest on the spot if need be: nobody has to sign up to begin.
 * For route handlers: `cookies` go out as `set-cookie` headers.
 */
export async function ensureViewer(headers: Headers): Promise<{ viewer: Viewer; cookies: readonly string[] }> {
  const known = await getViewer(headers);
  if (known) return { viewer: known, cookies: [] };
  const { headers: answered, response } = await auth().api.signInAnonymous({ headers, returnHeaders: true });
  if (!response) throw new Error('no guest could be made');
  return { viewer: viewerOf(response.user), cookies: answered.getSetCookie() };
}

function viewerOf(user: Record<string, unknown> & { id: string; name: string; email: string }): Viewer {
  const isGuest = Boolean(user['isAnonymous']);
  return { userId: user.id, name: user.name, email: isGuest ? undefined : user.email, role: roleOf(user['role']), isGuest };
}

function roleOf(role: unknown): Role {
  return role === 'admin' || role === 'instructor' ? role : 'learner';
}

/** Serves `/api/auth/*`: sign-up, sign-in, sign-out, session. */
export function handleAuth(request: Request): Promise<Response> {
  return auth().handler(request);
}
