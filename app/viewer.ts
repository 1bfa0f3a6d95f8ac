/** Who is looking. */
export interface Viewer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: 'learner' | 'instructor' | 'admin';
  readonly isGuest: boolean;
}
export async function currentViewer(): Promise<Viewer | undefined> {
  return undefined;
}
