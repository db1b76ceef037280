/** The desired resources of one kind by what happens to them: `desired` = create + update + adopt + unchanged + gone + blocked. */
export interface KindSummary {
  kind: string
  plural: string
  desired: number
  create: number
  update: number
  adopt: number
  unchanged: number
  /** Deleted in WorkOS since, and left so by `onDeleted: keep`. */
  gone: number
  blocked: number
  /** In the state, no longer in the source, and about to be deleted. */
  delete: number
  /** In the state and no longer in the source. They are left alone. */
  orphaned: number
  /** Resources with a difference that stays as it is. */
  drifted: number
}
