/** The thing asked for is not there, or not this viewer's to know about. Routes answer 404. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** Routes answer 403. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}
