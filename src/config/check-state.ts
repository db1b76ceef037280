import type { Location, Problem } from '../diagnostics/problem.ts'
import { isObject } from '../json.ts'

/** Where the values of a manifest stand. */
interface Places {
  locate(path: string[]): Location
  originOf(path: string[]): Location | undefined
}

/**
 * What the schema cannot say of `state`: each kind has keys of its own, and a shared one needs a
 * name to be found by.
 */
export function checkStatePlace(state: unknown, { locate, originOf }: Places): Problem[] {
  if (!isObject(state)) return []
  const problem = (code: string, path: string[], message: string, hint: string): Problem => ({
    code,
    message,
    hint,
    path: path.join('.'),
    at: locate(path),
  })
  if (state.type !== 'postgres') {
    return ['url', 'schema', 'ca']
      .filter((key) => state[key] !== undefined)
      .map((key) => {
        const message = `state.${key} is of a state in PostgreSQL, and this one is in a file`
        return problem('wrong_state_key', ['state', key], message, 'add state.type: postgres, or take the key out')
      })
  }
  const problems: Problem[] = []
  if (state.url === undefined) {
    const hint = 'set state.url to ${DATABASE_URL}, and the variable where the command runs'
    problems.push(
      problem('missing_key', ['state', 'type'], 'the key state.url is missing: which database is it?', hint),
    )
  }
  if (originOf(['name']) === undefined) {
    const message = 'a shared state requires a name in the manifest: other manifests may use the same schema'
    const hint = 'add a line at the top, such as name: acme-migration; it must never change afterwards'
    problems.push(problem('shared_state_name', ['state', 'type'], message, hint))
  }
  return problems
}
