type Figures = { kind: string } & Record<string, unknown>

/** The counts of a plan or an apply by kind, so that a test can name only the kinds it is about. */
export function byKind(kinds: readonly Figures[]): Record<string, Figures> {
  return Object.fromEntries(kinds.map((figures) => [figures.kind, figures]))
}
