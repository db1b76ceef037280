/** Whether text for a stream may be coloured: on a terminal, unless NO_COLOR or TERM=dumb says otherwise; FORCE_COLOR overrules. */
export function wantsColor(stream: { isTTY?: boolean }, env: Record<string, string | undefined>): boolean {
  if (env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return stream.isTTY === true && env.TERM !== 'dumb'
}
