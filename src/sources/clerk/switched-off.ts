import type { Problem } from '../../diagnostics/problem.ts'
import type { JsonObject } from '../../json.ts'

/** Names that a warning has room for. */
const NAMED = 20

/** Says of connections that nobody signs in by them, so that the recipe leaves them out. */
export function switchedOff(connections: readonly JsonObject[]): Problem {
  const names = connections.slice(0, NAMED).map(({ id, name }) => (name ? `${name} (${id})` : String(id)))
  const more = connections.length - names.length
  const are = connections.length === 1 ? '1 connection is' : `${connections.length} connections are`
  return {
    code: 'connections_inactive',
    severity: 'warning',
    message: `${are} switched off in Clerk: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}. The recipe leaves them out, since WorkOS would let people sign in by them`,
    hint: 'to hand them over all the same, set when: "true" under map.connection',
  }
}
