export async function currentViewer(): Promise<undefined> {
  return undefined;
}
