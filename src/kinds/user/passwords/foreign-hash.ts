/** A hash of another system in WorkOS's terms, or the name of the hasher that WorkOS has no counterpart for. */
export type ForeignHash = { hash: string; type: string } | { unsupported: string }
