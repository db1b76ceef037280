/**
 * The first few of some things, for a message: `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
 * @param options.limit how many are named
 * @param options.total how many there are, where `items` has only the first
 */
export function someOf(items: readonly string[], { limit = 3, total = items.length } = {}): string {
  const shown = items.slice(0, limit)
  const rest = total - shown.length
  const last = rest > 0 ? `${rest} more` : (shown.pop() ?? '')
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}
