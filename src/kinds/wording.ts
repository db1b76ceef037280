/**
 * How a kind speaks to people. In: nothing but its folder's knowledge. Out, as members of its
 * definition: `remarks`, sentences on what a plan accepts, and `remedies`, what helps against the
 * codes with which it is rejected, blocked or failed. `registry.ts` joins those of all kinds;
 * reporting looks them up by code.
 */

/**
 * Whether applying again helps: as things are (`yes`); once the remedy has been followed
 * (`after-remedy`); once what it depends on has been corrected, by itself (`with-cause`).
 */
export type Reapply = 'yes' | 'after-remedy' | 'with-cause'

/** What would help, in words. */
export interface Remedy {
  reapply: Reapply
  help: string
}

/** By the code that they are for. */
export type Remedies = Readonly<Record<string, Remedy>>

/** What a remark is about. */
interface Remarked {
  /** `1 user`, `2 TOTP factors`. */
  resources: string
  count: number
  /** What the remark names: a role, a key of metadata. */
  detail: string
}

/** By the code of the remark: what it means, in words. */
export type Remarks = Readonly<Record<string, (remarked: Remarked) => string>>

export const again = (help: string): Remedy => ({ reapply: 'yes', help })
export const after = (help: string): Remedy => ({ reapply: 'after-remedy', help })
export const withCause = (help: string): Remedy => ({ reapply: 'with-cause', help })

/** Of a reference that leads to none, or to several. */
export const keyOf = (noun: string): Remedy =>
  after(`map the key of the ${noun} that is meant, or leave the record out with when`)

/** Of what goes with something that was rejected. */
export const rejectedWith = (noun: string): Remedy =>
  withCause(`the ${noun} it belongs to was rejected: correct that one`)
