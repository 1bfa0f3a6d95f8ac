/** What the browser asks of the accounts. Every answer is a sentence or nothing. */

async function post(path: string, body: object): Promise<string | undefined> {
  try {
    const response = await fetch(`/api/auth/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.ok) return undefined;
    const answer = (await response.json().catch(() => ({}))) as { message?: string };
    return answer.message ?? (response.status === 429 ? 'Too many tries. Wait a minute.' : 'That did not work.');
  } catch {
    return 'The site does not answer. Is the network there?';
  }
}

export function signIn(account: { email: string; password: string }): Promise<string | undefined> {
  return post('sign-in/email', account);
}

export function signUp(account: { name: string; email: string; password: string }): Promise<string | undefined> {
  return post('sign-up/email', account);
}

export async function signOut(): Promise<void> {
  await post('sign-out', {});
  location.assign('/');
}

/** The role of whoever is signed in now. */
export async function ownRole(): Promise<string | undefined> {
  const response = await fetch('/api/auth/get-session');
  const session = (await response.json().catch(() => undefined)) as { user?: { role?: string } } | null | undefined;
  return session?.user?.role;
}
