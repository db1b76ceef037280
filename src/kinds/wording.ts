/**
 * The texts of a kind: `remarks` on what a plan accepts, and `remedies` for the codes of rejects,
 * blocks and failures. `registry.ts` joins those of all kinds; reporting looks them up by code.
 */

/**
 * When applying again helps: now (`yes`), after the remedy (`after-remedy`), or once the cause is
 * corrected (`with-cause`).
 */
export type Reapply = 'yes' | 'after-remedy' | 'with-cause'

export interface Remedy {
  reapply: Reapply
  help: string
}

/** By code. */
export type Remedies = Readonly<Record<string, Remedy>>

interface Remarked {
  /** `1 user`, `2 TOTP factors`. */
  resources: string
  count: number
  /** What the remark names: a role, a metadata key. */
  detail: string
}

/** By the code of the remark. */
export type Remarks = Readonly<Record<string, (remarked: Remarked) => string>>

export const again = (help: string): Remedy => ({ reapply: 'yes', help })
export const after = (help: string): Remedy => ({ reapply: 'after-remedy', help })
export const withCause = (help: string): Remedy => ({ reapply: 'with-cause', help })

/** For a reference that finds no resource, or several. */
export const keyOf = (noun: string): Remedy => after(`map the key of the right ${noun}, or skip the record with when`)

/** For a dependent of something rejected. */
export const rejectedWith = (noun: string): Remedy =>
  withCause(`correct the ${noun} it belongs to: that ${noun} was rejected`)
