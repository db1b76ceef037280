import { SourceError } from '../../diagnostics/errors.ts'

/**
 * A reading that must not be gone on with: its figures do not add up, or the source no longer knows the place where it was cut off. What was
 * read by then is thrown away, since going on would only fail again, or hide what is missing.
 */
export class SpoiledReading extends SourceError {}
