type Figures = { kind: string } & Record<string, unknown>

/**
 * The figures of a plan or an apply by kind, so that a test says those of the kinds that it is
 * about.
 */
export function byKind(kinds: readonly Figures[]): Record<string, Figures> {
  return Object.fromEntries(kinds.map((figures) => [figures.kind, figures]))
}
