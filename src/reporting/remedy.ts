/**
 * Whether applying again helps: as things are (`yes`); once the remedy has been followed (`after-remedy`); once what it
 * depends on has been corrected, by itself (`with-cause`).
 */
export type Reapply = 'yes' | 'after-remedy' | 'with-cause'

/** What would help, in words. */
export interface Remedy {
  reapply: Reapply
  help: string
}
